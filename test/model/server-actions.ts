// Performs actions of the model on a real server, by HTTP if there is a route. Unsolicited answers of a
// service have none: they arrive by `host.send`, as an embedding program sends them. It checks only that the
// server accepts them; their result is compared elsewhere.
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import type { AnyEventObject } from 'xstate';
import { isMessageType, type Message, messages } from '../../machines/messages.ts';
import type { MoveName } from '../../machines/system.ts';
import type { FaultPoint } from '../../src/faults.ts';
import { ask, post, sampleBody } from '../e2e/client.ts';
import { type Action, type Moment, type MoveAction, toFact, toWordsOf, wholeDiscount } from './model.ts';
import type { Server } from './server-process.ts';

/** One order on a server, and the model's names for the server's ids. */
export interface ServerOrder {
  readonly server: Server;
  readonly orderId: string;
  /** Real id → the model's. */
  readonly ids: Map<string, string>;
}

/** When the process dies during a request: before it is committed, or before it is answered. */
export type CrashAt = 'before-commit' | 'after-commit';

/** Places an order, with a crash during the request if `crashAt` is given. */
export const placeOrder = async (
  server: Server,
  modelId: string,
  crashAt?: CrashAt,
  isFree?: true,
): Promise<ServerOrder> => {
  const key = crypto.randomUUID();
  const order = { ...sampleBody, ...(isFree && { adjustments: [wholeDiscount] }) };
  const request = () => post(`${server.url}/orders`, order, key);
  const { status, body } = await (crashAt
    ? repeatThroughCrash(server, `accept.${crashAt}`, request)
    : request());
  strictEqual(status, 201);
  return { server, orderId: body.id, ids: new Map([[body.id, modelId]]) };
};

/** The process dies during a request; another one starts, and the client repeats it with the same key. */
const repeatThroughCrash = async <T>(
  server: Server,
  point: FaultPoint,
  request: () => Promise<T>,
): Promise<T> => {
  const died = server.dieAt(point);
  // The client ignores whether it was answered or cut off.
  const lost = request().catch(() => undefined);
  await died;
  await server.crash(server.clock.now());
  await lost;
  return request();
};

/** The body of a move's request. */
const toBody = (action: MoveAction): object => ({
  ...((action.move === 'retry' || action.move === 'resolve') && { actor: action.to }),
  ...toWordsOf(action),
});

/** The last part of a move's address. */
export const toPath = (move: MoveName): string => (move === 'refund' ? 'refunds' : move);

/** Requests a move, open or not. */
export const requestMove = (
  { server, orderId }: ServerOrder,
  move: MoveAction,
  key: string = crypto.randomUUID(),
) => post(`${server.url}/orders/${orderId}/${toPath(move.move)}`, toBody(move), key);

const checkAccepted = (move: MoveAction, { status, body }: Awaited<ReturnType<typeof requestMove>>): void =>
  strictEqual(status, move.move === 'refund' ? 201 : 200, JSON.stringify(body));

/** Requests an open move, and the process dies during the request. */
export const requestMoveThroughCrash = async (
  serverOrder: ServerOrder,
  move: MoveAction,
  crashAt: CrashAt,
): Promise<void> => {
  const key = crypto.randomUUID();
  const ask = () => requestMove(serverOrder, move, key);
  checkAccepted(move, await repeatThroughCrash(serverOrder.server, `move.${crashAt}`, ask));
};

/** Performs an action other than placing, waiting and crashing. */
export const performAction = async (
  serverOrder: ServerOrder,
  before: Moment,
  action: Action,
): Promise<void> => {
  const { server, orderId } = serverOrder;
  switch (action.type) {
    case 'move':
      return checkAccepted(action, await requestMove(serverOrder, action));
    case 'answer':
      return server.answer(orderId, action.call, action.word);
    case 'fact': {
      // The message needs the server's ids: reading the order learns them.
      await readOrder(serverOrder);
      const message = toServerIds(serverOrder, toFact(serverOrder.ids.get(orderId) ?? '', before, action));
      ok(isMessage(message), `${JSON.stringify(message)} is no message`);
      await server.host.send({ orderId, to: action.to, message, otherwise: 'record' });
      return;
    }
    default:
      return;
  }
};

/** The host refuses a resolution with an unknown outcome, even if the API were to let it through. */
export const checkUnknownOutcome = async (
  { server, orderId }: ServerOrder,
  { to }: MoveAction,
): Promise<void> => {
  const message = { type: 'incident.resolve', outcome: 'nonsense', note: 'I guess' } as const;
  const refused = await server.host.send({ orderId, to, message, otherwise: 'refuse' }).then(
    () => 'taken',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );
  strictEqual(refused, 'move-not-allowed');
};

const isMessage = (value: AnyEventObject): value is Message => {
  const { type, ...payload } = value;
  return isMessageType(type) && messages[type].payload.safeParse(payload).success;
};

/** What the server shows of the order, with the model's ids. */
export const readOrder = async (serverOrder: ServerOrder) => {
  const { server, orderId, ids } = serverOrder;
  const address = `${server.url}/orders/${orderId}`;
  const [received, order, journal] = await Promise.all([
    ask(`${address}/messages?limit=1000`),
    ask(address),
    ask(`${address}/events?limit=1000`),
  ]);
  deepStrictEqual([received.status, order.status, journal.status], [200, 200, 200]);
  for (const { id, version, data } of received.body.messages) {
    if (!id.startsWith(`${orderId}/`)) ids.set(id, `message-${version}`);
    if (typeof data.refundId === 'string') ids.set(data.refundId, `refund-${version}`);
  }
  return {
    order: toModelIds(serverOrder, order.body),
    messages: toModelIds(serverOrder, received.body.messages),
    events: toModelIds(serverOrder, journal.body.events),
  };
};

const toModelIds = ({ ids }: ServerOrder, value: unknown) => {
  let text = JSON.stringify(value);
  for (const [serverSide, own] of ids) text = text.replaceAll(serverSide, own);
  return JSON.parse(text);
};

const toServerIds = <T>({ ids }: ServerOrder, value: T): T => {
  let text = JSON.stringify(value);
  for (const [serverSide, own] of ids)
    text = text.replaceAll(`${own}"`, `${serverSide}"`).replaceAll(`${own}/`, `${serverSide}/`);
  return JSON.parse(text);
};

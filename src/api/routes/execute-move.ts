// How a move is executed: one message to one actor, refused when the chart does not accept it, answered once per
// idempotency key. It never decides whether a move is open, and a refused move leaves no trace.
import type { Message } from '../../../machines/messages.ts';
import type { MoveName } from '../../../machines/system.ts';
import type { Caller } from '../../access.ts';
import { publicPath } from '../../config.ts';
import { AppError } from '../../errors.ts';
import type { Answer, Idempotency, Move, Outcome, Receipt, Sending } from '../../host.ts';
import type { OrderView } from '../../shop/view.ts';
import { invalid } from '../edge/errors.ts';
import { type Answered, type Once, toAnswered, toFingerprint, toKeyUse } from '../edge/idempotency.ts';
import type { Patience } from '../edge/in-flight.ts';
import { readIfMatch } from '../edge/preferences.ts';
import type { RouteDependencies } from './dependencies.ts';
import { findOrder } from './orders.ts';
import { explainRefusedPart } from './partial-moves.ts';
import { toMovePath, toMoves, toOrder } from './views.ts';

export interface MoveRequest {
  readonly caller: Caller;
  readonly orderId: string;
  readonly move: MoveName;
  readonly body: unknown;
  readonly headers: { readonly 'idempotency-key'?: string; readonly 'if-match'?: string };
  /** What is changed with it, as a total of refunds is. */
  readonly alongside?: Sending<OrderView>['alongside'];
  /** How long to wait for the first request with the same key. */
  readonly patience: Patience | undefined;
  /** What to send to whom; asked only when the key is new. */
  deliver(): Promise<{ readonly to: string; readonly message: Message }>;
}

/** Gives refusals the addresses of the moves that are open instead, and a reason that is about this order. */
const explain = async (
  error: unknown,
  { host }: Pick<RouteDependencies, 'host'>,
  { orderId, move, body }: Pick<MoveRequest, 'orderId' | 'move' | 'body'>,
  address: string,
): Promise<unknown> => {
  if (!(error instanceof AppError) || error.code !== 'move-not-allowed') return error;
  const view = await host.get(orderId);
  const why = view && explainRefusedPart(view, move, body);
  const open = error.details['moves'];
  // The host promises `Move[]` here; the details of an AppError carry no types.
  const isMove = (value: unknown): value is Move =>
    typeof value === 'object' && value !== null && 'move' in value;
  const moves = Array.isArray(open) ? open.filter(isMove) : [];
  return new AppError(error.code, why ?? error.message, {
    ...error.details,
    moves: toMoves(orderId, moves, address),
  });
};

/** The version that the order has to have: of several, the present one if it is among them. */
const pickVersion = async (
  { host }: RouteDependencies,
  orderId: string,
  versions: ReturnType<typeof readIfMatch>,
): Promise<number | undefined> => {
  if (versions === undefined || versions.length === 1) return versions?.[0];
  const present = (await host.get(orderId))?.version;
  return versions.find((version) => version === present) ?? versions[0];
};

/** @throws AppError as `Host.send` does, `invalid-request`, or the problems of idempotency keys. */
export const executeMove = async (
  parts: RouteDependencies,
  once: Once<OrderView, Receipt<OrderView>>,
  { caller, orderId, move, body, headers, patience, alongside, deliver }: MoveRequest,
): Promise<Answered> => {
  const { host, settings } = parts;
  if (caller.owner !== undefined) await findOrder(host, orderId, caller);
  const address = publicPath(settings);
  const ifVersions = readIfMatch(headers['if-match']);
  const respond = (view: OrderView): Answer => ({
    status: move === 'refund' ? 201 : 200,
    body: JSON.stringify(toOrder(view, address)),
  });
  const send = async (idempotency?: Idempotency<OrderView>): Promise<Outcome<Receipt<OrderView>>> => {
    const ifVersion = await pickVersion(parts, orderId, ifVersions);
    const sending: Sending<OrderView> = {
      orderId,
      ...(await deliver()),
      otherwise: 'refuse',
      principal: caller.principal,
      alongside,
      ...(ifVersion === undefined ? {} : { ifVersion }),
      ...(idempotency === undefined ? {} : { idempotency }),
    };
    return host.send(sending);
  };
  const finish = (receipt: Receipt<OrderView>): Answered => {
    if (receipt.disposition === 'dead') throw new Error(`the charts failed on ${move}: ${receipt.reason}`);
    return toAnswered(receipt, respond);
  };
  try {
    const header = headers['idempotency-key'];
    if (header === undefined) {
      const outcome = await send();
      if (outcome.outcome === 'replayed') throw new Error('a move without a key was replayed');
      return finish(outcome.result);
    }
    const path = toMovePath(move);
    const fingerprint = toFingerprint(`POST /orders/${orderId}/${path}`, body);
    const use = toKeyUse(caller, `orders/${orderId}/${path}`, header, fingerprint);
    return await once(use, respond, send, finish, patience);
  } catch (error) {
    throw await explain(error, parts, { orderId, move, body }, address);
  }
};

/** The one open `retry` or `resolve` that is meant. */
export const pickIncidentMove = async (
  { host }: RouteDependencies,
  orderId: string,
  move: 'retry' | 'resolve',
  actor: string | undefined,
  caller: Caller,
): Promise<Move & { readonly actor: string }> => {
  const view = await findOrder(host, orderId, caller);
  if (view.unreadable !== undefined) {
    throw new AppError('order-unreadable', `The stored order cannot be read: ${view.unreadable}`);
  }
  const open = view.moves.flatMap((candidate) =>
    candidate.move === move && candidate.actor !== undefined && candidate.actor === (actor ?? candidate.actor)
      ? [{ ...candidate, actor: candidate.actor }]
      : [],
  );
  const [picked, ...others] = open;
  if (picked === undefined) {
    const who = actor === undefined ? 'No actor of this order' : `The actor ${actor}`;
    throw new AppError('move-not-allowed', `${who} accepts ${move} now.`, { moves: view.moves });
  }
  if (others.length > 0) {
    const names = open.map((candidate) => candidate.actor).join(', ');
    throw invalid([{ path: '/actor', message: `is needed here; it is one of ${names}` }]);
  }
  return picked;
};

/** @throws AppError `invalid-request` when the move names its outcomes and this is none of them. */
export const checkOutcome = ({ outcomes }: Move, outcome: string): void => {
  if (outcomes === undefined || outcomes.includes(outcome)) return;
  throw invalid([{ path: '/outcome', message: `is one of ${outcomes.join(', ')} here` }]);
};

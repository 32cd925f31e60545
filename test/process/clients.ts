// The clients of the kill rounds: each places orders in its own way, records every request before it sends it, and
// retries it with the same key until it is decided. They never look into the service; all they know is in the history.
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { toFingerprint } from '../../src/api/edge/idempotency.ts';
import { createRandom } from '../../src/simulator/random.ts';
import { type History, noAnswer, type Request } from './history.ts';
import { tryRequest } from './try-request.ts';

export type Capture = 'at-once' | 'later';

interface ClientsOptions {
  /** The service's address, as soon as it has one. */
  untilListening(): Promise<string>;
  readonly history: History;
  readonly seed: string;
  /** `later`: money is captured when a client asks for it. */
  readonly capture: Capture;
}

interface Command {
  readonly operation: Request['operation'];
  readonly key: string;
  readonly orderId: string | null;
  readonly body: object;
}

export interface Answer {
  readonly status: number;
  readonly orderId: string | null;
  readonly problem: string | null;
  readonly retryAfter: string | null;
}

/** As a customer's browser does, which does not wait for ever. */
const timeoutMs = 5000;
const retryMs = 25;

/** Products that the kill rounds need: enough of one, and too little of another. */
export const products = [
  { productId: 'product-1', name: 'Widget', unitPrice: 5000, currency: 'USD', onHand: 1_000_000 },
  { productId: 'product-2', name: 'Gadget', unitPrice: 7500, currency: 'USD', onHand: 40 },
];

const answerSchema = z.object({
  id: z.string().nullish().catch(null),
  type: z.string().nullish().catch(null),
});
const orderSchema = z.object({
  settled: z.boolean(),
  state: z.string(),
  moves: z.array(z.object({ move: z.string() })),
});
type Order = z.infer<typeof orderSchema>;

const isDecided = ({ status, problem }: Answer): boolean =>
  status < 500 && status !== 429 && problem !== '/problems/idempotency-key-in-use';

/** What clients send and read over HTTP, as they note it in their history. */
const createRequests = ({ untilListening, history }: Pick<ClientsOptions, 'untilListening' | 'history'>) => {
  /** Undefined: no answer came. */
  const tryOnce = async ({ operation, key, orderId, body }: Command): Promise<Answer | undefined> => {
    const url = await untilListening();
    const path = operation === 'place' ? '/orders' : `/orders/${orderId}/${operation}`;
    const fingerprint = toFingerprint(`POST ${path}`, body);
    const end = await history.start({ operation, key, orderId, fingerprint });
    const answer = await tryRequest(`${url}${path}`, timeoutMs, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    });
    if (answer === undefined) {
      await end(noAnswer);
      return undefined;
    }
    const { status, text, retryAfter } = answer;
    const { id = null, type: problem = null } = answerSchema.parse(JSON.parse(text));
    const bodyHash = createHash('sha256').update(text).digest('hex');
    await end({ status, answeredOrderId: id, bodyHash, problem });
    return { status, orderId: id, problem, retryAfter };
  };

  /** Retries until it is decided. */
  const send = async (command: Command): Promise<Answer> => {
    for (;;) {
      const answer = await tryOnce(command);
      if (answer !== undefined && isDecided(answer)) return answer;
      await pause(retryMs);
    }
  };

  /** Reads the order until `isWanted`. */
  const untilOrder = async (orderId: string, isWanted: (order: Order) => boolean): Promise<Order> => {
    for (;;) {
      const url = await untilListening();
      const answer = await tryRequest(`${url}/orders/${orderId}`, timeoutMs);
      const order = answer?.status === 200 ? orderSchema.parse(JSON.parse(answer.text)) : undefined;
      if (order !== undefined && isWanted(order)) return order;
      await pause(2 * retryMs);
    }
  };
  const untilSettled = async (orderId: string): Promise<string> =>
    (await untilOrder(orderId, ({ settled }) => settled)).state;
  return { tryOnce, send, untilOrder, untilSettled };
};

export const createClients = ({ seed, capture, ...options }: ClientsOptions) => {
  const { tryOnce, send, untilOrder, untilSettled } = createRequests(options);

  const refund = async (orderId: string, key: string, times: number): Promise<void> => {
    if ((await untilSettled(orderId)) !== 'completed') return;
    const body = { amount: 1000, reason: 'one came back' };
    for (let time = 0; time < times; time += 1) await send({ operation: 'refunds', key, orderId, body });
  };

  /** Captures authorised money. An order that settles before needs no capture. */
  const captureMoney = async (orderId: string, key: string): Promise<void> => {
    const canCapture = ({ moves }: Order) => moves.some(({ move }) => move === 'capture');
    const order = await untilOrder(orderId, (read) => read.settled || canCapture(read));
    if (canCapture(order)) await send({ operation: 'capture', key, orderId, body: {} });
  };

  const toPlacement = (number: number, suffix = '') => {
    const behavior = behaviors[number % behaviors.length] ?? 'plain';
    const body = toOrder(seed, number, behavior);
    return { operation: 'place', key: `${seed}/${number}${suffix}`, orderId: null, behavior, body } as const;
  };

  /** Whether a cancel is in time depends on the machine; so orders are placed until one was cancelled. */
  const cancelOne = async (number: number): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      const placement = toPlacement(number, attempt === 1 ? '' : `/${attempt}`);
      const { orderId, status } = await send(placement);
      if (status > 299 || orderId === null) return;
      // The first cancels come at different stages of an order.
      if (attempt === 1) await pause(createRandom(seed, number, 'cancel').between(0, 120));
      const { key } = placement;
      await send({ operation: 'cancel', key, orderId, body: { reason: 'changed my mind' } });
      if (capture === 'later') await captureMoney(orderId, key);
      if ((await untilSettled(orderId)) === 'cancelled') return;
    }
  };

  const run = async (number: number): Promise<void> => {
    const placement = toPlacement(number);
    const { key, behavior, body } = placement;
    if (behavior === 'cancel') return cancelOne(number);
    const place = (other: object) => send({ ...placement, body: other });
    const [{ orderId, status }] = await Promise.all([
      place(body),
      ...(behavior === 'twice' ? [place(body)] : []),
    ]);
    if (behavior === 'another-body') await place({ ...body, customerId: 'somebody-else' });
    if (status > 299 || orderId === null) return;
    if (capture === 'later') await captureMoney(orderId, key);
    if (behavior === 'refund') await refund(orderId, key, 1);
    if (behavior === 'refund-twice') await refund(orderId, key, 2);
  };

  return {
    /** Does all that the client of this number does. Resolves when all of it is decided. */
    run,
    /** Places the first order of a client, or once more: then the answer comes from the store. */
    place: (number: number): Promise<Answer> => send(toPlacement(number)),
    /** Tries to place the first order of a client, once. Undefined: no answer came. */
    tryToPlace: (number: number): Promise<Answer | undefined> => tryOnce(toPlacement(number)),
    /** Resolves with the state in which the order settles. */
    untilSettled,
  };
};

/** What the client of each number does, in an order that gives few clients a bit of everything. */
const behaviors = [
  'plain',
  'cancel',
  'refund',
  'scarce',
  'another-body',
  'plain',
  'cancel',
  'unknown-product',
  'refund-twice',
  'plain',
  'twice',
  'cancel',
  'malformed',
] as const;

const toOrder = (seed: string, number: number, behavior: (typeof behaviors)[number]) => {
  const productId =
    { scarce: 'product-2', 'unknown-product': 'product-none' }[String(behavior)] ?? 'product-1';
  const quantity = behavior === 'malformed' ? 0 : createRandom(seed, number, 'quantity').between(1, 3);
  return {
    customerId: `customer-${number}`,
    email: 'customer@example.com',
    currency: 'USD',
    items: [{ productId, quantity }],
  };
};

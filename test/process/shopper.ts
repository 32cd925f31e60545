// The clients of the kill rounds: each buys one thing in its own way, writes down every request before it sends
// it, and repeats it with the same key until it is decided. They never look into the service; all that they know
// is in their history.
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { toFingerprint } from '../../src/api/idempotency.ts';
import { toChoice, toShare } from './chance.ts';
import { type History, noAnswer, type Request } from './history.ts';
import { reach } from './reach.ts';

interface Shopping {
  /** The service's address, as soon as it has one. */
  untilUp(): Promise<string>;
  readonly history: History;
  readonly seed: string;
  /** `later`: the money of an order is taken at the client's word. */
  readonly capture: Capture;
}
export type Capture = 'at-once' | 'later';

interface Asked {
  readonly op: Request['op'];
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

/** As a customer's browser does, which cannot wait for ever. */
const patienceMs = 5000;
const pauseMs = 25;

/** Products that the kill rounds need: enough of one, and too little of another. */
export const products = [
  { productId: 'product-1', name: 'Widget', unitPrice: 5000, currency: 'USD', onHand: 1_000_000 },
  { productId: 'product-2', name: 'Gadget', unitPrice: 7500, currency: 'USD', onHand: 40 },
];

const parts = z.object({
  id: z.string().nullish().catch(null),
  type: z.string().nullish().catch(null),
});
const view = z.object({
  settled: z.boolean(),
  state: z.string(),
  allowed: z.array(z.object({ move: z.string() })),
});

const isDecided = ({ status, problem }: Answer): boolean =>
  status < 500 && status !== 429 && problem !== '/problems/idempotency-key-in-use';

export const createShopper = ({ untilUp, history, seed, capture }: Shopping) => {
  /** Undefined: no answer came. */
  const tryOnce = async ({ op, key, orderId, body }: Asked): Promise<Answer | undefined> => {
    const url = await untilUp();
    const path = op === 'place' ? '/orders' : `/orders/${orderId}/${op}`;
    const route = `POST ${path}`;
    const end = await history.ask({ op, key, orderId, fingerprint: toFingerprint(route, body) });
    const reached = await reach(`${url}${path}`, patienceMs, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    });
    if (reached === undefined) {
      await end(noAnswer);
      return undefined;
    }
    const { status, text, retryAfter } = reached;
    const { id = null, type: problem = null } = parts.parse(JSON.parse(text));
    const bodyHash = createHash('sha256').update(text).digest('hex');
    await end({ status, answeredOrderId: id, bodyHash, problem });
    return { status, orderId: id, problem, retryAfter };
  };

  /** Repeats until it is decided. */
  const ask = async (asked: Asked): Promise<Answer> => {
    for (;;) {
      const answer = await tryOnce(asked);
      if (answer !== undefined && isDecided(answer)) return answer;
      await pause(pauseMs);
    }
  };

  /** Looks at the order until it is as wanted; an answer that does not come is asked for again. */
  const watch = async (orderId: string, isWanted: (order: z.infer<typeof view>) => boolean) => {
    for (;;) {
      const url = await untilUp();
      const reached = await reach(`${url}/orders/${orderId}`, patienceMs);
      const order = reached?.status === 200 ? view.parse(JSON.parse(reached.text)) : undefined;
      if (order !== undefined && isWanted(order)) return order;
      await pause(2 * pauseMs);
    }
  };

  const refund = async (orderId: string, key: string, times: number): Promise<void> => {
    const { state } = await watch(orderId, ({ settled }) => settled);
    if (state !== 'completed') return;
    const body = { amount: 1000, reason: 'one came back' };
    for (let time = 0; time < times; time += 1) await ask({ op: 'refunds', key, orderId, body });
  };

  /** Authorised money is captured; whatever ends before that needs no word. */
  const takeMoney = async (orderId: string, key: string): Promise<void> => {
    const mayCapture = ({ allowed }: z.infer<typeof view>) => allowed.some(({ move }) => move === 'capture');
    const order = await watch(orderId, (seen) => seen.settled || mayCapture(seen));
    if (mayCapture(order)) await ask({ op: 'capture', key, orderId, body: {} });
  };

  const toPlacing = (number: number) => {
    const habit = habits[number % habits.length] ?? 'plain';
    const body = toOrder(seed, number, habit);
    return { op: 'place', key: `${seed}/${number}`, orderId: null, habit, body } as const;
  };

  const buy = async (number: number): Promise<void> => {
    const asked = toPlacing(number);
    const { key, habit, body } = asked;
    const place = (other: object) => ask({ ...asked, body: other });
    const [{ orderId, status }] = await Promise.all([
      place(body),
      ...(habit === 'twice' ? [place(body)] : []),
    ]);
    if (habit === 'another-body') await place({ ...body, customerId: 'somebody-else' });
    if (status > 299 || orderId === null) return;
    if (habit === 'cancel') await pause(toShare(seed, number, 'cancel') * 120);
    const cancelling = { op: 'cancel', key, orderId, body: { reason: 'changed my mind' } } as const;
    if (habit === 'cancel') await ask(cancelling);
    if (capture === 'later') await takeMoney(orderId, key);
    if (habit === 'refund') await refund(orderId, key, 1);
    if (habit === 'refund-twice') await refund(orderId, key, 2);
  };

  return {
    /** Buys one order and does whatever its number says besides. Resolves when all of it is decided. */
    buy,
    /** Asks once more for an order that was placed: the answer comes from the store. */
    askAgain: (number: number): Promise<Answer> => ask(toPlacing(number)),
    /** Tries to place the order of a number, once. Undefined: no answer came. */
    tryToPlace: (number: number): Promise<Answer | undefined> => tryOnce(toPlacing(number)),
    /** Resolves when the order of a number is settled, with its state. */
    untilSettled: async (orderId: string): Promise<string> =>
      (await watch(orderId, ({ settled }) => settled)).state,
  };
};

/** What the client of each number does. In this order, so that few clients do a bit of everything. */
const habits = [
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

const toOrder = (seed: string, number: number, habit: (typeof habits)[number]) => {
  const productId = { scarce: 'product-2', 'unknown-product': 'product-none' }[String(habit)] ?? 'product-1';
  const quantity = habit === 'malformed' ? 0 : 1 + toChoice(3, seed, number, 'quantity');
  return {
    customerId: `customer-${number}`,
    email: 'customer@example.com',
    currency: 'USD',
    items: [{ productId, quantity }],
  };
};

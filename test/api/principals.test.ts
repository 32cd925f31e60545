// Idempotency keys belong to the principal: what another caller sent never answers and never collides, a rotated key goes
// on, and what was stored before there were keys stays valid for the same request.
import { describe, expect, it } from 'vitest';
import type { KeyWish, Scope } from '../../src/access.ts';
import { chargeAll } from '../hosts/harness.ts';
import { createEdge, problemOf, sampleOrder } from './edge.ts';

const wish: KeyWish = {
  ...{ principal: 'desk', scopes: ['orders:place', 'orders:cancel', 'money', 'catalogue'], owner: null },
  ...{ expiresAt: null, requestsPerMinute: null, refundsPerDay: null },
};
const ofCustomers: readonly Scope[] = ['orders:place', 'orders:cancel', 'money'];

const open = async (settings: Record<string, string> = {}) => {
  const edge = await createEdge({ gateway: chargeAll, settings });
  const makeKey = async (changes: Partial<KeyWish> = {}) => {
    const { key, token } = await edge.keys.create({ ...wish, ...changes });
    return { keyId: key.keyId, headers: { authorization: `Bearer ${token}`, 'idempotency-key': 'same' } };
  };
  const complete = async (orderId: string) => {
    await edge.add(orderId);
    await edge.runner.waitUntilSettled(orderId, 10_000, new AbortController().signal);
  };
  return { ...edge, makeKey, complete };
};
type Opened = Awaited<ReturnType<typeof open>>;
type Headers = Record<string, string>;

/** What is asked for with an idempotency key, each in a way that can be done twice. */
const requests: readonly [
  string,
  (edge: Opened, headers: Headers, other?: boolean) => ReturnType<Opened['post']>,
][] = [
  [
    'orders',
    ({ post }, headers, other) =>
      post('/orders', other ? { ...sampleOrder, email: 'b@example.com' } : sampleOrder, headers),
  ],
  [
    'moves',
    ({ post }, headers, other) => post('/orders/order-1/refunds', { amount: other ? 2 : 1 }, headers),
  ],
  [
    'adjustments',
    ({ post }, headers, other) =>
      post('/products/product-2/adjustments', { by: other ? 2 : 1, reason: 'x' }, headers),
  ],
];

describe.each(requests)('an idempotency key of %s', (name, ask) => {
  const begin = async (settings: Record<string, string> = {}) => {
    const edge = await open(settings);
    await edge.complete('order-1');
    return edge;
  };
  const replayed = 'idempotency-replayed';

  it('of another principal answers nothing and collides with nothing, with the same body or another', async () => {
    const edge = await begin();
    const [desk, other, third] = [
      await edge.makeKey(),
      await edge.makeKey({ principal: 'other' }),
      await edge.makeKey({ principal: 'third' }),
    ];
    const first = await ask(edge, desk.headers);
    const [same, changed] = [await ask(edge, other.headers), await ask(edge, third.headers, true)];
    expect([first, same, changed].map(({ statusCode }) => statusCode)).toEqual([201, 201, 201]);
    expect([same, changed].map(({ headers }) => headers[replayed])).toEqual([undefined, undefined]);
    const again = await ask(edge, desk.headers);
    expect([again.body, again.headers[replayed]]).toEqual([first.body, 'true']);
    expect((await ask(edge, desk.headers, true)).statusCode).toBe(422);
  });

  it('of several principals at once is as many requests', async () => {
    const edge = await begin();
    const names = Array.from({ length: 5 }, (_, index) => `desk-${index}`);
    const keys = await Promise.all(names.map((principal) => edge.makeKey({ principal })));
    const answers = await Promise.all(keys.map(({ headers }) => ask(edge, headers)));
    // An order gives back once at a time, whoever asks: that is no matter of keys.
    const refused = answers
      .filter(({ statusCode }) => statusCode !== 201)
      .map((answer) => answer.json().type);
    expect(refused.filter((type) => type !== '/problems/move-not-allowed')).toEqual([]);
    expect(refused.length).toBe(name === 'moves' ? names.length - 1 : 0);
    expect(answers.map(({ headers }) => headers[replayed])).toEqual(names.map(() => undefined));
  });

  it('goes on with a rotated key, and with another key of the principal', async () => {
    const edge = await begin();
    const desk = await edge.makeKey();
    const first = await ask(edge, desk.headers);
    const { token } = await edge.keys.rotate(desk.keyId, 0);
    const rotated = await ask(edge, { ...desk.headers, authorization: `Bearer ${token}` });
    const second = await ask(edge, (await edge.makeKey()).headers);
    for (const answer of [rotated, second]) {
      expect([answer.body, answer.headers[replayed]]).toEqual([first.body, 'true']);
    }
  });

  it('from before there were keys answers the same request, and stands in the way of no other', async () => {
    const edge = await begin();
    const before = await ask(edge, { 'idempotency-key': 'same' });
    await edge.clock.advance(1);
    const [desk, other] = [await edge.makeKey(), await edge.makeKey({ principal: 'other' })];
    const same = await ask(edge, desk.headers);
    expect([same.body, same.headers[replayed]]).toEqual([before.body, 'true']);
    const changed = await ask(edge, other.headers, true);
    expect([changed.statusCode, changed.headers[replayed]]).toEqual([201, undefined]);
  });

  it('that a caller without a name used since then, answers nobody with one', async () => {
    const edge = await begin({ OPEN_TO_EVERYONE: '1' });
    const desk = await edge.makeKey();
    const unnamed = await ask(edge, { 'idempotency-key': 'same' });
    const named = await ask(edge, desk.headers);
    expect([unnamed.statusCode, named.statusCode, named.headers[replayed]]).toEqual([201, 201, undefined]);
  });
});

describe("an idempotency key of a customer's key", () => {
  it('from before there were keys answers for its own orders alone', async () => {
    const edge = await open();
    const before = await edge.placeOrder({ 'idempotency-key': 'same' });
    await edge.clock.advance(1);
    const own = await edge.makeKey({ principal: 'own', owner: 'customer-1', scopes: ofCustomers });
    const foreign = await edge.makeKey({ principal: 'foreign', owner: 'customer-2', scopes: ofCustomers });
    expect((await edge.placeOrder(own.headers)).body).toBe(before.body);
    const refused = await edge.placeOrder(foreign.headers);
    expect([refused.statusCode, problemOf.parse(refused.json()).type]).toEqual([
      403,
      '/problems/scope-missing',
    ]);
    expect(refused.body).not.toContain('ada@example.com');
  });

  it("gets no answer about another's order, also if its principal had that answer before", async () => {
    const edge = await open();
    await edge.complete('order-1');
    const free = await edge.makeKey();
    expect((await edge.post('/orders/order-1/refunds', { amount: 1 }, free.headers)).statusCode).toBe(201);
    await edge.keys.revoke(free.keyId);
    const bound = await edge.makeKey({ owner: 'customer-2', scopes: ofCustomers });
    const answer = await edge.post('/orders/order-1/refunds', { amount: 1 }, bound.headers);
    expect([answer.statusCode, problemOf.parse(answer.json()).type]).toEqual([
      404,
      '/problems/order-not-found',
    ]);
  });
});

// The caps of keys on what they give back in a day: per principal and currency, and never exceeded, however many refunds
// come at once.
import { expect, it } from 'vitest';
import type { KeyWish } from '../../src/access.ts';
import { refundTable } from '../../src/shop/refund-totals.ts';
import { chargeAll } from '../hosts/harness.ts';
import { createEdge, noon, problemOf } from './edge.ts';

const wish: KeyWish = {
  ...{ principal: 'desk', scopes: ['money'], owner: null },
  ...{ expiresAt: null, requestsPerMinute: null, refundsPerDay: null },
};

/** An API with so many completed orders of 5000 EUR each. */
const open = async (orders: number) => {
  const edge = await createEdge({ gateway: chargeAll });
  const ids = Array.from({ length: orders }, (_, index) => `order-${index}`);
  for (const id of ids) await edge.add(id);
  for (const id of ids) await edge.runner.waitUntilSettled(id, 10_000, new AbortController().signal);
  const makeKey = async (changes: Partial<KeyWish> = {}) =>
    `Bearer ${(await edge.keys.create({ ...wish, ...changes })).token}`;
  let count = 0;
  const refund = (authorization: string, orderId: string, amount?: number) => {
    count += 1;
    const body = amount === undefined ? {} : { amount };
    return edge.post(`/orders/${orderId}/refunds`, body, {
      authorization,
      'idempotency-key': `refund-${count}`,
    });
  };
  const total = async (principal = 'desk', day = '2026-01-31') =>
    (await edge.store.row(`${refundTable}/${day}/EUR/${principal}`))?.['amount'];
  return { ...edge, makeKey, refund, total };
};

it('refunds up to the cap go through, and the next is refused, says what is left, and refunds nothing', async () => {
  const { makeKey, refund, total, runner } = await open(2);
  const key = await makeKey({ refundsPerDay: 6000 });
  expect((await refund(key, 'order-0', 4000)).statusCode).toBe(201);
  const before = await runner.get('order-1');
  const refused = await refund(key, 'order-1', 2001);
  expect(refused.statusCode).toBe(403);
  const { type, detail } = problemOf.parse(refused.json());
  expect(type).toBe('/problems/refund-cap-reached');
  expect(detail).toContain('2000 of it is left');
  expect((await runner.get('order-1'))?.version).toBe(before?.version);
  expect((await refund(key, 'order-1')).statusCode).toBe(403);
  expect((await refund(key, 'order-1', 2000)).statusCode).toBe(201);
  expect(await total()).toBe(6000);
});

it('without an amount, all that is left of the order counts', async () => {
  const { makeKey, refund, total } = await open(1);
  const key = await makeKey({ refundsPerDay: 5000 });
  expect((await refund(key, 'order-0', 1000)).statusCode).toBe(201);
  expect((await refund(key, 'order-0')).statusCode).toBe(201);
  expect(await total()).toBe(5000);
});

it('refunds at once never exceed the cap', async () => {
  const { makeKey, refund, total } = await open(12);
  const key = await makeKey({ refundsPerDay: 3500 });
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => refund(key, `order-${index}`, 1000)),
  );
  const statuses = answers.map(({ statusCode }) => statusCode).toSorted();
  expect(statuses).toEqual([201, 201, 201, ...Array.from({ length: 9 }, () => 403)]);
  expect(await total()).toBe(3000);
});

it('a repetition counts once, and so does what the order refuses not at all', async () => {
  const { makeKey, refund, post, total } = await open(1);
  const authorization = await makeKey({ refundsPerDay: 5000 });
  const headers = { authorization, 'idempotency-key': 'once' };
  for (let count = 0; count < 3; count += 1) {
    expect((await post('/orders/order-0/refunds', { amount: 3000 }, headers)).statusCode).toBe(201);
  }
  expect((await refund(authorization, 'order-0', 2001)).statusCode).toBe(409);
  expect(await total()).toBe(3000);
});

it('keys of one principal share the total, and a key without a cap adds to it', async () => {
  const { makeKey, refund } = await open(3);
  const [capped, other, free] = [
    await makeKey({ refundsPerDay: 5000 }),
    await makeKey({ refundsPerDay: 7000 }),
    await makeKey(),
  ];
  expect((await refund(free, 'order-0', 4000)).statusCode).toBe(201);
  expect((await refund(capped, 'order-1', 1001)).statusCode).toBe(403);
  expect((await refund(capped, 'order-1', 1000)).statusCode).toBe(201);
  expect((await refund(other, 'order-1', 2000)).statusCode).toBe(201);
  expect((await refund(other, 'order-1', 1)).statusCode).toBe(403);
  expect((await refund(free, 'order-1', 1)).statusCode).toBe(201);
});

it('the cap of one principal binds no other', async () => {
  const { makeKey, refund, total, store } = await open(2);
  const [desk, other] = [
    await makeKey({ refundsPerDay: 1 }),
    await makeKey({ principal: 'other', refundsPerDay: 5000 }),
  ];
  expect((await refund(desk, 'order-0', 1)).statusCode).toBe(201);
  expect((await refund(other, 'order-1', 5000)).statusCode).toBe(201);
  expect([await total(), await total('other')]).toEqual([1, 5000]);
  expect(await store.rows(refundTable, { limit: 10 })).toHaveLength(2);
});

it('the next day (UTC) begins anew', async () => {
  const { makeKey, refund, clock, total } = await open(2);
  const key = await makeKey({ refundsPerDay: 1000 });
  expect((await refund(key, 'order-0', 1000)).statusCode).toBe(201);
  await clock.advance(Date.UTC(2026, 1, 1) - 1 - noon);
  expect((await refund(key, 'order-1', 1)).statusCode).toBe(403);
  await clock.advance(1);
  expect((await refund(key, 'order-1', 1000)).statusCode).toBe(201);
  expect([await total(), await total('desk', '2026-02-01')]).toEqual([1000, 1000]);
});

// References of orders, such as ids of carts: one order for each at a time, whatever the idempotency key.
import { expect, it } from 'vitest';
import type { KeyWish, Scope } from '../../src/access.ts';
import type { Answer } from '../hosts/harness.ts';
import { createEdge, type Edge, problemOf, sampleOrder } from './edge.ts';

const order = { ...sampleOrder, reference: 'cart-1' };
const countOrders = async ({ runner }: Edge) => (await runner.list({ limit: 100 })).length;
/** A bank that authorises, and frees what it authorised. */
const authorizing: Answer<'gateway'> = ({ command }) => {
  if (command.type === 'gateway.void') return { type: 'gateway.voided' };
  if (command.type !== 'gateway.charge') return { type: 'gateway.absent' };
  const { key, amount, currency } = command;
  return { type: 'gateway.authorized', transactionId: `txn-${key}`, amount, currency };
};
/** A bank that declines whatever it is asked to. */
const declining = { gateway: () => ({ type: 'gateway.declined', code: 'card-declined' }) as const };

it('an order shows its reference, and the key that placed it gets it again', async () => {
  const { placeOrder } = await createEdge();
  const first = await placeOrder({}, order);
  expect(first.json()).toMatchObject({ reference: 'cart-1' });
  const again = await placeOrder({}, order);
  expect(again.statusCode).toBe(201);
  expect(again.headers['idempotency-replayed']).toBe('true');
  expect(again.body).toBe(first.body);
});

it('a second order with the same reference is refused with the address of the first, and nothing is stored', async () => {
  const edge = await createEdge({ settings: { PUBLIC_URL: 'https://shop.example/desk' } });
  const headers = { host: 'shop.example' };
  const { id } = (await edge.placeOrder(headers, order)).json();
  const refused = await edge.placeOrder({ ...headers, 'idempotency-key': 'key-2' }, order);
  expect(refused.statusCode).toBe(409);
  expect(refused.headers.location).toBe(`/desk/orders/${id}`);
  expect(problemOf.parse(refused.json())).toMatchObject({
    type: '/problems/reference-in-use',
    location: `/desk/orders/${id}`,
  });
  expect(await countOrders(edge)).toBe(1);
  // The key of the refused request stays free.
  const other = await edge.placeOrder(
    { ...headers, 'idempotency-key': 'key-2' },
    { ...order, reference: 'cart-2' },
  );
  expect(other.statusCode).toBe(201);
});

it('of twenty requests at once with one reference and keys of their own, one places an order', async () => {
  const edge = await createEdge();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => edge.placeOrder({ 'idempotency-key': `key-${index}` }, order)),
  );
  const placed = answers.filter(({ statusCode }) => statusCode === 201);
  expect(placed).toHaveLength(1);
  const refused = answers.filter(({ statusCode }) => statusCode === 409);
  expect(refused).toHaveLength(19);
  expect(new Set(refused.map(({ headers }) => headers.location))).toEqual(
    new Set([placed[0]?.headers.location]),
  );
  expect(await countOrders(edge)).toBe(1);
});

it('a reference is free again once its order is cancelled, for one of those who want it', async () => {
  const edge = await createEdge({ gateway: authorizing, settings: { PAYMENT_CAPTURE: 'later' } });
  const { id } = (await edge.placeOrder({}, order)).json();
  expect((await edge.post(`/orders/${id}/cancel`, {})).statusCode).toBe(200);
  const { signal } = new AbortController();
  expect((await edge.runner.waitUntilSettled(id, 10_000, signal))?.state).toBe('cancelled');
  const answers = await Promise.all(
    ['key-2', 'key-3', 'key-4'].map((key) => edge.placeOrder({ 'idempotency-key': key }, order)),
  );
  expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([201, 409, 409]);
  expect(await countOrders(edge)).toBe(2);
});

it('a reference is free again once its order failed', async () => {
  const edge = await createEdge(declining);
  const first = await edge.placeOrder({ prefer: 'wait=10' }, order);
  expect(first.json()).toMatchObject({ state: 'failed' });
  const second = await edge.placeOrder({ prefer: 'wait=10', 'idempotency-key': 'key-2' }, order);
  expect(second.statusCode).toBe(201);
  expect(second.json().id).not.toBe(first.json().id);
});

it('principals have references of their own, and learn nothing of those of others', async () => {
  const edge = await createEdge();
  const scopes: readonly Scope[] = ['orders:place'];
  const rest = { owner: null, expiresAt: null, requestsPerMinute: null, refundsPerDay: null };
  const place = async (wish: Pick<KeyWish, 'principal'> & Partial<KeyWish>, key: string) => {
    const { token } = await edge.keys.create({ ...rest, scopes, ...wish });
    return edge.placeOrder({ authorization: `Bearer ${token}`, 'idempotency-key': key }, order);
  };
  expect((await place({ principal: 'site' }, 'key-1')).statusCode).toBe(201);
  expect((await place({ principal: 'app' }, 'key-2')).statusCode).toBe(201);
  expect((await place({ principal: 'own', owner: 'customer-1' }, 'key-3')).statusCode).toBe(201);
  // Another key of the same principal is the same caller.
  expect((await place({ principal: 'site' }, 'key-4')).statusCode).toBe(409);
});

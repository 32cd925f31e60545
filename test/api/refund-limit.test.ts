// How often one order may be refunded: MAX_REFUNDS, at the network's edge.
import { expect, test } from 'vitest';
import { chargeAll } from '../hosts/harness.ts';
import { createEdge, problemOf } from './edge.ts';

const open = async () => {
  const edge = await createEdge({ gateway: chargeAll, settings: { MAX_REFUNDS: 4 } });
  await edge.add('order-1');
  await edge.runner.waitUntilSettled('order-1', 1000);
  const refund = (key: string) =>
    edge.post('/orders/order-1/refunds', { amount: 1 }, { 'idempotency-key': key });
  return { ...edge, refund };
};

test('an order is refunded as often as MAX_REFUNDS says, and one more is 409 and leaves no trace', async () => {
  const edge = await open();
  for (const key of ['key-1', 'key-2', 'key-3', 'key-4']) {
    expect((await edge.refund(key)).statusCode).toBe(201);
    await expect.poll(async () => (await edge.runner.get('order-1'))?.calls).toEqual([]);
  }
  const before = await edge.stored();
  const refused = await edge.refund('key-5');
  expect(refused.statusCode).toBe(409);
  expect(problemOf.parse(refused.json()).type).toBe('/problems/refund-limit-reached');
  expect(refused.json().detail).toContain('MAX_REFUNDS=4');
  expect(await edge.stored()).toEqual(before);
});

test('a refund that was made is answered again under its key, also when no more are allowed', async () => {
  const edge = await open();
  for (const key of ['key-1', 'key-2', 'key-3', 'key-4']) {
    await edge.refund(key);
    await expect.poll(async () => (await edge.runner.get('order-1'))?.calls).toEqual([]);
  }
  expect((await edge.refund('key-4')).statusCode).toBe(201);
});

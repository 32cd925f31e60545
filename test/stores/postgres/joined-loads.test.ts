// Loads of orders that are asked for at the same time are one, and never older than the question.
import { expect, test } from 'vitest';
import type { StoredOrder } from '../../../src/store.ts';
import { joinLoads } from '../../../src/stores/postgres/joined-loads.ts';
import { toSummary } from '../../contracts/store-samples.ts';

const toOrder = (orderId: string): StoredOrder => ({
  orderId,
  version: 1,
  system: '{}',
  summary: toSummary(),
});

test('orders that many ask for at once are read together, and each gets its own', async () => {
  const asked: (readonly string[])[] = [];
  const load = joinLoads(async (orderIds) => {
    asked.push(orderIds);
    return new Map(orderIds.filter((id) => id !== 'none').map((id) => [id, toOrder(id)]));
  });
  const found = await Promise.all([load(['a']), load(['b', 'a']), load(['none'])]);
  expect(found.map((orders) => [...orders.keys()])).toEqual([['a'], ['b', 'a'], []]);
  expect(asked).toEqual([['a', 'b', 'none']]);
});

test('who asks while a read is under way gets the next one, also if the first fails', async () => {
  const reads: PromiseWithResolvers<ReadonlyMap<string, StoredOrder>>[] = [];
  const load = joinLoads(() => {
    const read = Promise.withResolvers<ReadonlyMap<string, StoredOrder>>();
    reads.push(read);
    return read.promise;
  });
  const first = load(['a']);
  await expect.poll(() => reads.length).toBe(1);
  const second = load(['a']);
  reads[0]?.reject(new Error('away'));
  await expect(first).rejects.toThrow('away');
  await expect.poll(() => reads.length).toBe(2);
  reads[1]?.resolve(new Map([['a', toOrder('a')]]));
  expect((await second).get('a')).toMatchObject({ orderId: 'a' });
});

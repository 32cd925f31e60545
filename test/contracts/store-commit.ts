// The contract of `commit`: what is written, what is left out, and what nobody sees before it is done.
import { describe, expect, it } from 'vitest';
import type { OrderWork, Store } from '../../src/store.ts';
import {
  commitAll,
  createLatch,
  inStock,
  lease,
  noon,
  place,
  toActing,
  toCall,
  toCounts,
  toEvent,
  toMessage,
  toOutcomes,
  toSetting,
  toSummary,
  toWork,
  toWrite,
} from './store-samples.ts';

const share = [{ productId: 'anvil', quantity: 3 }];
const record = {
  scope: 'POST /orders',
  key: 'key-1',
  fingerprint: 'abc',
  orderId: 'a',
  status: 202,
  body: '{"id":"a"}',
  at: noon,
};
const failing = (orderId: string, baseVersion = 0): OrderWork =>
  toActing(orderId, baseVersion, async ({ stock }) => {
    await stock.hold(orderId, share, noon, noon);
    throw new Error('a guard threw');
  });

const describeVersions = (current: () => Store) => {
  it('a new order is stored with its system and version', async () => {
    await place(current(), 'a', { system: '{"x":"1"}' });
    expect(await current().load(['a', 'unknown'])).toEqual(
      new Map([['a', { orderId: 'a', version: 1, system: '{"x":"1"}' }]]),
    );
  });
  it('a stale order is left out and the others are written', async () => {
    await place(current(), 'a');
    const results = await current().commit([toWork('a', 0), toWork('b', 0), toWork('c', 4)], lease);
    expect(toOutcomes(results)).toEqual(['stale', 'committed', 'stale']);
    const orders = await current().load(['a', 'b', 'c']);
    expect([...orders.values()].map(({ orderId, version }) => [orderId, version])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
    expect(await current().received('c', 0, 10)).toEqual([]);
  });
  it('a stale order is not decided', async () => {
    await place(current(), 'a');
    const decided: string[] = [];
    const work = toActing('a', 7, async () => decided.push('a'));
    expect(toOutcomes(await current().commit([work], lease))).toEqual(['stale']);
    expect(decided).toEqual([]);
  });
  it('the second entry of one batch for the same order sees the first', async () => {
    const results = await current().commit([toWork('a', 0), toWork('a', 0), toWork('a', 1)], lease);
    expect(toOutcomes(results)).toEqual(['committed', 'stale', 'committed']);
    expect((await current().load(['a'])).get('a')?.version).toBe(2);
  });
  it('an entry after a failed one of the same order starts from what was before', async () => {
    const results = await current().commit([failing('a'), toWork('a', 1), toWork('a', 0)], lease);
    expect(toOutcomes(results)).toEqual(['failed', 'stale', 'committed']);
  });
  it('of writers that start from the same version, one wins', async () => {
    await place(current(), 'a');
    const racing = Array.from({ length: 20 }, () => current().commit([toWork('a', 1)], lease));
    const outcomes = (await Promise.all(racing)).flatMap(toOutcomes).sort();
    expect(outcomes).toEqual(['committed', ...Array.from({ length: 19 }, () => 'stale')]);
    expect(await current().received('a', 0, 100)).toHaveLength(2);
  });
  it('an empty batch does nothing', async () => {
    expect(await current().commit([], lease)).toEqual([]);
  });
  it('whose order it is and when it came stay as they were placed', async () => {
    await place(current(), 'a');
    const summary = toSummary({ customerId: 'other', createdAt: noon + 5, state: 'paying' });
    await commitAll(current(), [toWork('a', 1, { summary })]);
    const filter = { state: 'paying', customerId: 'customer-1', createdBefore: noon + 1, limit: 10 };
    expect(await current().list(filter)).toHaveLength(1);
  });
};

const describeNothing = (current: () => Store) => {
  it('a decision for nothing writes nothing', async () => {
    const work = { orderId: 'a', baseVersion: 0, decide: async () => null };
    expect(await current().commit([work], lease)).toEqual([{ outcome: 'unchanged' }]);
    expect((await current().load(['a'])).size).toBe(0);
  });
  it('a decision for nothing undoes its stock changes', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    const decide: OrderWork['decide'] = async ({ stock }) => {
      await stock.hold('a', share, noon, noon);
      return null;
    };
    await current().commit([{ orderId: 'a', baseVersion: 0, decide }], lease);
    expect(toCounts(await current().product('anvil'))).toEqual([10, 0, 0, 10]);
  });
  it('a decision that throws undoes its own stock changes and no others', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    const holding = (orderId: string) =>
      toActing(orderId, 0, ({ stock }) => stock.hold(orderId, share, noon, noon));
    const results = await current().commit([holding('a'), failing('b'), holding('c')], lease);
    expect(toOutcomes(results)).toEqual(['committed', 'failed', 'committed']);
    expect(results[1]).toMatchObject({ error: { message: 'a guard threw' } });
    expect(toCounts(await current().product('anvil'))).toEqual([10, 6, 0, 4]);
    expect(await inStock(current(), 'b', ({ stock }) => stock.release('b', noon))).toBe('nothing');
  });
  it('a stock operation that fails is not forgotten where the decision swallows it', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    const work = toActing('a', 0, async ({ stock }) => {
      await stock.hold('a', share, noon, noon);
      await stock.hold('b', [{ productId: 'anvil', quantity: -1 }], noon, noon).catch(() => undefined);
    });
    expect(toOutcomes(await current().commit([work], lease))).toEqual(['failed']);
    expect(toCounts(await current().product('anvil'))).toEqual([10, 0, 0, 10]);
  });
  it('stock can not be changed after the decision is over', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    const late: (() => Promise<unknown>)[] = [];
    const work = toActing('a', 0, async ({ stock }) => {
      late.push(() => stock.hold('a', share, noon, noon));
    });
    await commitAll(current(), [work]);
    await expect(late[0]?.()).rejects.toThrow('is over');
    expect(toCounts(await current().product('anvil'))).toEqual([10, 0, 0, 10]);
  });
  it('nothing of a commit is seen before it is done', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    const decided = createLatch();
    const looked = createLatch();
    const work = toActing('b', 0, async ({ stock }) => {
      await stock.hold('b', share, noon, noon);
      decided.open();
      await looked.opened;
    });
    const committing = current().commit([toWork('a', 0, { events: [toEvent(1)] }), work], lease);
    await decided.opened;
    expect((await current().load(['a'])).size).toBe(0);
    expect(await current().events({ after: 0, limit: 10 })).toEqual([]);
    expect(toCounts(await current().product('anvil'))).toEqual([10, 0, 0, 10]);
    looked.open();
    await committing;
    expect(toCounts(await current().product('anvil'))).toEqual([10, 3, 0, 7]);
  });
  it('commits and changes wait for the commit under way', async () => {
    const begun = createLatch();
    const finish = createLatch();
    const seen: string[] = [];
    const slow = toActing('a', 0, async () => {
      begun.open();
      await finish.opened;
      seen.push('slow');
    });
    const first = current().commit([slow], lease);
    await begun.opened;
    const second = current().commit([toActing('b', 0, async () => seen.push('fast'))], lease);
    const third = current()
      .putProduct('anvil', toSetting(), noon)
      .then(() => seen.push('product'));
    finish.open();
    await Promise.all([first, second, third]);
    expect(seen).toEqual(['slow', 'fast', 'product']);
  });
};

const describeGaps = (current: () => Store) => {
  const refused = [
    { what: 'a version that skips', write: toWrite(0, { version: 2 }) },
    { what: 'no message', write: toWrite(0, { version: 0, received: [] }) },
    { what: 'a message version that skips', write: toWrite(0, { received: [toMessage(2)] }) },
    { what: 'an event seq that skips', write: toWrite(0, { events: [toEvent(1), toEvent(3)] }) },
    { what: 'an event seq that starts late', write: toWrite(0, { events: [toEvent(2)] }) },
    {
      what: 'the same message twice',
      write: toWrite(0, {
        version: 2,
        received: [toMessage(1), toMessage(2, { messageId: 'message-1' })],
      }),
    },
    { what: 'the same call twice', write: toWrite(0, { calls: [toCall('a', 'c'), toCall('a', 'c')] }) },
  ];
  for (const { what, write } of refused) {
    it(`a write with ${what} fails alone`, async () => {
      await current().putProduct('anvil', toSetting(), noon);
      const decide: OrderWork['decide'] = async ({ stock }) => {
        await stock.hold('a', share, noon, noon);
        return write;
      };
      const work = [toWork('before', 0), { orderId: 'a', baseVersion: 0, decide }, toWork('after', 0)];
      expect(toOutcomes(await current().commit(work, lease))).toEqual(['committed', 'failed', 'committed']);
      expect([...(await current().load(['before', 'a', 'after'])).keys()].sort()).toEqual([
        'after',
        'before',
      ]);
      expect(await current().received('a', 0, 10)).toEqual([]);
      expect(await current().lastPosition()).toBe(0);
      expect((await current().figures()).pendingCalls).toBe(0);
      expect(toCounts(await current().product('anvil'))).toEqual([10, 0, 0, 10]);
    });
  }
  it('an event seq that was used in an earlier commit fails', async () => {
    await place(current(), 'a', { events: [toEvent(1)] });
    const again = toWork('a', 1, { events: [toEvent(1)] });
    expect(toOutcomes(await current().commit([again], lease))).toEqual(['failed']);
    await commitAll(current(), [toWork('a', 1, { events: [toEvent(2), toEvent(3)] })]);
    const events = await current().events({ after: 0, limit: 10 });
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });
  it('a message that was recorded in an earlier commit is known and fails', async () => {
    await place(current(), 'a');
    await place(current(), 'b', { received: [toMessage(1, { messageId: 'b-1' })] });
    const known: boolean[] = [];
    const work = toActing('a', 1, async ({ hasReceived }) => {
      for (const id of ['message-1', 'message-2', 'b-1']) known.push(await hasReceived(id));
    });
    await commitAll(current(), [work]);
    expect(known).toEqual([true, false, false]);
    const again = toWork('a', 2, { received: [toMessage(3, { messageId: 'message-1' })] });
    expect(toOutcomes(await current().commit([again], lease))).toEqual(['failed']);
  });
  it('a message of an earlier entry of the same batch is known', async () => {
    const known: boolean[] = [];
    const work = toActing('a', 1, async ({ hasReceived }) => {
      known.push(await hasReceived('message-1'));
    });
    await commitAll(current(), [toWork('a', 0), work]);
    expect(known).toEqual([true]);
  });
};

const describeKeys = (current: () => Store) => {
  it('an idempotency key stands for its first answer', async () => {
    await place(current(), 'a', { idempotency: record });
    expect(await current().idempotencyRecord(record.scope, record.key)).toEqual(record);
    expect(await current().idempotencyRecord('other scope', record.key)).toBeUndefined();
    expect(await current().idempotencyRecord(record.scope, 'other key')).toBeUndefined();
  });
  it('a taken key is replayed and nothing of its order is written', async () => {
    await current().putProduct('anvil', toSetting(), noon);
    await place(current(), 'a', { idempotency: record });
    const decide: OrderWork['decide'] = async ({ stock }) => {
      await stock.hold('b', share, noon, noon);
      return toWrite(0, { idempotency: { ...record, orderId: 'b', fingerprint: 'def' } });
    };
    const results = await current().commit([{ orderId: 'b', baseVersion: 0, decide }, toWork('c', 0)], lease);
    expect(results).toEqual([{ outcome: 'replayed', record }, { outcome: 'committed' }]);
    expect([...(await current().load(['a', 'b', 'c'])).keys()].sort()).toEqual(['a', 'c']);
    expect(toCounts(await current().product('anvil'))).toEqual([10, 0, 0, 10]);
  });
  it('a key that the same batch takes is replayed', async () => {
    const work = [
      toWork('a', 0, { idempotency: record }),
      toWork('b', 0, { idempotency: { ...record, orderId: 'b' } }),
    ];
    expect(await current().commit(work, lease)).toEqual([
      { outcome: 'committed' },
      { outcome: 'replayed', record },
    ]);
  });
  it('keys of two scopes are two, also when they read alike one after the other', async () => {
    await place(current(), 'a', { idempotency: { ...record, scope: 'orders', key: '/1' } });
    await place(current(), 'b', { idempotency: { ...record, orderId: 'b', scope: 'orders/', key: '1' } });
    expect(await current().idempotencyRecord('orders/', '1')).toMatchObject({ orderId: 'b' });
  });
  it('a key of a write that fails stays free', async () => {
    const work = toWork('a', 0, { idempotency: record, version: 9 });
    expect(toOutcomes(await current().commit([work], lease))).toEqual(['failed']);
    expect(await current().idempotencyRecord(record.scope, record.key)).toBeUndefined();
    await place(current(), 'b', { idempotency: { ...record, orderId: 'b' } });
  });
  it('the answer of a key can be replaced, and of an unknown key it is not', async () => {
    await place(current(), 'a', { idempotency: record });
    await current().updateIdempotencyAnswer(record.scope, record.key, 200, 'done');
    await current().updateIdempotencyAnswer(record.scope, 'unknown', 200, 'done');
    const expected = { ...record, status: 200, body: 'done' };
    expect(await current().idempotencyRecord(record.scope, record.key)).toEqual(expected);
    expect(await current().idempotencyRecord(record.scope, 'unknown')).toBeUndefined();
  });
};

export const describeCommit = (current: () => Store): void => {
  describe('versions', () => describeVersions(current));
  describe('what is not written', () => describeNothing(current));
  describe('gaps and repetitions', () => describeGaps(current));
  describe('idempotency keys', () => describeKeys(current));
};

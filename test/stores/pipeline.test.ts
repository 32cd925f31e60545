// Batches that overlap: the next one is decided on top of what is being written, written after it, and dropped with it.
import { beforeEach, expect, test } from 'vitest';
import type { Row } from '../../src/application.ts';
import type { Batch, BatchWrite, IdempotencyRecord } from '../../src/store.ts';
import { createAmending } from '../../src/stores/amending.ts';
import { createBatches } from '../../src/stores/batch.ts';
import { nothingFound } from '../../src/stores/batch-access.ts';
import { createTurns } from '../../src/turns.ts';
import { lease, noRows, toNeeds, toRecord, toWrite } from '../contracts/store-samples.ts';

/** What reached the store, in order, each waiting until the test says how it ends. */
interface Writing {
  readonly orders: readonly string[];
  /** Keys whose answers are replaced. */
  readonly amended: readonly string[];
  readonly end: PromiseWithResolvers<void>;
}

let writings: Writing[];
let records: IdempotencyRecord[];
let batches: ReturnType<typeof createBatches>;

beforeEach(() => {
  [writings, records] = [[], []];
  batches = createBatches(
    {
      load: () => ({ ...nothingFound, records }),
      rowAtHand: () => undefined,
      isShared: false,
      prepare:
        ({ orders, idempotency = [], amended = [] }) =>
        () => {
          const end = Promise.withResolvers<void>();
          for (const order of orders) records.push(...order.idempotency);
          records.push(...idempotency);
          const keys = amended.map(({ key }) => key);
          writings.push({ orders: orders.map(({ orderId }) => orderId), amended: keys, end });
          return end.promise;
        },
    },
    createTurns(),
  );
});

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
const written = () => writings.map(({ orders }) => orders.join());
const open = (...orderIds: string[]): Promise<Batch> => batches.open(toNeeds(orderIds));
const toBatch = (orderId: string, baseVersion = 0, changes: Partial<BatchWrite> = {}): BatchWrite => ({
  orders: [toWrite(orderId, baseVersion)],
  rows: noRows,
  lease,
  ...changes,
});
/** Hands a batch over; the promise is what it says of it. */
const handOver = async (orderId: string): Promise<{ readonly durable: Promise<string> }> => {
  const batch = await open(orderId);
  const durable = batch.write(toBatch(orderId)).then(
    () => 'durable',
    (error: unknown) => (error instanceof Error ? error.name : 'unknown'),
  );
  return { durable };
};
const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  let settled = false;
  void promise.finally(() => {
    settled = true;
  });
  await settle();
  return settled;
};

test('the next batch is opened on top of the one that is being written', async () => {
  const rows = { changed: [{ key: 'products/a', before: undefined, after: { held: 1 } }], appended: [] };
  const first = await open('a');
  const idempotency = [toRecord()];
  void first.write(toBatch('a', 0, { rows, idempotency }));
  const key = { scope: toRecord().scope, key: toRecord().key };
  const received = [{ orderId: 'a', messageId: 'message-1' }];
  const next = await batches.open(toNeeds(['a'], { rows: ['products/a'], keys: [key], received }));
  expect(written()).toEqual(['a']);
  expect(next.loaded.orders.get('a')).toMatchObject({ version: 1 });
  expect(next.loaded.rows.get('products/a')).toEqual({ held: 1 });
  expect(next.loaded.rowAtHand('products/a')).toEqual({ held: 1 });
  expect(next.loaded.record(key.scope, key.key)).toEqual(toRecord());
  expect(next.loaded.hasReceived('a', 'message-1')).toBe(true);
  expect(next.loaded.hasReceived('a', 'message-2')).toBe(false);
});

test('the newest batch under way counts', async () => {
  void (await open('a')).write(toBatch('a'));
  void (await open('a')).write(toBatch('a', 1));
  writings[0]?.end.resolve();
  expect((await open('a')).loaded.orders.get('a')).toMatchObject({ version: 2 });
});

test('batches reach the disk one after the other, and a third waits before it is opened', async () => {
  const [first, second] = [await handOver('a'), await handOver('b')];
  const third = handOver('c');
  await settle();
  expect(written()).toEqual(['a']);
  writings[0]?.end.resolve();
  expect(await first.durable).toBe('durable');
  await settle();
  expect(written()).toEqual(['a', 'b']);
  writings[1]?.end.resolve();
  expect(await second.durable).toBe('durable');
  await third;
  await settle();
  expect(written()).toEqual(['a', 'b', 'c']);
});

test('a batch that was decided on one that fails is dropped, and never reaches the disk', async () => {
  const [first, second] = [await handOver('a'), await handOver('b')];
  writings[0]?.end.reject(new Error('full'));
  expect([await first.durable, await second.durable]).toEqual(['Error', 'DroppedBatch']);
  expect(written()).toEqual(['a']);
  // What was dropped is seen by nobody, and the next batch works.
  const next = await open('a', 'b');
  expect(next.loaded.orders.size).toBe(0);
  const third = next.write(toBatch('a'));
  await settle();
  writings[1]?.end.resolve();
  await third;
  expect(written()).toEqual(['a', 'a']);
});

test('a batch that is open when an earlier one fails is stale, whether it writes or not', async () => {
  const ends: ((batch: Batch) => Promise<void>)[] = [
    (batch) => batch.write(toBatch('b')),
    (batch) => batch.confirm(),
  ];
  for (const [index, end] of ends.entries()) {
    const first = await handOver('a');
    const second = await open('b');
    writings[index]?.end.reject(new Error('full'));
    expect(await first.durable).toBe('Error');
    await expect(end(second)).rejects.toMatchObject({ name: 'DroppedBatch' });
  }
  expect(written()).toEqual(['a', 'a']);
});

test('what is decided without a write is confirmed when all that it rests on is durable', async () => {
  const first = await handOver('a');
  const batch = await open('a');
  const confirmed = batch.confirm();
  expect(await isSettled(confirmed)).toBe(false);
  // It is over, so the next one can be opened meanwhile.
  (await open('c')).release();
  writings[0]?.end.resolve();
  expect(await first.durable).toBe('durable');
  await confirmed;
});

test('what is decided without a write on a batch that fails is not confirmed', async () => {
  const first = await handOver('a');
  const confirmed = (await open('a')).confirm();
  writings[0]?.end.reject(new Error('full'));
  await expect(confirmed).rejects.toMatchObject({ name: 'DroppedBatch' });
  expect(await first.durable).toBe('Error');
});

test('answers that are replaced at the same time share one batch, which holds up nobody', async () => {
  const amend = createAmending(batches);
  const toAnswer = (key: string) => ({ scope: 'orders', key, status: 200, body: 'done', version: 2 });
  const first = await handOver('a');
  const amended = Promise.all(['1', '2', '3'].map((key) => amend(toAnswer(key))));
  await settle();
  const later = amend(toAnswer('4'));
  writings[0]?.end.resolve();
  expect(await first.durable).toBe('durable');
  await settle();
  expect(writings[1]?.amended).toEqual(['1', '2', '3']);
  writings[1]?.end.resolve();
  await amended;
  await settle();
  expect(writings[2]?.amended).toEqual(['4']);
  writings[2]?.end.resolve();
  await later;
});

test('an answer whose batch was dropped is replaced all the same', async () => {
  const amend = createAmending(batches);
  const first = await handOver('a');
  const amended = amend({ scope: 'orders', key: '1', status: 200, body: 'done', version: 2 });
  await settle();
  writings[0]?.end.reject(new Error('full'));
  expect(await first.durable).toBe('Error');
  await settle();
  expect(writings[1]?.amended).toEqual(['1']);
  writings[1]?.end.resolve();
  await amended;
});

test('a replaced answer that is under way is what the next batch loads', async () => {
  const { scope, key } = toRecord();
  void (await open('a')).write(toBatch('a', 0, { idempotency: [toRecord()] }));
  void createAmending(batches)({ scope, key, status: 299, body: 'done', version: 9 });
  await settle();
  writings[0]?.end.resolve();
  const next = await batches.open(toNeeds([], { keys: [{ scope, key }] }));
  expect(next.loaded.record(scope, key)).toEqual({ ...toRecord(), status: 299, body: 'done', version: 9 });
});

test('another change waits until no batch is under way, and no batch is opened meanwhile', async () => {
  const order: string[] = [];
  const first = await handOver('a');
  const changed = batches.change(() => order.push('changed'));
  const second = open('b').then((batch) => {
    order.push('opened');
    batch.release();
  });
  await settle();
  expect(order).toEqual([]);
  writings[0]?.end.resolve();
  await Promise.all([first.durable, changed, second]);
  expect(order).toEqual(['changed', 'opened']);
});

test.each([
  [0, 4],
  [1, 3],
])(
  'of a count that was read when %i of the batches under way were in it, the others are added: %i',
  async (includes, count) => {
    const key = 'counts/1';
    const countOf = (row: Row | undefined): number => Number(row?.['count'] ?? 0);
    const shared = createBatches(
      {
        load: () => ({ ...nothingFound, rows: new Map([[key, { count: 3 }]]), includes }),
        rowAtHand: () => undefined,
        isShared: true,
        merge: ({ before, after }, current) => ({
          count: countOf(current) + countOf(after) - countOf(before),
        }),
        prepare: () => () => new Promise(() => {}),
      },
      createTurns(),
    );
    const changed = [{ key, before: { count: 2 }, after: { count: 3 } }];
    const first = await shared.open(toNeeds(['a']));
    void first.write(toBatch('a', 0, { rows: { changed, appended: [] } }));
    const second = await shared.open(toNeeds([], { rows: [key] }));
    expect(second.loaded.rows.get(key)).toEqual({ count });
  },
);

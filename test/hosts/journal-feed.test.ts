// What many readers of the journal share: the reads of the store do not grow with them, a reader that lags looks through
// a bounded part at a time and leaves room for others, and nothing is read while nobody watches.
import { expect, test } from 'vitest';
import { JournalFeed } from '../../src/hosts/journal-feed.ts';
import { JournalReaders } from '../../src/hosts/journal-readers.ts';
import { limits } from '../../src/limits.ts';
import type { EventFilter, JournalEvent, Store } from '../../src/store.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { free, place, toEvent, toWrite, write } from '../contracts/store-samples.ts';
import { createFakeClock } from '../fake-clock.ts';
import { eachEvent } from './harness.ts';

/** A feed over a store that notes each read, and passes it on. */
const openFeed = (store: Store = createMemoryStore()) => {
  const reads: EventFilter[] = [];
  const clock = createFakeClock();
  const closing = new AbortController();
  const events: Store['events'] = (filter) => {
    reads.push(filter);
    return store.events(filter);
  };
  const { lastPosition, owners } = store;
  const counted: Pick<Store, 'events' | 'lastPosition' | 'owners'> = { events, lastPosition, owners };
  const settings = { POLL_MS: 60_000 };
  const feed = new JournalFeed({ store: counted, clock, settings, closing: closing.signal });
  let [version, seq] = [0, 0];
  const record = async (...types: readonly string[]): Promise<void> => {
    const added = types.map((type) => {
      seq += 1;
      return toEvent(seq, { type });
    });
    if (version === 0) await place(store, 'order-1', { events: added });
    else await write(store, [toWrite('order-1', version, { events: added })], { lease: free });
    version += 1;
    feed.noteCommit();
  };
  return { feed, store, clock, reads, counted, record, close: () => closing.abort() };
};

const watch = (
  { feed }: ReturnType<typeof openFeed>,
  wanted: Partial<Parameters<JournalFeed['watch']>[0]>,
) => {
  const leaving = new AbortController();
  const events = eachEvent(feed.watch({ after: 0, signal: leaving.signal, ...wanted }));
  const take = async (count: number): Promise<JournalEvent[]> => {
    const taken: JournalEvent[] = [];
    while (taken.length < count) {
      const { value } = await events.next();
      if (value === undefined) throw new Error('the watch ended');
      taken.push(value);
    }
    return taken;
  };
  return { take, leave: () => leaving.abort() };
};

const readsOf = async (readers: number): Promise<number> => {
  const opened = openFeed();
  const wishes = [{}, { types: ['order.created'] }, { orderId: 'order-1' }];
  const watches = Array.from({ length: readers }, (_, index) => watch(opened, wishes[index % 3] ?? {}));
  for (let commit = 0; commit < 20; commit += 1) {
    const taken = watches.map(({ take }) => take(1));
    await opened.record('order.created');
    await Promise.all(taken);
  }
  opened.close();
  return opened.reads.length;
};

test('1,000 readers of everything, of types and of one order cost no more reads than 3', async () => {
  const [few, many] = [await readsOf(3), await readsOf(1000)];
  expect(many).toBe(few);
  expect(few).toBeLessThanOrEqual(2 * 20 + 2);
});

test('a reader that lags a little is served from what is shared, without a read of its own', async () => {
  const opened = openFeed();
  const [quick, slow] = [watch(opened, {}), watch(opened, {})];
  const begun = [quick.take(1), slow.take(1)];
  await opened.record('order.created');
  await Promise.all(begun);
  for (let commit = 0; commit < 10; commit += 1) {
    const taken = quick.take(2);
    await opened.record('order.validated', 'order.created');
    await taken;
  }
  const { length } = opened.reads;
  expect((await slow.take(20)).map(({ position }) => position)).toEqual(
    Array.from({ length: 20 }, (_, index) => index + 2),
  );
  expect(opened.reads).toHaveLength(length);
  opened.close();
});

test('a reader that is further behind than what is shared reads for itself, then shares again', async () => {
  const opened = openFeed();
  await opened.record(...Array.from({ length: limits.sharedEvents * 2 }, () => 'order.validated'));
  const [quick, slow] = [watch(opened, { after: limits.sharedEvents * 2 }), watch(opened, {})];
  const first = quick.take(1);
  const all = slow.take(limits.sharedEvents * 2 + 1);
  await opened.record('order.created');
  expect((await all).map(({ position }) => position)).toEqual(
    Array.from({ length: limits.sharedEvents * 2 + 1 }, (_, index) => index + 1),
  );
  await first;
  const { length } = opened.reads;
  const both = [quick.take(1), slow.take(1)];
  await opened.record('order.created');
  await Promise.all(both);
  expect(opened.reads.length - length).toBeLessThanOrEqual(2);
  opened.close();
});

test('a reader of a rare type looks through a bounded part at a time, and lets others have their turn', async () => {
  const opened = openFeed();
  const count = limits.examinedEvents * 3;
  await opened.record(...Array.from({ length: count - 1 }, () => 'order.validated'), 'order.failed');
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const [event] = await watch(opened, { types: ['order.failed'] }).take(1);
  isOver = true;
  expect(event?.position).toBe(count);
  const own = opened.reads.filter(({ types }) => types !== undefined);
  expect(own.map(({ after, upTo = 0 }) => upTo - after)).toEqual([1, 1, 1].map(() => limits.examinedEvents));
  expect(turns).toBeGreaterThanOrEqual(3);
  opened.close();
});

test('readers that cannot be given anything get the error, and later ones are served', async () => {
  const opened = openFeed();
  const { events } = opened.counted;
  const waiting = watch(opened, {}).take(1);
  await opened.clock.advance(0);
  opened.counted.events = () => Promise.reject(new Error('EIO'));
  opened.feed.noteCommit();
  await expect(waiting).rejects.toThrow('EIO');
  opened.counted.events = events;
  const next = watch(opened, {}).take(1);
  await opened.record('order.created');
  expect(await next).toMatchObject([{ position: 1 }]);
  opened.close();
});

test('a reader of one owner gets all events of a commit that comes while too many owners are known', async () => {
  const opened = openFeed();
  const { owners } = opened.counted;
  const others = Array.from({ length: limits.knownOwners }, (_, index) => [`other-${index}`, 'ada'] as const);
  opened.counted.owners = async (ids) => new Map([...(await owners(ids)), ...others]);
  const reader = watch(opened, { owner: 'customer-1' });
  const first = reader.take(1);
  await opened.record('order.created');
  await first;
  const rest = reader.take(2);
  const created = [toEvent(1, { eventId: 'event-of-2' })];
  await write(
    opened.store,
    [toWrite('order-1', 1, { events: [toEvent(2)] }), toWrite('order-2', 0, { events: created })],
    { lease: free },
  );
  opened.feed.noteCommit();
  expect((await rest).map(({ orderId }) => orderId)).toEqual(['order-1', 'order-2']);
  opened.close();
});

test('while nobody watches nothing is read and no timer runs', async () => {
  const opened = openFeed();
  const reader = watch(opened, {});
  const first = reader.take(1);
  await opened.record('order.created');
  await first;
  expect(opened.clock.timers()).toBe(1);
  const ended = reader.take(1);
  reader.leave();
  await expect(ended).rejects.toThrow('the watch ended');
  await opened.clock.advance(0);
  const { length } = opened.reads;
  await opened.record('order.created');
  await opened.clock.advance(600_000);
  expect(opened.reads).toHaveLength(length);
  expect(opened.clock.timers()).toBe(0);
});

test('after news that took a while to give, the streams rest, so that orders come first', async () => {
  const opened = openFeed();
  const { events } = opened.counted;
  opened.counted.events = async (filter) => {
    const read = await events(filter);
    if (read.length > 0) await opened.clock.advance(20);
    return read;
  };
  const reader = watch(opened, {});
  const first = reader.take(1);
  await opened.record('order.created');
  await first;
  await opened.clock.advance(0);
  let isThere = false;
  const second = reader.take(1).then(() => {
    isThere = true;
  });
  await opened.record('order.created');
  await opened.clock.advance(20 * limits.streamRest - 1);
  expect(isThere).toBe(false);
  await opened.clock.advance(1);
  await second;
  opened.close();
});

test('what others had in the turn in which news were given is neither time of the streams nor waited for again', async () => {
  const opened = openFeed();
  const { clock } = opened;
  const { events } = opened.counted;
  opened.counted.events = async (filter) => {
    const read = await events(filter);
    if (read.length > 0) await clock.advance(20);
    return read;
  };
  clock.soon = (callback) => void clock.advance(20 * limits.streamRest).then(callback);
  const reader = watch(opened, {});
  const first = reader.take(1);
  await opened.record('order.created');
  await first;
  const second = reader.take(1);
  await opened.record('order.created');
  // No time passes but that of the reads and the others.
  expect((await second)[0]?.position).toBe(2);
  opened.close();
});

test('a reader that has read further than what is given gets only what it has not had, and waits on for that', async () => {
  const readers = new JournalReaders();
  const toEvents = (...positions: readonly number[]): JournalEvent[] =>
    positions.map((position) => ({ ...toEvent(position), orderId: 'order-1', position }));
  const ahead = readers.add({}, 5);
  const atHead = readers.add({}, 2);
  const first = toEvents(3, 4);
  const noRest = async (): Promise<void> => {};
  await readers.give(first, noRest);
  expect(await atHead.given).toEqual(first);
  await readers.give(toEvents(5, 6, 7), noRest);
  expect((await ahead.given)?.map(({ position }) => position)).toEqual([6, 7]);
});

test('news for many readers are given to some of them in each turn, so that others come in between', async () => {
  const readers = new JournalReaders();
  const all = Array.from({ length: 2.5 * limits.readersAtOnce }, () => readers.add({}, 0));
  let given = 0;
  for (const { given: news } of all) void news.then(() => (given += 1));
  const seen: number[] = [];
  await readers.give([{ ...toEvent(1), orderId: 'order-1', position: 1 }], async () => {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(given);
  });
  expect(seen).toEqual([limits.readersAtOnce, 2 * limits.readersAtOnce]);
  await Promise.all(all.map(({ given: news }) => news));
});

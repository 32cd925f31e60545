// How messages share commits: fairly, within their limits, and without one order's trouble becoming another's; and
// what is kept in memory between them.
import { expect, test } from 'vitest';
import { limits } from '../../src/config.ts';
import type { Host } from '../../src/host.ts';
import type { Store } from '../../src/store.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createFakeClock } from '../fake-clock.ts';
import {
  chargeWhenReleased,
  interfere,
  never,
  openHost,
  place,
  settleNow,
  shut,
  widgets,
} from './harness.ts';

/** Says which orders were read, apart from those that only a person asked for. */
const createWatchedStore = () => {
  const store = createMemoryStore();
  const loaded = new Set<string>();
  const load: Store['load'] = (orderIds) => {
    for (const orderId of orderIds) loaded.add(orderId);
    return store.load(orderIds);
  };
  return { store: { ...store, load }, loaded };
};

/** A fact that the order keeps as ignored. */
const noteFact = (host: Host, orderId: string) =>
  host.send({
    orderId,
    to: 'payment',
    message: { type: 'gateway.absent', key: 'unknown', attempt: 1 },
    otherwise: 'record',
  });

/** A commit that waits until it is released. */
const holdCommit = (store: Store) => {
  const released = Promise.withResolvers<void>();
  const commit: Store['commit'] = async (work, lease) => {
    await released.promise;
    return store.commit(work, lease);
  };
  return { commit, release: released.resolve };
};

test.each([
  { mostCached: 2, read: 1 },
  { mostCached: 3, read: 0 },
])(
  'of three moving orders $read is read again where memory has room for $mostCached',
  async ({ mostCached, read }) => {
    const { store, loaded } = createWatchedStore();
    const { gateway, release } = chargeWhenReleased();
    const open = await openHost({
      store,
      gateway,
      mailer: never,
      settings: { MAX_CACHED_ORDERS: mostCached },
    });
    const orders = [];
    for (let count = 0; count < 3; count += 1) orders.push(await place(open, widgets(1)));
    release();
    await settleNow(open);
    expect(open.mailerCalls).toHaveLength(3);
    expect([...loaded]).toEqual(orders.slice(0, read).map(({ id }) => id));
  },
);

test('an order that waits for a person and not for a service is not kept in memory', async () => {
  const { store, loaded } = createWatchedStore();
  const open = await openHost({
    store,
    settings: { PAYMENT_CAPTURE: 'later' },
    gateway: ({ command }) =>
      command.type === 'gateway.charge'
        ? {
            type: 'gateway.authorized',
            transactionId: 't',
            amount: command.amount,
            currency: command.currency,
          }
        : { type: 'gateway.captured' },
  });
  const { id } = await place(open);
  await settleNow(open);
  expect([...loaded]).toEqual([]);
  await open.host.send({ orderId: id, to: 'order', message: { type: 'order.capture' }, otherwise: 'refuse' });
  expect([...loaded]).toEqual([id]);
});

test('an order that changes under every try is given up in the end, and others are not held up', async () => {
  const store = createMemoryStore();
  let tries = 0;
  const commit: Store['commit'] = (work, lease) => {
    tries += 1;
    const isStale = tries > 1 && tries < 100;
    return isStale ? Promise.resolve(work.map(() => ({ outcome: 'stale' }))) : store.commit(work, lease);
  };
  const open = await openHost({ store: { ...store, commit }, gateway: never });
  const { id } = await place(open);
  await expect(noteFact(open.host, id)).rejects.toMatchObject({ code: 'version-mismatch' });
});

test('an order with many messages takes a limited number of them in one commit', async () => {
  const versions: number[] = [];
  const onlooker = {
    isLooking: () => true,
    note: ({ state }: { state: { version: number } }) => versions.push(state.version),
  };
  const { host } = await openHost({ gateway: never, onlooker });
  const { id, version } = await place({ host });
  await Promise.all(Array.from({ length: 2 * limits.messagesPerCommit + 1 }, () => noteFact(host, id)));
  expect(versions).toEqual([
    version,
    version + limits.messagesPerCommit,
    version + 2 * limits.messagesPerCommit,
    version + 2 * limits.messagesPerCommit + 1,
  ]);
});

test('an order with many messages lets another one go first', async () => {
  const { host } = await openHost({ gateway: never, settings: { MAX_BATCH_ORDERS: 1 } });
  const [busy, other] = await Promise.all([place({ host }, widgets(1)), place({ host }, widgets(1))]);
  const taken: string[] = [];
  const note = async (orderId: string) => {
    await noteFact(host, orderId);
    taken.push(orderId);
  };
  const many = Array.from({ length: 2 * limits.messagesPerCommit }, () => note(busy.id));
  await Promise.all([...many, note(other.id)]);
  expect(taken.indexOf(other.id)).toBe(limits.messagesPerCommit);
});

test('what waits is counted while commits are under way, and refused when it is too much', async () => {
  const store = createMemoryStore();
  const first = holdCommit(store);
  const second = holdCommit(store);
  const { host } = await openHost({
    store: interfere(store, { 1: first.commit, 2: second.commit }),
    gateway: never,
    settings: { MAX_PENDING_MESSAGES: 3 },
  });
  const placed = [place({ host }, widgets(1))];
  await settleNow({ clock: createFakeClock() });
  placed.push(place({ host }, widgets(1)), place({ host }, widgets(1)));
  expect(host.isPrompt()).toBe(false);
  await expect(place({ host }, widgets(1))).rejects.toMatchObject({ code: 'overloaded' });
  first.release();
  await placed[0];
  await settleNow({ clock: createFakeClock() });
  expect(host.isPrompt()).toBe(true);
  placed.push(place({ host }, widgets(1)));
  await expect(place({ host }, widgets(1))).rejects.toMatchObject({ code: 'overloaded' });
  second.release();
  expect(await Promise.all(placed)).toHaveLength(4);
});

test('a stop waits for the commit under way, and its caller is answered', async () => {
  const store = createMemoryStore();
  const { commit, release } = holdCommit(store);
  const open = await openHost({ store: interfere(store, { 1: commit }), gateway: never });
  const placing = place(open);
  await settleNow(open);
  let isClosed = false;
  const closed = shut(open).then(() => {
    isClosed = true;
  });
  await settleNow(open);
  expect(isClosed).toBe(false);
  release();
  expect(await placing).toMatchObject({ state: 'paying' });
  await open.clock.advance(10_000);
  await closed;
});

test('the time of an order never goes back, when the clock is set back', async () => {
  const clock = createFakeClock();
  let behindMs = 0;
  const { host } = await openHost({ clock: { ...clock, now: () => clock.now() - behindMs }, gateway: never });
  const { id, updatedAt } = await place({ host });
  behindMs = 3_600_000;
  await noteFact(host, id);
  expect((await host.received(id, 0, 100)).every(({ at }) => at >= updatedAt)).toBe(true);
  expect(await host.get(id)).toMatchObject({ updatedAt });
});

test('connections that never stop coming do not hold up the next commit', async () => {
  const clock = createFakeClock();
  let passedMs = 0;
  const now = () => {
    passedMs += 50;
    return clock.now() + passedMs;
  };
  const { host } = await openHost({ clock: { ...clock, now }, gateway: never });
  const most = 2000;
  let knocks = 0;
  const knock = () => {
    host.knock();
    knocks += 1;
    if (knocks < most) setImmediate(knock);
  };
  knock();
  await place({ host }, widgets(1));
  await place({ host }, widgets(1));
  expect(knocks).toBeLessThan(most);
});

test.each([
  { messages: 16, ms: 3_600_000, why: 'the clock jumped' },
  { messages: 1, ms: 900, why: 'it flushed one message alone' },
])('a commit that took long because $why does not turn the next messages away', async ({ messages, ms }) => {
  const store = createMemoryStore();
  const clock = createFakeClock();
  let passedMs = 0;
  const slow: Store['commit'] = (work, lease) => {
    passedMs += ms;
    return store.commit(work, lease);
  };
  const { commit, release } = holdCommit(store);
  const { host } = await openHost({
    clock: { ...clock, now: () => clock.now() + passedMs },
    store: interfere(store, { 1: slow, 2: commit }),
    gateway: never,
  });
  await Promise.all(Array.from({ length: messages }, () => place({ host }, widgets(1))));
  const placed = Array.from({ length: 15 }, () => place({ host }, widgets(1)));
  await settleNow({ clock });
  expect(host.isPrompt()).toBe(true);
  release();
  expect(await Promise.all(placed)).toHaveLength(15);
});

// How messages share commits: fairly, within their limits, and without one order's trouble becoming another's; and
// what is kept in memory between them.
import { expect, test } from 'vitest';
import type { Row } from '../../src/application.ts';
import { limits } from '../../src/limits.ts';
import { type Batch, type Loaded, StaleBatch, type Store } from '../../src/store.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createFakeClock } from '../fake-clock.ts';
import { type Intercept, interceptNth, interceptWrites } from '../stores/intercept.ts';
import {
  chargeWhenReleased,
  never,
  type OpenHost,
  openHost,
  place,
  settle,
  settleNow,
  shut,
  widgets,
} from './harness.ts';

/** Says which orders' systems were read for a batch, so not those that only a person asked for. */
const createWatchedStore = () => {
  const store = createMemoryStore();
  const read = new Set<string>();
  const note = ({ loaded }: Batch) => {
    for (const [orderId, { system }] of loaded.orders) if (system !== undefined) read.add(orderId);
  };
  const open: Store['open'] = async (needs) => {
    const batch = await store.open(needs);
    note(batch);
    const load: Batch['load'] = async (more) => {
      await batch.load(more);
      note(batch);
    };
    return { ...batch, load };
  };
  return { store: { ...store, open }, read };
};

/** A fact that the order keeps as ignored. */
const noteFact = (host: OpenHost['host'], orderId: string) =>
  host.send({
    orderId,
    to: 'payment',
    message: { type: 'gateway.absent', key: 'unknown', attempt: 1 },
    otherwise: 'record',
  });

/** A write that waits until it is released. */
const holdWrite = () => {
  const released = Promise.withResolvers<void>();
  const hold: Intercept = async (_write, proceed) => {
    await released.promise;
    return proceed();
  };
  return { hold, release: released.resolve };
};

test.each([
  { mostCached: 2, again: 1 },
  { mostCached: 3, again: 0 },
])(
  'of three moving orders $again is read again where memory has room for $mostCached',
  async ({ mostCached, again }) => {
    const { store, read } = createWatchedStore();
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
    expect([...read]).toEqual(orders.slice(0, again).map(({ id }) => id));
  },
);

test('an order that waits for a person and not for a service is not kept in memory', async () => {
  const { store, read } = createWatchedStore();
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
  expect([...read]).toEqual([]);
  await open.host.send({ orderId: id, to: 'order', message: { type: 'order.capture' }, otherwise: 'refuse' });
  expect([...read]).toEqual([id]);
});

test('an order that changes under every try is given up in the end, and others are not held up', async () => {
  let tries = 0;
  const store = interceptWrites(createMemoryStore(), ({ orders }, proceed) => {
    if (!orders.some(({ orderId, baseVersion }) => orderId === 'busy' && baseVersion > 0)) return proceed();
    tries += 1;
    return tries < 100 ? Promise.reject(new StaleBatch('An order')) : proceed();
  });
  const open = await openHost({ store, gateway: never });
  await place(open, { ...widgets(1), orderId: 'busy' });
  const [noted, placed] = await Promise.allSettled([noteFact(open.host, 'busy'), place(open, widgets(1))]);
  expect(noted).toMatchObject({ status: 'rejected', reason: { code: 'version-mismatch' } });
  expect(placed).toMatchObject({ status: 'fulfilled', value: { state: 'paying' } });
});

/** The store, but the batch of the first reply shows stock of which nothing is held, and turns out to be stale. */
const withStaleStock = (store: Store): Store => {
  let batches = 0;
  const spoil = (row: Row): Row => ('held' in row ? { ...row, held: 0 } : row);
  return {
    ...store,
    open: async (needs) => {
      const batch = await store.open(needs);
      batches += 1;
      if (batches !== 3) return batch;
      const { loaded } = batch;
      const staleLoaded: Loaded = {
        orders: loaded.orders,
        hasReceived: (...message) => loaded.hasReceived(...message),
        record: (...key) => loaded.record(...key),
        get rows() {
          return new Map([...loaded.rows].map(([key, row]) => [key, spoil(row)]));
        },
        rowAtHand: () => undefined,
        isUnsure: () => false,
      };
      return { ...batch, loaded: staleLoaded, write: () => Promise.reject(new StaleBatch('An order')) };
    },
  };
};

test('a message that fails on what was stale is decided anew, and not quarantined', async () => {
  const open = await openHost({ store: withStaleStock(createMemoryStore()) });
  const { id } = await place(open, widgets(1));
  expect(await settle(open, id)).toMatchObject({ state: 'completed', incidents: [] });
  const messages = await open.host.received(id, 0, 50);
  expect(messages.filter(({ disposition }) => disposition === 'dead')).toEqual([]);
});

test('an order with many messages takes a limited number of them in one commit', async () => {
  const versions: number[] = [];
  const observer = {
    isObserving: () => true,
    note: ({ state }: { state: { version: number } }) => versions.push(state.version),
  };
  const { host } = await openHost({ gateway: never, observer });
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
  const [first, second] = [holdWrite(), holdWrite()];
  const { host } = await openHost({
    store: interceptNth(createMemoryStore(), { 2: first.hold, 3: second.hold }),
    gateway: never,
    settings: { MAX_PENDING_MESSAGES: 3 },
  });
  const placed = [place({ host }, widgets(1))];
  await settleNow({ clock: createFakeClock() });
  placed.push(place({ host }, widgets(1)), place({ host }, widgets(1)));
  expect(host.acceptsWrites()).toBe(false);
  await expect(place({ host }, widgets(1))).rejects.toMatchObject({ code: 'overloaded' });
  first.release();
  await placed[0];
  await settleNow({ clock: createFakeClock() });
  expect(host.acceptsWrites()).toBe(true);
  placed.push(place({ host }, widgets(1)));
  await expect(place({ host }, widgets(1))).rejects.toMatchObject({ code: 'overloaded' });
  second.release();
  expect(await Promise.all(placed)).toHaveLength(4);
});

test('a stop waits for the commit under way, and its caller is answered', async () => {
  const { hold, release } = holdWrite();
  const store = interceptNth(createMemoryStore(), { 2: hold });
  // In this store giving calls back waits for the batch that is open: the host has to wait by itself.
  const returnCalls = async () => {};
  const open = await openHost({ store: { ...store, returnCalls }, gateway: never });
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
  let connections = 0;
  const connect = () => {
    host.noteConnection();
    connections += 1;
    if (connections < most) setImmediate(connect);
  };
  connect();
  await place({ host }, widgets(1));
  await place({ host }, widgets(1));
  expect(connections).toBeLessThan(most);
});

test.each([
  { messages: 16, writes: 2, ms: 3_600_000, why: 'the clock jumped' },
  { messages: 1, writes: 1, ms: 900, why: 'it flushed one message alone' },
])(
  'a commit that took long because $why does not turn the next messages away',
  async ({ messages, writes, ms }) => {
    const clock = createFakeClock();
    let passedMs = 0;
    const slow: Intercept = (_write, proceed) => {
      passedMs += ms;
      return proceed();
    };
    const { hold, release } = holdWrite();
    const { host } = await openHost({
      clock: { ...clock, now: () => clock.now() + passedMs },
      store: interceptNth(createMemoryStore(), { 2: slow, [2 + writes]: hold }),
      gateway: never,
    });
    await Promise.all(Array.from({ length: messages }, () => place({ host }, widgets(1))));
    const placed = Array.from({ length: 15 }, () => place({ host }, widgets(1)));
    await settleNow({ clock });
    expect(host.acceptsWrites()).toBe(true);
    release();
    expect(await Promise.all(placed)).toHaveLength(15);
  },
);

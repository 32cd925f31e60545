import { expect, test } from 'vitest';
import { StaleBatch } from '../../src/store.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { interceptNth } from '../stores/intercept.ts';
import {
  chargeAll,
  createCounter,
  eachEvent,
  never,
  type OpenHost,
  openHost,
  place,
  sample,
  settle,
  shut,
  widgets,
} from './harness.ts';

test('an order whose version moved on is stepped again from what the store says', async () => {
  const store = createMemoryStore();
  const stale = () => Promise.reject(new StaleBatch('An order'));
  const open = await openHost({ store: interceptNth(store, { 3: stale, 4: stale }) });
  const { id } = await place(open);
  expect(await settle(open, id)).toMatchObject({ state: 'completed', paidAmount: 17_500 });
  expect(open.gatewayCalls).toHaveLength(1);
});

test('a commit that fails answers its callers, stores nothing, and the next one works', async () => {
  const store = createMemoryStore();
  const open = await openHost({
    store: interceptNth(store, { 2: () => Promise.reject(new Error('disk full')) }),
    gateway: never,
  });
  await expect(open.host.place(sample)).rejects.toMatchObject({ code: 'store-unavailable' });
  expect(await open.host.list({ limit: 10 })).toHaveLength(0);
  expect(await place(open)).toMatchObject({ state: 'paying' });
});

test('a reply whose commit fails is asked for again, with the same key', async () => {
  const store = createMemoryStore();
  const open = await openHost({
    store: interceptNth(store, { 3: () => Promise.reject(new Error('disk full')) }),
  });
  const { id } = await place(open);
  expect(await settle(open, id)).toMatchObject({ state: 'completed' });
  expect(open.gatewayCalls.map(({ command }) => command.key)).toEqual([`${id}/charge/1`, `${id}/charge/1`]);
});

test('no answer is looked up by the same key and never charged again blindly', async () => {
  const open = await openHost({
    gateway: (call) =>
      call.command.type === 'gateway.charge'
        ? never(call)
        : { type: 'gateway.charged', transactionId: 't', amount: 17_500, currency: 'USD' },
  });
  const { id } = await place(open);
  expect(await settle(open, id)).toMatchObject({ state: 'completed' });
  expect(open.gatewayCalls.map(({ command: { type, key } }) => [type, key])).toEqual([
    ['gateway.charge', `${id}/charge/1`],
    ['gateway.look-up', `${id}/charge/1`],
  ]);
});

test('a call that was lost in a crash is made again with the same key, and the start says so', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const before = await openHost({ store, ids, gateway: never });
  const { id } = await place(before);
  const after = await openHost({ store, ids, clock: before.clock });
  expect(after.recovery).toEqual({ resumed: 1, overdue: 0, incidents: 0, versions: { '2': 1 } });
  expect(await settle(after, id)).toMatchObject({ state: 'completed' });
  expect(after.gatewayCalls[0]?.command).toMatchObject({ key: `${id}/charge/1`, attempt: 1 });
});

test.each([
  { type: 'gateway.failed', reason: 'technical-failure' } as const,
  { type: 'gateway.refused', code: 'busy' } as const,
])(
  'a charge that after a crash comes to $type may have been made before it, and is looked up',
  async (answer) => {
    const store = createMemoryStore();
    const ids = createCounter();
    const before = await openHost({ store, ids, gateway: never });
    const { id } = await place(before);
    const after = await openHost({
      store,
      ids,
      gateway: ({ command: { type } }) =>
        type === 'gateway.charge'
          ? answer
          : { type: 'gateway.charged', transactionId: 't', amount: 17_500, currency: 'USD' },
    });
    expect(await settle(after, id)).toMatchObject({ state: 'completed', paidAmount: 17_500 });
    expect(after.gatewayCalls.map(({ command }) => command.type)).toEqual([
      'gateway.charge',
      'gateway.look-up',
    ]);
  },
);

test('an order that another host moved on is stepped from there, and not from memory', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const one = await openHost({ store, ids, gateway: never });
  const { id } = await place(one);
  const other = await openHost({ store, ids, clock: one.clock, gateway: never });
  const cancel = ({ host }: OpenHost) =>
    host.send({
      orderId: id,
      to: 'order',
      message: { type: 'order.cancel', reason: 'changed my mind' },
      otherwise: 'refuse',
    });
  await cancel(other);
  await expect(cancel(one)).rejects.toMatchObject({ code: 'move-not-allowed' });
});

test('a deadline that fell due while nothing ran fires at the start', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const before = await openHost({ store, ids, gateway: never });
  const { id } = await place(before);
  await shut(before);
  await before.clock.advance(10 * 60_000);
  const after = await openHost({ store, ids, clock: before.clock, gateway: never });
  expect(after.recovery.overdue).toBe(1);
  await after.clock.advance(0);
  expect((await after.host.get(id))?.actors['order']?.state).toBe(
    'compensating.stock.returned + compensating.money.returning',
  );
});

test('a deadline that is not due yet does not fire with one that is', async () => {
  const open = await openHost({
    settings: { PAY_WITHIN_MS: 30_000, CALL_TIMEOUT_MS: 10_000, RETRY_FIRST_DELAY_MS: 1000 },
    gateway: (call) => (call.command.type === 'gateway.charge' ? never(call) : { type: 'gateway.absent' }),
  });
  const { id } = await place(open);
  const states: unknown[] = [];
  for (const seconds of [12, 13, 7]) {
    await open.clock.advance(seconds * 1000);
    states.push((await open.host.get(id))?.state);
  }
  expect(states).toEqual(['paying', 'paying', 'compensating']);
});

test('two moves of one kind are two, and one that comes twice under one id is one', async () => {
  const open = await openHost();
  const { id } = await place(open);
  await settle(open, id);
  const refund = (refundId: string, messageId?: string) =>
    open.host.send({
      orderId: id,
      to: 'order',
      message: { type: 'order.refund', refundId, amount: 5000, reason: 'it came back' },
      otherwise: 'refuse',
      ...(messageId !== undefined && { messageId }),
    });
  await refund('first');
  await settle(open, id);
  await refund('second');
  await settle(open, id);
  await refund('third', 'once');
  await settle(open, id);
  expect(await refund('third', 'once')).toMatchObject({ result: { disposition: 'duplicate' } });
  expect(await open.host.get(id)).toMatchObject({ refundedAmount: 15_000 });
});

test('a key that the bank may have forgotten is looked up, and only then charged with a new one', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const hour = 3_600_000;
  const settings = { PAY_WITHIN_MS: 100 * hour, RESERVATION_TTL_MS: 100 * hour, CALL_TIMEOUT_MS: 24 * hour };
  const before = await openHost({ store, ids, settings, gateway: never });
  const { id } = await place(before);
  await shut(before);
  await before.clock.advance(24 * hour);
  const after = await openHost({ store, ids, settings, clock: before.clock, keyLifetimeMs: 24 * hour });
  expect(await settle(after, id)).toMatchObject({ state: 'completed' });
  const asked = after.gatewayCalls.map(({ command: { type, key } }) => `${type} ${key}`);
  expect(asked[0]).toBe(`gateway.look-up ${id}/charge/1`);
  expect(asked.filter((each) => each.startsWith('gateway.charge'))).toEqual([
    `gateway.charge ${id}/charge/2`,
  ]);
});

test('closing finishes what is under way and takes nothing new', async () => {
  const answer = Promise.withResolvers<void>();
  const open = await openHost({
    gateway: async (call) => {
      await answer.promise;
      return chargeAll(call);
    },
  });
  const { id } = await place(open);
  const closed = open.host.close();
  await expect(open.host.place(sample)).rejects.toMatchObject({ code: 'closing' });
  expect(await open.host.health()).toMatchObject({ ready: false });
  answer.resolve();
  await closed;
  expect(await open.host.get(id)).toMatchObject({ paidAmount: 17_500 });
});

test('closing gives back a call that takes too long, and the next start makes it again', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const before = await openHost({ store, ids, gateway: never, settings: { DRAIN_MS: 1000 } });
  const { id } = await place(before);
  const closed = before.host.close();
  await before.clock.advance(1000);
  await closed;
  expect((await store.figures()).pendingCalls).toBe(1);
  const after = await openHost({ store, ids, clock: before.clock });
  expect(await settle(after, id)).toMatchObject({ state: 'completed' });
});

test('every event is seen once and in order by a watcher that comes back where it left', async () => {
  const open = await openHost();
  const first = new AbortController();
  const seen: number[] = [];
  const { id } = await place(open);
  for await (const event of eachEvent(open.host.watch({ after: 0, signal: first.signal }))) {
    seen.push(event.position);
    if (seen.length === 4) break;
  }
  await settle(open, id);
  const second = new AbortController();
  const last = await open.host.lastPosition();
  const after = seen.at(-1) ?? 0;
  for await (const event of eachEvent(open.host.watch({ orderId: id, after, signal: second.signal }))) {
    seen.push(event.position);
    if (event.position === last) second.abort();
  }
  expect(seen).toEqual(Array.from({ length: last }, (_, index) => index + 1));
});

test('a watcher of one type is woken by it and ends when the host closes', async () => {
  const open = await openHost();
  const types: string[] = [];
  const watching = (async () => {
    const { signal } = new AbortController();
    const news = open.host.watch({ types: ['order.completed'], after: 0, signal });
    for await (const { type } of eachEvent(news)) types.push(type);
  })();
  const { id } = await place(open);
  await settle(open, id);
  await open.host.close();
  await watching;
  expect(types).toEqual(['order.completed']);
});

test('more calls than may be in flight wait in the store and are all made', async () => {
  let inFlight = 0;
  let most = 0;
  const open = await openHost({
    settings: { MAX_CALLS_IN_FLIGHT: 3 },
    gateway: async (call) => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight -= 1;
      return chargeAll(call);
    },
  });
  const orders = await Promise.all(Array.from({ length: 30 }, () => place(open, widgets(1))));
  const settled = Promise.all(orders.map(({ id }) => open.host.waitUntilSettled(id, 600_000)));
  for (let second = 0; second < 500; second += 1) await open.clock.advance(1000);
  expect((await settled).every((view) => view?.state === 'completed')).toBe(true);
  expect(most).toBeLessThanOrEqual(3);
});

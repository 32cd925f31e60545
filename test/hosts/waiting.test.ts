// Who waits for an order is answered when it comes to rest, when they give up, and when the host closes; and the
// host says when it cannot work.
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { readSettings } from '../../src/config.ts';
import { AppError } from '../../src/errors.ts';
import { limits } from '../../src/limits.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createFakeClock } from '../fake-clock.ts';
import {
  chargeAll,
  chargeWhenReleased,
  createCounter,
  never,
  openHost,
  place,
  settleNow,
} from './harness.ts';

const { POLL_MS: pollMs } = readSettings();

test('who waits for an order that moves is answered when the host closes', async () => {
  const open = await openHost({ gateway: never, settings: { DRAIN_MS: 0 } });
  const { id } = await place(open);
  const waiting = open.host.waitUntilSettled(id, 600_000);
  const closed = open.host.close();
  // No time passes: who waits does not find out by looking again.
  await settleNow(open);
  await closed;
  expect(await Promise.race([waiting, 'still waiting'])).toMatchObject({ id, state: 'paying' });
});

test('who gives up waiting gets the order as it is', async () => {
  const open = await openHost({ gateway: never });
  const { id } = await place(open);
  const giveUp = new AbortController();
  const waiting = open.host.waitUntilSettled(id, 600_000, giveUp.signal);
  await settleNow(open);
  giveUp.abort();
  expect(await waiting).toMatchObject({ id, state: 'paying' });
});

test('who waits for less than a look takes gets the order when that time is over', async () => {
  const open = await openHost({ gateway: never });
  const { id } = await place(open);
  const waiting = open.host.waitUntilSettled(id, 50);
  let isAnswered = false;
  void waiting.then(() => {
    isAnswered = true;
  });
  await open.clock.advance(50);
  await settleNow(open);
  expect(isAnswered).toBe(true);
});

test('what another host settles is seen at the next poll', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const clock = createFakeClock();
  const { gateway, release } = chargeWhenReleased();
  const one = await openHost({ store, ids, clock, gateway, shared: true });
  const { id } = await place(one);
  const other = await openHost({ store, ids, clock, shared: true });
  const waiting = other.host.waitUntilSettled(id, 600_000);
  release();
  await settleNow(one);
  await clock.advance(pollMs);
  expect(await waiting).toMatchObject({ state: 'completed', settled: true });
});

test('who waits for an order is told of its incident at once, also while a call is under way', async () => {
  const open = await openHost({
    settings: { NOTIFICATION_ATTEMPTS: 1 },
    mailer: () => ({ type: 'mailer.failed', reason: 'down' }),
    gateway: (call) => (call.command.type === 'gateway.refund' ? never(call) : chargeAll(call)),
  });
  const { id } = await place(open);
  const waiting = open.host.waitUntilSettled(id, 600_000);
  await settleNow(open);
  expect(await waiting).toMatchObject({ incidents: [{ actor: 'notification' }] });
  const refund = { type: 'order.refund', refundId: 'r', amount: 1000, reason: 'late' } as const;
  await open.host.send({ orderId: id, to: 'order', message: refund, otherwise: 'refuse' });
  expect(await open.host.waitUntilSettled(id, 600_000)).toMatchObject({
    incidents: [{ actor: 'notification' }],
  });
});

test('a host whose store cannot write is not ready, and is again when it can', async () => {
  const store = createMemoryStore();
  let isBroken = true;
  const check = async () => {
    if (isBroken) throw new Error('disk full');
  };
  const { host, clock } = await openHost({ store: { ...store, check } });
  expect(await host.health()).toEqual({ ready: false, reason: 'the store cannot write' });
  isBroken = false;
  await clock.advance(limits.healthCheckMs);
  expect(await host.health()).toEqual({ ready: true, reason: null, unreadable: 0 });
});

test('however often a host is asked for its health, it writes once per interval, and sees at once what is known without', async () => {
  const store = createMemoryStore();
  const written: boolean[] = [];
  let isDeleted = false;
  const check = async (writes = true) => {
    written.push(writes);
    if (isDeleted) throw new AppError('store-unavailable', 'the file was deleted');
  };
  const { host, clock } = await openHost({ store: { ...store, check } });
  await Promise.all([host.health(), host.health(), host.health()]);
  expect(written.filter((writes) => writes)).toHaveLength(1);
  isDeleted = true;
  expect(await host.health()).toEqual({ ready: false, reason: 'the file was deleted' });
  expect(written.filter((writes) => writes)).toHaveLength(1);
  await clock.advance(limits.healthCheckMs);
  await host.health();
  expect(written.filter((writes) => writes)).toHaveLength(2);
});

test('who waits for an order that has settled is answered at once', async () => {
  const open = await openHost();
  const { id } = await place(open);
  await settleNow(open);
  expect(await open.host.waitUntilSettled(id, 600_000)).toMatchObject({ state: 'completed' });
});

test('who waited leaves neither a timer nor a listener behind', async () => {
  const { gateway, release } = chargeWhenReleased();
  const open = await openHost({ gateway });
  const { id } = await place(open);
  const timers = open.clock.timers();
  const { signal } = new AbortController();
  const waiting = open.host.waitUntilSettled(id, 600_000, signal);
  expect(open.clock.timers()).toBe(timers + 1);
  release();
  expect(await waiting).toMatchObject({ state: 'completed' });
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  await open.host.close();
  expect(open.clock.timers()).toBe(0);
});

// When calls are made, how long they are leased, and what a stop does with them: after crashes, beside other hosts,
// when the clock jumps and when the store fails.
import { expect, test } from 'vitest';
import { makeWithinMs, readSettings } from '../../src/config.ts';
import { pause } from '../../src/service.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createFakeClock } from '../fake-clock.ts';
import { interceptNth } from '../stores/intercept.ts';
import {
  chargeAll,
  chargeWhenReleased,
  createCounter,
  never,
  openHost,
  place,
  sample,
  settle,
  settleNow,
  shut,
  widgets,
} from './harness.ts';

const start = Date.UTC(2026, 0, 1);
const { CALL_TIMEOUT_MS: callTimeoutMs, POLL_MS: pollMs } = readSettings();
/** Long enough for a lease to end, too short for a chart to give its call up. */
const beyondLeaseMs = makeWithinMs(readSettings());

/** A host that polls renews its own leases before others see them end. */
const rarelyPolling = { POLL_MS: 60_000 };

/** A clock that also jumps, as a computer's does when it is set. */
const createJumpingClock = () => {
  const clock = createFakeClock(start);
  let aheadMs = 0;
  return {
    ...clock,
    now: () => clock.now() + aheadMs,
    jump: (milliseconds: number) => {
      aheadMs += milliseconds;
    },
  };
};

test('a call under way is not made a second time when the clock jumps beyond its lease', async () => {
  const { gateway, release } = chargeWhenReleased();
  const clock = createJumpingClock();
  const open = await openHost({ clock, gateway });
  const { id } = await place(open);
  clock.jump(beyondLeaseMs);
  await clock.advance(2 * pollMs);
  expect(open.gatewayCalls).toHaveLength(1);
  release();
  expect(await settle(open, id)).toMatchObject({ state: 'completed' });
  expect(open.gatewayCalls).toHaveLength(1);
});

test('a call is under way until its reply is committed, however long that takes', async () => {
  const store = createMemoryStore();
  const held = Promise.withResolvers<void>();
  const open = await openHost({
    store: interceptNth(store, {
      3: async (_write, proceed) => {
        await held.promise;
        return proceed();
      },
    }),
    mailer: never,
  });
  const { id } = await place(open);
  await open.clock.advance(beyondLeaseMs);
  expect(open.gatewayCalls).toHaveLength(1);
  let isClosed = false;
  const closed = open.host.close().then(() => {
    isClosed = true;
  });
  await open.clock.advance(pollMs);
  expect(isClosed).toBe(false);
  held.resolve();
  await open.clock.advance(10_000);
  await closed;
  expect(await open.host.get(id)).toMatchObject({ paidAmount: 17_500 });
  expect(open.gatewayCalls).toHaveLength(1);
});

test('a reply that could not be recorded is logged with its order and call', async () => {
  const store = createMemoryStore();
  const open = await openHost({
    store: interceptNth(store, { 3: () => Promise.reject(new Error('disk full')) }),
  });
  const { id } = await place(open);
  await open.clock.advance(0);
  expect(open.lines).toContainEqual(
    expect.objectContaining({ level: 50, orderId: id, callId: expect.stringContaining(id) }),
  );
});

test('a stop waits for a call that takes a while, and records its reply', async () => {
  const clock = createFakeClock(start);
  const open = await openHost({
    clock,
    gateway: async (call) => {
      await pause(clock, 5000, call.signal);
      return chargeAll(call);
    },
    mailer: never,
  });
  const { id } = await place(open);
  await settleNow(open);
  const closed = open.host.close();
  await settleNow(open);
  await clock.advance(5000);
  await closed;
  expect(await open.host.get(id)).toMatchObject({ paidAmount: 17_500 });
});

test('a stop of an idle host leaves no timer behind, at once', async () => {
  const { host, clock } = await openHost();
  await settleNow({ clock });
  await host.close();
  expect(clock.timers()).toBe(0);
});

test('a stop leaves no timer behind', async () => {
  const open = await openHost({ gateway: never });
  await place(open);
  await shut(open);
  expect(open.clock.timers()).toBe(0);
});

test('a stop while calls are looked for leaves no timer behind either', async () => {
  const store = createMemoryStore();
  const held = Promise.withResolvers<void>();
  let asked = 0;
  const claimCalls: typeof store.claimCalls = async (claim) => {
    asked += 1;
    if (asked === 2) await held.promise;
    return store.claimCalls(claim);
  };
  const open = await openHost({ store: { ...store, claimCalls } });
  await settleNow(open);
  await open.clock.advance(pollMs);
  await shut(open);
  held.resolve();
  await settleNow(open);
  expect(asked).toBe(2);
  expect(open.clock.timers()).toBe(0);
});

test('a stop that cannot give calls back ends all the same', async () => {
  const store = createMemoryStore();
  const returnCalls = () => Promise.reject(new Error('disk full'));
  const open = await openHost({ store: { ...store, returnCalls } });
  await shut(open);
  expect(await open.host.health()).toMatchObject({ ready: false });
});

test('a call is leased for longer than it can take', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const clock = createFakeClock(start);
  const one = await openHost({ store, ids, clock, settings: rarelyPolling, gateway: never, shared: true });
  await place(one);
  const other = await openHost({ store, ids, clock, shared: true });
  await clock.advance(callTimeoutMs - 1);
  expect([one.gatewayCalls.length, other.gatewayCalls.length]).toEqual([1, 0]);
});

test('a call that was taken over is leased for longer than it can take', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const crashed = await openHost({ store, ids, gateway: never, shared: true });
  await place(crashed);
  const clock = createFakeClock(start + beyondLeaseMs);
  const one = await openHost({ store, ids, clock, settings: rarelyPolling, gateway: never, shared: true });
  await settleNow(one);
  const other = await openHost({ store, ids, clock, shared: true });
  await clock.advance(callTimeoutMs - 1);
  expect([one.gatewayCalls.length, other.gatewayCalls.length]).toEqual([1, 0]);
});

test('a call that is made at the last moment is waited for to its end', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const crashed = await openHost({ store, ids, gateway: never });
  const { id } = await place(crashed);
  const clock = createFakeClock(start + makeWithinMs(readSettings()));
  const open = await openHost({
    store,
    ids,
    clock,
    gateway: async (call) => {
      await pause(clock, callTimeoutMs - 1, call.signal);
      return chargeAll(call);
    },
  });
  await clock.advance(callTimeoutMs);
  expect(await open.host.get(id)).toMatchObject({ paidAmount: 17_500 });
  expect(open.gatewayCalls.map(({ command }) => command.type)).toEqual(['gateway.charge']);
});

test('what a stop gives back is made by another host at once: calls under way and calls that wait', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const clock = createFakeClock(start);
  const settings = { MAX_CALLS_IN_FLIGHT: 1, DRAIN_MS: 1000 };
  const one = await openHost({ store, ids, clock, settings, gateway: never, shared: true });
  await Promise.all([1, 2, 3].map(() => place(one, widgets(1))));
  const closed = one.host.close();
  await clock.advance(1000);
  await closed;
  expect(one.gatewayCalls).toHaveLength(1);
  const other = await openHost({ store, ids, clock, gateway: never, shared: true });
  await clock.advance(0);
  expect(other.gatewayCalls).toHaveLength(3);
});

test('calls that found no free place are made as soon as there is one, without a poll', async () => {
  const { gateway, release } = chargeWhenReleased();
  const open = await openHost({ settings: { MAX_CALLS_IN_FLIGHT: 2 }, gateway });
  for (let count = 0; count < 10; count += 1) await place(open, widgets(1));
  await settleNow(open);
  expect(open.gatewayCalls).toHaveLength(2);
  release();
  await settleNow(open);
  expect([open.gatewayCalls.length, open.mailerCalls.length]).toEqual([10, 10]);
});

test('after a restart the calls of all orders are made before those that they lead to, in one claim after the other', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const crashed = await openHost({ store, ids, gateway: never });
  for (let count = 0; count < 12; count += 1) await place(crashed, widgets(1));
  const clock = createFakeClock(start);
  let claims = 0;
  let most = 0;
  const claimCalls: typeof store.claimCalls = async (claim) => {
    claims += 1;
    most = Math.max(most, claims);
    await pause(clock, 1, new AbortController().signal);
    claims -= 1;
    return store.claimCalls(claim);
  };
  const made: string[] = [];
  const open = await openHost({
    store: { ...store, claimCalls },
    ids,
    clock,
    settings: { MAX_CALLS_IN_FLIGHT: 4 },
    gateway: async (call) => {
      // One after the other: a place is free while the next one answers.
      await pause(clock, made.push('charge'), call.signal);
      return chargeAll(call);
    },
    mailer: () => {
      made.push('mail');
      return { type: 'mailer.sent' };
    },
  });
  for (let time = 0; time < 100; time += 1) await clock.advance(1);
  await settleNow(open);
  const mails = Array.from({ length: 12 }, () => 'mail');
  expect(made).toEqual([...mails.map(() => 'charge'), ...mails]);
  expect(most).toBe(1);
});

test('a store that fails once when it is asked for calls is asked again', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const crashed = await openHost({ store, ids, gateway: never });
  await place(crashed);
  let asked = 0;
  const claimCalls: typeof store.claimCalls = async (claim) => {
    asked += 1;
    if (asked === 1) throw new Error('disk full');
    return store.claimCalls(claim);
  };
  const open = await openHost({ store: { ...store, claimCalls }, ids });
  await open.clock.advance(pollMs);
  expect(open.gatewayCalls).toHaveLength(1);
});

test('what a service writes into its errors is not logged', async () => {
  const open = await openHost({
    gateway: () => {
      throw new Error('card of someone@example.com refused');
    },
  });
  const { id } = await place(open);
  await open.clock.advance(0);
  expect(open.lines).toContainEqual(expect.objectContaining({ level: 40, orderId: id, kind: 'Error' }));
  expect(JSON.stringify(open.lines)).not.toContain(sample.email);
});

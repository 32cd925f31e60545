// Services that are paused, and circuits that break: what waits, what is postponed, and how calls are made again.
import { expect, test } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { toChartSystem } from '../../src/application.ts';
import { readSettings } from '../../src/config.ts';
import { limits } from '../../src/limits.ts';
import { shop } from '../../src/shop/shop.ts';
import { registerSystem } from '../../src/step/register.ts';
import { replayAll } from '../../src/step/replay.ts';
import { toStored } from '../../src/step/snapshot.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import {
  type Answer,
  chargeAll,
  type OpenHost,
  openHost,
  place,
  settle,
  settleNow,
  shut,
} from './harness.ts';

const hour = 3_600_000;
/** Orders may be in payment for as long as these tests take. */
const patient = { PAY_WITHIN_MS: 86_400_000, RESERVATION_TTL_MS: 86_400_000 };
const pause = { reason: 'the provider is at work', principal: 'clerk' };
const { POLL_MS: pollMs, CIRCUIT_OPEN_MS: openMs, CIRCUIT_CALLS: circuitCalls } = readSettings();

/** The states of a chart without what their deadlines wait for, as those of other applications are. */
const unmark = (states: NonNullable<AnyStateMachine['config']['states']>): typeof states =>
  Object.fromEntries(
    Object.entries(states).map(([name, state]) => {
      const inner = state?.states ? { states: unmark(state.states) } : {};
      return [name, { ...state, meta: { ...state?.meta, waitsFor: undefined }, ...inner }];
    }),
  );
const unmarked = Object.entries(shop.charts).map(([name, machine]) => {
  const copy = machine.provide({});
  copy.config = { ...copy.config, states: unmark(copy.config.states ?? {}) };
  return [name, copy] as const;
});
const withoutMarks = { ...shop, charts: Object.fromEntries(unmarked) };

const stateOf = async ({ host }: Pick<OpenHost, 'host'>, name = 'gateway') =>
  (await host.services()).find(({ service }) => service === name)?.held?.state ?? 'running';

const receivedTypes = async ({ host }: Pick<OpenHost, 'host'>, id: string) =>
  (await host.received(id, 0, 1000)).map(({ type }) => type);

const replayed = async ({ store }: OpenHost, id: string) => {
  const stored = (await store.load([id])).get(id);
  const messages = await store.received(id, 0, 1000);
  const state = replayAll(
    registerSystem(toChartSystem(shop), limits),
    id,
    messages,
    stored?.summary.chartVersion ?? '',
  );
  return { stored: stored?.system, replayed: typeof state === 'string' ? state : toStored(state) };
};

test('a call to a paused service waits, and is made once with its key after the resume, however late', async () => {
  const open = await openHost({ settings: patient });
  await open.host.pauseService('gateway', pause);
  const { id } = await place(open);
  await open.clock.advance(5 * hour);
  expect(open.gatewayCalls).toEqual([]);
  expect(await open.host.get(id)).toMatchObject({ state: 'paying', incidents: [], calls: [{ attempt: 1 }] });
  await open.host.resumeService('gateway', 'clerk');
  expect(await settle(open, id)).toMatchObject({ state: 'completed' });
  expect(open.gatewayCalls.map(({ command }) => [command.type, command.key])).toEqual([
    ['gateway.charge', `${id}/charge/1`],
  ]);
  expect(await stateOf(open)).toBe('running');
});

test('while a service is paused the others are called', async () => {
  const open = await openHost({ settings: patient });
  await open.host.pauseService('mailer', pause);
  await place(open);
  await settleNow(open);
  expect(open.gatewayCalls).toHaveLength(1);
  expect(open.mailerCalls).toEqual([]);
});

test('a pause holds after a start, with who asked for it and why', async () => {
  const store = createMemoryStore();
  const first = await openHost({ store, settings: patient });
  await first.host.pauseService('gateway', pause);
  const { id } = await place(first);
  await settleNow(first);
  await shut(first);
  const second = await openHost({ store, settings: patient, clock: first.clock });
  await second.clock.advance(hour);
  expect(second.gatewayCalls).toEqual([]);
  expect(second.host.heldServices()).toMatchObject([{ service: 'gateway', state: 'paused', ...pause }]);
  await second.host.resumeService('gateway', undefined);
  expect(await settle(second, id)).toMatchObject({ state: 'completed' });
});

test('a deadline that waits for a paused service is postponed by messages that a replay follows', async () => {
  const open = await openHost({ settings: patient });
  await open.host.pauseService('gateway', pause);
  const { id } = await place(open);
  await open.clock.advance(hour);
  const messages = (await open.host.received(id, 0, 1000)).filter(
    ({ type }) => type === 'deadline.postponed',
  );
  // Each postpones for as long as all before: a long pause leaves few messages.
  expect(messages.length).toBeGreaterThan(2);
  expect(messages.length).toBeLessThan(9);
  const [first] = messages;
  expect(first).toMatchObject({
    ...{ kind: 'deadline', to: 'payment', disposition: 'applied' },
    data: { service: 'gateway', until: Number(first?.data['dueAt']) + limits.postponeAtLeastMs },
  });
  const { stored, replayed: again } = await replayed(open, id);
  expect(again).toBe(stored);
});

test('a deadline without a mark fires during a pause', async () => {
  const open = await openHost({
    settings: { ...patient, PAY_WITHIN_MS: 300_000 },
    application: withoutMarks,
  });
  await open.host.pauseService('gateway', pause);
  const { id } = await place(open);
  await open.clock.advance(310_000);
  expect((await receivedTypes(open, id)).some((type) => type.startsWith('xstate.after.answerDeadline'))).toBe(
    true,
  );
  expect(await receivedTypes(open, id)).not.toContain('deadline.postponed');
});

test('what an order without marks has given up is not made after the resume', async () => {
  const open = await openHost({ settings: patient, application: withoutMarks });
  await open.host.pauseService('gateway', pause);
  await place(open);
  await open.clock.advance(25_000);
  await open.host.resumeService('gateway', undefined);
  await settleNow(open);
  expect(open.gatewayCalls).toEqual([]);
});

test('at its limit a deadline fires, and the call that it gave up is not made', async () => {
  const open = await openHost({ settings: { ...patient, POSTPONE_AT_MOST_MS: hour } });
  await open.host.pauseService('gateway', pause);
  const { id } = await place(open);
  await open.clock.advance(2 * hour);
  const messages = await open.host.received(id, 0, 1000);
  const fired = messages.find(({ type }) => type.startsWith('xstate.after.answerDeadline'));
  const set = messages.find(({ type }) => type === 'deadline.postponed')?.data['dueAt'];
  const late = Number(fired?.at) - Number(set) - hour;
  expect(late).toBeGreaterThanOrEqual(0);
  expect(late).toBeLessThanOrEqual(2 * pollMs);
  await open.host.resumeService('gateway', undefined);
  expect(await settle(open, id)).toMatchObject({ state: 'completed' });
  // The charge that was given up is looked up; then it is made anew.
  expect(open.gatewayCalls[0]?.command.type).toBe('gateway.look-up');
});

const failing = (): { gateway: Answer<'gateway'>; heal(): void } => {
  let isHealed = false;
  return {
    gateway: (call) => {
      if (isHealed) return chargeAll(call);
      throw new Error('down');
    },
    heal: () => {
      isHealed = true;
    },
  };
};

const placeMany = async (open: OpenHost, count: number) => {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) ids.push((await place(open)).id);
  return ids;
};

test('repeated failures open the circuit, one call at a time tries again, and what waited is made', async () => {
  const { gateway, heal } = failing();
  const open = await openHost({ gateway, settings: patient });
  const ids = await placeMany(open, circuitCalls);
  await settleNow(open);
  expect(open.host.heldServices()).toMatchObject([{ service: 'gateway', state: 'open', kind: 'circuit' }]);
  const before = open.gatewayCalls.length;
  await open.clock.advance(openMs - 2 * pollMs);
  expect(open.gatewayCalls).toHaveLength(before);
  await open.clock.advance(3 * pollMs);
  expect(open.gatewayCalls).toHaveLength(before + 1);
  expect(await stateOf(open)).toBe('open');
  heal();
  await open.clock.advance(openMs + 2 * pollMs);
  await settleNow(open);
  for (const id of ids) expect(await settle(open, id)).toMatchObject({ state: 'completed' });
  expect(await stateOf(open)).toBe('running');
});

test('however often the bank declines, the circuit stays closed', async () => {
  const open = await openHost({ gateway: () => ({ type: 'gateway.declined', code: 'insufficient-funds' }) });
  await placeMany(open, 2 * circuitCalls);
  await settleNow(open);
  expect(open.gatewayCalls).toHaveLength(2 * circuitCalls);
  expect(open.host.heldServices()).toEqual([]);
});

test('after a resume a few calls are made at once, and more with each that succeeds', async () => {
  let [atOnce, most] = [0, 0];
  const mostAt: number[] = [];
  const open = await openHost({
    settings: patient,
    gateway: async (call) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      mostAt.push(most);
      await new Promise<void>((resolve) => setImmediate(resolve));
      atOnce -= 1;
      return chargeAll(call);
    },
  });
  await open.host.pauseService('gateway', pause);
  await placeMany(open, 30);
  await settleNow(open);
  await open.host.resumeService('gateway', undefined);
  await settleNow(open);
  expect(open.gatewayCalls).toHaveLength(30);
  expect(Math.max(...mostAt.slice(0, limits.resumeWith + 1))).toBeLessThanOrEqual(limits.resumeWith + 1);
  expect(most).toBeGreaterThan(limits.resumeWith);
  expect(most).toBeLessThan(30);
  await open.clock.advance(2 * pollMs);
  expect(await stateOf(open)).toBe('running');
});

test('the figures of a service say how its calls went, in fixed words', async () => {
  const { gateway } = failing();
  const open = await openHost({ gateway, settings: { ...patient, CIRCUIT_CALLS: 0 } });
  const { id } = await place(open);
  await settleNow(open);
  const [status] = (await open.host.services()).filter(({ service }) => service === 'gateway');
  expect(status?.figures).toMatchObject({ calls: 1, failed: 1, windowMs: limits.callFigures.windowMs });
  expect(status?.figures.lastErrors).toMatchObject([
    { orderId: id, command: 'gateway.charge', what: 'error' },
  ]);
});

test('every call of an order is listed with what came back', async () => {
  const open = await openHost({ gateway: () => ({ type: 'gateway.declined', code: 'insufficient-funds' }) });
  const { id } = await place(open);
  await settleNow(open);
  const calls = await open.host.calls(id, 0, 100);
  expect(calls.map(({ number }) => number)).toEqual(calls.map((_, index) => index + 1));
  expect(calls.find(({ service }) => service === 'gateway')).toMatchObject({
    command: 'gateway.charge',
    attempt: 1,
    reply: { type: 'gateway.declined', code: 'insufficient-funds', disposition: 'applied' },
  });
});

test('a service that lives in the store is not paused, and one that is not there neither', async () => {
  const open = await openHost();
  await expect(open.host.pauseService('warehouse', pause)).rejects.toMatchObject({ code: 'invalid-request' });
  await expect(open.host.pauseService('nobody', pause)).rejects.toMatchObject({ code: 'service-not-found' });
});

// What is remembered of services that are paused: over requests at once, starts, crashes, and a time that was set back.
import { expect, test } from 'vitest';
import { readSettings } from '../../src/config.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { chargeAll, never, type OpenHost, openHost, place, settleNow, shut } from './harness.ts';

const hour = 3_600_000;
const pause = { reason: 'the provider is at work', principal: 'clerk' };
const { POLL_MS: pollMs, CIRCUIT_CALLS: circuitCalls } = readSettings();

const readGateway = async ({ host }: Pick<OpenHost, 'host'>) =>
  (await host.services()).find(({ service }) => service === 'gateway');

test('two pauses at once are one with the later reason', async () => {
  const open = await openHost();
  await Promise.all([
    open.host.pauseService('gateway', pause),
    open.host.pauseService('gateway', { ...pause, reason: 'longer than planned' }),
  ]);
  const holds = (await readGateway(open))?.holds;
  expect(holds).toMatchObject([{ reason: 'longer than planned', endedAt: null }]);
  expect(holds).toHaveLength(1);
});

test('a resume that is asked for while the pause before it is written ends that pause', async () => {
  const open = await openHost();
  await Promise.all([open.host.pauseService('gateway', pause), open.host.resumeService('gateway', 'clerk')]);
  expect((await readGateway(open))?.held?.state).not.toBe('paused');
});

test('a pause holds over a start, however far the time was set back since the last one', async () => {
  const store = createMemoryStore();
  const names = Array.from({ length: 100 }, (_, index) => `id-${index}`).values();
  const ids = { next: () => names.next().value ?? '' };
  const first = await openHost({ store, ids });
  await first.clock.advance(hour);
  await first.host.pauseService('gateway', pause);
  await first.host.resumeService('gateway', 'clerk');
  await first.clock.advance(2 * pollMs);
  expect((await readGateway(first))?.held).toBeUndefined();
  await shut(first);
  // Each host begins with the time that the first one began with.
  const second = await openHost({ store, ids });
  await second.host.pauseService('gateway', pause);
  await shut(second);
  const third = await openHost({ store, ids });
  expect((await readGateway(third))?.held?.state).toBe('paused');
});

test('a hold whose end was not stored ended when the next one began: it postpones nothing', async () => {
  const store = createMemoryStore();
  const open = { service: 'gateway', principal: null, reason: 'down', resumedBy: null };
  const old = { ...open, holdId: 'old', kind: 'circuit', since: 1, resumedAt: null, endedAt: null } as const;
  await store.writeServiceHold(old);
  await store.writeServiceHold({ ...old, holdId: 'new', kind: 'pause', since: 2, resumedAt: 3, endedAt: 4 });
  const started = await openHost({ store, gateway: never, settings: { PAY_WITHIN_MS: 300_000 } });
  const { id } = await place(started);
  await started.clock.advance(310_000);
  const types = (await started.host.received(id, 0, 1000)).map(({ type }) => type);
  expect(types).not.toContain('deadline.postponed');
  expect(await store.serviceHolds()).toMatchObject([{ endedAt: 2 }, { endedAt: 4 }]);
});

const failing = () => {
  throw new Error('down');
};

test('a pause while the circuit is open makes none of the calls that wait', async () => {
  const open = await openHost({ gateway: failing, settings: { PAY_WITHIN_MS: hour } });
  for (let index = 0; index < 2 * circuitCalls; index += 1) await place(open);
  await settleNow(open);
  expect((await readGateway(open))?.held?.state).toBe('open');
  for (let index = 0; index < 5; index += 1) await place(open);
  await settleNow(open);
  const before = open.gatewayCalls.length;
  await open.host.pauseService('gateway', pause);
  await settleNow(open);
  expect((await readGateway(open))?.held?.state).toBe('paused');
  expect(open.gatewayCalls).toHaveLength(before);
});

test('a pause soon after a resume makes none of the calls that still wait', async () => {
  const open = await openHost({ gateway: never, settings: { PAY_WITHIN_MS: hour } });
  await open.host.pauseService('gateway', pause);
  for (let index = 0; index < 20; index += 1) await place(open);
  await open.host.resumeService('gateway', 'clerk');
  await settleNow(open);
  const before = open.gatewayCalls.length;
  expect(before).toBeLessThan(20);
  await open.host.pauseService('gateway', pause);
  await settleNow(open);
  expect(open.gatewayCalls).toHaveLength(before);
});

test('a circuit that opens soon after a resume makes none of the calls that still wait', async () => {
  let isDown = false;
  const open = await openHost({
    gateway: (call) => (isDown ? failing() : chargeAll(call)),
    settings: { PAY_WITHIN_MS: hour, CIRCUIT_CALLS: 2 },
  });
  await open.host.pauseService('gateway', pause);
  for (let index = 0; index < 40; index += 1) await place(open);
  isDown = true;
  await open.host.resumeService('gateway', 'clerk');
  await settleNow(open);
  expect((await readGateway(open))?.held?.state).toBe('open');
  expect(open.gatewayCalls.length).toBeLessThan(10);
});

// What is remembered of services that are paused: over requests at once, starts, crashes, and a time that was set back.
import { expect, test } from 'vitest';
import { readSettings } from '../../src/config.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { never, type OpenHost, openHost, place, shut } from './harness.ts';

const hour = 3_600_000;
const pause = { reason: 'the provider is at work', principal: 'clerk' };
const { POLL_MS: pollMs } = readSettings();

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

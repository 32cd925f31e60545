// A chart that is changed while orders are stored, as people do it: with the version left as it is, and with the version
// raised and the old charts gone. Each says what is wrong and what to do, and ends well when that is done.
import { expect, test } from 'vitest';
import { type AnyStateMachine, emit } from 'xstate';
import { type Courier, parcels } from '../../examples/parcels/parcels.ts';
import { createExamine } from '../../src/doctor/examine.ts';
import { type Application, createHost, readSettings } from '../../src/main.ts';
import type { Store } from '../../src/store.ts';
import { openScratchStore } from '../../src/stores/sqlite-scratch.ts';
import { never } from './harness.ts';

/** One more domain event when a parcel is sent. */
const announceMore = (chart: AnyStateMachine): AnyStateMachine => {
  const copy = chart.provide({});
  const { sent, ...states } = copy.config.states ?? {};
  const entry = [sent?.entry ?? [], emit({ type: 'parcel.sent', parcelId: 'again' })].flat();
  copy.config = { ...copy.config, states: { ...states, sent: { ...sent, entry } } };
  return copy;
};
const { parcel, ...others } = parcels.charts;
if (parcel === undefined) throw new Error('the parcels have no chart');
const changedCharts = { ...others, parcel: announceMore(parcel) };
const withoutNewVersion: Application = { ...parcels, charts: changedCharts };
const withoutOldCharts: Application = { ...parcels, charts: changedCharts, chartVersion: '2' };
const done: Application = { ...withoutOldCharts, otherVersions: { 1: parcels } };

const collecting: Courier['answer'] = async () => ({ type: 'courier.collected' });

const open = async (store: Store, application: Application, answer: Courier['answer'] = collecting) => {
  const services = { courier: { name: 'courier', place: 'outside', answer } } as const;
  const settings = readSettings({ LOG_LEVEL: 'silent', DRAIN_MS: 0, CALL_TIMEOUT_MS: 60_000 });
  return (await createHost({ application, store, services, settings })).host;
};
const place = (host: Awaited<ReturnType<typeof open>>, orderId: string) =>
  host.place({ orderId, message: { type: 'parcel.send', parcelId: orderId, sender: 'ada', city: 'Oslo' } });

/** A parcel that was sent, and one whose courier has not answered, both stored by the charts as they were. */
const begin = async () => {
  const scratch = openScratchStore(parcels);
  const { store } = scratch;
  const first = await open(store, parcels);
  await place(first, 'sent');
  await first.waitUntilSettled('sent', 10_000);
  await first.close();
  const second = await open(store, parcels, never);
  await place(second, 'waiting');
  await second.close();
  const examine = async (application: Application) => {
    const source = scratch.openAudit(Date.now());
    const { checks } = await createExamine(application)(source, {});
    await source.close();
    return checks.filter(({ findings }) => findings.length > 0);
  };
  return { ...scratch, examine };
};

test('a chart that is changed without a new version: the doctor says so, and a new version beside the old ends it', async () => {
  const { store, examine, remove } = await begin();
  expect(await examine(withoutNewVersion)).toMatchObject([
    {
      invariant: 'stateIsFold',
      findings: [{ about: 'sent' }],
      advice: expect.stringContaining('its charts were changed without a new version'),
    },
  ]);

  const host = await open(store, done);
  expect(await host.waitUntilSettled('waiting', 10_000)).toMatchObject({ chartVersion: '1', state: 'sent' });
  await place(host, 'new');
  expect(await host.waitUntilSettled('new', 10_000)).toMatchObject({ chartVersion: '2', state: 'sent' });
  const typesOf = async (id: string) => (await host.history(id, 0, 10)).map(({ type }) => type);
  expect(await typesOf('waiting')).toEqual(['tally.counted', 'parcel.sent']);
  expect(await typesOf('new')).toEqual(['tally.counted', 'parcel.sent', 'parcel.sent']);
  await host.close();
  expect(await examine(done)).toEqual([]);
  await remove();
});

test('a new version without the old charts: the start is refused with the count, and changes nothing', async () => {
  const { store, examine, remove } = await begin();
  const before = await store.load(['sent', 'waiting']);
  await expect(open(store, withoutOldCharts)).rejects.toMatchObject({
    code: 'charts-missing',
    message: expect.stringMatching(/^2 stored orders .*: 2 on version 1 \(it has 2\)/),
  });
  expect(await store.load(['sent', 'waiting'])).toEqual(before);

  const host = await open(store, done);
  expect(await host.waitUntilSettled('waiting', 10_000)).toMatchObject({ chartVersion: '1', state: 'sent' });
  expect(await host.list({ incident: true, limit: 10 })).toEqual([]);
  for (const orderId of ['sent', 'waiting']) {
    const outcome = await host.migrate({ orderId, to: '2', why: 'one version is enough', who: 'ada' });
    expect(outcome).toEqual({ kind: 'moved', from: '1', changes: [] });
  }
  expect(await store.chartVersions()).toEqual({ 2: 2 });
  await host.close();
  expect(await examine(done)).toEqual([]);
  await remove();
});

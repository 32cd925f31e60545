// Chart versions side by side in one store: what was stored on version 1 goes on with its charts when a host starts with
// version 2, new systems start on version 2, and the doctor and the timeline replay each with its own.
import pino from 'pino';
import { expect, test } from 'vitest';
import { createMachine } from 'xstate';
import { type Courier, parcels } from '../../examples/parcels/parcels.ts';
import { createExamine } from '../../src/doctor/examine.ts';
import type { Point } from '../../src/inspector/server/protocol.ts';
import { createTimeline } from '../../src/inspector/server/timeline.ts';
import { type Application, createHost, readSettings } from '../../src/main.ts';
import type { Store } from '../../src/store.ts';
import { openScratchStore } from '../../src/stores/sqlite-scratch.ts';
import { never } from './harness.ts';

/** Its tally counts nothing. */
const nextParcels: Application = {
  ...parcels,
  chartVersion: '2',
  charts: {
    ...parcels.charts,
    tally: createMachine({ initial: 'idle', states: { idle: { tags: 'settled' } } }),
  },
  otherVersions: { 1: parcels },
};
const collecting: Courier['answer'] = async () => ({ type: 'courier.collected' });

const open = async (
  store: Store,
  application: Application,
  answer: Courier['answer'],
  { shared = false, ...given }: { shared?: boolean; LEAVE_UNREADABLE?: string } = {},
) => {
  const services = { courier: { name: 'courier', place: 'outside', answer } } as const;
  const settings = readSettings({ LOG_LEVEL: 'silent', DRAIN_MS: 0, ...given });
  const { host } = await createHost({ application, store, services, settings, shared });
  const place = (parcelId: string) => {
    const message = { type: 'parcel.send', parcelId, sender: 'ada', city: 'Oslo' };
    return host.place({ orderId: parcelId, message });
  };
  return { host, place };
};

test('a start on a store with orders on a missing chart version is refused with their count, and changes nothing', async () => {
  const { store, remove } = openScratchStore(parcels);
  const newer = await open(store, nextParcels, never);
  for (const id of ['one', 'two']) await newer.place(id);
  await newer.host.close();
  await store.markUnreadable('two', 'why');
  const before = await store.load(['one', 'two']);

  const asked: string[] = [];
  const start = open(store, parcels, async ({ orderId }) => {
    asked.push(orderId);
    return { type: 'courier.collected' };
  });
  await expect(start).rejects.toMatchObject({
    code: 'charts-missing',
    message: expect.stringMatching(/^2 stored orders .*: 2 on version 2 \(it has 1\)\..*--leave-unreadable/),
    details: { versions: { 2: 2 }, known: ['1'] },
  });
  expect(await store.load(['one', 'two'])).toEqual(before);
  expect(asked).toEqual([]);

  const again = await open(store, nextParcels, collecting);
  expect(await again.host.waitUntilSettled('two', 10_000)).toMatchObject({ state: 'sent' });
  await again.host.close();
  await remove();
});

test('orders that another node places on an unknown chart version meanwhile are incidents at once', async () => {
  const { store, remove } = openScratchStore(parcels);
  const old = await open(store, parcels, never, { shared: true });
  expect(await old.host.health()).toMatchObject({ unreadable: 0 });
  const newer = await open(store, nextParcels, never, { shared: true });
  await newer.place('new');
  expect(await old.host.list({ incident: true, limit: 10 })).toMatchObject([
    { id: 'new', incidents: [{ reason: 'unreadable' }] },
  ]);
  expect(await old.host.health()).toMatchObject({ ready: true, unreadable: 1 });
  expect(await newer.host.health()).toMatchObject({ ready: true, unreadable: 0 });
  expect(await newer.host.list({ incident: true, limit: 10 })).toEqual([]);
  await old.host.close();
  await newer.host.close();
  await remove();
});

test('a start leaves the mark of an order on a chart version that it does not know', async () => {
  const { store, remove } = openScratchStore(parcels);
  const newer = await open(store, nextParcels, never);
  await newer.place('new');
  await newer.host.close();
  await store.markUnreadable('new', 'damaged');
  const { host } = await open(store, parcels, never, { LEAVE_UNREADABLE: '1' });
  expect((await store.load(['new'])).get('new')?.unreadable).toBe('damaged');
  expect(await host.health()).toMatchObject({ unreadable: 1 });
  await host.close();
  await remove();
});

test('an order on an unknown chart version is an incident from the start on, and nothing is ever written to it', async () => {
  const { store, remove } = openScratchStore(parcels);
  const newer = await open(store, nextParcels, never);
  await newer.place('new');
  await newer.host.close();
  const before = (await store.load(['new'])).get('new');
  expect(before?.system).toContain('"charts":"2"');

  const lines: object[] = [];
  const asked: string[] = [];
  const { host, recovery } = await createHost({
    application: parcels,
    store,
    services: {
      courier: {
        name: 'courier',
        place: 'outside',
        answer: async ({ orderId }) => {
          asked.push(orderId);
          return { type: 'courier.collected' };
        },
      },
    },
    settings: readSettings({ DRAIN_MS: 0, POLL_MS: 10, LEAVE_UNREADABLE: '1' }),
    logger: pino({ level: 'error' }, { write: (line) => lines.push(JSON.parse(line)) }),
  });
  expect(recovery).toMatchObject({ incidents: 1, versions: { 2: 1 } });
  expect(lines).toMatchObject([{ orders: 1, versions: ['2'], known: ['1'] }]);
  const reason = 'The stored order system cannot be read: it was written by chart version 2; known are 1.';
  expect(await host.list({ incident: true, limit: 10 })).toMatchObject([
    { id: 'new', unreadable: reason, owner: 'ada', chartVersion: '2', createdAt: expect.any(Number) },
  ]);
  expect(await host.health()).toEqual({ ready: true, reason: null, unreadable: 1 });
  expect((await host.get('new'))?.createdAt).toBeGreaterThan(Date.UTC(2026, 0, 1));
  const message = { type: 'parcel.keep', why: 'changed my mind' };
  const move = host.send({ orderId: 'new', to: 'parcel', message, otherwise: 'refuse' });
  await expect(move).rejects.toMatchObject({ code: 'order-unreadable', message: reason });
  const old = { type: 'parcel.send', parcelId: 'old', sender: 'ada', city: 'Oslo' };
  await host.place({ orderId: 'old', message: old });
  expect(await host.waitUntilSettled('old', 10_000)).toMatchObject({ state: 'sent' });
  await host.close();
  expect(asked).toEqual(['old']);
  expect((await store.load(['new'])).get('new')).toEqual(before);

  const again = await open(store, nextParcels, collecting);
  expect(await again.host.waitUntilSettled('new', 10_000)).toMatchObject({
    chartVersion: '2',
    state: 'sent',
  });
  await again.host.close();
  await remove();
});

test('a stored system goes on with its own charts, and a new one starts on the newest', async () => {
  const { store, openAudit, remove } = openScratchStore(parcels);
  const before = await open(store, parcels, never);
  await before.place('old');
  await before.host.close();

  const { host, place } = await open(store, nextParcels, collecting);
  await place('new');
  expect(await host.waitUntilSettled('old', 10_000)).toMatchObject({ chartVersion: '1', state: 'sent' });
  expect(await host.waitUntilSettled('new', 10_000)).toMatchObject({ chartVersion: '2', state: 'sent' });
  const typesOf = async (id: string) => (await host.history(id, 0, 10)).map(({ type }) => type);
  expect(await typesOf('old')).toEqual(['tally.counted', 'parcel.sent']);
  expect(await typesOf('new')).toEqual(['parcel.sent']);

  const timeline = createTimeline(nextParcels);
  for (const [id, version] of Object.entries({ old: '1', new: '2' })) {
    const points: Point[] = [];
    for await (const { point } of timeline.read(host, id)) points.push(point);
    expect(points.map(({ view }) => view.chartVersion)).toEqual([version, version]);
    expect(points.at(-1)?.taken['parcel']).toEqual(['collecting>sent']);
  }
  await host.close();

  const source = openAudit(Date.now());
  const { checks, notes } = await createExamine(nextParcels)(source, { atRest: true });
  await source.close();
  expect(checks.flatMap(({ findings }) => findings)).toEqual([]);
  expect(checks.find(({ invariant }) => invariant === 'stateIsFold')).toMatchObject({ checked: 2 });
  expect(notes).toEqual([]);
  await remove();
});

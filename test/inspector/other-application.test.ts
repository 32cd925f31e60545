// The inspector over an application that is no shop and has no display: two actors, one service, one move.
import pino from 'pino';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { parcels as shipped } from '../../examples/parcels/parcels.ts';
import { openKeys } from '../../src/access/keys.ts';
import { createApi } from '../../src/api/app.ts';
import { type Application, defineApplication } from '../../src/application.ts';
import { readSettings } from '../../src/config.ts';
import { createRunner } from '../../src/hosts/runner.ts';
import { createInspector } from '../../src/inspector/server/inspector.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { SystemView } from '../../src/step/view.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createFakeClock } from '../fake-clock.ts';
import { createCounter, never } from '../hosts/harness.ts';
import { createOtherIncidents } from '../service-incidents.ts';
import { chart, says, tell } from '../step/toy-words.ts';

const parcel = chart({
  id: 'anything',
  context: { city: 'Oslo' },
  initial: 'new',
  states: {
    new: { on: { 'parcel.send': 'collecting' } },
    collecting: {
      description: 'the courier',
      entry: tell('courier', 'courier.collect', { key: 'parcel/collect/1', attempt: 1, city: 'Oslo' }),
      on: { 'courier.collected': 'sent', 'courier.busy': 'kept', 'parcel.keep': 'kept' },
    },
    sent: {
      tags: 'settled',
      description: 'on its way',
      entry: [says('parcel.sent'), tell('tally', 'tally.count')],
    },
    kept: { tags: 'settled', entry: says('parcel.kept') },
  },
});
const tally = chart({ initial: 'counting', states: { counting: { tags: 'settled' } } });

const call = { key: z.string(), attempt: z.int() };
const event = { version: 1, kind: 'event' } as const;
const command = { version: 1, kind: 'command' } as const;

/** The example with charts of its own, and replies whose fields need examples. */
const parcels: Application = defineApplication<SystemView>({
  ...shipped,
  charts: { parcel, tally },
  messages: {
    ...shipped.messages,
    'courier.collect': {
      ...command,
      from: ['parcel'],
      to: ['courier'],
      payload: z.strictObject({ ...call, city: z.string() }),
      call: {
        purposes: ['collect'],
        replies: [{ type: 'courier.collected' }, { type: 'courier.busy', reason: 'rain' }],
      },
    },
    'courier.collected': {
      ...event,
      from: ['courier'],
      to: ['parcel'],
      payload: z.strictObject({
        ...call,
        city: z.string(),
        stops: z.array(z.strictObject({ minutes: z.int().min(5) })).min(1),
      }),
    },
  },
  ownerOf: () => 'ada',
});

const open = async () => {
  const [clock, store, ids] = [createFakeClock(), createMemoryStore(), createCounter()];
  const [settings, logger, registry] = [readSettings(), pino({ level: 'silent' }), new Registry()];
  const metrics = createMetrics(registry);
  const services = { courier: { name: 'courier', place: 'outside', answer: never } } as const;
  const shared = { application: parcels, services, clock, settings, metrics };
  const inspector = createInspector({ ...shared, readFigures: store.figures });
  const { host } = await createRunner({ ...shared, store, ids, logger, observer: inspector.observer });
  const keys = await openKeys({ store, clock, onError: () => {} });
  const facts = { application: parcels, services };
  const edge = { host, keys, facts, incidents: createOtherIncidents(), settings, clock, ids };
  const api = createApi({ ...edge, metrics: registry, logger }, () => {});
  inspector.addTo(api, host, { keys });
  await host.place({ orderId: 'parcel-1', message: { type: 'parcel.send' } });
  const get = async (path: string) => (await api.inject(`/inspector/api/${path}`)).json();
  const post = async (path: string, payload: object) =>
    (await api.inject({ method: 'POST', url: `/inspector/api/${path}`, payload })).json();
  return { get, post };
};

test('it is described by its charts, actors, services and moves', async () => {
  const { get } = await open();
  const info = await get('application');
  expect(info).toMatchObject({
    name: 'parcels',
    mainActor: 'parcel',
    lanes: ['outside', 'parcel', 'tally', 'courier'],
  });
  const [chart] = info.charts;
  expect(chart.nodes).toContainEqual(
    expect.objectContaining({ path: 'collecting', text: 'Waiting for the courier', tone: 'doing' }),
  );
  expect(chart.nodes).toContainEqual(
    expect.objectContaining({ path: 'sent', text: 'On its way', tone: 'settled', isSettled: true }),
  );
});

test('its systems are listed by state', async () => {
  const { get } = await open();
  await get('orders?state=collecting');
  await expect.poll(async () => (await get('orders?state=collecting')).total).toBe(1);
  const { orders } = await get('orders?state=collecting');
  expect(orders).toMatchObject([{ id: 'parcel-1', state: 'collecting', owner: 'ada', details: [] }]);
});

test('what could come next is made from what its messages declare', async () => {
  const { post } = await open();
  const { possible } = await post('orders/parcel-1/what-if', { version: 1, hypotheticals: [] });
  const key = { key: 'parcel/collect/1', attempt: 1 };
  expect(possible).toMatchObject([
    {
      hypothetical: { message: { type: 'courier.collected', ...key, city: 'Oslo', stops: [{ minutes: 5 }] } },
    },
    { hypothetical: { message: { type: 'courier.busy', ...key, reason: 'rain' } } },
    { label: 'Keep', hypothetical: { to: 'parcel', message: { type: 'parcel.keep', why: 'example' } } },
  ]);
  const { points } = await post('orders/parcel-1/what-if', {
    version: 1,
    hypotheticals: [possible[0].hypothetical],
  });
  expect(points).toMatchObject([
    {
      from: 'courier',
      disposition: 'applied',
      deliveries: [{ from: 'parcel', to: 'tally', type: 'tally.count' }],
      taken: { parcel: ['collecting>sent'], tally: [] },
    },
  ]);
});

test('a preview says what its moves would do', async () => {
  const { post } = await open();
  expect(await post('preview', { move: 'keep', orderIds: ['parcel-1'] })).toMatchObject({
    previewed: [{ changes: [{ actor: 'parcel', from: 'collecting', to: 'kept' }], calls: [], refusal: null }],
  });
});

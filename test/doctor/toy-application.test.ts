// The doctor knows no application: it examines the store of a toy with two actors and one service, which brings neither
// tables nor checks of its own.
import { join } from 'node:path';
import pino from 'pino';
import { Registry } from 'prom-client';
import { beforeAll, expect, it, vi } from 'vitest';
import { assign } from 'xstate';
import { z } from 'zod';
import { type Application, defineApplication } from '../../src/application.ts';
import type { AuditedOrder, Results } from '../../src/audit.ts';
import { readSettings } from '../../src/config.ts';
import { createExamine } from '../../src/doctor/examine.ts';
import { createRunner } from '../../src/hosts/runner.ts';
import { createMetrics } from '../../src/metrics.ts';
import { shop } from '../../src/shop/shop.ts';
import { type SystemView, snapshotOf } from '../../src/step/view.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { openAuditSource } from '../../src/stores/sqlite-audit-source.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { createFakeClock } from '../fake-clock.ts';
import { createCounter, never } from '../hosts/harness.ts';
import { chart, says, tell } from '../step/toy-words.ts';
import { writeHere } from '../stores/write-here.ts';
import { damage, filesIn, listFindings, makeFolder } from './doctored-store.ts';

const lamp = chart({
  id: 'lamp',
  context: { owner: '' },
  initial: 'dark',
  states: {
    dark: {
      tags: 'settled',
      on: {
        'lamp.switch-on': { target: 'starting', actions: assign({ owner: ({ event }) => event['by'] }) },
      },
    },
    starting: { entry: tell('power', 'power.draw'), on: { 'power.drawn': 'shining' } },
    shining: { after: { 60000: 'spent' } },
    spent: { tags: 'settled', entry: [tell('meter', 'meter.count'), says('lamp.spent')] },
  },
});
const meter = chart({
  id: 'meter',
  context: { count: 0 },
  initial: 'counting',
  states: {
    counting: {
      tags: 'settled',
      on: { 'meter.count': { actions: assign({ count: ({ context }) => context['count'] + 1 }) } },
    },
  },
});

const event = { version: 1, kind: 'event', payload: z.looseObject({}) } as const;
const command = { ...event, kind: 'command' } as const;

const toy: Application = defineApplication<SystemView>({
  name: 'lamps',
  charts: { lamp, meter },
  chartVersion: '1',
  services: { power: { noAnswer: (reason) => ({ type: 'power.failed', reason }) } },
  messages: {
    'lamp.switch-on': { ...command, from: ['owner'], to: ['lamp'] },
    'power.draw': { ...command, from: ['lamp'], to: ['power'] },
    'power.drawn': { ...event, from: ['power'], to: ['lamp'] },
    'power.failed': { ...event, from: ['power'], to: ['lamp'] },
    'meter.count': { ...command, from: ['lamp'], to: ['meter'] },
    'lamp.spent': { ...event, from: ['lamp'], to: ['journal'] },
  },
  moves: {},
  mainActor: 'lamp',
  outcomes: ['lamp.spent'],
  ownerOf: (state) => snapshotOf(state, 'lamp').context['owner'],
  findMoves: () => [],
  toView: (base) => base,
  toUnreadableView: (base) => base,
});

/** Lamp 1 is spent, lamp 2 shines, lamp 3 waits for its power. */
const fill = async (path: string): Promise<void> => {
  const clock = createFakeClock(Date.UTC(2026, 0, 1));
  const store = createSqliteStore(writeHere(openDatabase(path, toy)));
  const { host } = await createRunner({
    ...{ application: toy, store, clock, ids: createCounter() },
    services: {
      power: {
        name: 'power',
        place: 'outside',
        answer: async (call) => (call.orderId === 'lamp-3' ? never(call) : { type: 'power.drawn' }),
      },
    },
    settings: readSettings({ DRAIN_MS: 0 }),
    metrics: createMetrics(new Registry()),
    logger: pino({ level: 'silent' }),
  });
  const place = (orderId: string) =>
    host.place({ orderId, message: { type: 'lamp.switch-on', by: 'someone' } });
  const placeShining = async (orderId: string) => {
    await place(orderId);
    const check = async () => expect(await host.get(orderId)).toMatchObject({ state: 'shining' });
    await vi.waitFor(check, { timeout: 30_000, interval: 5 });
  };
  await placeShining('lamp-1');
  await clock.advance(61_000);
  await host.waitUntilSettled('lamp-1', 1000);
  await placeShining('lamp-2');
  await place('lamp-3');
  const closed = host.close();
  await clock.advance(1000);
  await closed;
  await store.close();
};

const examine = async (path: string, application = toy) => {
  const source = openAuditSource(path, application, Date.UTC(2030, 0, 1));
  try {
    return await createExamine(application)(source);
  } finally {
    await source.close();
  }
};

let path: string;
beforeAll(async () => {
  path = join(makeFolder(), 'lamps.db');
  await fill(path);
});

const change = (statement: string): string => damage({ ...filesIn(''), store: path }, statement).store;

it('a healthy store of any application has no violations, and everything in it was checked', async () => {
  const report = await examine(path);
  expect(listFindings(report)).toEqual([]);
  expect(report).toMatchObject({ orders: 3, notes: [] });
  const checked = Object.fromEntries(report.checks.map(({ invariant, checked }) => [invariant, checked]));
  expect(checked).toMatchObject({ stateIsFold: 3, deadlinesOnTime: 1, rowMatchesSystem: 3, nothingStuck: 2 });
});

it.each([
  [
    "UPDATE orders SET owner = 'me'",
    'rowMatchesSystem lamp-1 the owner in its row is not that of its system',
  ],
  [
    'DELETE FROM calls',
    'callsMatchSystem lamp-3 the call lamp-3/calls/1.1 is waited for, and will not be made',
  ],
  ['DELETE FROM events', 'stateIsFold lamp-1 event 1 (lamp.spent) is missing'],
  [
    "UPDATE received SET at = at - 1000 WHERE kind = 'deadline'",
    'deadlinesOnTime lamp-1 xstate.after.60000.lamp.shining fired 1000 ms before it was due',
  ],
])('%s is found', async (statement, finding) => {
  expect(listFindings(await examine(change(statement)))).toContainEqual(finding);
});

it('an application adds checks of its own', async () => {
  const checkOrder = ({ orderId, eventsOf }: AuditedOrder, _: unknown, results: Results) => {
    results.expect('spentOnce', orderId, eventsOf('lamp.spent').length === 1, () => 'it is not spent');
  };
  const checks = { spentOnce: { sentence: 'A lamp is spent once', advice: 'Buy a new one.' } };
  const audit = { checks, checkOrder, checkOrphan: () => {}, checkTables: async () => {} };
  const report = await examine(path, { ...toy, audit });
  expect(listFindings(report)).toEqual([
    'spentOnce lamp-2 it is not spent',
    'spentOnce lamp-3 it is not spent',
  ]);
});

it('a store of another application is refused', async () => {
  await expect(examine(path, shop)).rejects.toThrow("it holds orders of the application 'lamps', not 'shop'");
});

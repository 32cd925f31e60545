// The second example: goods that come back. Its charts are covered completely and every single crash is tried, with the ten
// lines of docs/testing.md, which are those between begin and end; its processes are killed; its routes and the inspector answer over HTTP.
import { readFile } from 'node:fs/promises';
import pino from 'pino';
import { describe, expect, it, test } from 'vitest';
import { type Bank, type Carrier, returns } from '../../examples/returns/returns.ts';
import { createReturnsService } from '../../examples/returns/service.ts';
import { createMemoryStore, openSqliteStore, readSettings } from '../../src/main.ts';
import {
  createTestHost,
  exploreCrashes,
  explorePaths,
  type ScenarioEnd,
  type TestHost,
} from '../../src/testing.ts';
import { createFakeClock } from '../fake-clock.ts';
import { openProcesses } from './killed-processes.ts';

const oneDay = 86_400_000;
const note = 'unopened';
const message = {
  ...{
    type: 'return.request',
    returnId: 'return-1',
    customerId: 'ada',
    address: 'Oslo',
    reason: 'too small',
  },
  ...{ amount: 4200, currency: 'EUR' },
};
const first = { orderId: 'return-1', message };
const toReturn = (type: string, fields = {}) => ({
  ...{ orderId: 'return-1', to: 'return', message: { type, ...fields } },
});

/** A carrier, and a bank that pays once under each key. */
const createWorld = () => {
  const paid = new Map<string, number>();
  const carrier: Carrier = {
    name: 'carrier',
    place: 'outside',
    answer: async ({ command }) =>
      command.attempt === 1
        ? { type: 'carrier.failed', reason: 'paper jam' }
        : { type: 'carrier.label-made', trackingNumber: 'track-1' },
  };
  const bank: Bank = {
    name: 'bank',
    place: 'outside',
    answer: async ({ command }) => {
      if (command.attempt === 1) return { type: 'bank.failed', reason: 'closed at night' };
      paid.set(command.key, command.amount);
      return { type: 'bank.paid' };
    },
  };
  return { services: { carrier, bank }, paid };
};

// begin
/** Nobody decides, so it is approved after a week; then the parcel comes, and is as new. */
const sendItBack = async (host: TestHost): Promise<void> => {
  await host.place(first);
  await host.advance(8 * oneDay);
  await host.send(toReturn('return.receive'));
  await host.send(toReturn('return.inspect', { verdict: 'as-new', note }));
};
const paysOnce = ({ orders, world }: ScenarioEnd<ReturnType<typeof createWorld>>): void => {
  expect(orders).toMatchObject([{ state: 'refunded', settled: true }]);
  expect([...world.paid]).toEqual([['return-1/refund/1', 4200]]);
};
// end

describe('with ten lines of orderchart/testing', () => {
  // begin
  it('covers every state, transition, deadline and guard of its charts', () => {
    const explored = explorePaths(returns, { first });
    expect(explored.isComplete, explored.describe()).toBe(true);
  });

  it('pays once after every single crash', async () => {
    const scenario = { world: createWorld, scenario: sendItBack, check: paysOnce };
    const report = await exploreCrashes(returns, scenario);
    expect(report.failures, report.describe()).toEqual([]);
  });
  // end

  it('stands in docs/testing.md as it is here', async () => {
    const [source, page] = await Promise.all([
      readFile(import.meta.filename, 'utf8'),
      readFile(new URL('../../docs/testing.md', import.meta.url), 'utf8'),
    ]);
    const lines = [...source.matchAll(/^( *)\/\/ begin\n([\s\S]*?)^ *\/\/ end$/gm)].map(
      ([, indent = '', code = '']) => code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    );
    const shown = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code);
    expect(lines).toHaveLength(2);
    expect(shown).toEqual(lines);
  });
});

const openReturns = async () => createTestHost(returns, createWorld());

test('a parcel that does not come within two weeks ends its return, and is inspected when it comes late', async () => {
  const host = await openReturns();
  await host.place(first);
  await host.send(toReturn('return.approve'));
  await host.advance(14 * oneDay);
  expect(await host.view('return-1')).toMatchObject({ state: 'labelSent', settled: false });
  await host.advance(2 * 60_000);
  expect(await host.view('return-1')).toMatchObject({ state: 'expired', settled: true });
  await host.send(toReturn('return.receive'));
  await host.send(toReturn('return.inspect', { verdict: 'damaged', note }));
  expect(await host.view('return-1')).toMatchObject({ state: 'damaged', settled: true });
  expect(host.violations).toEqual([]);
});

test('a carrier that never answers is an incident that a person ends', async () => {
  const { services } = createWorld();
  const silent: Carrier = { name: 'carrier', place: 'outside', answer: () => new Promise(() => {}) };
  const host = await createTestHost(returns, { services: { ...services, carrier: silent } });
  await host.place(first);
  await host.send(toReturn('return.approve'));
  await host.advance(oneDay);
  const { incidents, moves } = await host.view('return-1');
  expect(incidents).toMatchObject([{ actor: 'return', reason: 'no-label' }]);
  expect(moves.map(({ move }) => move)).toEqual(['withdraw', 'retry', 'resolve']);
  await host.send(toReturn('incident.resolve', { outcome: 'sent-by-hand', note }));
  expect(await host.view('return-1')).toMatchObject({ state: 'labelSent', incidents: [] });
});

test('processes that are killed over one SQLite file lose no return and pay each one once', async () => {
  const { file, accepted, run, readLog, examine, remove } = await openProcesses('returns');
  const ids = Array.from({ length: 20 }, (_, index) => `return-${index + 1}`);
  const kept = ids.filter((_, index) => index % 2 === 0);
  const count = String(ids.length);
  const expectKilled = async (days: string, point: string, of = count) => {
    const output = expect.stringContaining(`Dies at ${point}`);
    expect(await run(of, days, point)).toMatchObject({ signal: 'SIGKILL', output });
  };
  const expectRest = async (days: string) => {
    const output = expect.stringContaining('All at rest');
    expect(await run(count, days)).toMatchObject({ code: 0, output });
  };
  // The first half is accepted before anything happens to it; of the second some are stored, and nobody learns of it.
  await expectKilled('0', 'move.before-commit', String(ids.length / 2));
  await expectKilled('0', 'accept.after-commit');
  for (const point of ['call.after-reply', 'claim.after', 'reply.after-commit'])
    await expectKilled('0', point);
  await expectRest('0');
  for (const point of ['deadline.before-commit', 'settle.after-commit']) await expectKilled('1', point);
  await expectRest('1');
  await expectKilled('30', 'deadline.after-commit');
  await expectRest('30');

  expect(accepted.size).toBeGreaterThanOrEqual(ids.length / 2);
  expect(accepted.size).toBeLessThan(ids.length);
  const store = openSqliteStore(file, returns);
  const stored = await store.load(ids);
  expect([...accepted].filter((id) => !stored.has(id))).toEqual([]);
  expect(ids.map((id) => stored.get(id)?.summary.state)).toEqual(
    ids.map((id) => (kept.includes(id) ? 'refunded' : 'expired')),
  );
  await store.close();
  expect([...new Set(readLog())].sort()).toEqual(kept.map((id) => `${id}/refund/1 4200`).sort());
  expect(await examine(returns, Date.now() + 60 * oneDay)).toEqual({ orders: ids.length, findings: [] });
  await remove();
});

describe('over HTTP', () => {
  const open = async (replaced: { readonly carrier?: Carrier } = {}) => {
    const clock = createFakeClock();
    const service = await createReturnsService({
      ...{ store: createMemoryStore(), clock, logger: pino({ level: 'silent' }), settings: readSettings() },
      services: { ...createWorld().services, ...replaced },
    });
    const post = async (url: string, payload: object) => {
      const answer = await service.api.inject({ method: 'POST', url, payload });
      return { status: answer.statusCode, body: answer.json() };
    };
    const get = async (url: string) => (await service.api.inject(url)).json();
    return { ...service, clock, post, get };
  };
  const { type: _, ...request } = message;

  it('requests a return once, and makes its moves', async () => {
    const { post, get, close } = await open();
    const created = await post('/returns', request);
    expect(created).toMatchObject({ status: 201, body: { id: 'return-1', state: 'requested' } });
    expect(created.body.moves).toEqual(['approve', 'refuse', 'withdraw']);
    expect(await post('/returns', request)).toMatchObject({ status: 200, body: { id: 'return-1' } });
    expect(await post('/orders/return-1/approve', {})).toMatchObject({ status: 200 });
    expect(await get('/returns/return-1')).toMatchObject({ state: 'approved', settled: false });
    await close();
  });

  it('refuses what is wrong with a problem that says why', async () => {
    const { post, get, close } = await open();
    expect(await post('/returns', { ...request, amount: -1 })).toMatchObject({ status: 400 });
    expect(await get('/returns/none')).toMatchObject({ status: 404, detail: 'There is no return none.' });
    await post('/returns', request);
    expect(await post('/orders/return-1/receive', {})).toMatchObject({
      status: 409,
      body: { moves: [{ move: 'approve' }, { move: 'refuse' }, { move: 'withdraw' }] },
    });
    expect(await post('/orders/return-1/inspect', { verdict: 'lost', note })).toMatchObject({ status: 400 });
    await close();
  });

  it('is shown in the inspector by its state, with its charts and services', async () => {
    const { post, get, close } = await open();
    await post('/returns', request);
    expect(await get('/inspector/api/application')).toMatchObject({
      name: 'returns',
      mainActor: 'return',
      lanes: ['outside', 'return', 'refund', 'carrier', 'bank'],
    });
    await expect
      .poll(async () => get('/inspector/api/orders?state=requested'))
      .toMatchObject({ total: 1, orders: [{ id: 'return-1', owner: 'ada' }] });
    await close();
  });

  it('ends an incident by the move that the inspector offers, at the address that it has', async () => {
    const failing: Carrier = {
      name: 'carrier',
      place: 'outside',
      answer: async () => ({ type: 'carrier.failed', reason: 'paper jam' }),
    };
    const { post, get, clock, close } = await open({ carrier: failing });
    await post('/returns', request);
    await post('/orders/return-1/approve', {});
    for (let minute = 0; minute < 5; minute += 1) await clock.advance(60_000);
    const { orders } = await get('/inspector/api/incidents');
    expect(orders).toMatchObject([
      {
        id: 'return-1',
        incidents: [{ reason: 'no-label', text: expect.stringContaining('send a label by hand') }],
      },
    ]);
    const [retry, resolve] = ['retry', 'resolve'].map((path) =>
      orders[0].moves.find((move: { readonly path: string }) => move.path === path),
    );
    expect(await post('/orders/return-1/retry', { actor: retry.actor })).toMatchObject({ status: 200 });
    for (let minute = 0; minute < 5; minute += 1) await clock.advance(60_000);
    const [outcome] = resolve.outcomes;
    const answer = await post(`/orders/return-1/${resolve.path}`, { actor: resolve.actor, outcome, note });
    expect(answer).toMatchObject({ status: 200, body: { state: 'labelSent', incidents: [] } });
    await close();
  });
});

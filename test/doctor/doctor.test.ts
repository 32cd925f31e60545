// `orderchart doctor` as a person runs it: what it prints, how it ends, and what it answers when there is nothing that
// it can examine.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, it, vi } from 'vitest';
import { diagnose } from '../../src/cli/doctor.ts';
import type { ExamineStore } from '../../src/shop/audit/outside.ts';
import { shop } from '../../src/shop/shop.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { persist, sampleBody } from '../e2e/client.ts';
import { runCommand, startServer } from '../e2e/server.ts';
import { createFakeClock } from '../fake-clock.ts';
import { useHealthyStore } from './damage.ts';
import { damage, type Files, makeFolder } from './doctored-store.ts';

const healthy = useHealthyStore();
const doctor = ({ store, ledger, mail }: Files, ...words: readonly string[]) => {
  const files = ['--database-url', `sqlite:${store}`, '--gateway-ledger', ledger, '--mail-dir', mail];
  return runCommand(['doctor', ...files, ...words], dirname(store));
};

it('a healthy store ends with 0 and one line for each check', async () => {
  const { code, output } = await doctor(healthy());
  expect(output).toMatch(/^endStatesRight +13 +0 {2}Completed orders are paid and their stock is committed/m);
  expect(output.trim().split('\n').at(-1)).toBe('18 orders examined: everything holds.');
  expect(code).toBe(0);
});

it('a violation ends with 1, and says which order it is and what to do', async () => {
  const change = "UPDATE reservations SET status = 'released' WHERE order_id = 'good-2'";
  const { code, output } = await doctor(damage(healthy(), change));
  expect(output).toContain('\nendStatesRight is violated: Completed orders are paid');
  expect(output).toContain('\n  good-2  it is completed, and its stock is not committed\n  What to do: ');
  expect(code).toBe(1);
});

it('of many violations twenty are printed and the others counted', async () => {
  const { output } = await doctor(damage(healthy(), "UPDATE received SET reason = 'because'"), '--no-replay');
  expect(output.match(/was applied, and has a reason/g)).toHaveLength(20);
  expect(output).toMatch(/^ {2}and 1\d\d more$/m);
});

it('a gateway whose clock is far behind ours is accepted with --clock-tolerance', async () => {
  const files = healthy();
  const ledger = join(makeFolder(), 'behind.jsonl');
  const hourBefore = (_all: string, at: string) =>
    `"at":"${new Date(Date.parse(at) - 3_600_000).toISOString()}"`;
  writeFileSync(ledger, readFileSync(files.ledger, 'utf8').replaceAll(/"at":"([^"]+)"/g, hourBefore));
  const { code, output } = await doctor({ ...files, ledger }, '--no-replay');
  expect({ code, problem: output.includes('was done before it was decided') }).toEqual({
    code: 1,
    problem: true,
  });
  expect(await doctor({ ...files, ledger }, '--no-replay', '--clock-tolerance', '3600')).toMatchObject({
    code: 0,
  });
});

it('--json prints the whole report', async () => {
  const { code, output } = await doctor(healthy(), '--json', '--no-replay');
  const report: unknown = JSON.parse(output);
  expect(report).toMatchObject({ orders: 18, violations: 0, notes: [] });
  expect(report).toHaveProperty('checks.0.invariant', 'storageIntact');
  expect(code).toBe(0);
});

it('it examines the store of a service that is running, and the service goes on', async () => {
  const folder = makeFolder();
  const server = await startServer(folder, { LOG_LEVEL: 'error', PAYMENT_DELAY_MS: '1', MAIL_DELAY_MS: '1' });
  await persist(() => server.url, sampleBody, 'first');
  const words = ['doctor', '--gateway-ledger', 'data/gateway.jsonl', '--mail-dir', 'data/mail'];
  expect(await runCommand(words, folder)).toMatchObject({ code: 0 });
  await persist(() => server.url, sampleBody, 'second');
  expect((await runCommand(words, folder)).output).toContain('2 orders examined: everything holds.');
  expect(await server.stop()).toBe(0);
});

const makeDatabase = (path: string, change: string): void => {
  openDatabase(path, shop).close();
  const connection = new DatabaseSync(path);
  connection.exec(change);
  connection.close();
};

it.each([
  ['there is no such file', () => {}],
  ['it is not a file', (path: string) => mkdirSync(path)],
  ['file is not a database', (path: string) => writeFileSync(path, 'Dear diary, '.repeat(100))],
  ['the database is empty', (path: string) => writeFileSync(path, '')],
  ['it is a database of another program', (path: string) => makeDatabase(path, 'PRAGMA application_id = 1')],
  [
    'it was written by a newer Orderchart (schema 99; this one knows 12)',
    (path: string) => makeDatabase(path, 'PRAGMA user_version = 99'),
  ],
  [
    'it has the schema 0 of an older Orderchart; start this one (12) on it first',
    (path: string) => makeDatabase(path, 'PRAGMA user_version = 0'),
  ],
  [
    "it was written by a newer 'shop' (tables 99; this one knows 6)",
    (path: string) => makeDatabase(path, 'UPDATE applications SET tables_version = 99'),
  ],
  [
    "it has the tables 0 of an older 'shop'; start this one (6) on it first",
    (path: string) => makeDatabase(path, 'UPDATE applications SET tables_version = 0'),
  ],
])('%s: one line, and 2', async (problem, make) => {
  const folder = makeFolder();
  const path = join(folder, 'orders.db');
  make(path);
  const { code, output } = await runCommand(['doctor'], folder, { DATABASE_URL: `sqlite:${path}` });
  expect(output).toBe(`orderchart: Invalid DATABASE_URL=sqlite:${path}: ${problem}\n`);
  expect(code).toBe(2);
});

it.each([
  ['Invalid DATABASE_URL=memory:: use sqlite:PATH or postgres://', ['--database-url', 'memory:']],
  ['Invalid DATABASE_URL=nonsense', ['--database-url', 'nonsense']],
  ['Invalid --clock-tolerance=an hour', ['--clock-tolerance', 'an hour']],
  ["Unknown option '--port'", ['--port', '80']],
  ["Unexpected argument 'now'", ['now']],
])('%s: 2', async (problem, words) => {
  const { code, output } = await runCommand(['doctor', ...words], makeFolder());
  expect(output).toContain(`orderchart: ${problem}`);
  expect(code).toBe(2);
});

it('a ledger that cannot be read is a usage error', async () => {
  const { code, output } = await doctor({ ...healthy(), ledger: 'gone.csv' });
  expect(output).toMatch(/^orderchart: Invalid --gateway-ledger=gone.csv: ENOENT.*\n$/);
  expect(code).toBe(2);
});

it('--help says what it takes and how it ends', async () => {
  const { code, output } = await runCommand(['doctor', '--help'], makeFolder());
  expect(output).toContain('Usage: orderchart doctor');
  expect(output).toContain('Exit code: 0 everything holds, 1 something does not');
  expect(code).toBe(0);
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

it.each([
  ['on a large store it prints its progress every second', 1_000_000, ['0', '1000', '2000', '3000']],
  ['on a small store it prints no progress', 100, []],
])('%s', async (_name, of, expected) => {
  const clock = createFakeClock();
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
  vi.spyOn(console, 'log').mockImplementation(() => {});
  const slowly: ExamineStore = async ({ onProgress }) => {
    for (let orders = 0; orders <= 3500; orders += 250) {
      onProgress?.({ doing: 'the orders', orders, of });
      await clock.advance(250);
    }
    return { orders: 3500, violations: 0, checks: [], notes: [] };
  };
  await diagnose(['--database-url', 'sqlite:x'], slowly, clock);
  expect(printed.mock.calls.flat()).toEqual(expected.map((done) => `the orders: ${done} of ${of} orders`));
});

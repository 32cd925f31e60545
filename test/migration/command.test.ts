// `orderchart migrate` as a person runs it, over a database whose orders are on version 1: with the file alone, and through
// a real service that holds it and goes on serving.
import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ask, persist, post, until } from '../e2e/client.ts';
import { launch, makeFolder, runCommand, type Server, startServer } from '../e2e/server.ts';
import { addOrders, countVersions, damageOrder, readLastTypes, readRows, to } from './version-1-store.ts';

const main = join(import.meta.dirname, '../../src/main.ts');
let folder: string;
let remove: () => Promise<void>;
let running: Server[] = [];

beforeEach(async () => {
  ({ path: folder, remove } = await makeFolder());
});
afterEach(async () => {
  for (const server of running) await server.kill();
  running = [];
  await remove();
});

const migrate = (...words: readonly string[]) => runCommand(['migrate', '--to', to, ...words], folder);
/** A service whose gateway takes nine seconds: what is paying stays so. */
const serve = async (environment: Record<string, string> = {}) => {
  const server = await startServer(folder, { LOG_LEVEL: 'warn', PAYMENT_DELAY_MS: '9000', ...environment });
  running.push(server);
  return server;
};
const body = {
  customerId: 'customer-1',
  email: 'someone@example.com',
  currency: 'USD',
  items: [{ productId: 'product-1', quantity: 1 }],
};

describe('with the file alone', () => {
  test('a dry run prints what would happen by version and state, changes no row, and ends with 0', async () => {
    await addOrders(folder, { completed: 3, paying: 1 });
    const before = readRows(folder);
    const { code, output } = await migrate('--dry-run');
    expect(output).toMatch(/in the file: no service runs …/);
    expect(output).toMatch(/^version {2}state {6}orders {2}to 2$/m);
    expect(output).toMatch(/^1 {8}completed {7}3 {2}would move$\n {4}for example (\S{36}, ){2}\S{36}$/m);
    expect(output).toMatch(/^1 {8}paying {10}1 {2}would move$/m);
    expect(output).toContain('\n4 orders: 4 would move, 0 would not.\n');
    expect({ code, rows: readRows(folder) }).toEqual({ code: 0, rows: before });
  });

  test('a file of release 0.1.0 is rehearsed on a copy, also while a process of that release has it open', async () => {
    const path = join(folder, 'release.db');
    copyFileSync(join(import.meta.dirname, '../stores/release-0.1.0.db'), path);
    const holder = new DatabaseSync(path);
    holder.exec('PRAGMA journal_mode = WAL');
    const lock = new DatabaseSync(`${path}.lock`);
    lock.exec('BEGIN EXCLUSIVE');
    const copies = () => readdirSync(folder).filter((name) => name.startsWith('orderchart-copy-'));
    const words = ['migrate', '--to', to, '--dry-run', '--database-url', 'sqlite:release.db'];
    const { code, output } = await runCommand(words, folder, { TMPDIR: folder });
    expect(output).toContain('12 orders: 12 would move, 0 would not.');
    expect({ code, copies: copies() }).toEqual({ code: 0, copies: [] });
    const { user_version: schema } = holder.prepare('PRAGMA user_version').get() ?? {};
    expect(schema).toBeLessThan(5);
    lock.close();
    holder.close();
  });

  test('orders are moved, and no call is made and no deadline fires: the next service does that', async () => {
    await addOrders(folder, { completed: 2, paying: 1, ageMs: 3_600_000 });
    const { code, output } = await migrate('--why', 'release 0.2.0');
    expect({ code, versions: countVersions(folder) }).toEqual({ code: 0, versions: { [to]: 3 } });
    expect(output).toContain('3 orders: 3 moved, 0 not moved.');
    // Its deadline is long overdue, and its charge is not made: both are left to the next service.
    expect(readLastTypes(folder)).toEqual(Array(3).fill('system.migrated'));
    expect(JSON.parse(readRows(folder))).toContainEqual(['calls', [expect.anything()]]);
    const server = await serve();
    await until(
      async () => readLastTypes(folder),
      (types) => types.some((type) => type !== 'system.migrated'),
    );
    const { body: list } = await ask(`${server.url}/orders?limit=1`);
    const { body: page } = await ask(`${server.url}/orders/${list.orders[0].id}/messages`);
    expect(page.messages).toContainEqual(
      expect.objectContaining({
        type: 'system.migrated',
        data: expect.objectContaining({ from: '1', to, why: 'release 0.2.0' }),
      }),
    );
  });

  test('a second run finds nothing to do, and --back undoes the first until something happens', async () => {
    await addOrders(folder, { completed: 3 });
    expect((await migrate()).code).toBe(0);
    expect(await migrate()).toMatchObject({
      code: 0,
      output: expect.stringContaining(`No order is to be moved to version ${to}.`),
    });
    const server = await serve();
    const { body: list } = await ask(`${server.url}/orders?limit=1`);
    const refund = { amount: 100, reason: 'late' };
    expect((await post(`${server.url}/orders/${list.orders[0].id}/refunds`, refund, 'r-1')).status).toBe(201);
    const { body: fresh } = await persist(() => server.url, body, 'fresh');
    const back = ['migrate', '--to', '1', '--back'];
    const rehearsed = await runCommand([...back, '--dry-run'], folder);
    expect(rehearsed.output).toContain('it has received other messages since it was migrated');
    expect(rehearsed.output).toMatch(/^2 +completed +2 {2}would move$/m);
    expect(rehearsed).toMatchObject({ code: 1 });
    const { code, output } = await runCommand(back, folder);
    expect(output).toContain('4 orders: 2 moved, 1 not moved, 1 left alone.');
    expect({ code, versions: countVersions(folder) }).toEqual({ code: 1, versions: { 1: 2, [to]: 2 } });
    expect((await ask(`${server.url}/orders/${fresh.id}`)).body.chartVersion).toBe(to);
  });

  test('filters by state, customer, age and version leave the other orders alone', async () => {
    await addOrders(folder, { completed: 3, ageMs: 3 * 86_400_000, customerId: 'customer-2' });
    await addOrders(folder, { completed: 1, paying: 2 });
    const count = async (...words: string[]) =>
      JSON.parse((await migrate('--dry-run', '--json', ...words)).output.replace(/^Rehearsing.*\n/, ''))
        .orders;
    expect(await count()).toBe(6);
    expect(await count('--state', 'paying')).toBe(2);
    expect(await count('--customer', 'customer-2')).toBe(3);
    expect(await count('--older-than', '2d')).toBe(3);
    expect(await count('--older-than', '4d')).toBe(0);
    expect(await count('--state', 'completed', '--customer', 'customer-1')).toBe(1);
    expect(await count('--from', '1')).toBe(6);
    expect(await count('--from', to)).toBe(0);
    expect(await count('--sample', '4')).toBe(4);
    expect((await migrate('--older-than', '2d')).code).toBe(0);
    expect(countVersions(folder)).toEqual({ 1: 3, [to]: 3 });
  });

  test('an order that cannot be read ends it with 1, after the others are moved', async () => {
    const [first = ''] = await addOrders(folder, { completed: 3 });
    damageOrder(folder, first);
    const rehearsed = await migrate('--dry-run');
    expect(rehearsed.code).toBe(1);
    expect(rehearsed.output).toMatch(
      new RegExp(`^1 +unreadable +1 {2}unreadable\\n {4}for example ${first}\\n.*cannot be read`, 'm'),
    );
    expect(rehearsed.output).toContain('What to do: start a release that knows their charts');
    expect((await migrate()).code).toBe(1);
    expect(countVersions(folder)).toEqual({ 1: 1, [to]: 2 });
  });

  test.each([
    [['--to', ''], 'Invalid --to=: name the chart version'],
    [['--to', '9'], 'There is no chart version 9; there are 1, 2.'],
    [['--rate', '0'], 'Invalid --rate=0: it must be a whole number from 1'],
    [['--sample', 'many'], 'Invalid --sample=many'],
    [['--older-than', '2 days'], 'Invalid --older-than=2 days: it must be an age such as'],
    [['--why', ' '], 'Invalid --why= : say why'],
    [
      ['--database-url', 'sqlite:nothing.db'],
      'Invalid DATABASE_URL=sqlite:nothing.db: there is no such file',
    ],
    [['--database-url', 'memory:'], 'Invalid DATABASE_URL=memory:: use sqlite:PATH or postgres://'],
    [['--quickly'], "Unknown option '--quickly'"],
  ])('%j is refused with 2 and one clear line', async (words, text) => {
    await addOrders(folder, {});
    const { code, output } = await migrate(...words);
    const lines = output
      .trim()
      .split('\n')
      .filter((line) => !line.endsWith('…'));
    expect({ code, output: lines.join('\n') }).toEqual({ code: 2, output: expect.stringContaining(text) });
  });

  test('without --to it says what is missing; --help explains every flag', async () => {
    expect(await runCommand(['migrate'], folder)).toMatchObject({
      code: 2,
      output: 'orderchart: Invalid --to: name the chart version to move to\n',
    });
    const { code, output } = await runCommand(['migrate', '--help'], folder);
    expect(code).toBe(0);
    expect(output).toContain('--older-than    only orders placed longer ago');
  });
});

describe('through the service that holds the store', () => {
  test('orders are moved while it serves: those under way are paid and completed on the new charts', async () => {
    await addOrders(folder, { completed: 5, paying: 3 });
    const server = await serve({ PAYMENT_DELAY_MS: '1500', PAYMENT_DECLINE_RATE: '0', MAIL_DELAY_MS: '1' });
    const { code, output } = await migrate();
    expect(output).toMatch(
      new RegExp(`through the running service \\(process ${server.pid}\\), at most 400 a second`),
    );
    expect(output).toContain('8 orders: 8 moved, 0 not moved.');
    expect(code).toBe(0);
    const { body: fresh } = await persist(() => server.url, body, 'fresh');
    const orders = await until(
      async () => (await ask(`${server.url}/orders`)).body.orders,
      (all) => all.length === 9 && all.every((order: { settled: boolean }) => order.settled),
    );
    expect(
      new Set(
        orders.map(
          ({ state, chartVersion }: { state: string; chartVersion: string }) => `${state} ${chartVersion}`,
        ),
      ),
    ).toEqual(new Set([`completed ${to}`]));
    expect(orders.map(({ paidAmount }: { paidAmount: number }) => paidAmount)).toEqual(
      Array(9).fill(fresh.amount),
    );
    const doctor = await runCommand(['doctor'], folder);
    expect(doctor).toMatchObject({
      code: 0,
      output: expect.stringContaining('9 orders examined: everything holds.'),
    });
    expect(await server.stop()).toBe(0);
  });

  test('a dry run over many orders changes no row', async () => {
    await addOrders(folder, { completed: 60, paying: 5 });
    await serve();
    const before = await until(
      async () => readRows(folder),
      () => true,
    );
    const { code, output } = await migrate('--dry-run', '--rate', '5000');
    expect(output).toContain('65 orders: 65 would move, 0 would not.');
    expect({ code, same: readRows(folder) === before }).toEqual({ code: 0, same: true });
  });

  test('Ctrl-C stops it after the page that is under way, and running it again moves the rest', async () => {
    await addOrders(folder, { completed: 40 });
    await serve();
    const words = [process.execPath, main, 'migrate', '--to', to, '--rate', '10'];
    const command = launch(words, folder, {});
    await until(
      async () => countVersions(folder)[to] ?? 0,
      (moved) => moved >= 3,
    );
    command.send('SIGINT');
    expect((await command.ended).code).toBe(130);
    const moved = countVersions(folder)[to] ?? 0;
    expect(moved).toBeLessThan(40);
    expect(command.output()).toContain(`\n${moved} orders: ${moved} moved, 0 not moved.\n`);
    expect(command.output()).toContain('Stopped. To go on, run it again.');
    const { code, output } = await migrate();
    expect(output).toContain(`${40 - moved} orders: ${40 - moved} moved, 0 not moved.`);
    expect({ code, versions: countVersions(folder) }).toEqual({ code: 0, versions: { [to]: 40 } });
  });

  test('the public API moves them page by page, and the command finds only the rest', async () => {
    await addOrders(folder, { completed: 5 });
    const { url } = await serve();
    const first = await post(`${url}/migrations`, { to, limit: 3, who: 'ada' });
    expect(first).toMatchObject({
      ...{ status: 200 },
      body: { orders: 3, summary: ['3 orders on version 1 in completed: moved'] },
    });
    expect(countVersions(folder)).toEqual({ 1: 2, [to]: 3 });
    expect((await migrate()).output).toContain('2 orders: 2 moved, 0 not moved.');
    const rest = await post(`${url}/migrations`, { to, after: first.body.next });
    expect(rest.body).toEqual({ next: null, orders: 0, groups: [], summary: [] });
  });

  test('it keeps to the rate', async () => {
    await addOrders(folder, { completed: 10 });
    await serve();
    const command = launch([process.execPath, main, 'migrate', '--to', to, '--rate', '4'], folder, {});
    await command.untilPrinted(/at most 4 a second/);
    const startedAt = performance.now();
    expect((await command.ended).code).toBe(0);
    expect(performance.now() - startedAt).toBeGreaterThan((1000 * 9) / 4);
  });

  test('a version that it does not know is refused with 2', async () => {
    await addOrders(folder, { completed: 1 });
    await serve();
    const { code, output } = await migrate('--to', '9');
    expect({ code, output }).toEqual({
      code: 2,
      output: expect.stringContaining('There is no chart version 9'),
    });
  });

  test('a service that ends meanwhile ends it with 2; what was moved stays moved', async () => {
    await addOrders(folder, { completed: 30 });
    const server = await serve();
    const command = launch([process.execPath, main, 'migrate', '--to', to, '--rate', '5'], folder, {});
    await until(
      async () => countVersions(folder)[to] ?? 0,
      (moved) => moved >= 2,
    );
    await server.kill();
    expect((await command.ended).code).toBe(2);
    expect(command.output()).toMatch(/run the command again|connect/);
    expect((await migrate()).code).toBe(0);
    expect(countVersions(folder)).toEqual({ [to]: 30 });
  });
});

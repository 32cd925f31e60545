// The examination itself: beside a running service, after a crash, in several threads, of orders that other
// charts wrote, and of what should have come to rest.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { sendTo, setup } from 'xstate';
import { paymentChart } from '../../machines/payment.ts';
import { toChartSystem } from '../../src/application.ts';
import { createExamine } from '../../src/doctor/examine.ts';
import { shop } from '../../src/shop/shop.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { openAuditSource } from '../../src/stores/sqlite-audit-source.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { never, openHost, widgets } from '../hosts/harness.ts';
import { setSystem, useHealthyStore } from './damage.ts';
import {
  damage,
  examineFiles,
  examineShop,
  type Files,
  filesIn,
  listFindings,
  makeFolder,
  openShop,
} from './doctored-store.ts';

const healthy = useHealthyStore();
const later = Date.UTC(2030, 0, 1);

it('a store is examined at any moment while the service has it open, and nothing is violated', async () => {
  const files = filesIn(makeFolder());
  const opened = await openShop(files);
  const orderIds = ['good-1', 'lost-1', 'flaky-1', 'declined-1', 'silent-1', 'unheard-1'];
  for (const orderId of orderIds) await opened.host.place({ ...widgets(1), orderId });
  for (let moment = 0; moment < 25; moment += 1) {
    expect(listFindings(await examineFiles(files))).toEqual([]);
    await opened.pass(1000);
  }
  await opened.close();
});

it('what is examined is one picture: what the service writes meanwhile is not in it', async () => {
  const files = filesIn(makeFolder());
  const opened = await openShop(files);
  await opened.host.place({ ...widgets(1), orderId: 'good-1' });
  await opened.pass(1000);
  const source = openAuditSource(files.store, shop, later);
  await opened.host.place({ ...widgets(1), orderId: 'good-2' });
  await opened.pass(1000);
  expect(await examineShop(source)).toMatchObject({ orders: 1, violations: 0 });
  await source.close();
  expect(await examineFiles(files)).toMatchObject({ orders: 2, violations: 0 });
  await opened.close();
});

it('what a crash left behind, with its log not written back, is examined as it is', async () => {
  const files = filesIn(makeFolder());
  const opened = await openShop(files);
  for (const orderId of ['good-1', 'lost-1']) await opened.host.place({ ...widgets(1), orderId });
  await opened.pass(2000);
  const left: Files = { ...files, store: join(makeFolder(), 'orders.db') };
  for (const end of ['', '-wal']) copyFileSync(`${files.store}${end}`, `${left.store}${end}`);
  expect(await examineFiles(left)).toMatchObject({ orders: 2, violations: 0 });
  await opened.close();
});

it('a copy that SQLite made for a backup is as healthy as the store', async () => {
  const copy: Files = { ...healthy(), store: join(makeFolder(), 'orders.db') };
  const connection = new DatabaseSync(healthy().store);
  connection.exec(`VACUUM INTO '${copy.store}'`);
  connection.close();
  expect(listFindings(await examineFiles(copy))).toEqual([]);
});

it('several threads make the same report as one', async () => {
  const damaged = damage(healthy(), "UPDATE received SET reason = 'because' WHERE disposition = 'applied'");
  const alone = await examineFiles(damaged);
  expect(alone.violations).toBeGreaterThan(100);
  expect(await examineFiles(damaged, { workers: 2 })).toEqual(alone);
  expect(alone.checks.find(({ violations }) => violations > 0)?.findings).toHaveLength(20);
});

it('without a replay everything else is still checked, and the report says what was left out', async () => {
  const damaged = damage(
    healthy(),
    setSystem('good-1', '$.actors.payment.context.tries', '7'),
    "UPDATE orders SET wake_at = 1 WHERE order_id = 'good-1'",
  );
  const report = await examineFiles(damaged, { replay: false });
  expect(listFindings(report)).toEqual([
    'rowMatchesSystem good-1 the next deadline in its row is not that of its system',
  ]);
  const skipped = report.checks.filter((check) => check.skipped !== undefined);
  expect(skipped.map(({ invariant }) => invariant)).toEqual(['stateIsFold', 'deadlinesOnTime']);
});

it('without a replay the keys of calls are found in what they left behind', async () => {
  expect(await examineFiles(healthy(), { replay: false })).toMatchObject({ violations: 0 });
});

it('when everything should have settled, an order in progress is a violation', async () => {
  expect(listFindings(await examineFiles(healthy(), { atRest: true }))).toEqual([
    'settledIsQuiet good-authorized it is paying, and should have settled',
    'settledIsQuiet silent-moving it is paying, and should have settled',
    'settledIsQuiet silent-moving 1 calls are still to be made',
  ]);
});

it('orders of other charts are not replayed, and the report says how many', async () => {
  const damaged = damage(
    healthy(),
    "UPDATE orders SET chart_version = '0' WHERE order_id = 'good-1'",
    setSystem('good-1', '$.charts', "'0'"),
    "UPDATE orders SET unreadable = 'not read', settled = 0 WHERE order_id = 'good-2'",
  );
  expect(await examineFiles(damaged)).toMatchObject({
    violations: 0,
    notes: ['2 orders were written by other charts or are unreadable; they were not replayed.'],
  });
});

/** The shipped charts with another payment, which fails on 50.00 and asks for everything else twice, by two ways. */
const strange: typeof shop = {
  ...shop,
  charts: {
    ...shop.charts,
    payment: setup({
      guards: {
        isWholesome: ({ event }) => {
          if (event['amount'] === 5000) throw new Error('poison');
          return true;
        },
      },
    }).createMachine({
      id: 'payment',
      context: paymentChart.config.context,
      initial: 'idle',
      states: {
        idle: { on: { 'payment.charge': { guard: 'isWholesome', target: 'charging' } } },
        charging: {
          entry: ['card', 'cash'].map((method) =>
            sendTo(
              ({ system }) => system.get('gateway'),
              ({ event }) => ({
                type: 'gateway.charge',
                key: `${String(event['orderId'])}/charge/1`,
                amount: event['amount'],
                currency: event['currency'],
                method,
              }),
            ),
          ),
        },
      },
    }),
  },
};

const fillStrangely = async (quantity: number): Promise<string> => {
  const path = join(makeFolder(), 'orders.db');
  const store = createSqliteStore(openDatabase(path, shop), shop.tables);
  const settings = { DRAIN_MS: 0 };
  const { host, clock } = await openHost({ store, charts: toChartSystem(strange), gateway: never, settings });
  await host.place({ ...widgets(quantity), orderId: 'order-1' });
  const closed = host.close();
  await clock.advance(0);
  await closed;
  await store.close();
  return path;
};

const examineStrange = createExamine(strange);

it('a quarantined message is replayed as such, even if its chart was corrected since', async () => {
  const source = openAuditSource(await fillStrangely(1), shop, later);
  expect(listFindings(await examineStrange(source))).toEqual([]);
  expect(await examineShop(source)).toMatchObject({ violations: 0, notes: [] });
  await source.close();
});

it('charts that send two commands under one key violate its meaning', async () => {
  const source = openAuditSource(await fillStrangely(2), shop, later);
  const findings = listFindings(await examineStrange(source));
  expect(findings).toEqual(['callKeysStable order-1 the key order-1/charge/1 stands for two commands']);
  await source.close();
});

it('ids sort as the store sorts them, whatever they are made of', async () => {
  const path = join(makeFolder(), 'orders.db');
  openDatabase(path, shop).close();
  const connection = new DatabaseSync(path);
  const add = connection.prepare("INSERT INTO reservations VALUES (?, 'held', 0, 0, NULL)");
  const ids = ['a', '\uffee', '\u{1f600}', 'é', 'Z'];
  for (const id of ids) add.run(id);
  connection.close();
  const source = openAuditSource(path, shop, later);
  const report = await examineShop(source);
  const reserved = report.checks.find(({ invariant }) => invariant === 'noStockLeftReserved');
  expect(reserved?.findings.map(({ about }) => about)).toEqual(['Z', 'a', 'é', '\uffee', '\u{1f600}']);
  await source.close();
});

// What stored orders look like must never change: a store that a release wrote (write-release.main.ts) opens, reads as it
// did, and its orders go on.
import { copyFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import type { ActorName, Message } from '../../machines/messages.ts';
import { createExamine } from '../../src/doctor/examine.ts';
import { createOrderchart, readSettings } from '../../src/main.ts';
import { shop } from '../../src/shop/shop.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { openAuditSource } from '../../src/stores/sqlite-audit-source.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { createFakeClock } from '../fake-clock.ts';
import { type Answer, chargeAll, openHost, sample, shut } from '../hosts/harness.ts';
import { writeHere } from './write-here.ts';

const writtenAt = Date.UTC(2026, 0, 1, 0, 15, 24, 500);
const later = Date.UTC(2030, 0, 1);
/**
 * Each release with its chart version, the last place in its journal, and how it finishes a charge that was under way: since
 * 0.2.0 a store knows that it is a copy, in which nobody can say whether the bank was asked.
 */
const releases = [
  ['0.1.0', '1', 100, ['gateway.charge']],
  ['0.2.0', '2', 101, ['gateway.look-up', 'gateway.charge']],
] as const;

/** The state of the order and of its payment, what it has paid, and how many incidents it has. */
const written: Record<string, readonly [order: string, payment: string, paid: number, incidents: number]> = {
  'authorized-cancelled': ['cancelled', 'cancelled', 0, 0],
  'authorized-waiting': ['paying', 'authorized', 0, 0],
  'completed-1': ['completed', 'charged.kept', 17_500, 0],
  'declined-1': ['failed', 'cancelled', 0, 0],
  'failing-1': ['failed', 'cancelled', 0, 0],
  'failing-waiting': ['paying', 'charging.backingOff', 0, 0],
  'refunded-1': ['completed', 'charged.kept', 5000, 0],
  'rejected-1': ['rejected', 'idle', 0, 0],
  'silent-cancelled': ['compensating', 'lookingUp.needsAttention', 0, 2],
  'silent-charging': ['paying', 'charging.asking', 0, 0],
  'silent-incident': ['compensating', 'lookingUp.needsAttention', 0, 2],
  'unheard-1': ['completed', 'charged.kept', 5000, 1],
};

/** What becomes of each order when everybody answers and the person does what they are asked to. */
const settled: typeof written = {
  ...written,
  'authorized-waiting': ['completed', 'charged.kept', 5000, 0],
  'failing-waiting': ['completed', 'charged.kept', 5000, 0],
  'silent-cancelled': ['cancelled', 'cancelled', 0, 0],
  'silent-charging': ['completed', 'charged.kept', 5000, 0],
  'silent-incident': ['failed', 'cancelled', 0, 0],
  'unheard-1': ['completed', 'charged.kept', 5000, 0],
};

const gateway: Answer<'gateway'> = (call) =>
  call.command.type === 'gateway.capture' ? { type: 'gateway.captured' } : chargeAll(call);

const copyKept = async (release = '0.1.0') => {
  const folder = await mkdtemp(join(tmpdir(), 'orderchart-release-'));
  const path = join(folder, 'orders.db');
  copyFileSync(join(import.meta.dirname, `release-${release}.db`), path);
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
};
const open = async (path: string) => {
  const clock = createFakeClock(writtenAt);
  const ids = { next: () => crypto.randomUUID() };
  return openHost({
    store: createSqliteStore(writeHere(openDatabase(path, shop)), shop.tables),
    clock,
    ids,
    gateway,
  });
};
type Open = Awaited<ReturnType<typeof open>>;
const close = async (opened: Open) => {
  await shut(opened, 60_000);
  await opened.store.close();
};
const summarize = async ({ host }: Open) => {
  const views = await host.list({ limit: 100 });
  return Object.fromEntries(
    views.map((view) => [
      view.id,
      [
        view.state,
        view.actors['payment']?.state,
        view.unreadable === undefined ? view.paidAmount : undefined,
        view.incidents.length,
      ],
    ]),
  );
};
const findViolations = async (path: string) => {
  const source = openAuditSource(path, shop, later);
  const { orders, checks } = await createExamine(shop)(source);
  await source.close();
  return { orders, violated: checks.filter(({ violations }) => violations > 0) };
};

test.each(releases)(
  'a store of release %s reads as it was written, history and idempotency keys included',
  async (release, version, position) => {
    await using files = await copyKept(release);
    const opened = await open(files.path);
    expect(opened.recovery).toMatchObject({
      resumed: 1,
      overdue: 0,
      incidents: 3,
      versions: { [version]: 12 },
    });
    expect(await summarize(opened)).toEqual(written);
    expect(await opened.host.lastPosition()).toBe(position);
    const history = await opened.host.history('completed-1', 0, 100);
    const { customerId, email, currency, items, amount } = sample;
    expect(history[0]?.data).toEqual({ customerId, email, currency, items, amount });
    expect(history.map(({ type }) => type)).toEqual([
      ...['order.created', 'order.validated', 'order.processing-started'],
      ...['inventory.reserved', 'inventory.reserved', 'payment.initiated', 'payment.completed'],
      ...['inventory.committed', 'inventory.committed', 'order.confirmation-sent', 'order.completed'],
    ]);
    expect(await opened.host.recall('orders', 'refunded-1')).toMatchObject({
      status: 201,
      body: 'refunded-1',
    });
    await close(opened);
  },
);

test.each(releases)(
  'the orders of a store of release %s go on until they are settled, and nothing is violated',
  async (release, _version, _position, again) => {
    await using files = await copyKept(release);
    const opened = await open(files.path);
    const { host, clock } = opened;
    const send = (orderId: string, to: ActorName, message: Message) =>
      host.send({ orderId, to, message, otherwise: 'refuse' });
    await send('authorized-waiting', 'order', { type: 'order.capture' });
    await send('unheard-1', 'notification', { type: 'incident.retry' });
    for (const id of ['silent-cancelled', 'silent-incident'])
      await send(id, 'payment', { type: 'incident.retry' });
    await clock.advance(600_000);
    expect(await summarize(opened)).toEqual(settled);
    const asked = opened.gatewayCalls.filter(({ orderId }) => orderId === 'silent-charging');
    expect(asked.map(({ command: { type, key } }) => [type, key])).toEqual(
      again.map((type) => [type, 'silent-charging/charge/1']),
    );
    await close(opened);
    expect(await findViolations(files.path)).toEqual({ orders: 12, violated: [] });
  },
);

test('a store with orders on a chart version that is missing here is refused before its schema is changed', async () => {
  await using files = await copyKept();
  const read = (sql: string) => {
    using connection = new DatabaseSync(files.path);
    return connection.prepare(sql).all();
  };
  read("UPDATE orders SET chart_version = '9' WHERE order_id IN ('refunded-1', 'rejected-1')");
  const before = read('PRAGMA user_version');
  const settings = readSettings({ DATABASE_URL: `sqlite:${files.path}`, LOG_LEVEL: 'silent' });
  await expect(createOrderchart(settings)).rejects.toMatchObject({
    code: 'charts-missing',
    details: { versions: { 9: 2 } },
  });
  expect(read('PRAGMA user_version')).toEqual(before);
});

// A store made by the real runner over SQLite, with orders that ended in every way, and the gateway's ledger and the
// mails beside it; and copies of it that are damaged. An order's id says how its gateway behaves.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll } from 'vitest';
import type { Message } from '../../machines/messages.ts';
import type { CheckReport, Examination, ExaminationReport } from '../../src/audit.ts';
import { createExamine } from '../../src/doctor/examine.ts';
import { workerModule } from '../../src/doctor/shop/examine-store.ts';
import { createSimulatedGateway } from '../../src/services/gateway-simulated.ts';
import { createFileMailer } from '../../src/services/mailer-files.ts';
import { openOutside } from '../../src/shop/audit/outside.ts';
import type { ShopService } from '../../src/shop/services.ts';
import { shop } from '../../src/shop/shop.ts';
import { unpack } from '../../src/stores/packing.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { openAuditSource } from '../../src/stores/sqlite-audit-source.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { createFakeClock } from '../fake-clock.ts';
import {
  type Answer,
  createCounter,
  idempotency,
  never,
  openHost,
  sample,
  widgets,
} from '../hosts/harness.ts';
import { writeHere } from '../stores/write-here.ts';
import { gatherHistory, spreadHistory } from './spread-history.ts';

const start = Date.UTC(2026, 0, 1);
/** Long after everything that happens in these stores. */
const later = Date.UTC(2030, 0, 1);

export interface Files {
  readonly store: string;
  readonly ledger: string;
  readonly mail: string;
}
export const filesIn = (folder: string): Files => ({
  store: join(folder, 'orders.db'),
  ledger: join(folder, 'gateway.jsonl'),
  mail: join(folder, 'mail'),
});
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});
/** A folder that is gone after the tests. */
export const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'orderchart-doctor-'));
  folders.push(folder);
  return folder;
};

type Opened = Awaited<ReturnType<typeof openShop>>;

const kindOf = (orderId: string): string => orderId.split('-')[0] ?? '';

/** A running shop. What an order's id begins with says what its bank and its mail do. */
export const openShop = async (
  files: Files,
  { clock = createFakeClock(start), ids = createCounter(), settings = {} } = {},
) => {
  const open = (rates: { declineRate?: number; errorRate?: number }) =>
    createSimulatedGateway({
      ...{ ledgerPath: files.ledger, seed: 'doctor', delayMs: 0, clock },
      ...{ declineRate: 0, timeoutRate: 0, errorRate: 0, ...rates },
    });
  const good = await open({});
  const banks: Readonly<Record<string, ShopService<'gateway'>>> = {
    declined: await open({ declineRate: 1 }),
    lost: await open({}),
    flaky: await open({ errorRate: 1 }),
  };
  /** Calls that the disk is busy with, and no clock: time must not run away from them. */
  let working = 0;
  const work = async <T>(answer: Promise<T>): Promise<T> => {
    working += 1;
    return answer.finally(() => {
      working -= 1;
    });
  };
  const gateway: Answer<'gateway'> = (call) => {
    const kind = kindOf(call.orderId);
    if (kind === 'silent') return never(call);
    const answer = work((banks[kind] ?? good).answer(call));
    // Its charge is made, and its refund is answered.
    return kind === 'lost' && call.command.type === 'gateway.charge'
      ? answer.then(() => never(call))
      : answer;
  };
  const mailer = await createFileMailer({
    directory: files.mail,
    from: 'shop@example.com',
    delayMs: 0,
    clock,
  });
  const store = createSqliteStore(writeHere(openDatabase(files.store, shop)), shop.tables);
  const opened = await openHost({
    ...{ store, clock, ids, gateway },
    mailer: (call) =>
      kindOf(call.orderId) === 'unheard'
        ? { type: 'mailer.failed', reason: 'down' }
        : work(mailer.answer(call)),
    settings: { CALL_TIMEOUT_MS: 5000, PAYMENT_ATTEMPTS: 3, NOTIFICATION_ATTEMPTS: 2, ...settings },
  });
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  /** Lets time pass in steps that are far shorter than any deadline. */
  const pass = async (milliseconds: number): Promise<void> => {
    for (let left = milliseconds; left > 0; left -= 500) {
      do await turn();
      while (working > 0);
      await clock.advance(Math.min(left, 500));
    }
  };
  const close = async () => {
    const closed = opened.host.close();
    await pass(11_000);
    await closed;
    for (const bank of [good, ...Object.values(banks)]) await bank.close?.();
    await store.close();
  };
  return { ...opened, ids, pass, close };
};

const place = async ({ host }: Opened, ...orderIds: readonly string[]) => {
  for (const orderId of orderIds) {
    await host.place({ ...widgets(1), orderId }, idempotency(`key-${orderId}`));
  }
};

const move = async (
  { host, pass }: Opened,
  orderId: string,
  to: 'order' | 'notification',
  message: Message,
) => {
  await host.send({ orderId, to, message, otherwise: 'refuse' });
  await pass(1000);
};

/** Fills the files with orders of every kind, some of them still moving, and lets go of them. */
export const fill = async (files: Files): Promise<void> => {
  const shop = await openShop(files);
  const { host, clock, pass } = shop;
  await host.place({ ...sample, orderId: 'good-1' }, idempotency('key-good-1'));
  await place(shop, 'good-2', 'good-full', 'good-part', 'declined-1', 'lost-1', 'lost-cancelled', 'flaky-1');
  await place(shop, 'unheard-1', 'unheard-resolved', 'silent-cancelled', 'silent-parked');
  const [item] = sample.items;
  if (item) {
    const dear = { ...item, quantity: 1, unitPrice: 9, lineTotal: 9 };
    await host.place({ ...sample, orderId: 'rejected-1', amount: 9, items: [dear] });
  }
  await host.place({ ...widgets(1000), orderId: 'rejected-2' });
  await pass(2000);
  await move(shop, 'lost-cancelled', 'order', { type: 'order.cancel', reason: 'too slow' });
  await move(shop, 'silent-cancelled', 'order', { type: 'order.cancel', reason: 'too slow' });
  await pass(360_000);
  await move(shop, 'good-full', 'order', { type: 'order.refund', refundId: 'all', reason: 'broken' });
  await move(shop, 'good-part', 'order', {
    type: 'order.refund',
    refundId: 'a',
    amount: 1000,
    reason: 'late',
  });
  const sent = { type: 'incident.resolve', outcome: 'sent', note: 'by phone' } as const;
  await move(shop, 'unheard-resolved', 'notification', sent);
  const again = {
    type: 'gateway.charged',
    key: 'good-2/charge/1',
    attempt: 1,
    transactionId: 'again',
    amount: 5000,
    currency: 'USD',
  } as const;
  await host.send({ orderId: 'good-2', to: 'payment', message: again, otherwise: 'record' });
  await pass(30_000);
  await shop.close();

  const rest = { clock, ids: shop.ids };
  const capturing = await openShop(files, { ...rest, settings: { PAYMENT_CAPTURE: 'later' } });
  await place(capturing, 'good-authorized', 'good-captured', 'good-voided');
  await capturing.pass(2000);
  await move(capturing, 'good-captured', 'order', { type: 'order.capture' });
  await move(capturing, 'good-voided', 'order', { type: 'order.cancel', reason: 'changed my mind' });
  await capturing.pass(2000);
  await capturing.close();

  const last = await openShop(files, { ...rest, settings: { DRAIN_MS: 0 } });
  await place(last, 'silent-moving');
  await last.pass(500);
  await last.close();
};

/** A copy of the store's file, changed without its triggers and checks. */
export const damage = (files: Files, ...changes: readonly string[]): Files => {
  const damaged = { ...files, store: join(makeFolder(), 'orders.db') };
  copyFileSync(files.store, damaged.store);
  const connection = new DatabaseSync(damaged.store, { enableForeignKeyConstraints: false });
  connection.exec('PRAGMA ignore_check_constraints = ON');
  const triggers = connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all();
  for (const { name } of triggers) connection.exec(`DROP TRIGGER ${name}`);
  // Unpacked, as it was before there was packing, for changes that look into it.
  connection.function('unpack', (orderId, kept) =>
    unpack(String(orderId), kept instanceof Uint8Array ? kept : String(kept)),
  );
  connection.exec('UPDATE orders SET system = unpack(order_id, coalesce(packed, system)), packed = NULL');
  if (changes.some((change) => /\b(received|events)\b/.test(change))) spreadHistory(connection);
  for (const change of changes) connection.exec(change);
  gatherHistory(connection);
  for (const { sql } of triggers) connection.exec(String(sql));
  connection.close();
  return damaged;
};

/** A line of the gateway's ledger. */
export type Line = Readonly<Record<string, string | number | null>>;

export const readLines = ({ ledger }: Files): readonly Line[] =>
  readFileSync(ledger, 'utf8')
    .trim()
    .split('\n')
    .map((line): Line => JSON.parse(line));

/** The same store with another ledger. */
export const withLines = (files: Files, change: (lines: readonly Line[]) => readonly Line[]): Files => {
  const damaged = { ...files, ledger: join(makeFolder(), 'gateway.jsonl') };
  const lines = change(readLines(files)).map((line) => `${JSON.stringify(line)}\n`);
  writeFileSync(damaged.ledger, lines.join(''));
  return damaged;
};

export const examineShop = createExamine(shop, workerModule);

/** Examines with everything that there is. */
export const examineFiles = async (
  { store, ledger, mail }: Files,
  given: Omit<Examination, 'outside'> = {},
): Promise<ExaminationReport> => {
  const source = openAuditSource(store, shop, later);
  const { outside, close } = await openOutside({ gatewayLedger: ledger, mailDirectory: mail });
  try {
    return await examineShop(source, { outside, ...given });
  } finally {
    close();
    await source.close();
  }
};

export const violated = ({ checks }: ExaminationReport): readonly CheckReport[] =>
  checks.filter(({ violations }) => violations > 0);

/** `chargedOnce good-1 what is wrong` for each violation. */
export const listFindings = (report: ExaminationReport): readonly string[] =>
  violated(report).flatMap(({ invariant, findings }) =>
    findings.map(({ about, problem }) => `${invariant} ${about} ${problem}`),
  );

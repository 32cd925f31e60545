// Writes a store with an order in each kind of state: `node write-release.main.ts FILE`. Each
// release keeps such a file beside this script (release-….db). A file that is kept is never written again.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Message } from '../../machines/messages.ts';
import { createIds } from '../../src/clock.ts';
import { shop } from '../../src/shop/shop.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { createFakeClock } from '../fake-clock.ts';
import {
  type Answer,
  chargeAll,
  idempotency,
  never,
  openHost,
  sample,
  shut,
  widgets,
} from '../hosts/harness.ts';
import { writeHere } from './write-here.ts';

const target = process.argv[2] ?? 'release.db';
const folder = mkdtempSync(join(tmpdir(), 'orderchart-release-'));
const path = join(folder, 'orders.db');
const clock = createFakeClock();
const ids = createIds(clock);

/** What an order's id begins with says how its bank behaves. */
const gateway: Answer<'gateway'> = (call) => {
  const { key, type } = call.command;
  const [kind] = call.orderId.split('-');
  if (kind === 'silent') return never(call);
  if (type === 'gateway.void') return { type: 'gateway.voided' };
  if (type !== 'gateway.charge') return chargeAll(call);
  const { amount, currency } = call.command;
  if (kind === 'declined') return { type: 'gateway.declined', code: 'card-declined' };
  if (kind === 'failing') return { type: 'gateway.failed', reason: 'technical-failure' };
  if (kind !== 'authorized') return chargeAll(call);
  return { type: 'gateway.authorized', transactionId: `txn-${key}`, amount, currency };
};
const mailer: Answer<'mailer'> = ({ orderId }) =>
  orderId.startsWith('unheard') ? { type: 'mailer.failed', reason: 'down' } : { type: 'mailer.sent' };

const open = (settings: Record<string, string | number> = {}) =>
  openHost({
    store: createSqliteStore(writeHere(openDatabase(path, shop)), shop.tables),
    clock,
    ids,
    gateway,
    mailer,
    settings,
  });
type Open = Awaited<ReturnType<typeof open>>;
const close = async (opened: Open) => {
  await shut(opened, 60_000);
  await opened.store.close();
};
const place = async ({ host }: Open, ...orderIds: readonly string[]) => {
  for (const orderId of orderIds) await host.place({ ...widgets(1), orderId }, idempotency(orderId));
};
const move = ({ host }: Open, orderId: string, message: Message) =>
  host.send({ orderId, to: 'order', message, otherwise: 'refuse' });

const first = await open();
await first.host.place({ ...sample, orderId: 'completed-1' });
await place(
  first,
  'refunded-1',
  'declined-1',
  'unheard-1',
  'failing-1',
  'silent-incident',
  'silent-cancelled',
);
await first.host.place({ ...widgets(1000), orderId: 'rejected-1' });
await clock.advance(2000);
await move(first, 'silent-cancelled', { type: 'order.cancel', reason: 'too slow' });
await clock.advance(200_000);
await move(first, 'refunded-1', { type: 'order.refund', refundId: 'part', amount: 1000, reason: 'late' });
await clock.advance(600_000);
await close(first);

const capturing = await open({ PAYMENT_CAPTURE: 'later' });
await place(capturing, 'authorized-waiting', 'authorized-cancelled');
await clock.advance(1000);
await move(capturing, 'authorized-cancelled', { type: 'order.cancel', reason: 'too slow' });
await clock.advance(1000);
await close(capturing);

const last = await open();
await place(last, 'failing-waiting', 'silent-charging');
await clock.advance(500);
// A store that was not closed is no whole copy. What is pending stays pending.
await last.store.close();
copyFileSync(path, target);
rmSync(folder, { recursive: true });
console.log(`written at ${new Date(clock.now()).toISOString()}`);
process.exit();

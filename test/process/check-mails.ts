// Checks the mail server's ledger against what is stored: every settled order has exactly one notice of its outcome, of
// the right kind, and no notice is of a payment or a refund that the gateway does not know.
import { z } from 'zod';
import { notice } from '../../machines/payloads.ts';
import type { Violation } from './check-history.ts';

const entrySchema = z.strictObject({
  at: z.iso.datetime(),
  key: z.string(),
  orderId: z.string(),
  notice,
  /** Whether it was the first with its key. */
  effective: z.boolean(),
});
export type MailEntry = z.infer<typeof entrySchema>;
const paymentSchema = z.object({ orderId: z.string(), result: z.string() });
export type PaymentEntry = z.infer<typeof paymentSchema>;

/** @throws ZodError for a line that is not an entry of this ledger. */
export const toMailEntries = (lines: readonly unknown[]): readonly MailEntry[] =>
  z.array(entrySchema).parse(lines);
/** @throws ZodError for a line that is not an entry of this ledger. */
export const toPaymentEntries = (lines: readonly unknown[]): readonly PaymentEntry[] =>
  z.array(paymentSchema).parse(lines);

const dueNotices: Readonly<Record<string, string>> = { completed: 'confirmation', cancelled: 'cancellation' };

/** `states`: the state of each settled order, by its id. */
export const checkMails = (
  states: ReadonlyMap<string, string>,
  mails: readonly MailEntry[],
  payments: readonly PaymentEntry[],
): readonly Violation[] => {
  const effective = mails.filter((mail) => mail.effective);
  const byOrder = Map.groupBy(effective, ({ orderId }) => orderId);
  const paymentsOf = Map.groupBy(payments, ({ orderId }) => orderId);
  const countOf = (orderId: string, ...results: readonly string[]) =>
    (paymentsOf.get(orderId) ?? []).filter(({ result }) => results.includes(result)).length;
  const found: Violation[] = [];
  const report = (about: string, problem: string) =>
    found.push({ invariant: 'oneNoticePerOrder', about, problem });
  for (const [key, ofKey] of Map.groupBy(effective, (mail) => mail.key)) {
    if (ofKey.length > 1) report(key, `${ofKey.length} messages with this key took effect`);
  }
  for (const [orderId, state] of states) {
    const all = (byOrder.get(orderId) ?? []).map(({ notice: kind }) => kind);
    const notices = all.filter((kind) => kind !== 'refund');
    const due = dueNotices[state] ?? 'failure';
    const [told, refunded] = [all.length - notices.length, countOf(orderId, 'refunded')];
    if (told !== refunded)
      report(orderId, `refunded ${refunded} times, and its customer was told ${told} times`);
    if (notices.length !== 1 || notices[0] !== due) {
      report(orderId, `${state}, and its customer got ${notices.join(' and ') || 'no message'}`);
    }
  }
  for (const { orderId, notice: kind } of effective) {
    if (kind === 'confirmation' && countOf(orderId, 'charged', 'captured') === 0) {
      report(orderId, 'confirmed, but the gateway took no money');
    }
    if (!states.has(orderId))
      report(orderId, 'its customer got a message, but there is no such settled order');
  }
  return found;
};

// The mail server's own ledger against what is stored (I34): every settled order's notice was sent, no customer
// was told twice or told both, and nobody of a payment that the gateway does not know.
import { z } from 'zod';
import type { Violation } from './check-history.ts';

const entrySchema = z.strictObject({
  at: z.iso.datetime(),
  key: z.string(),
  orderId: z.string(),
  notice: z.enum(['confirmation', 'failure']),
  /** Whether it was the first with its key. */
  effective: z.boolean(),
});
export type MailEntry = z.infer<typeof entrySchema>;
const paymentSchema = z.object({ orderId: z.string(), result: z.string() });
export type PaymentEntry = z.infer<typeof paymentSchema>;

/** @throws ZodError where a line is none of such a ledger. */
export const toMailEntries = (lines: readonly unknown[]): readonly MailEntry[] =>
  z.array(entrySchema).parse(lines);
/** @throws ZodError where a line is none of such a ledger. */
export const toPaymentEntries = (lines: readonly unknown[]): readonly PaymentEntry[] =>
  z.array(paymentSchema).parse(lines);

/** `states`: the state of each settled order, by its id. */
export const checkMails = (
  states: ReadonlyMap<string, string>,
  mails: readonly MailEntry[],
  payments: readonly PaymentEntry[],
): readonly Violation[] => {
  const effective = mails.filter((mail) => mail.effective);
  const byOrder = Map.groupBy(effective, ({ orderId }) => orderId);
  const paid = new Set(
    payments.filter(({ result }) => ['charged', 'captured'].includes(result)).map(({ orderId }) => orderId),
  );
  const found: Violation[] = [];
  const report = (about: string, problem: string) => found.push({ invariant: 'I34', about, problem });
  for (const [key, ofKey] of Map.groupBy(effective, (mail) => mail.key)) {
    if (ofKey.length > 1) report(key, `${ofKey.length} messages with this key took effect`);
  }
  for (const [orderId, state] of states) {
    const notices = (byOrder.get(orderId) ?? []).map(({ notice }) => notice);
    const due = state === 'completed' ? 'confirmation' : 'failure';
    if (notices.length !== 1 || notices[0] !== due) {
      report(orderId, `it is ${state}, and its customer got ${notices.join(' and ') || 'no message'}`);
    }
  }
  for (const { orderId, notice } of effective) {
    if (notice === 'confirmation' && !paid.has(orderId)) {
      report(orderId, 'its customer got a confirmation, and the gateway took no money');
    }
    if (!states.has(orderId)) report(orderId, 'its customer got a message, and it is not a settled order');
  }
  return found;
};

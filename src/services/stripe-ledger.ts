// What Stripe did, as the doctor reads the ledger of a gateway: an entry for each change of money, under the key of our intent. It
// asks nothing.
import type Stripe from 'stripe';
import type { LedgerEntry } from '../shop/audit/gateway-ledger.ts';
import type { ProviderRefund } from '../shop/reconciliation/provider.ts';
import { readMetadata } from './stripe-intents.ts';
import { fromStripeMoney } from './stripe-money.ts';

type Entry = Omit<LedgerEntry, 'line'>;

/** Keys of captures and voids are not at Stripe: they have the number of their charge. */
const toKey = (key: string, purpose: 'capture' | 'void'): string =>
  key.replace(/\/charge\/(\d+)$/, `/${purpose}/$1`);

/** When the money was taken (s since 1970); undefined if Stripe does not say so. */
const toCapturedAt = ({ latest_charge }: Stripe.PaymentIntent): number | undefined => {
  if (latest_charge === null || typeof latest_charge === 'string') return undefined;
  const { balance_transaction } = latest_charge;
  return balance_transaction === null || typeof balance_transaction === 'string'
    ? undefined
    : balance_transaction.created;
};

/** `now` (ms since 1970) stands for a time that is not known. */
export const toLedgerEntries = (intent: Stripe.PaymentIntent, now: number): readonly Entry[] => {
  const ours = readMetadata(intent.metadata);
  if (ours === undefined) return [];
  const { orderId, key } = ours;
  const { id, status, created, canceled_at, currency, last_payment_error } = intent;
  const toEntry = (
    result: LedgerEntry['result'],
    at: number,
    amount: number,
    changes: Partial<Entry> = {},
  ): Entry => ({
    ...{ at, key, orderId, result, transactionId: id, ...fromStripeMoney({ amount, currency }) },
    ...changes,
  });
  const [since, amount] = [created * 1000, intent.amount];
  if (intent.capture_method === 'manual' && intent.latest_charge !== null) {
    const authorized = toEntry('authorized', since, amount);
    const capturedAt = toCapturedAt(intent);
    if (status === 'succeeded') {
      const at = capturedAt === undefined ? now : capturedAt * 1000;
      return [authorized, toEntry('captured', at, intent.amount_received, { key: toKey(key, 'capture') })];
    }
    if (status !== 'canceled') return status === 'requires_capture' ? [authorized] : [];
    const at = canceled_at === null ? now : canceled_at * 1000;
    return [authorized, toEntry('voided', at, amount, { key: toKey(key, 'void') })];
  }
  if (status === 'succeeded') return [toEntry('charged', since, intent.amount_received)];
  return last_payment_error === null ? [] : [toEntry('declined', since, amount, { transactionId: null })];
};

/** `created`: s since 1970. */
export const toRefundEntry = (
  { id, orderId, paymentId, key, money }: ProviderRefund,
  created: number,
): Entry => ({
  ...{ at: created * 1000, key: key ?? id, orderId, result: 'refunded', transactionId: paymentId },
  ...fromStripeMoney(money),
});

// The money of one order, in the store and at the provider: what differs, both ways. It reads nothing and changes nothing.
import type { OrderMoney } from './order-money.ts';
import type { Money, PaymentProvider, ProviderPayment, ProviderRefund } from './provider.ts';

const sentences = {
  'unknown-order': 'has money of an order that is not in the store',
  'not-recorded': 'took money that the order does not know of',
  'not-taken': 'has not taken money that the order counts as taken',
  'hold-not-recorded': 'holds an authorisation that the order does not know of, or has ended',
  'hold-ended': 'does not hold an authorisation any more that the order counts on',
  'amount-differs': 'has another amount or currency than the order',
  'refund-not-recorded': 'gave back money, and the order does not know of it',
  'refund-missing': 'has not given back money that the order counts as given back',
  'refund-differs': 'gave back another amount or currency than the order says',
} as const;
export type DifferenceKind = keyof typeof sentences;

export interface Difference {
  readonly kind: DifferenceKind;
  readonly orderId: string;
  /** The provider's id of the payment or refund; for one that it does not have, the id or key that the store has. */
  readonly object: string;
  /** In the provider's minor units; null: there is nothing. */
  readonly ours: Money | null;
  readonly theirs: Money | null;
  /** For people. */
  readonly text: string;
}

export interface Theirs {
  readonly payments: readonly ProviderPayment[];
  readonly refunds: readonly ProviderRefund[];
}

type Rules = Pick<PaymentProvider, 'name' | 'toTheirs'>;
type Report = (kind: DifferenceKind, object: string, ours: Money | null, theirs: Money | null) => void;

/** Both in the provider's minor units. An amount that it cannot have is as it is, and differs from all of its amounts. */
const isSame = (one: Money, other: Money): boolean =>
  one.amount === other.amount && one.currency.toLowerCase() === other.currency.toLowerCase();

export const compareOrder = (order: OrderMoney, theirs: Theirs, rules: Rules): readonly Difference[] => {
  const found: Difference[] = [];
  const { orderId } = order;
  const report: Report = (kind, object, ours, money) => {
    const text = `${rules.name} ${sentences[kind]}: ${object}.`;
    found.push({ kind, orderId, object, ours, theirs: money, text });
  };
  if (order.isKnown) {
    comparePayments(order, theirs, rules, report);
    compareRefunds(order, theirs, rules, report);
  } else {
    for (const { id, state, money } of theirs.payments) {
      if (state !== 'none') report('unknown-order', id, null, money);
    }
    for (const { id, money } of theirs.refunds) report('unknown-order', id, null, money);
  }
  return found;
};

const comparePayments = (
  { taken, held }: OrderMoney,
  { payments }: Theirs,
  { toTheirs }: Rules,
  report: Report,
): void => {
  const toOurs = (money: Money): Money => toTheirs(money) ?? money;
  const listed = new Map(payments.map((payment) => [payment.id, payment]));
  const claims = [
    ...taken.map((claim) => ({ ...claim, state: 'taken', missing: 'not-taken' }) as const),
    ...held.map((claim) => ({ ...claim, state: 'held', missing: 'hold-ended' }) as const),
  ];
  for (const { transactionId, money, state, missing } of claims) {
    const payment = listed.get(transactionId);
    const ours = toOurs(money);
    if (payment?.state === state) {
      if (!isSame(ours, payment.money)) report('amount-differs', transactionId, ours, payment.money);
    } else if (payment?.state === 'taken') report('not-recorded', transactionId, null, payment.money);
    else report(missing, transactionId, ours, null);
  }
  const claimed = new Set(claims.map(({ transactionId }) => transactionId));
  for (const { id, state, money } of payments) {
    if (state === 'none' || claimed.has(id)) continue;
    report(state === 'taken' ? 'not-recorded' : 'hold-not-recorded', id, null, money);
  }
};

const compareRefunds = (
  { refunds: claims }: OrderMoney,
  { refunds }: Theirs,
  { toTheirs }: Rules,
  report: Report,
): void => {
  const rest = new Set(refunds);
  const unmatched = claims.filter(({ key, money }) => {
    const refund = refunds.find((each) => each.key === key);
    if (refund === undefined) return true;
    rest.delete(refund);
    const ours = toTheirs(money) ?? money;
    if (!isSame(ours, refund.money)) report('refund-differs', refund.id, ours, refund.money);
    return false;
  });
  for (const { key, transactionId, money } of unmatched) {
    const ours = toTheirs(money) ?? money;
    // A person may have given it back by hand at the provider, and said so at the order.
    const byHand = [...rest].find(
      (each) => each.key === undefined && each.paymentId === transactionId && isSame(each.money, ours),
    );
    if (byHand === undefined) report('refund-missing', key, ours, null);
    else rest.delete(byHand);
  }
  for (const { id, money } of rest) report('refund-not-recorded', id, null, money);
};

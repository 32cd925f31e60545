// What the order chart remembers, and what follows from it: amounts, refunds, and why the order ended. It decides nothing: when
// each applies is said by the chart (order.ts).
import { noRetrying } from './chart.ts';
import { sumByProduct, toLinesTotal } from './lines.ts';
import type { Adjustment, Failure, Item, Message, Problem, Refunded, RefundLine } from './messages.ts';

type Placed = Omit<Message<'order.place'>, 'type' | 'adjustments'>;
export interface Dispute {
  disputeId: string;
  amount: number;
  reason: string;
  evidenceDueAt: string | null;
  state: 'open' | 'won' | 'lost';
}

export type OrderContext = Placed & {
  adjustments: Adjustment[];
  /** Why the order is compensating, or ended without being completed. */
  failure: Failure | null;
  problems: Problem[];
  paidAmount: number;
  refundedAmount: number;
  /** What was refunded by line, refund by refund. */
  refundedLines: RefundLine[];
  /** The refund that is under way. */
  refund: Refunded | null;
  /** In ms from the authorisation, if the provider says so. */
  authorizationExpiresInMs: number | null;
  disputes: Dispute[];
};

export const newOrder: OrderContext = {
  orderId: '',
  customerId: '',
  email: '',
  amount: 0,
  currency: '',
  items: [],
  adjustments: [],
  policy: {
    capture: 'at-once',
    validateWithinMs: 0,
    reserveWithinMs: 0,
    payWithinMs: 0,
    authorizationTtlMs: 0,
    commitWithinMs: 0,
    notifyWithinMs: 0,
    compensateWithinMs: 0,
    refundWithinMs: 0,
    reservationTtlMs: 0,
    inventory: noRetrying,
    payment: noRetrying,
    notification: noRetrying,
  },
  failure: null,
  problems: [],
  paidAmount: 0,
  refundedAmount: 0,
  refundedLines: [],
  refund: null,
  authorizationExpiresInMs: null,
  disputes: [],
};

export const money = ({ amount, currency }: OrderContext) => ({ amount, currency });
/** What says how much can be refunded: of an order's context, and of its view. */
interface Account {
  readonly items: readonly Item[];
  readonly paidAmount: number;
  readonly refundedAmount: number;
  readonly disputes: readonly Dispute[];
}
/** What can still be refunded. What the bank took back in a dispute is not there any more. */
export const toRefundable = ({ paidAmount, refundedAmount, disputes }: Omit<Account, 'items'>): number =>
  paidAmount -
  refundedAmount -
  disputes.reduce((sum, { state, amount }) => (state === 'lost' ? sum + amount : sum), 0);
export const isDisputed = ({ disputes }: Pick<Account, 'disputes'>): boolean =>
  disputes.some(({ state }) => state === 'open');
/** The amount that was asked for; if none was, the price of the lines, up to what is left; else all that is left. */
export const toRefundAmount = (
  account: Account,
  { amount, lines }: Pick<Message<'order.refund'>, 'amount' | 'lines'>,
): number =>
  amount ??
  (lines === undefined
    ? toRefundable(account)
    : Math.min(toLinesTotal(account.items, lines), toRefundable(account)));
/** The lines of the refund that was asked for; none of another, which the bank made by itself. */
export const linesOf = ({ refund }: Pick<OrderContext, 'refund'>, refundId: string) =>
  refund?.refundId === refundId ? refund.lines : [];
/** What goes back into stock. */
export const toReturns = (lines: Refunded['lines']) => sumByProduct(lines.filter(({ restock }) => restock));
export const toNotice = (context: OrderContext) => ({
  orderId: context.orderId,
  recipient: context.email,
  ...money(context),
  items: context.items,
  adjustments: context.adjustments,
  ...(context.locale !== undefined && { locale: context.locale }),
  retrying: context.policy.notification,
});
export const toLines = ({ items, currency }: { items: readonly Item[]; currency: string }) =>
  items.map(({ productId, quantity, unitPrice }) => ({ productId, quantity, unitPrice, currency }));

/** Every way in which an order can fail, in words that a customer may read. Recorded: never change a text. */
export const failures = {
  'insufficient-stock': 'there was not enough stock to reserve',
  'payment-declined': 'the bank declined the payment',
  'payment-gave-up': 'the payment failed at every attempt',
  'reservation-expired': 'the reservation expired before the payment was made',
  'authorization-expired': 'the authorised payment was not captured in time',
  'payment-not-confirmed': 'the customer did not confirm the payment in time',
  'stock-not-committed': 'the reserved stock could not be committed',
  'deadline-passed': 'the order took too long',
  rejected: 'the order cannot be fulfilled as it was placed',
} as const;
export const toFailure = (kind: keyof typeof failures): Failure => ({ kind, text: failures[kind] });
/** Why the order ends without being completed. Only a rejected one has no failure of its own. */
export const toEndReason = ({ failure }: OrderContext): Failure => failure ?? toFailure('rejected');

export const disputeStates = {
  'payment.dispute-opened': 'open',
  'payment.dispute-won': 'won',
  'payment.dispute-lost': 'lost',
} as const;

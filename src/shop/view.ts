// What the shop adds to the engine's view of an order: who bought what, the money, why it failed, and the moves
// that its charts accept now. It is read off the order actor's own context and never off a second copy of its rules.
import type { AnyMachineSnapshot } from 'xstate';
import { toRefundableLines } from '../../machines/lines.ts';
import type { Adjustment, Failure, Item, Problem, RefundLine } from '../../machines/messages.ts';
import { type Dispute, type OrderContext, toRefundable } from '../../machines/order-context.ts';
import { moves } from '../../machines/system.ts';
import type { SystemState } from '../step/system-state.ts';
import { type Move, type SystemView, snapshotOf, type UnreadableView } from '../step/view.ts';
import type { AwaitedPayment } from './services.ts';

export interface ReadableOrderView extends SystemView {
  readonly unreadable?: never;
  readonly correlationId: string;
  readonly customerId: string;
  readonly email: string;
  readonly currency: string;
  /** BCP 47; null: the caller named none. */
  readonly locale: string | null;
  /** What the caller calls the order, such as the id of its cart. */
  readonly reference: string | null;
  /** Where its payment is made; null: where payments were made before orders recorded it. */
  readonly provider: string | null;
  readonly items: readonly Item[];
  /** Amounts beside the products. */
  readonly adjustments: readonly Adjustment[];
  /** Minor units: the order's total, what was captured, and what was given back. */
  readonly amount: number;
  readonly paidAmount: number;
  readonly refundedAmount: number;
  /** What was refunded by line, refund by refund. */
  readonly refundedLines: readonly RefundLine[];
  readonly disputes: readonly Dispute[];
  /** The payment, while it waits for its customer to confirm it. */
  readonly awaitedPayment: AwaitedPayment | null;
  readonly failure: Failure | null;
  readonly problems: readonly Problem[];
}

/** What the row of an order says whose system cannot be read: nothing of what was bought, nor of money. */
export interface UnreadableOrderView extends UnreadableView {
  readonly customerId: string;
}

export type OrderView = ReadableOrderView | UnreadableOrderView;

const findAwaitedPayment = (orderId: string, state: SystemState): AwaitedPayment | null => {
  const payment: AnyMachineSnapshot | undefined = state.actors.get('payment')?.snapshot;
  if (payment?.matches('awaitingCustomer') !== true) return null;
  const { transactionId, provider } = payment.context;
  return { orderId, provider, transactionId };
};

/** What version 1 of the charts does not know. */
const unknownToVersion1 = { adjustments: [], refundedLines: [], disputes: [] };
/** What the order actor remembers, whatever the version of its chart. */
export const contextOf = (state: SystemState): OrderContext => ({
  ...unknownToVersion1,
  ...snapshotOf(state, 'order').context,
});

export const toOrderView = (base: SystemView, state: SystemState): ReadableOrderView => {
  const context = contextOf(state);
  const { customerId, email, currency, items, adjustments, amount, paidAmount, refundedAmount } = context;
  const { refundedLines, disputes, failure, problems, locale = null, reference = null, policy } = context;
  const { unreadable: _, ...known } = base;
  return {
    ...known,
    correlationId: state.correlationId,
    customerId,
    email,
    currency,
    locale,
    reference,
    provider: policy.provider ?? null,
    items,
    adjustments,
    amount,
    paidAmount,
    refundedAmount,
    refundedLines,
    disputes,
    awaitedPayment: findAwaitedPayment(base.id, state),
    failure,
    problems,
  };
};

export const toUnreadableOrderView = (base: UnreadableView): UnreadableOrderView => ({
  ...base,
  customerId: base.owner,
});

export const findMoves = (state: SystemState): Move[] => {
  const order: AnyMachineSnapshot = snapshotOf(state, 'order');
  const context = contextOf(state);
  // Version 1 captures all that was authorised, and refunds by amount alone.
  const knowsParts = 'refundedLines' in order.context;
  const reason = 'asked';
  const refund = { type: moves.refund.type, refundId: 'next', amount: 1, reason };
  const found: Move[] = [];
  if (order.can({ type: moves.cancel.type, reason })) found.push({ move: 'cancel', by: moves.cancel.by });
  if (order.can({ type: moves.capture.type })) {
    const part = knowsParts ? { upTo: context.amount } : {};
    found.push({ move: 'capture', by: moves.capture.by, ...part });
  }
  if (order.can(refund)) {
    const parts = knowsParts ? { lines: toRefundableLines(context.items, context.refundedLines) } : {};
    found.push({ move: 'refund', by: moves.refund.by, upTo: toRefundable(context), ...parts });
  }
  return found;
};

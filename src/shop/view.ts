// What the shop adds to the engine's view of an order: who bought what, the money, why it failed, and the moves
// that its charts accept now. It is read off the order actor's own context and never off a second copy of its rules.
import type { AnyMachineSnapshot } from 'xstate';
import type { Failure, Item, Problem } from '../../machines/messages.ts';
import type { OrderContext } from '../../machines/order-context.ts';
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
  readonly items: readonly Item[];
  /** Minor units: the order's total, what was captured, and what was given back. */
  readonly amount: number;
  readonly paidAmount: number;
  readonly refundedAmount: number;
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

/** What the order actor remembers. */
export const contextOf = (state: SystemState): OrderContext => snapshotOf(state, 'order').context;

export const toOrderView = (base: SystemView, state: SystemState): ReadableOrderView => {
  const { customerId, email, currency, items, amount, paidAmount, refundedAmount, failure, problems } =
    contextOf(state);
  const { unreadable: _, ...known } = base;
  return {
    ...known,
    correlationId: state.correlationId,
    customerId,
    email,
    currency,
    items,
    amount,
    paidAmount,
    refundedAmount,
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
  const { paidAmount, refundedAmount } = contextOf(state);
  const reason = 'asked';
  const refund = { type: moves.refund.type, refundId: 'next', amount: 1, reason };
  const found: Move[] = [];
  if (order.can({ type: moves.cancel.type, reason })) found.push({ move: 'cancel', by: moves.cancel.by });
  if (order.can({ type: moves.capture.type })) found.push({ move: 'capture', by: moves.capture.by });
  if (order.can(refund)) {
    found.push({ move: 'refund', by: moves.refund.by, upTo: paidAmount - refundedAmount });
  }
  return found;
};

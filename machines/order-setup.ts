// The guards, actions and delays of the order chart. When each applies is said by the
// chart itself (order.ts).
import { assertEvent, assign, setup } from 'xstate';
import { type ChartNotes, chartParts, incidentGuards } from './chart.ts';
import { mayRefundLines } from './lines.ts';
import type { DomainEvent, MessageTo } from './messages.ts';
import {
  disputeStates,
  type failures,
  isDisputed,
  linesOf,
  money,
  type OrderContext,
  toEndReason,
  toFailure,
  toLines,
  toNotice,
  toRefundAmount,
  toRefundable,
  toReturns,
} from './order-context.ts';

const { tell, announce, incident } = chartParts<OrderContext, MessageTo<'order'>>('order');

export { incident };

export const orderSetup = setup({
  types: {
    context: {} as OrderContext,
    events: {} as MessageTo<'order'>,
    emitted: {} as DomainEvent,
    tags: {} as 'settled' | 'incident' | 'awaitingCustomer',
    meta: {} as ChartNotes,
  },
  guards: {
    ...incidentGuards,
    isCancelled: ({ context }) => toEndReason(context).kind === 'cancelled',
    /** Nothing is to be paid, such as for a free sample. */
    isFree: ({ context }) => context.amount === 0,
    /** Up to what was authorised, and not more: a provider would call that an incremental capture. */
    isCapturable: ({ context, event }) =>
      event.type === 'order.capture' && (event.amount ?? context.amount) <= context.amount,
    isRefundable: ({ context, event }) => {
      if (event.type !== 'order.refund' || isDisputed(context)) return false;
      const amount = toRefundAmount(context, event);
      const isLeft = mayRefundLines(context.items, context.refundedLines, event.lines ?? []);
      return isLeft && amount > 0 && amount <= toRefundable(context);
    },
    /** Something of what was refunded goes back into stock. */
    returnsStock: ({ context, event }) =>
      event.type === 'payment.refunded' && toReturns(linesOf(context, event.refundId)).length > 0,
    /** Not the notice that was sent before it. */
    isConfirmation: ({ event }) => 'notice' in event && event.notice === 'confirmation',
    /** Or one whose opening was not reported yet. */
    isOpenDispute: ({ context, event }) =>
      'disputeId' in event &&
      !context.disputes.some(({ disputeId, state }) => disputeId === event.disputeId && state !== 'open'),
    isNewDispute: ({ context, event }) =>
      'disputeId' in event && !context.disputes.some(({ disputeId }) => disputeId === event.disputeId),
  },
  delays: {
    validateDeadline: ({ context }) => context.policy.validateWithinMs,
    reserveDeadline: ({ context }) => context.policy.reserveWithinMs,
    payDeadline: ({ context }) => context.policy.payWithinMs,
    authorizationExpiry: ({ context: { policy, authorizationExpiresInMs } }) =>
      Math.min(policy.authorizationTtlMs, authorizationExpiresInMs ?? policy.authorizationTtlMs),
    actionDeadline: ({ context: { policy } }) => policy.actionWithinMs ?? policy.payWithinMs,
    commitDeadline: ({ context }) => context.policy.commitWithinMs,
    notifyDeadline: ({ context }) => context.policy.notifyWithinMs,
    compensateDeadline: ({ context }) => context.policy.compensateWithinMs,
    refundDeadline: ({ context }) => context.policy.refundWithinMs,
  },
  actions: {
    noteOrder: assign(({ event }) => {
      assertEvent(event, 'order.place');
      const { type: _, adjustments = [], ...order } = event;
      return { ...order, adjustments };
    }),
    noteFailure: assign((_, { kind }: { kind: keyof typeof failures }) => ({ failure: toFailure(kind) })),
    noteProblems: assign(({ event }) => {
      assertEvent(event, ['inventory.check-failed', 'inventory.reservation-failed']);
      return { problems: event.problems };
    }),
    notePaymentFailure: assign(({ event }) => {
      assertEvent(event, 'payment.failed');
      return { failure: toFailure(event.reason === 'declined' ? 'payment-declined' : 'payment-gave-up') };
    }),
    noteCancelled: assign(({ event }) => {
      assertEvent(event, 'order.cancel');
      return { failure: { kind: 'cancelled' as const, text: event.reason } };
    }),
    notePaid: assign(({ event }) => {
      assertEvent(event, 'payment.completed');
      return { paidAmount: event.amount };
    }),
    noteAuthorized: assign(({ event }) => {
      assertEvent(event, 'payment.authorized');
      return { authorizationExpiresInMs: event.expiresInMs ?? null };
    }),
    noteRefund: assign(({ context, event }) => {
      assertEvent(event, 'order.refund');
      const { refundId, lines = [] } = event;
      return { refund: { refundId, amount: toRefundAmount(context, event), lines } };
    }),
    noteRefunded: assign(({ context, event }) => {
      assertEvent(event, 'payment.refunded');
      const { refund, refundedAmount, refundedLines } = context;
      const isAsked = refund?.refundId === event.refundId;
      return {
        refundedAmount: refundedAmount + event.amount,
        ...(isAsked && { refund: null, refundedLines: [...refundedLines, ...refund.lines] }),
      };
    }),
    forgetRefund: assign(({ context: { refund }, event }) => {
      assertEvent(event, ['payment.refund-refused', 'incident.resolve']);
      const isOther = event.type === 'payment.refund-refused' && refund?.refundId !== event.refundId;
      return { refund: isOther ? refund : null };
    }),
    noteDispute: assign(({ context, event }) => {
      assertEvent(event, ['payment.dispute-opened', 'payment.dispute-won', 'payment.dispute-lost']);
      const { disputeId, amount } = event;
      const others = context.disputes.filter((each) => each.disputeId !== disputeId);
      const known = context.disputes.find((each) => each.disputeId === disputeId);
      const { reason = known?.reason ?? 'unknown', evidenceDueAt = known?.evidenceDueAt } =
        event.type === 'payment.dispute-opened' ? event : {};
      const dispute = {
        ...{ disputeId, amount, reason },
        evidenceDueAt: evidenceDueAt ?? null,
        state: disputeStates[event.type],
      };
      return { disputes: [...others, dispute] };
    }),

    askToCheck: tell('inventory', ({ context }) => ({
      type: 'inventory.check',
      orderId: context.orderId,
      lines: toLines(context),
      reservationTtlMs: context.policy.reservationTtlMs,
      retrying: context.policy.inventory,
    })),
    askToReserve: tell('inventory', () => ({ type: 'inventory.reserve' })),
    askToCommit: tell('inventory', () => ({ type: 'inventory.commit' })),
    askForStockBack: tell('inventory', ({ context }) => ({
      type: 'inventory.release',
      why: toEndReason(context).kind === 'cancelled' ? 'cancelled' : 'failed',
    })),
    askForPayment: tell('payment', ({ context }) => ({
      type: 'payment.charge',
      orderId: context.orderId,
      ...money(context),
      method: 'card',
      capture: context.policy.capture,
      ...(context.policy.provider !== undefined && { provider: context.policy.provider }),
      ...(context.paymentMethod !== undefined && { paymentMethod: context.paymentMethod }),
      retrying: context.policy.payment,
    })),
    askForCapture: tell('payment', ({ context, event }) => ({
      type: 'payment.capture',
      amount: (event.type === 'order.capture' && event.amount) || context.amount,
    })),
    askForMoneyBack: tell('payment', () => ({ type: 'payment.cancel' })),
    askForRefund: tell('payment', ({ context, event }) => {
      assertEvent(event, 'order.refund');
      return {
        type: 'payment.refund',
        refundId: event.refundId,
        amount: toRefundAmount(context, event),
      };
    }),
    askToConfirm: tell('notification', ({ context }) => ({
      type: 'notification.send-confirmation',
      ...toNotice(context),
    })),
    askToTellFailure: tell('notification', ({ context }) => ({
      type: 'notification.send-failure',
      ...toNotice(context),
      reason: toEndReason(context),
    })),
    askToTellCancellation: tell('notification', ({ context }) => ({
      type: 'notification.send-cancellation',
      ...toNotice(context),
      reason: toEndReason(context),
    })),
    askToTellAction: tell('notification', ({ context }) => ({
      type: 'notification.send-payment-action',
      ...toNotice(context),
    })),
    /** Before `noteRefunded`, which forgets the lines. */
    askToTellRefund: tell('notification', ({ context, event }) => {
      assertEvent(event, 'payment.refunded');
      const { refundId, amount } = event;
      const lines = linesOf(context, refundId);
      return { type: 'notification.send-refund', ...toNotice(context), refund: { refundId, amount, lines } };
    }),
    /** Before `noteRefunded`, too. */
    askToReturnStock: tell('inventory', ({ context, event }) => {
      assertEvent(event, 'payment.refunded');
      const { refundId } = event;
      return { type: 'inventory.return', refundId, lines: toReturns(linesOf(context, refundId)) };
    }),

    announceCreated: announce(({ context }) => ({
      type: 'order.created',
      customerId: context.customerId,
      email: context.email,
      ...money(context),
      items: context.items,
      ...(context.adjustments.length > 0 && { adjustments: context.adjustments }),
      ...(context.reference !== undefined && { reference: context.reference }),
    })),
    announceNotNeeded: announce(() => ({ type: 'payment.not-needed' })),
    announceValidated: announce(() => ({ type: 'order.validated' })),
    announceStarted: announce(() => ({ type: 'order.processing-started' })),
    announceRejected: announce(({ context: { problems } }) => ({ type: 'order.rejected', problems })),
    announceFailed: announce(({ context }) => ({ type: 'order.failed', reason: toEndReason(context) })),
    announceCancelled: announce(({ context }) => ({
      type: 'order.cancelled',
      reason: toEndReason(context).text,
    })),
    announceCompleted: announce(({ context }) => ({
      type: 'order.completed',
      finalAmount: context.paidAmount,
      currency: context.currency,
    })),
  },
});

/** Wherever money was captured. */
export const onDispute = {
  'payment.dispute-opened': { guard: 'isNewDispute', actions: 'noteDispute' },
  'payment.dispute-won': { guard: 'isOpenDispute', actions: 'noteDispute' },
  'payment.dispute-lost': { guard: 'isOpenDispute', actions: 'noteDispute' },
} as const;
/** Money was given back: the customer is told. */
export const onRefunded = { actions: ['askToTellRefund', 'noteRefunded'] } as const;
/** The refund that was asked for: products go back into stock, too, where that was asked for. */
export const onRefundDone = [
  {
    guard: 'returnsStock',
    target: 'closed',
    actions: ['askToTellRefund', 'askToReturnStock', 'noteRefunded'],
  },
  { target: 'closed', ...onRefunded },
] as const;
/** The order fails, and first releases its stock and returns its money. */
export const failWith = (kind: keyof typeof failures) =>
  ({ target: '#order.compensating', actions: { type: 'noteFailure', params: { kind } } }) as const;
export const onAuthorized = { target: 'authorized', actions: 'noteAuthorized' } as const;
export const onPaid = { target: 'committing', actions: 'notePaid' } as const;
export const onCancel = { target: '#order.compensating', actions: 'noteCancelled' } as const;

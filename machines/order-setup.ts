// The context, guards, actions, delays and reasons of the order chart. When each applies is said by the
// chart itself (order.ts).
import { assertEvent, assign, setup } from 'xstate';
import { type ChartNotes, chartParts, incidentGuards, noIncidentReasons, noRetrying } from './chart.ts';
import { mayRefundLines, sumByProduct, toLinesTotal } from './lines.ts';
import type {
  Adjustment,
  DomainEvent,
  Failure,
  Item,
  Message,
  MessageTo,
  Problem,
  Refunded,
  RefundLine,
} from './messages.ts';

type Placed = Omit<Message<'order.place'>, 'type' | 'adjustments'>;
interface Dispute {
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

const { tell, announce, incident } = chartParts<OrderContext, MessageTo<'order'>>('order');

export { incident };

const money = ({ amount, currency }: OrderContext) => ({ amount, currency });
/** What can still be refunded. What the bank took back in a dispute is not there any more. */
export const toRefundable = ({ paidAmount, refundedAmount, disputes }: OrderContext): number =>
  paidAmount -
  refundedAmount -
  disputes.reduce((sum, { state, amount }) => (state === 'lost' ? sum + amount : sum), 0);
const isDisputed = ({ disputes }: OrderContext): boolean => disputes.some(({ state }) => state === 'open');
/** The amount that was asked for; if none was, the price of the lines, up to what is left; else all that is left. */
const toRefundAmount = (context: OrderContext, { amount, lines }: Message<'order.refund'>): number =>
  amount ??
  (lines === undefined
    ? toRefundable(context)
    : Math.min(toLinesTotal(context.items, lines), toRefundable(context)));
const toReturns = (refund: Refunded | null) =>
  sumByProduct(refund?.lines.filter(({ restock }) => restock) ?? []);
const toNotice = (context: OrderContext) => ({
  orderId: context.orderId,
  recipient: context.email,
  ...money(context),
  items: context.items,
  adjustments: context.adjustments,
  ...(context.locale !== undefined && { locale: context.locale }),
  retrying: context.policy.notification,
});
const toLines = ({ items, currency }: { items: readonly Item[]; currency: string }) =>
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
const toFailure = (kind: keyof typeof failures): Failure => ({ kind, text: failures[kind] });
/** Why the order ends without being completed. Only a rejected one has no failure of its own. */
const toEndReason = ({ failure }: OrderContext): Failure => failure ?? toFailure('rejected');

const disputeStates = {
  'payment.dispute-opened': 'open',
  'payment.dispute-won': 'won',
  'payment.dispute-lost': 'lost',
} as const;

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
    returnsStock: ({ context: { refund }, event }) =>
      event.type === 'payment.refunded' &&
      refund?.refundId === event.refundId &&
      toReturns(refund).length > 0,
    /** Not the notice that was sent before it. */
    isConfirmation: ({ event }) => 'notice' in event && event.notice === 'confirmation',
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
      const lines = context.refund?.refundId === refundId ? context.refund.lines : [];
      return { type: 'notification.send-refund', ...toNotice(context), refund: { refundId, amount, lines } };
    }),
    /** Before `noteRefunded`, too. */
    askToReturnStock: tell('inventory', ({ context: { refund }, event }) => {
      assertEvent(event, 'payment.refunded');
      return { type: 'inventory.return', refundId: event.refundId, lines: toReturns(refund) };
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

/** Why a message is ignored if no transition takes it, unless its state gives a better reason. Recorded. */
export const ignoreReasons = {
  ...noIncidentReasons,
  'order.place': 'the order was already placed',
  'order.cancel': 'the order has ended',
  'order.capture': 'no authorised payment is waiting to be captured, or it is of less',
  'order.refund':
    'only what was paid for a completed order can be refunded, up to what is left of money and lines, and while no dispute is open',
  'inventory.check-passed': 'the order expects this only while it is validating',
  'inventory.check-failed': 'the order expects this only while it is validating',
  'inventory.reservation-completed': 'the order expects this only while it is reserving',
  'inventory.reservation-failed': 'the order expects this only while it is reserving',
  'inventory.reservation-expired': 'the order needs its reservation only while it is paying',
  'inventory.release-completed': 'the order is not waiting for its stock to be released',
  'inventory.commit-completed': 'the order is not waiting for its stock to be committed',
  'inventory.commit-failed': 'the order is not waiting for its stock to be committed',
  'payment.action-required': 'the order is not waiting for its charge',
  'payment.authorized': 'the order is not waiting for its charge',
  'payment.completed': 'the order is not waiting for its payment',
  'payment.failed': 'the order is not waiting for its payment',
  'payment.cancelled': 'the order is not waiting for its money to be returned',
  'payment.refunded': 'the order is not waiting for a refund',
  'payment.refund-refused': 'the order is not waiting for a refund',
  'payment.dispute-opened': 'the dispute is known',
  'notification.delivered': 'the order is not waiting for its notice',
  'notification.delayed': 'the order is not waiting for its notice',
} as const;

/** While compensating: the other actors have been asked to undo what they did. */
export const ignoreReasonsWhileCompensating = {
  'order.cancel': 'the order is already being undone',
  'order.capture': 'the order is being undone; authorised money is released',
  'order.refund': 'the order is being undone; captured money is refunded anyway',
  'inventory.reservation-completed': 'the order is being undone; reserved stock is released',
  'inventory.reservation-expired': 'the order is being undone and has already asked for the release',
  'payment.action-required': 'the order is being undone; a payment that is not confirmed is cancelled',
  'payment.authorized': 'the order is being undone; authorised money is released',
  'payment.failed': 'the order is already being undone for another reason',
} as const;

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

/** Money was given back: the customer is told, and products go back into stock where that was asked for. */
export const onRefunded = [
  { guard: 'returnsStock', actions: ['askToTellRefund', 'askToReturnStock', 'noteRefunded'] },
  { actions: ['askToTellRefund', 'noteRefunded'] },
] as const;
/** The order fails, and first releases its stock and returns its money. */
export const failWith = (kind: keyof typeof failures) =>
  ({ target: '#order.compensating', actions: { type: 'noteFailure', params: { kind } } }) as const;
export const onAuthorized = { target: 'authorized', actions: 'noteAuthorized' } as const;
export const onPaid = { target: 'committing', actions: 'notePaid' } as const;
export const onCancel = { target: '#order.compensating', actions: 'noteCancelled' } as const;

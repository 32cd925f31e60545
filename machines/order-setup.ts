// The context, guards, actions, delays and reasons of the order chart. When each applies is said by the
// chart itself (order.ts).
import { assertEvent, assign, setup } from 'xstate';
import { type ChartNotes, chartParts, incidentGuards, noIncidentReasons, noRetrying } from './chart.ts';
import type { DomainEvent, Failure, Item, Message, MessageTo, Problem } from './messages.ts';

export type OrderContext = Omit<Message<'order.place'>, 'type'> & {
  /** Why the order is compensating, or ended without being completed. */
  failure: Failure | null;
  problems: Problem[];
  paidAmount: number;
  refundedAmount: number;
};

const { tell, announce, incident } = chartParts<OrderContext, MessageTo<'order'>>('order');

export { incident };

const money = ({ amount, currency }: OrderContext) => ({ amount, currency });
const toLines = ({ items, currency }: { items: readonly Item[]; currency: string }) =>
  items.map(({ productId, quantity, unitPrice }) => ({ productId, quantity, unitPrice, currency }));

/** Every way in which an order can fail, in words that a customer may read. Recorded: never change a text. */
export const failures = {
  'insufficient-stock': 'there was not enough stock to reserve',
  'payment-declined': 'the bank declined the payment',
  'payment-gave-up': 'the payment failed at every attempt',
  'reservation-expired': 'the reservation expired before the payment was made',
  'authorization-expired': 'the authorised payment was not captured in time',
  'stock-not-committed': 'the reserved stock could not be committed',
  'deadline-passed': 'the order took too long',
  rejected: 'the order cannot be fulfilled as it was placed',
} as const;
const toFailure = (kind: keyof typeof failures): Failure => ({ kind, text: failures[kind] });
/** Why the order ends without being completed. Only a rejected one has no failure of its own. */
const toEndReason = ({ failure }: OrderContext): Failure => failure ?? toFailure('rejected');

export const orderSetup = setup({
  types: {
    context: {} as OrderContext,
    events: {} as MessageTo<'order'>,
    emitted: {} as DomainEvent,
    tags: {} as 'settled' | 'incident',
    meta: {} as ChartNotes,
  },
  guards: {
    ...incidentGuards,
    isCancelled: ({ context }) => toEndReason(context).kind === 'cancelled',
    isRefundable: ({ context, event }) =>
      event.type === 'order.refund' && (event.amount ?? 1) <= context.paidAmount - context.refundedAmount,
  },
  delays: {
    validateDeadline: ({ context }) => context.policy.validateWithinMs,
    reserveDeadline: ({ context }) => context.policy.reserveWithinMs,
    payDeadline: ({ context }) => context.policy.payWithinMs,
    authorizationExpiry: ({ context }) => context.policy.authorizationTtlMs,
    commitDeadline: ({ context }) => context.policy.commitWithinMs,
    notifyDeadline: ({ context }) => context.policy.notifyWithinMs,
    compensateDeadline: ({ context }) => context.policy.compensateWithinMs,
    refundDeadline: ({ context }) => context.policy.refundWithinMs,
  },
  actions: {
    noteOrder: assign(({ event }) => {
      assertEvent(event, 'order.place');
      const { type: _, ...order } = event;
      return order;
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
    noteRefunded: assign(({ context, event }) => {
      assertEvent(event, 'payment.refunded');
      return { refundedAmount: context.refundedAmount + event.amount };
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
      retrying: context.policy.payment,
    })),
    askForCapture: tell('payment', () => ({ type: 'payment.capture' })),
    askForMoneyBack: tell('payment', () => ({ type: 'payment.cancel' })),
    askForRefund: tell('payment', ({ context, event }) => {
      assertEvent(event, 'order.refund');
      return {
        type: 'payment.refund',
        refundId: event.refundId,
        amount: event.amount ?? context.paidAmount - context.refundedAmount,
      };
    }),
    askToConfirm: tell('notification', ({ context }) => ({
      type: 'notification.send-confirmation',
      orderId: context.orderId,
      recipient: context.email,
      ...money(context),
      items: context.items,
      retrying: context.policy.notification,
    })),
    askToTellFailure: tell('notification', ({ context }) => ({
      type: 'notification.send-failure',
      orderId: context.orderId,
      recipient: context.email,
      ...money(context),
      items: context.items,
      reason: toEndReason(context),
      retrying: context.policy.notification,
    })),

    announceCreated: announce(({ context }) => ({
      type: 'order.created',
      customerId: context.customerId,
      email: context.email,
      ...money(context),
      items: context.items,
    })),
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
  'order.capture': 'no authorised payment is waiting to be captured',
  'order.refund': 'only what was paid for a completed order can be refunded, up to what is left',
  'inventory.check-passed': 'the order expects this only while it is validating',
  'inventory.check-failed': 'the order expects this only while it is validating',
  'inventory.reservation-completed': 'the order expects this only while it is reserving',
  'inventory.reservation-failed': 'the order expects this only while it is reserving',
  'inventory.reservation-expired': 'the order needs its reservation only while it is paying',
  'inventory.release-completed': 'the order is not waiting for its stock to be released',
  'inventory.commit-completed': 'the order is not waiting for its stock to be committed',
  'inventory.commit-failed': 'the order is not waiting for its stock to be committed',
  'payment.authorized': 'the order is not waiting for its charge',
  'payment.completed': 'the order is not waiting for its payment',
  'payment.failed': 'the order is not waiting for its payment',
  'payment.cancelled': 'the order is not waiting for its money to be returned',
  'payment.refunded': 'the order is not waiting for a refund',
  'payment.refund-refused': 'the order is not waiting for a refund',
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
};

/** The order fails, and first releases its stock and returns its money. */
export const failWith = (kind: keyof typeof failures) =>
  ({ target: '#order.compensating', actions: { type: 'noteFailure', params: { kind } } }) as const;
export const onPaid = { target: 'committing', actions: 'notePaid' } as const;
export const onCancel = { target: '#order.compensating', actions: 'noteCancelled' } as const;

// Why the order chart ignores a message: said to people and recorded. When each applies is said by the chart (order.ts).
import { noIncidentReasons } from './chart.ts';

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
  'payment.dispute-opened': 'the dispute is known, or nothing was paid',
  'payment.dispute-won': 'the end of the dispute is known, or nothing was paid',
  'payment.dispute-lost': 'the end of the dispute is known, or nothing was paid',
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

// Every message that customers, operators, the four actors and the services exchange, as one closed union.
// Each entry says what it carries, who may send it and who receives it; what happens then is said by the
// charts. Types, checks, the journal and the documents (docs/messages.md, docs/asyncapi.json) come from here.
import { z } from 'zod';
import type { MessageFor, MessageOf } from './catalogue.ts';
import {
  type Address,
  actorNames,
  adjustment,
  attempt,
  command,
  currency,
  customerId,
  dispute,
  email,
  event,
  failure,
  id,
  item,
  line,
  locale,
  milliseconds,
  minorUnits,
  money,
  notice,
  noticeContent,
  personText,
  policy,
  problem,
  quantity,
  recipient,
  refunded,
  refundLine,
  released,
  retrying,
  share,
} from './payloads.ts';
import { serviceMessages } from './service-messages.ts';

export { type ActorName, actorNames, type ServiceName, serviceNames } from './payloads.ts';

/** Every message by type: `version` of its schema, `kind`, who sends it, who receives it, its payload. */
export const messages = {
  // What people ask for.
  'order.place': command(['customer'], ['order'], {
    orderId: id,
    customerId,
    email,
    ...money,
    items: z.array(item).min(1),
    adjustments: z.array(adjustment).optional(),
    locale: locale.optional(),
    /** What the provider takes the money from: a token, never a card's number. */
    paymentMethod: id.optional(),
    /** What the caller calls the order, such as the id of its cart. */
    reference: id.optional(),
    policy,
  }),
  'order.cancel': command(['customer', 'operator'], ['order'], { reason: personText }),
  'order.capture': command(['operator'], ['order'], { amount: z.int().positive().optional() }),
  'order.refund': command(['operator'], ['order'], {
    refundId: id,
    amount: z.int().positive().optional(),
    lines: z.array(refundLine).min(1).optional(),
    reason: personText,
  }),
  'incident.retry': command(['operator'], actorNames, { note: personText.optional() }),
  'incident.resolve': command(['operator'], actorNames, {
    outcome: id,
    note: personText,
    transactionId: id.optional(),
  }),

  // What happens to an order.
  'order.created': event(['order'], ['journal'], {
    customerId,
    email,
    ...money,
    items: z.array(item).min(1),
    adjustments: z.array(adjustment).optional(),
    reference: id.optional(),
  }),
  'order.validated': event(['order'], ['journal'], {}),
  'order.rejected': event(['order'], ['journal'], { problems: z.array(problem).min(1) }),
  'order.processing-started': event(['order'], ['journal'], {}),
  'order.completed': event(['order'], ['journal'], { finalAmount: minorUnits, currency }),
  'order.failed': event(['order'], ['journal'], { reason: failure }),
  'order.cancelled': event(['order'], ['journal'], { reason: personText }),
  'order.confirmation-sent': event(['notification'], ['journal'], { recipient }),
  'order.failure-notification-sent': event(['notification'], ['journal'], {
    recipient,
    reason: failure,
  }),
  'order.cancellation-notice-sent': event(['notification'], ['journal'], {
    recipient,
    reason: failure,
  }),
  'order.refund-notice-sent': event(['notification'], ['journal'], { recipient, refundId: id }),
  'order.payment-action-notice-sent': event(['notification'], ['journal'], { recipient }),
  'incident.opened': event(actorNames, ['journal'], {
    actor: z.enum(actorNames),
    reason: id,
    text: personText,
  }),
  'incident.closed': event(actorNames, ['journal'], {
    actor: z.enum(actorNames),
    how: z.enum(['retried', 'resolved', 'overtaken']),
    outcome: id.optional(),
    note: personText.optional(),
  }),

  // Between the order and its inventory.
  'inventory.check': command(['order'], ['inventory'], {
    orderId: id,
    lines: z.array(line).min(1),
    reservationTtlMs: milliseconds,
    retrying,
  }),
  'inventory.reserve': command(['order'], ['inventory'], {}),
  'inventory.release': command(['order'], ['inventory'], { why: released }),
  'inventory.commit': command(['order'], ['inventory'], {}),
  'inventory.return': command(['order'], ['inventory'], {
    refundId: id,
    lines: z.array(z.strictObject(share)).min(1),
  }),
  'inventory.check-passed': event(['inventory'], ['order'], {}),
  'inventory.check-failed': event(['inventory'], ['order'], { problems: z.array(problem).min(1) }),
  'inventory.reservation-completed': event(['inventory'], ['order'], {}),
  'inventory.reservation-failed': event(['inventory'], ['order'], { problems: z.array(problem).min(1) }),
  'inventory.reservation-expired': event(['inventory'], ['order'], {}),
  'inventory.release-completed': event(['inventory'], ['order'], {}),
  'inventory.commit-completed': event(['inventory'], ['order'], {}),
  'inventory.commit-failed': event(['inventory'], ['order'], {}),
  'inventory.reserved': event(['inventory'], ['journal'], share),
  'inventory.released': event(['inventory'], ['journal'], { ...share, why: released }),
  'inventory.committed': event(['inventory'], ['journal'], share),
  'inventory.returned': event(['inventory'], ['journal'], { ...share, refundId: id }),
  'inventory.insufficient': event(['inventory'], ['journal'], {
    productId: id,
    requested: quantity,
    available: minorUnits,
  }),

  // Between the order and its payment.
  'payment.charge': command(['order'], ['payment'], {
    orderId: id,
    ...money,
    method: z.enum(['card']),
    capture: z.enum(['at-once', 'later']),
    provider: id.optional(),
    paymentMethod: id.optional(),
    retrying,
  }),
  'payment.capture': command(['order'], ['payment'], { amount: z.int().positive() }),
  'payment.cancel': command(['order'], ['payment'], {}),
  'payment.refund': command(['order'], ['payment'], { refundId: id, amount: z.int().positive() }),
  'payment.initiated': event(['payment'], ['journal'], {
    ...money,
    method: z.enum(['card']),
    ...attempt,
  }),
  'payment.not-needed': event(['order'], ['journal'], {}),
  'payment.action-required': event(['payment'], ['order', 'journal'], { transactionId: id }),
  'payment.authorized': event(['payment'], ['order', 'journal'], {
    ...money,
    transactionId: id,
    expiresInMs: milliseconds.optional(),
  }),
  'payment.completed': event(['payment'], ['order', 'journal'], { ...money, transactionId: id }),
  'payment.failed': event(['payment'], ['order', 'journal'], { reason: z.enum(['declined', 'gave-up']) }),
  'payment.outcome-unknown': event(['payment'], ['journal'], attempt),
  'payment.cancelled': event(['payment'], ['order', 'journal'], {}),
  'payment.refunded': event(['payment'], ['order', 'journal'], { ...money, refundId: id, transactionId: id }),
  'payment.refund-refused': event(['payment'], ['order', 'journal'], { refundId: id }),
  'payment.dispute-opened': event(['payment'], ['order', 'journal'], {
    ...dispute,
    reason: id,
    evidenceDueAt: id.optional(),
  }),
  'payment.evidence-due': event(['payment'], ['journal'], { disputeId: id }),
  'payment.dispute-won': event(['payment'], ['order', 'journal'], dispute),
  'payment.dispute-lost': event(['payment'], ['order', 'journal'], dispute),

  // Between the order and its notices.
  'notification.send-confirmation': command(['order'], ['notification'], { ...noticeContent, retrying }),
  'notification.send-failure': command(['order'], ['notification'], {
    ...noticeContent,
    reason: failure,
    retrying,
  }),
  'notification.send-cancellation': command(['order'], ['notification'], {
    ...noticeContent,
    reason: failure,
    retrying,
  }),
  'notification.send-refund': command(['order'], ['notification'], {
    ...noticeContent,
    refund: refunded,
    retrying,
  }),
  'notification.send-payment-action': command(['order'], ['notification'], { ...noticeContent, retrying }),
  'notification.delivered': event(['notification'], ['order'], { notice }),
  'notification.delayed': event(['notification'], ['order'], { notice }),

  ...serviceMessages,
} as const;

export type MessageType = keyof typeof messages;
/** A message as actors see it: its type and its payload, immutable. */
export type Message<T extends MessageType = MessageType> = MessageOf<typeof messages, T>;
/** The messages that `A` may receive. */
export type MessageTo<A extends Address> = MessageFor<typeof messages, A>;
/** What the outside may see, kept in the journal for good. */
export type DomainEvent = MessageTo<'journal'>;
export type Policy = z.infer<typeof policy>;
export type Retrying = z.infer<typeof retrying>;
export type Item = z.infer<typeof item>;
export type Adjustment = z.infer<typeof adjustment>;
export type RefundLine = z.infer<typeof refundLine>;
export type Refunded = z.infer<typeof refunded>;
export type Line = z.infer<typeof line>;
export type Problem = z.infer<typeof problem>;
export type Failure = z.infer<typeof failure>;
export type Notice = z.infer<typeof notice>;

/** The message types that `address` may receive, in the order of this file. */
export const typesTo = (address: Address): MessageType[] =>
  messageTypes.filter((type) => messages[type].to.some((name) => name === address));

export const isMessageType = (type: string): type is MessageType => Object.hasOwn(messages, type);
export const messageTypes: readonly MessageType[] = Object.keys(messages).filter(isMessageType);

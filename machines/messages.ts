// Every message that customers, operators, the four actors and the services exchange, as one closed union.
// Each entry says what it carries, who may send it and who receives it; what happens then is said by the
// charts. Types, checks, the journal and the documents (docs/messages.md, docs/asyncapi.json) come from here.
import { z } from 'zod';

export const actorNames = ['order', 'inventory', 'payment', 'notification'] as const;
export const serviceNames = ['warehouse', 'gateway', 'mailer'] as const;
export type ActorName = (typeof actorNames)[number];
export type ServiceName = (typeof serviceNames)[number];
type Address = ActorName | ServiceName | 'customer' | 'operator' | 'journal';

const text = z.string().min(1).max(1000);
const id = z.string().min(1).max(200);
const minorUnits = z.int().nonnegative();
const quantity = z.int().positive();
const currency = z.string().regex(/^[A-Z]{3}$/);
const milliseconds = z.int().nonnegative();

const item = z.strictObject({
  productId: id,
  name: text,
  quantity,
  unitPrice: minorUnits,
  lineTotal: minorUnits,
});
const line = z.strictObject({ productId: id, quantity, unitPrice: minorUnits, currency });
const share = { productId: id, quantity };
const problem = z.strictObject({
  productId: id,
  kind: z.enum(['unknown-product', 'price-changed', 'currency-changed', 'insufficient-stock']),
  requested: quantity.optional(),
  available: minorUnits.optional(),
  expected: z.union([minorUnits, currency]).optional(),
  actual: z.union([minorUnits, currency]).optional(),
});
const failure = z.strictObject({
  kind: z.enum([
    'insufficient-stock',
    'payment-declined',
    'payment-gave-up',
    'reservation-expired',
    'authorization-expired',
    'stock-not-sold',
    'deadline-passed',
    'cancelled',
    'rejected',
  ]),
  text,
});
const retrying = z.strictObject({
  attempts: z.int().positive(),
  firstDelayMs: milliseconds,
  longestDelayMs: milliseconds,
  answerWithinMs: milliseconds,
});
const policy = z.strictObject({
  capture: z.enum(['at-once', 'later']),
  validateWithinMs: milliseconds,
  reserveWithinMs: milliseconds,
  payWithinMs: milliseconds,
  authorizationTtlMs: milliseconds,
  sellWithinMs: milliseconds,
  notifyWithinMs: milliseconds,
  compensateWithinMs: milliseconds,
  refundWithinMs: milliseconds,
  reservationTtlMs: milliseconds,
  inventory: retrying,
  payment: retrying,
  notification: retrying,
});
const released = z.enum(['cancelled', 'failed', 'expired']);
const notice = z.enum(['confirmation', 'failure']);
const attempt = { key: id, attempt: z.int().positive() };
const money = { amount: minorUnits, currency };

const declare =
  <const Kind extends 'command' | 'event'>(kind: Kind) =>
  <
    const From extends readonly Address[],
    const To extends readonly Address[],
    Shape extends z.core.$ZodLooseShape,
  >(
    from: From,
    to: To,
    shape: Shape,
  ) => ({ version: 1, kind, from, to, payload: z.strictObject(shape) });
const command = declare('command');
const event = declare('event');

/** Every message by type: `version` of its schema, `kind`, who sends it, who receives it, its payload. */
export const messages = {
  // What people ask for.
  'order.place': command(['customer'], ['order'], {
    orderId: id,
    customerId: id,
    email: z.email().max(254),
    ...money,
    items: z.array(item).min(1),
    policy,
  }),
  'order.cancel': command(['customer', 'operator'], ['order'], { reason: text }),
  'order.capture': command(['operator'], ['order'], {}),
  'order.refund': command(['operator'], ['order'], {
    refundId: id,
    amount: z.int().positive().optional(),
    reason: text,
  }),
  'incident.retry': command(['operator'], actorNames, { note: text.optional() }),
  'incident.resolve': command(['operator'], actorNames, {
    outcome: id,
    note: text,
    transactionId: id.optional(),
  }),

  // What happens to an order.
  'order.created': event(['order'], ['journal'], {
    customerId: id,
    email: z.email().max(254),
    ...money,
    items: z.array(item).min(1),
  }),
  'order.validated': event(['order'], ['journal'], {}),
  'order.rejected': event(['order'], ['journal'], { problems: z.array(problem).min(1) }),
  'order.processing-started': event(['order'], ['journal'], {}),
  'order.completed': event(['order'], ['journal'], { finalAmount: minorUnits, currency }),
  'order.failed': event(['order'], ['journal'], { reason: failure }),
  'order.cancelled': event(['order'], ['journal'], { reason: text }),
  'order.confirmation-sent': event(['notification'], ['journal'], { recipient: z.email() }),
  'order.failure-notification-sent': event(['notification'], ['journal'], {
    recipient: z.email(),
    reason: failure,
  }),
  'incident.opened': event(actorNames, ['journal'], { actor: z.enum(actorNames), reason: id, text }),
  'incident.closed': event(actorNames, ['journal'], {
    actor: z.enum(actorNames),
    how: z.enum(['retried', 'resolved', 'overtaken']),
    outcome: id.optional(),
    note: text.optional(),
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
    retrying,
  }),
  'payment.capture': command(['order'], ['payment'], {}),
  'payment.cancel': command(['order'], ['payment'], {}),
  'payment.refund': command(['order'], ['payment'], { refundId: id, amount: z.int().positive() }),
  'payment.initiated': event(['payment'], ['journal'], {
    ...money,
    method: z.enum(['card']),
    ...attempt,
  }),
  'payment.authorized': event(['payment'], ['order', 'journal'], { ...money, transactionId: id }),
  'payment.completed': event(['payment'], ['order', 'journal'], { ...money, transactionId: id }),
  'payment.failed': event(['payment'], ['order', 'journal'], { reason: z.enum(['declined', 'gave-up']) }),
  'payment.outcome-unknown': event(['payment'], ['journal'], attempt),
  'payment.cancelled': event(['payment'], ['order', 'journal'], {}),
  'payment.refunded': event(['payment'], ['order', 'journal'], { ...money, refundId: id, transactionId: id }),
  'payment.refund-refused': event(['payment'], ['order', 'journal'], { refundId: id }),

  // Between the order and its notices.
  'notification.send-confirmation': command(['order'], ['notification'], {
    orderId: id,
    recipient: z.email(),
    ...money,
    items: z.array(item).min(1),
    retrying,
  }),
  'notification.send-failure': command(['order'], ['notification'], {
    orderId: id,
    recipient: z.email(),
    ...money,
    items: z.array(item).min(1),
    reason: failure,
    retrying,
  }),
  'notification.delivered': event(['notification'], ['order'], { notice }),
  'notification.delayed': event(['notification'], ['order'], { notice }),

  // To the warehouse and back.
  'warehouse.check': command(['inventory'], ['warehouse'], { ...attempt, lines: z.array(line).min(1) }),
  'warehouse.reserve': command(['inventory'], ['warehouse'], {
    ...attempt,
    lines: z.array(line).min(1),
    ttlMs: milliseconds,
  }),
  'warehouse.release': command(['inventory'], ['warehouse'], attempt),
  'warehouse.commit': command(['inventory'], ['warehouse'], attempt),
  'warehouse.checked': event(['warehouse'], ['inventory'], { ...attempt, problems: z.array(problem) }),
  'warehouse.reserved': event(['warehouse'], ['inventory'], attempt),
  'warehouse.insufficient': event(['warehouse'], ['inventory'], {
    ...attempt,
    problems: z.array(problem).min(1),
  }),
  'warehouse.released': event(['warehouse'], ['inventory'], attempt),
  'warehouse.committed': event(['warehouse'], ['inventory'], attempt),
  'warehouse.refused': event(['warehouse'], ['inventory'], { ...attempt, reason: id }),
  'warehouse.failed': event(['warehouse'], ['inventory'], { ...attempt, reason: id }),

  // To the payment gateway and back.
  'gateway.charge': command(['payment'], ['gateway'], {
    ...attempt,
    ...money,
    method: z.enum(['card']),
    capture: z.enum(['at-once', 'later']),
  }),
  'gateway.look-up': command(['payment'], ['gateway'], attempt),
  'gateway.capture': command(['payment'], ['gateway'], { ...attempt, ...money, transactionId: id }),
  'gateway.void': command(['payment'], ['gateway'], { ...attempt, transactionId: id }),
  'gateway.refund': command(['payment'], ['gateway'], { ...attempt, ...money, transactionId: id }),
  'gateway.authorized': event(['gateway'], ['payment'], { ...attempt, transactionId: id, ...money }),
  'gateway.charged': event(['gateway'], ['payment'], { ...attempt, transactionId: id, ...money }),
  'gateway.declined': event(['gateway'], ['payment'], { ...attempt, code: id }),
  'gateway.absent': event(['gateway'], ['payment'], attempt),
  'gateway.captured': event(['gateway'], ['payment'], attempt),
  'gateway.voided': event(['gateway'], ['payment'], attempt),
  'gateway.refunded': event(['gateway'], ['payment'], { ...attempt, refundTransactionId: id }),
  'gateway.refused': event(['gateway'], ['payment'], { ...attempt, code: id }),
  'gateway.failed': event(['gateway'], ['payment'], { ...attempt, reason: id }),
  'gateway.unknown': event(['gateway'], ['payment'], {
    ...attempt,
    reason: z.enum(['no-answer', 'key-expired']),
  }),

  // To the mailer and back.
  'mailer.send': command(['notification'], ['mailer'], {
    ...attempt,
    notice,
    recipient: z.email(),
    orderId: id,
    ...money,
    items: z.array(item).min(1),
    /** Why the order failed; null in a confirmation. */
    reason: failure.nullable(),
  }),
  'mailer.sent': event(['mailer'], ['notification'], attempt),
  'mailer.failed': event(['mailer'], ['notification'], { ...attempt, reason: id }),
} as const;

export type MessageType = keyof typeof messages;
type Payload<T extends MessageType> = z.infer<(typeof messages)[T]['payload']>;
/** A message as actors see it: its type and its payload, immutable. Metadata travels in an envelope. */
export type Message<T extends MessageType = MessageType> = {
  [K in T]: Readonly<{ type: K } & (string extends keyof Payload<K> ? unknown : Payload<K>)>;
}[T];
/** The messages that `A` may receive. */
export type MessageTo<A extends Address> = {
  [K in MessageType]: A extends (typeof messages)[K]['to'][number] ? Message<K> : never;
}[MessageType];
/** What the outside may see, kept in the journal for good. */
export type DomainEvent = MessageTo<'journal'>;
export type Policy = z.infer<typeof policy>;
export type Retrying = z.infer<typeof retrying>;
export type Item = z.infer<typeof item>;
export type Line = z.infer<typeof line>;
export type Problem = z.infer<typeof problem>;
export type Failure = z.infer<typeof failure>;
export type Notice = z.infer<typeof notice>;

/** The message types that `address` may receive, in the order of this file. */
export const typesTo = (address: Address): MessageType[] =>
  messageTypes.filter((type) => messages[type].to.some((name) => name === address));

export const isMessageType = (type: string): type is MessageType => Object.hasOwn(messages, type);
export const messageTypes: readonly MessageType[] = Object.keys(messages).filter(isMessageType);

// What messages carry: the fields that several of them share, who can send and receive them, and how one is declared.
import { z } from 'zod';

export const actorNames = ['order', 'inventory', 'payment', 'notification'] as const;
export const serviceNames = ['warehouse', 'gateway', 'mailer'] as const;
export type ActorName = (typeof actorNames)[number];
export type ServiceName = (typeof serviceNames)[number];
export type Address = ActorName | ServiceName | 'customer' | 'operator' | 'journal';

const text = z.string().min(1).max(1000);
export const id = z.string().min(1).max(200);
export const minorUnits = z.int().nonnegative();
export const quantity = z.int().positive();
export const currency = z.string().regex(/^[A-Z]{3}$/);
export const milliseconds = z.int().nonnegative();

// Fields that can name a person, or that a person writes: they stay out of what leaves for tools.
const personal = { personal: true };
export const customerId = id.meta(personal);
// What may be said of addresses changes; the edge decides on new ones.
const address = z.email({ pattern: /^[^\p{Cc}]+@[^\p{Cc}\s@]+$/u });
const inAnyLanguage = { ...personal, format: 'idn-email' };
export const email = address.max(254).meta(inAnyLanguage);
export const recipient = address.meta(inAnyLanguage);
export const personText = text.meta(personal);

export const item = z.strictObject({
  productId: id,
  // It may carry an engraving.
  name: personText,
  quantity,
  unitPrice: minorUnits,
  lineTotal: minorUnits,
});
/** An amount beside the products, as the caller gave it: a discount is negative. */
export const adjustment = z.strictObject({
  kind: z.enum(['shipping', 'discount', 'tax', 'other']),
  name: personText,
  amount: z.int(),
});
/** A part of a line that is refunded, and whether its products go back into stock. */
export const refundLine = z.strictObject({ productId: id, quantity, restock: z.boolean() });
export const line = z.strictObject({ productId: id, quantity, unitPrice: minorUnits, currency });
export const share = { productId: id, quantity };
export const problem = z.strictObject({
  productId: id,
  kind: z.enum(['unknown-product', 'price-changed', 'currency-changed', 'insufficient-stock']),
  requested: quantity.optional(),
  available: minorUnits.optional(),
  expected: z.union([minorUnits, currency]).optional(),
  actual: z.union([minorUnits, currency]).optional(),
});
export const failure = z.strictObject({
  kind: z.enum([
    'insufficient-stock',
    'payment-declined',
    'payment-gave-up',
    'reservation-expired',
    'authorization-expired',
    'payment-not-confirmed',
    'stock-not-committed',
    'deadline-passed',
    'cancelled',
    'rejected',
  ]),
  // A customer's own reason for a cancellation.
  text: personText,
});
export const retrying = z.strictObject({
  attempts: z.int().positive(),
  firstDelayMs: milliseconds,
  longestDelayMs: milliseconds,
  answerWithinMs: milliseconds,
});
export const policy = z.strictObject({
  capture: z.enum(['at-once', 'later']),
  /** Where its payment is made: later calls go there, whatever new orders use by then. */
  provider: id.optional(),
  /** How long a customer has to confirm a payment. */
  actionWithinMs: milliseconds.optional(),
  validateWithinMs: milliseconds,
  reserveWithinMs: milliseconds,
  payWithinMs: milliseconds,
  authorizationTtlMs: milliseconds,
  commitWithinMs: milliseconds,
  notifyWithinMs: milliseconds,
  compensateWithinMs: milliseconds,
  refundWithinMs: milliseconds,
  reservationTtlMs: milliseconds,
  inventory: retrying,
  payment: retrying,
  notification: retrying,
});
export const released = z.enum(['cancelled', 'failed', 'expired']);
export const notice = z.enum(['confirmation', 'failure', 'cancellation', 'refund', 'payment-action']);
export const refunded = z.strictObject({
  refundId: id,
  amount: minorUnits,
  lines: z.array(refundLine),
});
export const attempt = { key: id, attempt: z.int().positive() };
export const money = { amount: minorUnits, currency };
/** A tag of BCP 47: the longest that is in use has 35 characters. */
export const locale = z.string().min(2).max(35);
/** What a notice says of its order. */
export const noticeContent = {
  orderId: id,
  recipient,
  ...money,
  items: z.array(item).min(1),
  adjustments: z.array(adjustment).optional(),
  locale: locale.optional(),
};
/** A dispute of a payment, as the bank names it. */
export const dispute = { disputeId: id, amount: minorUnits, currency };

/** How messages between `Place`s are declared: by who sends and who receives them, and the fields that they carry. */
export const declareBetween = <Place extends string>() => {
  const declare =
    <const Kind extends 'command' | 'event'>(kind: Kind) =>
    <
      const From extends readonly Place[],
      const To extends readonly Place[],
      Shape extends z.core.$ZodLooseShape,
    >(
      from: From,
      to: To,
      shape: Shape,
    ) => ({ version: 1, kind, from, to, payload: z.strictObject(shape) });
  const toCommand = declare('command');
  return {
    command: toCommand,
    event: declare('event'),
    /** A command to a service. */
    ask: <const From extends Place, const To extends Place, Shape extends z.core.$ZodLooseShape>(
      from: From,
      to: To,
      shape: Shape,
      call: CallNotes,
    ) => ({ ...toCommand([from], [to], { ...attempt, ...shape }), call }),
  };
};
export const { command, event, ask } = declareBetween<Address>();

/** A call to a service: what its idempotency key is for, and what it may be answered, success first. */
export interface CallNotes {
  /** The middle part of the key `ORDER/purpose/number`. */
  readonly purposes: readonly string[];
  readonly replies: readonly ({ readonly type: string } & Readonly<Record<string, unknown>>)[];
  /** It changes nothing at the service. */
  readonly readsOnly?: boolean;
}

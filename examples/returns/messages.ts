// Every message of a return: what people say, what its two actors tell each other, what the carrier and the bank are asked
// and answer. It knows no states.
import { z } from 'zod';

const call = { key: z.string(), attempt: z.int().positive() };
const money = { amount: z.int().positive().describe('minor units'), currency: z.string().length(3) };
const note = z.string().max(500).meta({ personal: true });
const event = { version: 1, kind: 'event' } as const;
const command = { version: 1, kind: 'command' } as const;
const toReturn = { ...command, to: ['return'] } as const;
const announced = { ...event, from: ['return'], to: ['journal'] } as const;
const nothing = z.strictObject({});

const request = z.strictObject({
  returnId: z.string().min(1).max(100),
  customerId: z.string().min(1).max(100).meta({ personal: true }),
  address: z.string().min(1).max(500).meta({ personal: true }),
  reason: note,
  ...money,
});
const inspection = z.strictObject({ verdict: z.enum(['as-new', 'damaged']), note });

export const messages = {
  'return.request': { ...toReturn, from: ['customer'], payload: request },
  'return.approve': { ...toReturn, from: ['clerk'], payload: nothing },
  'return.refuse': { ...toReturn, from: ['clerk'], payload: z.strictObject({ note }) },
  'return.withdraw': { ...toReturn, from: ['customer'], payload: nothing },
  'return.receive': { ...toReturn, from: ['warehouse'], payload: nothing },
  'return.inspect': { ...toReturn, from: ['warehouse'], payload: inspection },
  'incident.retry': { ...command, from: ['operator'], to: ['return', 'refund'], payload: nothing },
  'incident.resolve': {
    ...command,
    from: ['operator'],
    to: ['return', 'refund'],
    payload: z.strictObject({ outcome: z.enum(['sent-by-hand', 'paid-by-hand']), note }),
  },

  'carrier.make-label': {
    ...command,
    from: ['return'],
    to: ['carrier'],
    payload: z.strictObject({ ...call, address: z.string().meta({ personal: true }) }),
    call: {
      purposes: ['label'],
      replies: [{ type: 'carrier.label-made', trackingNumber: 'track-1' }, { type: 'carrier.failed' }],
    },
  },
  'carrier.label-made': {
    ...event,
    from: ['carrier'],
    to: ['return'],
    payload: z.strictObject({ ...call, trackingNumber: z.string() }),
  },
  'carrier.failed': {
    ...event,
    from: ['carrier'],
    to: ['return'],
    payload: z.strictObject({ ...call, reason: z.string() }),
  },

  'refund.pay': {
    ...command,
    from: ['return'],
    to: ['refund'],
    payload: z.strictObject({ returnId: z.string(), ...money }),
  },
  'refund.paid': { ...event, from: ['refund'], to: ['return', 'journal'], payload: z.strictObject(money) },
  'bank.pay-back': {
    ...command,
    from: ['refund'],
    to: ['bank'],
    payload: z.strictObject({ ...call, ...money }),
    call: { purposes: ['refund'], replies: [{ type: 'bank.paid' }, { type: 'bank.failed' }] },
  },
  'bank.paid': { ...event, from: ['bank'], to: ['refund'], payload: z.strictObject(call) },
  'bank.failed': {
    ...event,
    from: ['bank'],
    to: ['refund'],
    payload: z.strictObject({ ...call, reason: z.string() }),
  },

  'return.requested': { ...announced, payload: z.strictObject(money) },
  'return.label-sent': { ...announced, payload: z.strictObject({ trackingNumber: z.string() }) },
  'return.received': { ...announced, payload: nothing },
  'return.refunded': { ...announced, payload: z.strictObject(money) },
  'return.refused': { ...announced, payload: z.strictObject({ why: z.enum(['not-accepted', 'damaged']) }) },
  'return.withdrawn': { ...announced, payload: nothing },
  'return.expired': { ...announced, payload: nothing },
} as const;

type Payload<T extends keyof typeof messages> = z.infer<(typeof messages)[T]['payload']>;
/** A message as actors see it; one without fields is its type alone. */
export type Message<T extends keyof typeof messages> = {
  [K in T]: Readonly<{ type: K } & (string extends keyof Payload<K> ? unknown : Payload<K>)>;
}[T];

// The messages that actors and services exchange: commands, each with the replies that it may get, and the replies.
import { z } from 'zod';
import {
  ask,
  attempt,
  dispute,
  event,
  failure,
  id,
  line,
  milliseconds,
  money,
  notice,
  noticeContent,
  problem,
  refunded,
  share,
} from './payloads.ts';

/** Which provider has the payment. Left out: the one that new orders use. */
const at = { provider: id.optional() };
const unknownOutcome = { type: 'gateway.unknown', reason: 'no-answer' };

export const serviceMessages = {
  // To the warehouse and back.
  'warehouse.check': ask(
    'inventory',
    'warehouse',
    { lines: z.array(line).min(1) },
    { purposes: ['check'], replies: [{ type: 'warehouse.checked' }, { type: 'warehouse.failed' }] },
  ),
  'warehouse.reserve': ask(
    'inventory',
    'warehouse',
    { lines: z.array(line).min(1), ttlMs: milliseconds },
    {
      purposes: ['reserve'],
      replies: [
        { type: 'warehouse.reserved' },
        {
          type: 'warehouse.insufficient',
          problems: [{ kind: 'insufficient-stock', requested: 1, available: 0 }],
        },
        { type: 'warehouse.failed' },
      ],
    },
  ),
  'warehouse.release': ask(
    'inventory',
    'warehouse',
    {},
    { purposes: ['release'], replies: [{ type: 'warehouse.released' }, { type: 'warehouse.failed' }] },
  ),
  'warehouse.commit': ask(
    'inventory',
    'warehouse',
    {},
    {
      purposes: ['commit'],
      replies: [{ type: 'warehouse.committed' }, { type: 'warehouse.refused' }, { type: 'warehouse.failed' }],
    },
  ),
  'warehouse.return': ask(
    'inventory',
    'warehouse',
    { lines: z.array(z.strictObject(share)).min(1) },
    {
      purposes: ['return'],
      replies: [{ type: 'warehouse.returned' }, { type: 'warehouse.refused' }, { type: 'warehouse.failed' }],
    },
  ),
  'warehouse.checked': event(['warehouse'], ['inventory'], { ...attempt, problems: z.array(problem) }),
  'warehouse.reserved': event(['warehouse'], ['inventory'], attempt),
  'warehouse.insufficient': event(['warehouse'], ['inventory'], {
    ...attempt,
    problems: z.array(problem).min(1),
  }),
  'warehouse.released': event(['warehouse'], ['inventory'], attempt),
  'warehouse.committed': event(['warehouse'], ['inventory'], attempt),
  'warehouse.returned': event(['warehouse'], ['inventory'], attempt),
  'warehouse.refused': event(['warehouse'], ['inventory'], { ...attempt, reason: id }),
  'warehouse.failed': event(['warehouse'], ['inventory'], { ...attempt, reason: id }),

  // To the payment gateway and back.
  'gateway.charge': ask(
    'payment',
    'gateway',
    {
      ...money,
      ...at,
      method: z.enum(['card']),
      capture: z.enum(['at-once', 'later']),
      paymentMethod: id.optional(),
    },
    {
      purposes: ['charge'],
      replies: [
        { type: 'gateway.charged' },
        { type: 'gateway.authorized' },
        { type: 'gateway.action-required' },
        { type: 'gateway.declined' },
        { type: 'gateway.failed' },
        unknownOutcome,
      ],
    },
  ),
  'gateway.look-up': ask('payment', 'gateway', at, {
    purposes: ['charge'],
    readsOnly: true,
    replies: [
      { type: 'gateway.charged' },
      { type: 'gateway.action-required' },
      { type: 'gateway.declined' },
      { type: 'gateway.absent' },
      unknownOutcome,
    ],
  }),
  'gateway.capture': ask(
    'payment',
    'gateway',
    { ...money, ...at, transactionId: id },
    {
      purposes: ['capture'],
      replies: [{ type: 'gateway.captured' }, { type: 'gateway.refused' }, unknownOutcome],
    },
  ),
  'gateway.void': ask(
    'payment',
    'gateway',
    { ...at, transactionId: id },
    {
      purposes: ['void'],
      replies: [{ type: 'gateway.voided' }, { type: 'gateway.refused' }, unknownOutcome],
    },
  ),
  'gateway.refund': ask(
    'payment',
    'gateway',
    { ...money, ...at, transactionId: id },
    {
      purposes: ['refund'],
      replies: [{ type: 'gateway.refunded' }, { type: 'gateway.refused' }, unknownOutcome],
    },
  ),
  'gateway.authorized': event(['gateway'], ['payment'], {
    ...attempt,
    transactionId: id,
    ...money,
    /** Until the bank lets go of the money by itself. */
    expiresInMs: milliseconds.optional(),
  }),
  'gateway.action-required': event(['gateway'], ['payment'], { ...attempt, transactionId: id }),
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
  // What the gateway reports by itself, with the key of the charge.
  'gateway.dispute-opened': event(['gateway'], ['payment'], {
    ...attempt,
    ...dispute,
    reason: id,
    /** Until when evidence is taken: as a time for people, and from now. */
    evidenceDueAt: id.optional(),
    evidenceDueInMs: milliseconds.optional(),
  }),
  'gateway.dispute-closed': event(['gateway'], ['payment'], {
    ...attempt,
    ...dispute,
    outcome: z.enum(['won', 'lost']),
  }),

  // To the mailer and back.
  'mailer.send': ask(
    'notification',
    'mailer',
    {
      notice,
      ...noticeContent,
      /** Why the order failed or was cancelled; null in other notices. */
      reason: failure.nullable(),
      /** What was given back; only in its notice. */
      refund: refunded.optional(),
    },
    {
      purposes: ['confirmation', 'failure', 'cancellation', 'refund-notice', 'payment-action'],
      replies: [{ type: 'mailer.sent' }, { type: 'mailer.failed' }],
    },
  ),
  'mailer.sent': event(['mailer'], ['notification'], attempt),
  'mailer.failed': event(['mailer'], ['notification'], { ...attempt, reason: id }),
} as const;

// The messages that actors and services exchange: commands, each with the replies that it may get, and the replies.
import { z } from 'zod';
import {
  ask,
  attempt,
  event,
  failure,
  id,
  item,
  line,
  milliseconds,
  money,
  notice,
  problem,
  recipient,
} from './payloads.ts';

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
  'gateway.charge': ask(
    'payment',
    'gateway',
    { ...money, method: z.enum(['card']), capture: z.enum(['at-once', 'later']) },
    {
      purposes: ['charge'],
      replies: [
        { type: 'gateway.charged' },
        { type: 'gateway.authorized' },
        { type: 'gateway.declined' },
        { type: 'gateway.failed' },
        unknownOutcome,
      ],
    },
  ),
  'gateway.look-up': ask(
    'payment',
    'gateway',
    {},
    {
      purposes: ['charge'],
      readsOnly: true,
      replies: [
        { type: 'gateway.charged' },
        { type: 'gateway.declined' },
        { type: 'gateway.absent' },
        unknownOutcome,
      ],
    },
  ),
  'gateway.capture': ask(
    'payment',
    'gateway',
    { ...money, transactionId: id },
    {
      purposes: ['capture'],
      replies: [{ type: 'gateway.captured' }, { type: 'gateway.refused' }, unknownOutcome],
    },
  ),
  'gateway.void': ask(
    'payment',
    'gateway',
    { transactionId: id },
    {
      purposes: ['void'],
      replies: [{ type: 'gateway.voided' }, { type: 'gateway.refused' }, unknownOutcome],
    },
  ),
  'gateway.refund': ask(
    'payment',
    'gateway',
    { ...money, transactionId: id },
    {
      purposes: ['refund'],
      replies: [{ type: 'gateway.refunded' }, { type: 'gateway.refused' }, unknownOutcome],
    },
  ),
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
  'mailer.send': ask(
    'notification',
    'mailer',
    {
      notice,
      recipient,
      orderId: id,
      ...money,
      items: z.array(item).min(1),
      /** Why the order failed; null in a confirmation. */
      reason: failure.nullable(),
    },
    {
      purposes: ['confirmation', 'failure'],
      replies: [{ type: 'mailer.sent' }, { type: 'mailer.failed' }],
    },
  ),
  'mailer.sent': event(['mailer'], ['notification'], attempt),
  'mailer.failed': event(['mailer'], ['notification'], { ...attempt, reason: id }),
} as const;

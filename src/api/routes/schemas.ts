// What the API answers, as zod schemas: the types of views.ts and the components of the OpenAPI document
// are made from them. It never checks what callers send (inputs.ts does).
import { z } from 'zod';
import { actorNames } from '../../../machines/messages.ts';
import { serviceStates } from '../../service-holds.ts';
import { amount, components, instant, link, move, next } from '../edge/schemas.ts';

const actor = z.string().describe(`such as ${actorNames.join(', ')}`);
const item = z.strictObject({
  productId: z.string(),
  name: z.string(),
  quantity: z.int(),
  unitPrice: amount,
  lineTotal: amount,
});
const adjustment = z.strictObject({
  kind: z.enum(['shipping', 'discount', 'tax', 'other']),
  name: z.string(),
  amount: amount.describe('minor units of the currency; a discount is negative'),
});
const refundedLine = z.strictObject({
  productId: z.string(),
  quantity: z.int(),
  restock: z.boolean().describe('it went back into stock'),
});
const dispute = z.strictObject({
  disputeId: z.string(),
  amount,
  reason: z.string(),
  state: z.enum(['open', 'won', 'lost']),
  evidenceDueAt: z.string().nullable().describe('until when the bank takes evidence, if it said so'),
});
const failure = z.strictObject({ kind: z.string(), text: z.string() });
const lineProblem = z.strictObject({
  productId: z.string(),
  kind: z.string(),
  requested: z.int().optional(),
  available: z.int().optional(),
  expected: z.union([z.int(), z.string()]).optional(),
  actual: z.union([z.int(), z.string()]).optional(),
});
const incidentOfOrder = z.strictObject({ actor, reason: z.string(), text: z.string(), since: instant });
const actorState = z.strictObject({
  state: z.string(),
  description: z.string(),
  settled: z.boolean(),
  since: instant,
});

const orderLinks = z.strictObject({ self: link, events: link, messages: link, stream: link, explain: link });

export const order = z
  .strictObject({
    id: z.string(),
    version: z.int().describe('also the ETag'),
    state: z.string(),
    settled: z.boolean().describe('it will not move by itself any more'),
    actors: z.record(z.string(), actorState).describe(`by name, such as ${actorNames.join(', ')}`),
    customerId: z.string(),
    email: z.string(),
    currency: z.string(),
    locale: z.string().nullable().describe('the language of its notices; null: MAIL_LOCALE'),
    reference: z.string().nullable().describe('what its caller calls it, such as the id of a cart'),
    provider: z.string().nullable().describe('where its payment is made, if that is recorded'),
    items: z.array(item),
    adjustments: z.array(adjustment).describe('amounts beside the products'),
    amount: amount.describe('the sum of all line totals and adjustments, in minor units'),
    paidAmount: amount,
    refundedAmount: amount,
    refundedLines: z.array(refundedLine).describe('what was refunded by line, refund by refund'),
    disputes: z.array(dispute).describe('payments that the customer disputes at the bank'),
    failure: failure.nullable(),
    problems: z.array(lineProblem),
    incidents: z.array(incidentOfOrder),
    deadlines: z.array(
      z.strictObject({
        ...{ actor: z.string(), name: z.string(), dueAt: instant },
        firstDueAt: instant.optional().describe('when it was due before it was postponed'),
      }),
    ),
    calls: z
      .array(
        z.strictObject({
          service: z.string().describe('it may be paused: `explain` and `GET /services` say so'),
          actor: z.string(),
          type: z.string(),
          key: z.string(),
          attempt: z.int(),
          at: instant,
        }),
      )
      .describe('calls to services that have no answer yet'),
    moves: z.array(move),
    correlationId: z.string(),
    chartVersion: z.string(),
    createdAt: instant,
    updatedAt: instant,
    links: orderLinks,
  })
  .register(components, { id: 'Order' });
const unreadableOrder = z
  .strictObject({
    id: z.string(),
    version: z.int(),
    state: z.string().describe('after its last message, as `settled`'),
    settled: z.boolean(),
    customerId: z.string(),
    incidents: z.array(incidentOfOrder),
    moves: z.array(move),
    chartVersion: z.string(),
    createdAt: instant,
    updatedAt: instant,
    unreadable: z.string().describe('why the stored order cannot be read'),
    links: orderLinks,
  })
  .register(components, {
    id: 'UnreadableOrder',
    description: 'An order that cannot be read here: what is stored beside it, and nothing else',
  });
/** `unreadable` tells them apart. */
export const anyOrder = z.union([order, unreadableOrder]);
export const orderPage = z.strictObject({ orders: z.array(anyOrder), next });

const receivedMessage = z
  .strictObject({
    version: z.int().describe('the version of the order that it made'),
    id: z.string(),
    to: z.string().describe('the actor'),
    type: z.string(),
    data: z.record(z.string(), z.unknown()),
    causationId: z.string().nullable(),
    correlationId: z.string(),
    disposition: z.enum(['applied', 'ignored', 'dead']),
    reason: z.string().nullable().describe('why it was ignored, or what it made throw'),
    at: instant,
  })
  .register(components, { id: 'Message', description: 'A message that the order received' });
export const messagePage = z.strictObject({ messages: z.array(receivedMessage), next });

const incident = z
  .strictObject({
    subject: z.strictObject({ type: z.literal('order'), id: z.string() }),
    orderId: z.string(),
    version: z.int(),
    state: z.string(),
    actor,
    reason: z.string(),
    text: z.string(),
    since: instant,
    assignedTo: z.string().nullable().describe('who takes care of it'),
    notes: z.int().describe('remarks about the order, which `audit` lists'),
    moves: z.array(move),
    links: z.strictObject({ order: link, explain: link, audit: link }),
  })
  .register(components, { id: 'Incident', description: 'Something that needs a person' });
export const incidentPage = z.strictObject({
  incidents: z.array(incident),
  next,
  services: z
    .strictObject({ open: z.int(), href: link })
    .optional()
    .describe('how many incidents of services are open, and where they are; absent for keys of a customer'),
});

const heldService = z.strictObject({
  service: z.string(),
  state: z.enum(serviceStates).exclude(['running']).describe('open: its circuit is open'),
  since: instant,
  reason: z.string().optional().describe('absent for keys of a customer'),
  resumedAt: instant.optional().describe('since when calls are made again, a few at a time'),
  triedAgainAt: instant.optional().describe('when an open circuit is tried again'),
});
export const explanation = z
  .strictObject({
    id: z.string(),
    state: z.string(),
    settled: z.boolean(),
    summary: z.string().describe('a sentence, and what else matters'),
    clock: z
      .string()
      .optional()
      .describe("why times may not be what they seem: the machine's clock jumped; absent if it did not"),
    waiting: z
      .array(
        z.strictObject({
          actor,
          for: z.string(),
          since: instant,
          forMs: z.int(),
          attempt: z.int().optional(),
          deadline: instant.optional(),
        }),
      )
      .optional()
      .describe('absent if the order cannot be read'),
    nextDeadline: z
      .strictObject({ actor: z.string(), name: z.string(), dueAt: instant })
      .nullable()
      .optional()
      .describe('absent if the order cannot be read'),
    held: z
      .array(heldService)
      .optional()
      .describe('services that it waits for and that are not called as always; absent if it cannot be read'),
    postponed: z
      .array(z.strictObject({ actor: z.string(), name: z.string(), firstDueAt: instant, dueAt: instant }))
      .optional()
      .describe('deadlines that were postponed while a service was not called; absent if it cannot be read'),
    blockedBy: z.array(incidentOfOrder),
    moves: z.array(move),
  })
  .register(components, { id: 'Explanation', description: 'Why an order is where it is' });

export const product = z
  .strictObject({
    productId: z.string(),
    name: z.string(),
    unitPrice: amount,
    currency: z.string(),
    onSale: z.boolean().describe('new orders of it are taken'),
    revision: z
      .int()
      .describe(
        'of name, price, currency and `onSale`: also the ETag. Sales and adjustments do not change it',
      ),
    onHand: z.int().describe('in the building and not sold'),
    held: z.int().describe('reserved for orders'),
    sold: z.int(),
    available: z.int().describe('onHand − held'),
  })
  .register(components, { id: 'Product' });
export const productPage = z.strictObject({ products: z.array(product), next });

export type OrderJson = z.output<typeof order>;
export type UnreadableOrderJson = z.output<typeof unreadableOrder>;
export type MessageJson = z.output<typeof receivedMessage>;
export type IncidentJson = z.output<typeof incident>;
export type ExplanationJson = z.output<typeof explanation>;
export type ProductJson = z.output<typeof product>;

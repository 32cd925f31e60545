// What the API answers, as zod schemas: the types of views.ts and the components of the OpenAPI document
// are made from them. It never checks what callers send (inputs.ts does).
import { z } from 'zod';
import { actorNames } from '../../machines/messages.ts';
import { moveNames } from '../host.ts';
import { fieldError, problemCodes, toProblemType } from './problems.ts';

/** Schemas with a name of their own in the OpenAPI document. */
export const components = z.registry<{ id: string; description?: string }>();

const instant = z.iso.datetime().describe('UTC, ISO 8601 with milliseconds');
const amount = z.int().describe('minor units of the currency');
const actor = z.enum(actorNames);
const link = z.string().describe('relative address');
const next = z.string().nullable().describe('pass it as `after` for the next page; null: this is the last');

const move = z
  .strictObject({
    move: z.enum(moveNames),
    method: z.literal('POST'),
    href: link,
    by: z.enum(['customer', 'operator']),
    actor: actor.optional().describe('the parked actor that it is for'),
    outcomes: z.array(z.string()).readonly().optional().describe('what `outcome` may say'),
    upTo: amount.optional().describe('the most that can be given back'),
  })
  .register(components, { id: 'Move', description: 'A move that the order takes now' });

const item = z.strictObject({
  productId: z.string(),
  name: z.string(),
  quantity: z.int(),
  unitPrice: amount,
  lineTotal: amount,
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

export const order = z
  .strictObject({
    id: z.string(),
    version: z.int().describe('also the ETag'),
    state: z.string(),
    settled: z.boolean().describe('it will not move by itself any more'),
    actors: z.strictObject({
      order: actorState,
      inventory: actorState,
      payment: actorState,
      notification: actorState,
    }),
    customerId: z.string(),
    email: z.string(),
    currency: z.string(),
    items: z.array(item),
    amount,
    paidAmount: amount,
    refundedAmount: amount,
    failure: failure.nullable(),
    problems: z.array(lineProblem),
    incidents: z.array(incidentOfOrder),
    deadlines: z.array(z.strictObject({ actor: z.string(), name: z.string(), dueAt: instant })),
    calls: z
      .array(
        z.strictObject({
          actor: z.string(),
          type: z.string(),
          key: z.string(),
          attempt: z.int(),
          at: instant,
        }),
      )
      .describe('calls to services that have no answer yet'),
    allowed: z.array(move),
    correlationId: z.string(),
    chartVersion: z.string(),
    createdAt: instant,
    updatedAt: instant,
    unreadable: z.string().optional().describe('why the stored order cannot be read'),
    links: z.strictObject({ self: link, events: link, messages: link, stream: link, explain: link }),
  })
  .register(components, { id: 'Order' });
export const orderPage = z.strictObject({ orders: z.array(order), next });

const cloudEvent = z
  .strictObject({
    specversion: z.literal('1.0'),
    id: z.string(),
    source: z.string(),
    type: z.string(),
    subject: z.string().describe('the id of the order'),
    time: instant,
    datacontenttype: z.literal('application/json'),
    dataschema: link,
    data: z.record(z.string(), z.unknown()),
    sequence: z.string().describe('1, 2, 3, … within the order'),
    position: z.string().describe('orders the events of all orders; it only grows'),
    correlationid: z.string(),
    causationid: z.string().describe('the message that caused it'),
  })
  .register(components, { id: 'CloudEvent', description: 'A domain event as CloudEvents 1.0' });
export const eventPage = z.strictObject({ events: z.array(cloudEvent), next });

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
    orderId: z.string(),
    version: z.int(),
    state: z.string(),
    actor,
    reason: z.string(),
    text: z.string(),
    since: instant,
    moves: z.array(move),
    links: z.strictObject({ order: link, explain: link }),
  })
  .register(components, { id: 'Incident', description: 'What waits for a person' });
export const incidentPage = z.strictObject({ incidents: z.array(incident), next });

export const explanation = z
  .strictObject({
    id: z.string(),
    state: z.string(),
    settled: z.boolean(),
    summary: z.string().describe('one sentence'),
    waiting: z.array(
      z.strictObject({
        actor,
        for: z.string(),
        since: instant,
        forMs: z.int(),
        attempt: z.int().optional(),
        deadline: instant.optional(),
      }),
    ),
    nextDeadline: z.strictObject({ actor: z.string(), name: z.string(), dueAt: instant }).nullable(),
    blockedBy: z.array(incidentOfOrder),
    mayDo: z.array(move),
  })
  .register(components, { id: 'Explanation', description: 'Why an order is where it is' });

export const product = z
  .strictObject({
    productId: z.string(),
    name: z.string(),
    unitPrice: amount,
    currency: z.string(),
    onHand: z.int().describe('in the building and not sold'),
    held: z.int().describe('promised to orders'),
    sold: z.int(),
    available: z.int().describe('onHand − held'),
  })
  .register(components, { id: 'Product' });
export const productPage = z.strictObject({ products: z.array(product), next });

export const problem = z
  .looseObject({
    type: z.enum(problemCodes.map(toProblemType)).describe('stable; a text for people is at this address'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().describe('the id of the request, also in X-Request-Id and in the log'),
    errors: z.array(fieldError).optional(),
    allowed: z.array(move).optional(),
  })
  .register(components, { id: 'Problem', description: 'RFC 9457' });

export type OrderJson = z.output<typeof order>;
export type MoveJson = z.output<typeof move>;
export type CloudEventJson = z.output<typeof cloudEvent>;
export type MessageJson = z.output<typeof receivedMessage>;
export type IncidentJson = z.output<typeof incident>;
export type ExplanationJson = z.output<typeof explanation>;
export type ProductJson = z.output<typeof product>;
export type ProblemJson = z.output<typeof problem>;

// The parts that every API of an application answers with, as zod schemas: moves, problems, events, and the registry of
// components of the OpenAPI document. It never checks what callers send (inputs.ts does).
import { z } from 'zod';
import { fieldError, problemCodes, toProblemType } from './problems.ts';

/** Schemas with a name of their own in the OpenAPI document. */
export const components = z.registry<{ id: string; description?: string }>();

export const instant = z.iso.datetime().describe('UTC, ISO 8601 with milliseconds');
export const amount = z.int().describe('minor units of the currency');
export const link = z.string().describe('relative address');
export const next = z
  .string()
  .nullable()
  .describe(
    'pass it as `after` for the next page; null: this is the last. A page may have fewer entries than `limit` and still a next one: its entries have 1 MiB at most, unless a single one is larger',
  );

export const move = z
  .strictObject({
    move: z.string().describe('its name, such as cancel'),
    method: z.literal('POST'),
    href: link,
    by: z.string().describe('customer or operator'),
    actor: z.string().optional().describe('the actor with the incident that it is for'),
    outcomes: z.array(z.string()).readonly().optional().describe('what `outcome` may say'),
    upTo: amount.optional().describe('the most that can be given back, or captured'),
    lines: z
      .array(z.strictObject({ productId: z.string(), quantity: z.int() }))
      .optional()
      .describe('what can be given back of each product; absent if it is given back by amount alone'),
  })
  .register(components, { id: 'Move', description: 'A move that the order accepts now' });

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

export const problem = z
  .looseObject({
    type: z.enum(problemCodes.map(toProblemType)).describe('stable; a text for people is at this address'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().describe('the id of the request, also in X-Request-Id and in the log'),
    errors: z.array(fieldError).optional(),
    moves: z.array(move).optional(),
    location: link.optional().describe('the order that is meant, also in the header Location'),
    newest: z.string().optional().describe('the last place of a list that was to be continued beyond it'),
  })
  .register(components, { id: 'Problem', description: 'RFC 9457' });

export type MoveJson = z.output<typeof move>;
export type CloudEventJson = z.output<typeof cloudEvent>;
export type ProblemJson = z.output<typeof problem>;

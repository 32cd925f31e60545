// Who did what with an order: every recorded message with who asked for it and what it changed, and what people wrote down
// about it. It never changes an order.
import { z } from 'zod';
import { toIsoTime } from '../../clock.ts';
import { FairShare } from '../../fair-share.ts';
import type { TrailEntry } from '../../host.ts';
import { limits } from '../../limits.ts';
import type { OrderView } from '../../shop/view.ts';
import type { OrderNote } from '../../store.ts';
import type { Api } from '../edge/dependencies.ts';
import { afterNumber, eventLimit, line, orderParams, text } from '../edge/inputs.ts';
import { json, problems } from '../edge/responses.ts';
import { components, instant, next } from '../edge/schemas.ts';
import type { RouteDependencies } from './dependencies.ts';

const who = z.string().nullable().describe('the principal; null: nobody was named, or nobody asked');
const facts = z
  .record(z.string(), z.unknown())
  .nullable()
  .describe('what is not the same before and after; null where it is not known');

const auditEntry = z
  .strictObject({
    version: z.int().describe('the version of the order that it made'),
    at: instant,
    who,
    kind: z.enum(['message', 'reply', 'deadline']).describe('from outside, from a service, or by time'),
    type: z.string(),
    to: z.string().describe('the actor'),
    disposition: z.enum(['applied', 'ignored', 'dead']),
    reason: z.string().nullable(),
    before: facts,
    after: facts,
  })
  .register(components, {
    id: 'AuditEntry',
    description: 'A message, who asked for it, and what it changed',
  });
const note = z
  .strictObject({
    at: instant,
    who,
    kind: z.enum(['note', 'assignment']),
    text: z.string().describe('the remark, or who takes care of the order; empty: nobody does any more'),
  })
  .register(components, { id: 'Note', description: 'What a person wrote down about an order' });
type NoteJson = z.output<typeof note>;
const auditPage = z.strictObject({ entries: z.array(auditEntry), notes: z.array(note), next });

const toNote = ({ at, principal, kind, text: written }: OrderNote): NoteJson => ({
  at: toIsoTime(at),
  who: principal ?? null,
  kind,
  text: written,
});

const toFacts = (view: OrderView | undefined): Readonly<Record<string, unknown>> | undefined => {
  if (view === undefined || view.unreadable !== undefined) return undefined;
  const { chartVersion, state, settled, actors, paidAmount, refundedAmount, failure, incidents } = view;
  const states = Object.fromEntries(Object.entries(actors).map(([name, actor]) => [name, actor.state]));
  const open = incidents.map(({ actor, reason }) => `${actor}: ${reason}`);
  return { chartVersion, state, ...states, settled, paidAmount, refundedAmount, failure, incidents: open };
};

const toChanges = (entry: TrailEntry<OrderView>) => {
  const after = toFacts(entry.after);
  if (after === undefined) return { before: null, after: null };
  const before = toFacts(entry.before) ?? {};
  const changed = Object.keys(after).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  const pick = (from: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(changed.flatMap((name) => (name in from ? [[name, from[name]]] : [])));
  return { before: entry.before === undefined ? null : pick(before), after: pick(after) };
};

const toEntry = (entry: TrailEntry<OrderView>): z.output<typeof auditEntry> => {
  const { version, at, principal, kind, type, to, disposition, reason } = entry.received;
  const what = { version, at: toIsoTime(at), who: principal ?? null, kind, type, to, disposition, reason };
  return { ...what, ...toChanges(entry) };
};

const addReading = (api: Api, { host }: RouteDependencies): void => {
  const share = new FairShare({ most: limits.trailsOfOne, what: 'requests for histories' });
  api.get(
    '/orders/:id/audit',
    {
      config: { access: 'orders:read' },
      schema: {
        operationId: 'readAudit',
        summary: 'Who did what with the order, with what was before and after, and the notes about it',
        tags: ['operations'],
        params: orderParams,
        querystring: z.strictObject({
          after: afterNumber.default(0).describe('the `next` of the page before'),
          limit: eventLimit,
        }),
        response: {
          200: json('One page of messages, oldest first, and all notes', auditPage),
          ...problems('order-not-found'),
        },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { after, limit } = request.query;
      using _place = share.take(request);
      const entries = await host.trail(id, after, limit);
      return {
        entries: entries.map(toEntry),
        notes: (await host.notes([id])).map(toNote),
        next: entries.length < limit ? null : String(entries.at(-1)?.received.version),
      };
    },
  );
};

const writing = ['order-not-found', 'too-many-notes', 'body-too-large', 'unsupported-media-type'] as const;

const addWriting = (api: Api, { host }: RouteDependencies): void => {
  api.post(
    '/orders/:id/notes',
    {
      config: { access: 'incidents' },
      schema: {
        operationId: 'addNote',
        summary: 'Writes down a remark about the order',
        description: 'It is kept beside the order and changes nothing of it, its version included.',
        tags: ['operations'],
        params: orderParams,
        body: z.strictObject({ text }),
        response: {
          201: json('It is stored', note),
          ...problems(...writing, 'overloaded', 'store-unavailable'),
        },
      },
    },
    async ({ caller: { principal }, params: { id }, body }, reply) => {
      const written = await host.addNote({ orderId: id, kind: 'note', text: body.text, principal });
      return reply.code(201).send(toNote(written));
    },
  );
  api.post(
    '/orders/:id/assignment',
    {
      config: { access: 'incidents' },
      schema: {
        operationId: 'assignOrder',
        summary: 'Says who takes care of the incidents of the order',
        tags: ['operations'],
        params: orderParams,
        body: z.strictObject({ to: line(100).nullable().describe('null: nobody any more') }),
        response: {
          201: json('It is stored', note),
          ...problems(...writing, 'overloaded', 'store-unavailable'),
        },
      },
    },
    async ({ caller: { principal }, params: { id }, body }, reply) => {
      const text = body.to ?? '';
      const written = await host.addNote({ orderId: id, kind: 'assignment', text, principal });
      return reply.code(201).send(toNote(written));
    },
  );
};

export const addAudit = (api: Api, parts: RouteDependencies): void => {
  addReading(api, parts);
  addWriting(api, parts);
};

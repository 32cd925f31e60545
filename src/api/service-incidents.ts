// Incidents whose subject is a service: listing and closing them, for people who work with all orders. Opening one is for the
// service itself, and for commands over the local socket.
import { z } from 'zod';
import { toIsoTime } from '../clock.ts';
import { publicPath } from '../config.ts';
import type { LocalApi } from '../local-socket.ts';
import { opening, openingResult, type ServiceIncident, type ServiceIncidents } from '../service-incidents.ts';
import type { Api, EdgeDependencies } from './edge/dependencies.ts';
import { identifier, pageLimit, text, trueOrFalse } from './edge/inputs.ts';
import { readPage, sendPage } from './edge/pages.ts';
import { bodyProblems, json, problems } from './edge/responses.ts';
import { components, instant, link, next } from './edge/schemas.ts';

const incident = z
  .strictObject({
    id: z.string(),
    subject: z.strictObject({ type: z.literal('service'), name: z.string() }),
    reason: z.string(),
    text: z.string(),
    details: z.record(z.string(), z.unknown()).describe('what it is about, such as the ids of an event'),
    since: instant,
    closedAt: instant.nullable(),
    closedBy: z.string().nullable().describe('the principal; null: nobody was named, or it ended by itself'),
    note: z.string().nullable().describe('why it was closed'),
    links: z.strictObject({ resolve: link }),
  })
  .register(components, {
    id: 'ServiceIncident',
    description: 'Something that needs a person and is about a service instead of an order',
  });

const toIncident = (each: ServiceIncident, path: string): z.output<typeof incident> => ({
  id: each.incidentId,
  subject: { type: 'service', name: each.service },
  reason: each.reason,
  text: each.text,
  details: each.details,
  since: toIsoTime(each.openedAt),
  closedAt: each.closedAt === null ? null : toIsoTime(each.closedAt),
  closedBy: each.closedBy,
  note: each.note,
  links: { resolve: `${path}/incidents/${encodeURIComponent(each.incidentId)}/resolve` },
});

export const addServiceIncidents = (
  api: Api,
  incidents: ServiceIncidents,
  { settings }: Pick<EdgeDependencies, 'settings'>,
): void => {
  const path = publicPath(settings);
  api.get(
    '/services/incidents',
    {
      config: { access: 'orders:read' },
      schema: {
        operationId: 'listServiceIncidents',
        summary: 'Incidents whose subject is a service: what needs a person and belongs to no order',
        tags: ['operations'],
        querystring: z.strictObject({
          closed: trueOrFalse
            .default(false)
            .describe('those that were closed instead of those that are open'),
          after: identifier.exactOptional().describe('the `next` of the page before'),
          limit: pageLimit,
        }),
        response: {
          200: json('One page, the newest first', z.strictObject({ incidents: z.array(incident), next })),
          ...problems(),
        },
      },
    },
    async ({ query: { closed, after: first, limit } }, reply) => {
      const page = await readPage<ServiceIncident, string | undefined>({
        ...{ limit, after: first },
        read: (after, part) =>
          incidents.list({ isOpen: !closed, limit: part, ...(after !== undefined && { after }) }),
        toPlace: ({ incidentId }) => incidentId,
        toEntries: (each) => [toIncident(each, path)],
      });
      sendPage(reply, 'incidents', page);
      return reply;
    },
  );
  api.post(
    '/incidents/:id/resolve',
    {
      config: { access: 'incidents' },
      schema: {
        operationId: 'resolveServiceIncident',
        summary: 'Closes an incident of a service, with a note on what was done',
        description:
          'For incidents of `GET /services/incidents`. Those of orders are resolved by the moves of the order.',
        tags: ['operations'],
        params: z.strictObject({ id: identifier.describe('the id of the incident') }),
        body: z.strictObject({ note: text.describe('what was done, and by whom') }),
        response: {
          200: json('It is closed', incident),
          ...problems('incident-not-found', 'incident-closed', ...bodyProblems),
        },
      },
    },
    async ({ caller: { principal }, params: { id }, body: { note } }) =>
      toIncident(await incidents.resolve(id, { by: principal ?? null, note }), path),
  );
};

/** For commands on this machine. */
export const addIncidentOpening = (local: LocalApi, incidents: ServiceIncidents): void => {
  local.post(
    '/services/incidents',
    { schema: { body: opening, response: { 200: z.object({ result: openingResult }) } } },
    async ({ body }) => ({ result: await incidents.open(body) }),
  );
};

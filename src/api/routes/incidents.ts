// Open incidents: the orders that need a person, with who takes care of them, and how many services do. It moves none
// (moves.ts does).
import { z } from 'zod';
import type { Caller } from '../../access.ts';
import { publicPath } from '../../config.ts';
import type { OrderView } from '../../shop/view.ts';
import type { OrderFilter, OrderNote } from '../../store.ts';
import type { Api } from '../edge/dependencies.ts';
import { identifier, pageLimit } from '../edge/inputs.ts';
import { readPage, sendPage } from '../edge/pages.ts';
import { json, problems } from '../edge/responses.ts';
import type { RouteDependencies } from './dependencies.ts';
import { createRead } from './orders.ts';
import { incidentPage } from './schemas.ts';
import { toIncidents } from './views.ts';

interface IncidentRow {
  readonly view: OrderView;
  readonly notes: readonly OrderNote[];
}

const readIncidents = (
  parts: RouteDependencies,
  { after, limit, ...filter }: OrderFilter,
  caller: Caller,
) => {
  const read = createRead(parts, filter, caller);
  return readPage<IncidentRow, string | undefined>({
    ...{ after, limit },
    read: async (...page) => {
      const views = await read(...page);
      // Who takes care of an order, and what they remark about it, is nothing for the customer.
      const notes = caller.owner === undefined ? await parts.host.notes(views.map(({ id }) => id)) : [];
      const byOrder = Map.groupBy(notes, ({ orderId }) => orderId);
      return views.map((view) => ({ view, notes: byOrder.get(view.id) ?? [] }));
    },
    toPlace: ({ view }) => view.id,
    toEntries: ({ view, notes }) => toIncidents(view, notes, publicPath(parts.settings)),
  });
};

export const addIncidents = (api: Api, parts: RouteDependencies): void => {
  api.get(
    '/incidents',
    {
      config: { access: 'orders:read', forCustomers: true },
      schema: {
        operationId: 'listIncidents',
        summary: 'Open incidents: the orders that need a person, why, and the moves that help',
        tags: ['operations'],
        querystring: z.strictObject({
          after: identifier.exactOptional().describe('the `next` of the page before'),
          limit: pageLimit,
        }),
        response: { 200: json('One page, newest orders first', incidentPage), ...problems() },
      },
    },
    async ({ caller, query }, reply) => {
      const page = await readIncidents(parts, { ...query, incident: true }, caller);
      // What is wrong with a service is nothing for a customer.
      const services =
        caller.owner === undefined
          ? {
              open: await parts.incidents.countOpen(),
              href: `${publicPath(parts.settings)}/services/incidents`,
            }
          : undefined;
      sendPage(reply, 'incidents', page, { ...(services && { services }) });
      return reply;
    },
  );
};

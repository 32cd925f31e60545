// Orders as resources: placing one, reading one, listing them, and why one is where it is. It never moves
// an order (moves.ts does) and never answers 2xx before the commit.
import { z } from 'zod';
import type { Caller } from '../../access.ts';
import { publicPath } from '../../config.ts';
import { AppError } from '../../errors.ts';
import type { OrderAccess } from '../../host.ts';
import { limits } from '../../limits.ts';
import type { OrderView } from '../../shop/view.ts';
import type { OrderFilter } from '../../store.ts';
import type { Api } from '../edge/dependencies.ts';
import { identifier, line, orderParams, pageLimit, time, trueOrFalse } from '../edge/inputs.ts';
import { readPage, sendPage } from '../edge/pages.ts';
import { json, problems } from '../edge/responses.ts';
import { toETag } from '../edge/send-stored.ts';
import type { RouteDependencies } from './dependencies.ts';
import { toExplanation } from './explain.ts';
import { listOrders } from './own-orders.ts';
import { anyOrder, explanation, orderPage } from './schemas.ts';
import { toOrder } from './views.ts';

/** The order's view, if the caller may see it. @throws AppError `order-not-found`. */
export const findOrder = async (
  host: OrderAccess<OrderView>,
  orderId: string,
  { owner }: Pick<Caller, 'owner'>,
): Promise<OrderView> => {
  const view = await host.get(orderId);
  if (view === undefined || (owner !== undefined && view.owner !== owner)) {
    throw new AppError('order-not-found', `There is no order ${orderId}.`);
  }
  return view;
};

/** The bank's own reason for declining the order's payment. */
const findDeclineCode = async (
  host: OrderAccess<OrderView>,
  view: OrderView,
): Promise<string | undefined> => {
  if (view.unreadable !== undefined || view.failure?.kind !== 'payment-declined') return undefined;
  const received = await host.received(view.id, 0, limits.eventPage);
  const code = received.findLast(({ type }) => type === 'gateway.declined')?.data['code'];
  return typeof code === 'string' ? code : undefined;
};

const orderQuery = z.strictObject({
  state: line(100).exactOptional().describe("the order chart's top-level state"),
  settled: trueOrFalse.exactOptional(),
  incident: trueOrFalse.exactOptional().describe('whether it has an open incident'),
  customerId: identifier.exactOptional(),
  createdFrom: time.exactOptional().describe('placed then or later'),
  createdBefore: time.exactOptional().describe('placed earlier'),
  after: identifier.exactOptional().describe('the `next` of the page before'),
  limit: pageLimit,
});

/** A page of orders, and what is shown of each. */
/** Reads orders of a list, as `readPage` asks for them. */
export const createRead =
  ({ host }: RouteDependencies, filter: Omit<OrderFilter, 'after' | 'limit'>, caller: Caller) =>
  (behind: string | undefined, limit: number): Promise<readonly OrderView[]> =>
    listOrders(host, { ...filter, ...(behind !== undefined && { after: behind }), limit }, caller);

const readOrders = (parts: RouteDependencies, { after, limit, ...filter }: OrderFilter, caller: Caller) =>
  readPage<OrderView, string | undefined>({
    ...{ after, limit, read: createRead(parts, filter, caller) },
    toPlace: ({ id }) => id,
    toEntries: (view) => [toOrder(view, publicPath(parts.settings))],
  });

const addReading = (api: Api, parts: RouteDependencies): void => {
  const { host, clock, settings } = parts;
  const path = publicPath(settings);
  api.get(
    '/orders',
    {
      config: { access: 'orders:read', forCustomers: true },
      schema: {
        operationId: 'listOrders',
        summary: 'Lists orders, newest first',
        tags: ['orders'],
        querystring: orderQuery,
        response: { 200: json('One page', orderPage), ...problems() },
      },
    },
    async ({ caller, query: { customerId, ...filter } }, reply) => {
      const asked = { ...filter, ...(customerId !== undefined && { owner: customerId }) };
      const isForeign = caller.owner !== undefined && caller.owner !== (customerId ?? caller.owner);
      const page = isForeign ? { entries: [], next: null } : await readOrders(parts, asked, caller);
      sendPage(reply, 'orders', page);
      return reply;
    },
  );
  api.get(
    '/orders/:id',
    {
      config: { access: 'orders:read', forCustomers: true },
      schema: {
        operationId: 'readOrder',
        summary: 'One order: its four actors, amounts, deadlines and open moves',
        tags: ['orders'],
        params: orderParams,
        headers: z.object({ 'if-none-match': z.string().optional() }),
        response: {
          200: json('The order; its version is the ETag. One that cannot be read has none', anyOrder),
          304: z.null().describe('It still has the ETag in If-None-Match'),
          ...problems('order-not-found'),
        },
      },
    },
    async (request, reply) => {
      const view = await findOrder(host, request.params.id, request.caller);
      if (view.unreadable !== undefined) return toOrder(view, path);
      reply.header('etag', toETag(view.version));
      return toOrder(view, path);
    },
  );
  api.get(
    '/orders/:id/explain',
    {
      config: { access: 'orders:read', forCustomers: true },
      schema: {
        operationId: 'explainOrder',
        summary: 'Why the order is where it is, and who may do what',
        tags: ['orders'],
        params: orderParams,
        response: { 200: json('In words and as data', explanation), ...problems('order-not-found') },
      },
    },
    async (request) => {
      const view = await findOrder(host, request.params.id, request.caller);
      const held = { services: host.heldServices(), saysWhy: request.caller.owner === undefined };
      const declineCode = await findDeclineCode(host, view);
      return toExplanation(view, { clock, declineCode, held, path });
    },
  );
};

export const addOrders = (api: Api, parts: RouteDependencies): void => {
  addReading(api, parts);
};

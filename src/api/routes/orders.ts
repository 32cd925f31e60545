// Orders as resources: placing one, reading one, listing them, and why one is where it is. It never moves
// an order (moves.ts does) and never answers 2xx before the commit.
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Caller } from '../../access.ts';
import { limits, publicPath } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { FairShare } from '../../fair-share.ts';
import type { Answer, OrderAccess, Receipt } from '../../host.ts';
import type { OrderView } from '../../shop/view.ts';
import { toOrderAddress } from '../edge/cloud-events.ts';
import type { Api } from '../edge/dependencies.ts';
import { type Answered, createOnce, toAnswered, toFingerprint, toKeyUse } from '../edge/idempotency.ts';
import {
  idempotencyKey,
  identifier,
  line,
  orderParams,
  pageLimit,
  prefer,
  time,
  trueOrFalse,
} from '../edge/inputs.ts';
import { readWait } from '../edge/preferences.ts';
import { json, problems } from '../edge/responses.ts';
import { sendStored, toETag } from '../edge/send-stored.ts';
import type { RouteDependencies } from './dependencies.ts';
import { toExplanation } from './explain.ts';
import { listOrders, requireOwnBasket } from './own-orders.ts';
import { priceLines } from './pricing.ts';
import { anyOrder, explanation, incidentPage, order, orderPage } from './schemas.ts';
import { currency } from './shop-inputs.ts';
import { toIncidents, toOrder } from './views.ts';

const placing = z.strictObject({
  customerId: identifier,
  email: z.email().max(254),
  currency,
  items: z
    .array(
      z.strictObject({
        productId: identifier,
        quantity: z.int().min(1).max(limits.quantity),
        unitPrice: z
          .int()
          .min(0)
          .max(limits.unitPrice)
          .optional()
          .describe('minor units; where given, it must equal the price in the catalogue'),
      }),
    )
    .min(1)
    .max(limits.lines),
});

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

/** A placed order's answer: 201, or 202 if the caller waits and it is not settled yet. */
const toPlaced =
  (waitSeconds: number | undefined, path: string) =>
  (view: OrderView): Answer => ({
    status: waitSeconds === undefined || view.settled ? 201 : 202,
    body: JSON.stringify(toOrder(view, path)),
  });

/** Waits as the caller asked, and stores what is sent as the key's answer. */
const waitAndAmend = async (
  { host, disconnects, logger, settings }: RouteDependencies,
  reply: FastifyReply,
  use: { readonly scope: string; readonly key: string },
  placed: Answered,
  waitSeconds: number,
): Promise<Answered> => {
  using disconnect = disconnects.watch(reply);
  try {
    const view = await host.waitUntilSettled(placed.orderId, waitSeconds * 1000, disconnect.signal);
    if (view === undefined || disconnect.gone()) return placed;
    const answer = toPlaced(waitSeconds, publicPath(settings))(view);
    if (answer.status !== placed.status || answer.body !== placed.body) {
      await host.amend(use.scope, use.key, { ...answer, version: view.version });
    }
    return { ...placed, ...answer, version: view.version };
  } catch (error) {
    // The order is placed: the key keeps its first answer.
    const name = error instanceof Error ? error.name : 'unknown';
    logger.warn({ orderId: placed.orderId, error: name }, 'an answer could not be amended');
    return placed;
  }
};

const addPlacing = (api: Api, parts: RouteDependencies): void => {
  const { host, catalogue, settings, keys, clock } = parts;
  const once = createOnce<OrderView, Receipt<OrderView>>(parts);
  const waits = new FairShare({ most: settings.MAX_WAITS_PER_KEY, what: 'requests that wait', keys, clock });
  api.post(
    '/orders',
    {
      config: { access: 'orders:place', forCustomers: true },
      schema: {
        operationId: 'placeOrder',
        summary: 'Places an order',
        description:
          'Answers after the order is stored. A repetition with the same key gets the first answer.',
        tags: ['orders'],
        headers: z.object({ 'idempotency-key': idempotencyKey, prefer: prefer.optional() }),
        body: placing,
        response: {
          201: json('The order is stored (and settled, where `Prefer: wait` was given)', order),
          202: json('The order is stored, and not settled after the time in `Prefer: wait`', order),
          ...problems(
            'idempotency-key-missing',
            'idempotency-key-in-use',
            'idempotency-key-reused',
            'unknown-product',
            'product-off-sale',
            'price-mismatch',
            'currency-mismatch',
            'body-too-large',
            'unsupported-media-type',
            'overloaded',
            'store-unavailable',
          ),
        },
      },
    },
    async (request, reply) => {
      const { body, caller } = request;
      const wait = readWait(request.headers.prefer);
      requireOwnBasket(caller, body.customerId);
      using _place = wait === undefined ? undefined : waits.take(request);
      const fingerprint = toFingerprint('POST /orders', body);
      const use = toKeyUse(caller, 'orders', request.headers['idempotency-key'], fingerprint);
      const respond = toPlaced(wait, publicPath(settings));
      const answered = await once(
        use,
        respond,
        async (idempotency) => {
          const { items, amount } = await priceLines(catalogue, body.items, body.currency);
          const { customerId, email, currency } = body;
          const basket = { customerId, email, currency, items, amount, principal: caller.principal };
          return host.place(basket, idempotency);
        },
        async (receipt) => {
          const placed = toAnswered(receipt, respond);
          return wait === undefined ? placed : waitAndAmend(parts, reply, use, placed, wait);
        },
      );
      if (wait !== undefined && !answered.replayed) reply.header('preference-applied', `wait=${wait}`);
      reply.header('location', toOrderAddress(answered.orderId));
      sendStored(reply, answered);
      return reply;
    },
  );
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

const toNextOrder = (views: readonly OrderView[], limit: number): string | null =>
  views.length < limit ? null : (views.at(-1)?.id ?? null);

const addReading = (api: Api, { host, clock, settings }: RouteDependencies): void => {
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
    async (request) => {
      const { caller, query } = request;
      const { customerId, ...filter } = query;
      const isForeign = caller.owner !== undefined && caller.owner !== (customerId ?? caller.owner);
      if (isForeign) return { orders: [], next: null };
      const ofCustomer = customerId === undefined ? filter : { ...filter, owner: customerId };
      const views = await listOrders(host, ofCustomer, caller);
      return { orders: views.map((view) => toOrder(view, path)), next: toNextOrder(views, filter.limit) };
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
      return toExplanation(view, { clock, declineCode: await findDeclineCode(host, view), path });
    },
  );
};

const addIncidents = (api: Api, { host, settings }: RouteDependencies): void => {
  const path = publicPath(settings);
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
    async (request) => {
      const views = await listOrders(host, { ...request.query, incident: true }, request.caller);
      const notes = Map.groupBy(await host.notes(views.map(({ id }) => id)), ({ orderId }) => orderId);
      return {
        incidents: views.flatMap((view) => toIncidents(view, notes.get(view.id) ?? [], path)),
        next: toNextOrder(views, request.query.limit),
      };
    },
  );
};

export const addOrders = (api: Api, parts: RouteDependencies): void => {
  addPlacing(api, parts);
  addReading(api, parts);
  addIncidents(api, parts);
};

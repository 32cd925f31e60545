// Orders as resources: placing one, reading one, listing them, and why one is where it is. It never moves
// an order (moves.ts does) and never answers 2xx before the commit.
import { z } from 'zod';
import type { Caller } from '../../access.ts';
import { limits, publicPath } from '../../config.ts';
import { AppError } from '../../errors.ts';
import type { Answer, OrderAccess, Receipt } from '../../host.ts';
import type { OrderView } from '../../shop/view.ts';
import type { OrderFilter, OrderNote } from '../../store.ts';
import { toOrderAddress } from '../edge/cloud-events.ts';
import type { Api } from '../edge/dependencies.ts';
import { type Answered, createOnce, toAnswered, toFingerprint, toKeyUse } from '../edge/idempotency.ts';
import {
  idempotencyKey,
  identifier,
  line,
  newIdentifier,
  orderParams,
  pageLimit,
  prefer,
  time,
  trueOrFalse,
} from '../edge/inputs.ts';
import { readPage, sendPage } from '../edge/pages.ts';
import { beginWait, type Wait } from '../edge/preferences.ts';
import { json, problems } from '../edge/responses.ts';
import { sendStored, toETag } from '../edge/send-stored.ts';
import type { RouteDependencies } from './dependencies.ts';
import { toExplanation } from './explain.ts';
import { priceLines } from './pricing.ts';
import { anyOrder, explanation, incidentPage, order, orderPage } from './schemas.ts';
import { currency, email } from './shop-inputs.ts';
import { toIncidents, toOrder } from './views.ts';

const placing = z.strictObject({
  customerId: newIdentifier,
  email,
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

/** @throws AppError `scope-missing` if the caller orders for another customer than its own. */
const requireOwnBasket = ({ owner }: Caller, customerId: string): void => {
  if (owner === undefined || owner === customerId) return;
  throw new AppError('scope-missing', `This key is bound to the customer ${owner}, and orders for no other.`);
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
  (isAwaited: boolean, path: string) =>
  (view: OrderView): Answer => ({
    status: !isAwaited || view.settled ? 201 : 202,
    body: JSON.stringify(toOrder(view, path)),
  });

/** Waits as the caller asked, and stores what is sent as the key's answer. */
const waitAndAmend = async (
  { host, clock, logger, settings }: RouteDependencies,
  use: { readonly scope: string; readonly key: string },
  placed: Answered,
  wait: Wait,
): Promise<Answered> => {
  try {
    const waitMs = Math.max(0, wait.until - clock.now());
    const view = await host.waitUntilSettled(placed.orderId, waitMs, wait.signal);
    if (view === undefined || wait.gone()) return placed;
    const answer = toPlaced(true, publicPath(settings))(view);
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
  const { host, catalogue, settings } = parts;
  const once = createOnce<OrderView, Receipt<OrderView>>(parts);
  api.post(
    '/orders',
    {
      config: { access: 'orders:place', forCustomers: true },
      bodyLimit: limits.orderBytes,
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
      requireOwnBasket(caller, body.customerId);
      using wait = beginWait(request.headers.prefer, parts, reply);
      const fingerprint = toFingerprint('POST /orders', body);
      const use = toKeyUse(caller, 'orders', request.headers['idempotency-key'], fingerprint);
      const respond = toPlaced(wait !== undefined, publicPath(settings));
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
          return wait === undefined ? placed : waitAndAmend(parts, use, placed, wait);
        },
        wait,
      );
      if (wait !== undefined && !answered.replayed)
        reply.header('preference-applied', `wait=${wait.seconds}`);
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

/** A page of orders, and what is shown of each. */
const createRead =
  ({ host }: RouteDependencies, filter: Omit<OrderFilter, 'after' | 'limit'>) =>
  (behind: string | undefined, limit: number): Promise<readonly OrderView[]> =>
    host.list({ ...filter, ...(behind !== undefined && { after: behind }), limit });

const readOrders = (parts: RouteDependencies, { after, limit, ...filter }: OrderFilter) =>
  readPage<OrderView, string | undefined>({
    ...{ after, limit, read: createRead(parts, filter) },
    toPlace: ({ id }) => id,
    toEntries: (view) => [toOrder(view, publicPath(parts.settings))],
  });

interface IncidentRow {
  readonly view: OrderView;
  readonly notes: readonly OrderNote[];
}

const readIncidents = (parts: RouteDependencies, { after, limit, ...filter }: OrderFilter) => {
  const read = createRead(parts, filter);
  return readPage<IncidentRow, string | undefined>({
    ...{ after, limit },
    read: async (...page) => {
      const views = await read(...page);
      const notes = await parts.host.notes(views.map(({ id }) => id));
      const byOrder = Map.groupBy(notes, ({ orderId }) => orderId);
      return views.map((view) => ({ view, notes: byOrder.get(view.id) ?? [] }));
    },
    toPlace: ({ view }) => view.id,
    toEntries: ({ view, notes }) => toIncidents(view, notes, publicPath(parts.settings)),
  });
};

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
      const { owner = customerId } = caller;
      const asked = { ...filter, ...(owner !== undefined && { owner }) };
      // A caller that is bound to one customer finds none of another's.
      const isForeign = customerId !== undefined && owner !== customerId;
      const page = isForeign ? { entries: [], next: null } : await readOrders(parts, asked);
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
      return toExplanation(view, { clock, declineCode: await findDeclineCode(host, view), path });
    },
  );
};

const addIncidents = (api: Api, parts: RouteDependencies): void => {
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
    async ({ caller: { owner }, query }, reply) => {
      const asked = { ...query, incident: true, ...(owner !== undefined && { owner }) };
      sendPage(reply, 'incidents', await readIncidents(parts, asked));
      return reply;
    },
  );
};

export const addOrders = (api: Api, parts: RouteDependencies): void => {
  addPlacing(api, parts);
  addReading(api, parts);
  addIncidents(api, parts);
};

// What happened: the journal as CloudEvents 1.0, of one order and of all, as pages and as streams; and every
// message that an order received. It never changes anything and keeps nothing.
import { z } from 'zod';
import { limits, publicPath } from '../../config.ts';
import { AppError } from '../../errors.ts';
import type { JournalEvent } from '../../store.ts';
import { toCloudEvent } from '../edge/cloud-events.ts';
import type { Api } from '../edge/dependencies.ts';
import {
  afterNumber,
  eventLimit,
  eventTypesOf,
  lastEventId,
  orderParams,
  toEventTypes,
} from '../edge/inputs.ts';
import { content, json, problems } from '../edge/responses.ts';
import { eventPage } from '../edge/schemas.ts';
import { createStreams } from '../edge/sse.ts';
import type { RouteDependencies } from './dependencies.ts';
import { findOrder } from './orders.ts';
import { messagePage } from './schemas.ts';
import { toMessage } from './views.ts';

const pageQuery = z.strictObject({
  after: afterNumber.default(0).describe('the `next` of the page before'),
  limit: eventLimit,
});
const createStreamQuery = (types: readonly string[]) =>
  z.strictObject({
    after: afterNumber.exactOptional().describe('begin behind this position'),
    lastEventId: afterNumber.exactOptional().describe('like the header Last-Event-ID'),
    types: eventTypesOf(types).exactOptional(),
  });
const streamHeaders = z.object({ 'last-event-id': lastEventId.exactOptional() });
const eventStream = content(
  'Server-sent events: `id` is the position, `event` the type, `data` a CloudEvent',
  'text/event-stream',
  z.string(),
);

/** `next` of a page: if it is full there may be more. */
const toNext = <Entry>(entries: readonly Entry[], limit: number, place: (entry: Entry) => number) => {
  const last = entries.at(-1);
  return last === undefined || entries.length < limit ? null : String(place(last));
};

/**
 * Refuses a cursor that this store never gave out: whoever has it has read another store, and would wait in silence.
 * @throws AppError `cursor-unknown` with the newest place.
 */
const requireGivenOut = (after: number, newest: number): void => {
  if (after <= newest) return;
  const message = `This store never gave out the cursor ${after}: its newest is ${newest}.`;
  throw new AppError('cursor-unknown', message, { newest: String(newest) });
};

const addPages = (api: Api, { host, application, settings }: RouteDependencies): void => {
  const path = publicPath(settings);
  const eventTypes = toEventTypes(application.messages);
  api.get(
    '/orders/:id/events',
    {
      config: { access: 'orders:read', forCustomers: true },
      schema: {
        operationId: 'listOrderEvents',
        summary: "The order's domain events, oldest first, with what caused each",
        tags: ['events'],
        params: orderParams,
        querystring: pageQuery,
        response: { 200: json('One page', eventPage), ...problems('order-not-found', 'cursor-unknown') },
      },
    },
    async ({ caller, params, query: { after, limit } }) => {
      if (caller.owner !== undefined) await findOrder(host, params.id, caller);
      const events = await host.history(params.id, after, limit);
      if (events.length === 0) {
        await findOrder(host, params.id, caller);
        requireGivenOut(after, await host.lastPosition());
      }
      return {
        events: events.map((event) => toCloudEvent(event, path)),
        next: toNext(events, limit, ({ position }) => position),
      };
    },
  );
  api.get(
    '/orders/:id/messages',
    {
      config: { access: 'orders:read', forCustomers: true },
      schema: {
        operationId: 'listOrderMessages',
        summary: 'Every message that the order received, and what became of it',
        tags: ['events'],
        params: orderParams,
        querystring: pageQuery,
        response: {
          200: json('One page, oldest first', messagePage),
          ...problems('order-not-found', 'cursor-unknown'),
        },
      },
    },
    async ({ caller, params, query: { after, limit } }) => {
      if (caller.owner !== undefined) await findOrder(host, params.id, caller);
      const messages = await host.received(params.id, after, limit);
      if (messages.length === 0) requireGivenOut(after, (await findOrder(host, params.id, caller)).version);
      return { messages: messages.map(toMessage), next: toNext(messages, limit, ({ version }) => version) };
    },
  );
  api.get(
    '/events',
    {
      config: { access: 'events' },
      schema: {
        operationId: 'listEvents',
        summary: 'The domain events of all orders, by position',
        description: `\`types\` takes some of: ${eventTypes.join(', ')}.`,
        tags: ['events'],
        querystring: pageQuery.extend({ types: eventTypesOf(eventTypes).exactOptional() }),
        response: {
          200: json(`One page of at most ${limits.eventPage}`, eventPage),
          ...problems('cursor-unknown'),
        },
      },
    },
    async ({ query }) => {
      const events: readonly JournalEvent[] = await host.events(query);
      if (events.length === 0) requireGivenOut(query.after, await host.lastPosition());
      return {
        events: events.map((event) => toCloudEvent(event, path)),
        next: toNext(events, query.limit, ({ position }) => position),
      };
    },
  );
};

interface Resuming {
  readonly headers: { readonly 'last-event-id'?: string };
  readonly query: { readonly after?: number; readonly lastEventId?: number };
}
/** The position after which to continue, if the reader names one. */
const toPosition = ({ headers, query }: Resuming): number | undefined =>
  headers['last-event-id'] ? Number(headers['last-event-id']) : (query.lastEventId ?? query.after);

const addStreams = (api: Api, parts: RouteDependencies): void => {
  const { host, application } = parts;
  const streams = createStreams(parts);
  const streamQuery = createStreamQuery(toEventTypes(application.messages));
  const description =
    'A reader that comes back with Last-Event-ID misses nothing and sees nothing twice. A comment shows that an idle stream lives. A cursor that this store never gave out, as after a restore, is 410 with the newest one.';
  api.get(
    '/orders/:id/stream',
    {
      config: { access: 'orders:read', forCustomers: true },
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamOrder',
        summary: "The order's domain events from the beginning, then as they happen",
        description,
        tags: ['events'],
        params: orderParams,
        headers: streamHeaders,
        querystring: streamQuery,
        response: { 200: eventStream, ...problems('order-not-found', 'cursor-unknown', 'overloaded') },
      },
    },
    async (request, reply) => {
      const { id } = await findOrder(host, request.params.id, request.caller);
      const { types } = request.query;
      const after = toPosition(request) ?? 0;
      requireGivenOut(after, await host.lastPosition());
      await streams.open(request, reply, { orderId: id, after, ...(types === undefined ? {} : { types }) });
    },
  );
  api.get(
    '/events/stream',
    {
      config: { access: 'events' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamEvents',
        summary: 'The domain events of all orders from now on (or behind `after`)',
        description,
        tags: ['events'],
        headers: streamHeaders,
        querystring: streamQuery,
        response: { 200: eventStream, ...problems('cursor-unknown', 'overloaded') },
      },
    },
    async (request, reply) => {
      const { types } = request.query;
      const newest = await host.lastPosition();
      const after = toPosition(request) ?? newest;
      requireGivenOut(after, newest);
      await streams.open(request, reply, { after, ...(types === undefined ? {} : { types }) });
    },
  );
};

export const addEvents = (api: Api, parts: RouteDependencies): void => {
  addPages(api, parts);
  addStreams(api, parts);
};

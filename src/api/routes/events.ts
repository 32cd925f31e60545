// What happened: the journal as CloudEvents 1.0, of one order and of all, as pages and as streams; and every
// message that an order received. It never changes anything and keeps nothing.
import { z } from 'zod';
import { limits, publicPath } from '../../config.ts';
import { AppError } from '../../errors.ts';
import type { JournalEvent } from '../../store.ts';
import { toCloudEvent } from '../edge/cloud-events.ts';
import { type Cursors, cursor, lastEventId, readCursors } from '../edge/cursors.ts';
import type { Api } from '../edge/dependencies.ts';
import { afterNumber, eventLimit, eventTypesOf, orderParams, toEventTypes } from '../edge/inputs.ts';
import { content, json, problems } from '../edge/responses.ts';
import { eventPage } from '../edge/schemas.ts';
import { createStreams } from '../edge/sse.ts';
import type { RouteDependencies } from './dependencies.ts';
import { findOrder } from './orders.ts';
import { messagePage } from './schemas.ts';
import { toMessage } from './views.ts';

const pageQuery = z.strictObject({
  after: cursor.default('0').describe('the `next` of the page before'),
  limit: eventLimit,
});
const messagesQuery = pageQuery.extend({
  after: afterNumber.default(0).describe('the `next` of the page before'),
});
const createStreamQuery = (types: readonly string[]) =>
  z.strictObject({
    after: cursor.exactOptional().describe('begin behind this event'),
    lastEventId: cursor.exactOptional().describe('like the header Last-Event-ID'),
    types: eventTypesOf(types).exactOptional(),
  });
const streamHeaders = z.object({ 'last-event-id': lastEventId.exactOptional() });
const eventStream = content(
  'Server-sent events: `id` is the place to resume from, `event` the type, `data` a CloudEvent',
  'text/event-stream',
  z.string(),
);

/** `next` of a page: if it is full there may be more. */
const toNext = <Entry>(entries: readonly Entry[], limit: number, place: (entry: Entry) => string) => {
  const last = entries.at(-1);
  return last === undefined || entries.length < limit ? null : place(last);
};

/** @throws AppError `cursor-unknown` with the order's version, for one that it has not reached. */
const requireReached = (after: number, version: number): void => {
  if (after <= version) return;
  const message = `This store never gave out the cursor ${after}: its newest is ${version}.`;
  throw new AppError('cursor-unknown', message, { newest: String(version) });
};

const addPages = (api: Api, { host, application, settings }: RouteDependencies): void => {
  const path = publicPath(settings);
  const eventTypes = toEventTypes(application.messages);
  api.get(
    '/orders/:id/events',
    {
      schema: {
        operationId: 'listOrderEvents',
        summary: "The order's domain events, oldest first, with what caused each",
        tags: ['events'],
        params: orderParams,
        querystring: pageQuery,
        response: { 200: json('One page', eventPage), ...problems('order-not-found', 'cursor-unknown') },
      },
    },
    async ({ params, query: { after, limit } }) => {
      const { toCursor, toPosition } = await readCursors(host);
      await findOrder(host, params.id);
      const events = await host.history(params.id, await toPosition(after), limit);
      return {
        events: events.map((event) => toCloudEvent(event, path)),
        next: toNext(events, limit, ({ position }) => toCursor(position)),
      };
    },
  );
  api.get(
    '/orders/:id/messages',
    {
      schema: {
        operationId: 'listOrderMessages',
        summary: 'Every message that the order received, and what became of it',
        tags: ['events'],
        params: orderParams,
        querystring: messagesQuery,
        response: {
          200: json('One page, oldest first', messagePage),
          ...problems('order-not-found', 'cursor-unknown'),
        },
      },
    },
    async ({ params, query: { after, limit } }) => {
      const messages = await host.received(params.id, after, limit);
      if (messages.length === 0) requireReached(after, (await findOrder(host, params.id)).version);
      return {
        messages: messages.map(toMessage),
        next: toNext(messages, limit, ({ version }) => String(version)),
      };
    },
  );
  api.get(
    '/events',
    {
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
      const { toCursor, toPosition } = await readCursors(host);
      const after = await toPosition(query.after);
      const events: readonly JournalEvent[] = await host.events({ ...query, after });
      return {
        events: events.map((event) => toCloudEvent(event, path)),
        next: toNext(events, query.limit, ({ position }) => toCursor(position)),
      };
    },
  );
};

interface Resuming {
  readonly headers: { readonly 'last-event-id'?: string };
  readonly query: { readonly after?: string; readonly lastEventId?: string };
}
/** The position after which to continue: `otherwise` if the reader names none. */
const findStart = async (
  { headers, query }: Resuming,
  { toPosition }: Cursors,
  otherwise: number,
): Promise<number> => {
  const named = headers['last-event-id'] || (query.lastEventId ?? query.after);
  return named === undefined ? otherwise : toPosition(named);
};

const addStreams = (api: Api, parts: RouteDependencies): void => {
  const { host, application } = parts;
  const streams = createStreams(parts);
  const streamQuery = createStreamQuery(toEventTypes(application.messages));
  const description =
    'A reader that comes back with Last-Event-ID misses nothing and sees nothing twice. A comment shows that an idle stream lives. A cursor that this store never gave out, as after a restore, is 410 with the newest one.';
  api.get(
    '/orders/:id/stream',
    {
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
      const { id } = await findOrder(host, request.params.id);
      const { types } = request.query;
      const cursors = await readCursors(host);
      const after = await findStart(request, cursors, 0);
      const watching = { orderId: id, after, ...(types === undefined ? {} : { types }) };
      await streams.open(request, reply, watching, cursors);
    },
  );
  api.get(
    '/events/stream',
    {
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
      const cursors = await readCursors(host);
      const after = await findStart(request, cursors, await host.lastPosition());
      await streams.open(request, reply, { after, ...(types === undefined ? {} : { types }) }, cursors);
    },
  );
};

export const addEvents = (api: Api, parts: RouteDependencies): void => {
  addPages(api, parts);
  addStreams(api, parts);
};

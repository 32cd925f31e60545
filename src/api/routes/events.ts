// What happened: the journal as CloudEvents 1.0, of one order and of all, as pages and as streams; and every
// message that an order received. It never changes anything and keeps nothing.
import { z } from 'zod';
import { publicPath } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { JournalEvent } from '../../store.ts';
import { toCloudEvent } from '../edge/cloud-events.ts';
import { type Cursors, cursor, lastEventId, readCursors } from '../edge/cursors.ts';
import type { Api } from '../edge/dependencies.ts';
import { afterNumber, eventLimit, eventTypesOf, orderParams, toEventTypes } from '../edge/inputs.ts';
import { readPage, sendPage } from '../edge/pages.ts';
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

/** @throws AppError `cursor-unknown` with the order's version, for one that it has not reached. */
const requireReached = (after: number, version: number): void => {
  if (after <= version) return;
  const message = `This store never gave out the cursor ${after}: its newest is ${version}.`;
  throw new AppError('cursor-unknown', message, { newest: String(version) });
};

const addMessages = (api: Api, { host }: RouteDependencies): void => {
  api.get(
    '/orders/:id/messages',
    {
      config: { access: 'orders:read', forCustomers: true },
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
    async ({ caller, params, query }, reply) => {
      if (caller.owner !== undefined) await findOrder(host, params.id, caller);
      const page = await readPage({
        ...query,
        read: (after, limit) => host.received(params.id, after, limit),
        toPlace: ({ version }) => version,
        toEntries: (message) => [toMessage(message)],
      });
      if (page.entries.length === 0) {
        requireReached(query.after, (await findOrder(host, params.id, caller)).version);
      }
      sendPage(reply, 'messages', page);
      return reply;
    },
  );
};

const addPages = (api: Api, { host, application, settings }: RouteDependencies): void => {
  const path = publicPath(settings);
  const eventTypes = toEventTypes(application.messages);
  const ofEvents = {
    toPlace: ({ position }: JournalEvent) => position,
    toEntries: (event: JournalEvent) => [toCloudEvent(event, path)],
  };
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
    async ({ caller, params, query }, reply) => {
      const { toCursor, toPosition } = await readCursors(host);
      await findOrder(host, params.id, caller);
      const after = await toPosition(query.after);
      const read = (behind: number, limit: number) => host.history(params.id, behind, limit);
      const { entries, next } = await readPage({ limit: query.limit, after, read, ...ofEvents });
      sendPage(reply, 'events', { entries, next: next === null ? null : toCursor(next) });
      return reply;
    },
  );
  api.get(
    '/events',
    {
      config: { access: 'events', forCustomers: true },
      schema: {
        operationId: 'listEvents',
        summary: 'The domain events of all orders, by position',
        description: `\`types\` takes some of: ${eventTypes.join(', ')}. With it a page looks through ${limits.examinedEvents} positions at most: it may have few events, or none, and still a \`next\` that goes on.`,
        tags: ['events'],
        querystring: pageQuery.extend({ types: eventTypesOf(eventTypes).exactOptional() }),
        response: {
          200: json(`One page of at most ${limits.eventPage}`, eventPage),
          ...problems('cursor-unknown'),
        },
      },
    },
    async ({ caller: { owner }, query: { types, limit, ...query } }, reply) => {
      const { toCursor, toPosition } = await readCursors(host);
      const after = await toPosition(query.after);
      const upTo = after + limits.examinedEvents;
      const isPart = types !== undefined || owner !== undefined;
      const part = isPart ? { ...(types && { types }), ...(owner !== undefined && { owner }), upTo } : {};
      const read = (behind: number, most: number) => host.events({ ...part, after: behind, limit: most });
      const { entries, next } = await readPage({ after, limit, read, ...ofEvents });
      const isPartial = isPart && upTo < (await host.lastPosition());
      const place = next ?? (isPartial ? upTo : null);
      sendPage(reply, 'events', { entries, next: place === null ? null : toCursor(place) });
      return reply;
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
      config: { access: 'orders:read', forCustomers: true, isStream: true },
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
      const cursors = await readCursors(host);
      const after = await findStart(request, cursors, 0);
      const watching = { orderId: id, after, ...(types === undefined ? {} : { types }) };
      await streams.open(request, reply, watching, cursors);
    },
  );
  api.get(
    '/events/stream',
    {
      config: { access: 'events', forCustomers: true, isStream: true },
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
      const { owner } = request.caller;
      const cursors = await readCursors(host);
      const after = await findStart(request, cursors, await host.lastPosition());
      const watching = { after, ...(types && { types }), ...(owner !== undefined && { owner }) };
      await streams.open(request, reply, watching, cursors);
    },
  );
};

export const addEvents = (api: Api, parts: RouteDependencies): void => {
  addMessages(api, parts);
  addPages(api, parts);
  addStreams(api, parts);
};

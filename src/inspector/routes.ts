// The inspector's addresses: the page with its files, the charts, the two streams and the what-if. It changes
// no order: the page's buttons call the API's own moves. Whatever the page needs comes from this server.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { limits } from '../config.ts';
import { AppError } from '../errors.ts';
import { readCharts } from './charts.ts';
import { readCoverage } from './coverage.ts';
import { type FlowFilter, flowFilter } from './filter.ts';
import { preview } from './preview.ts';
import { bulkMoves, type Previewed } from './shapes.ts';
import { createStreams, type StreamParts } from './streams.ts';
import { createTimeline } from './timeline.ts';
import { suppose } from './what-if.ts';

const builtPage = join(import.meta.dirname, 'page/dist');

export interface InspectorParts extends Omit<StreamParts, 'timeline'> {
  /** Where the built page lies. Left out: where `npm ci` puts it. */
  readonly pageFolder?: string;
}

/** Scripts and styles only as files of our own; no other origin, no frame. */
const contentPolicy = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'"],
  ...["worker-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join('; ');

const missing = `<!doctype html><html lang="en"><title>The inspector is not built</title>
<h1>The inspector's page is not built</h1>
<p>It is built by <code>npm ci</code> unless scripts are switched off. Build it now with
<code>npm run build-page</code>, and start the service again. The API works without it.</p>`;

const message = z.looseObject({ type: z.string() });
const supposed = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('reply'), callId: z.string(), message }),
  z.strictObject({ kind: z.literal('deadline'), key: z.string(), dueAt: z.number() }),
  z.strictObject({ kind: z.literal('message'), to: z.string(), message }),
]);
const mostSupposed = 50;
const orderParams = z.strictObject({ id: z.string() });
const stateQuery = flowFilter.extend({ state: z.string().max(limits.parameterBytes) });
const holderQuery = z.strictObject({ productId: z.string().max(limits.parameterBytes) });
const asked = z.strictObject({
  move: z.enum(bulkMoves),
  orderIds: z.array(z.string().max(limits.parameterBytes)).max(limits.previewedOrders),
});
const question = z.strictObject({
  version: z.int().positive(),
  supposed: z.array(supposed).max(mostSupposed),
});
const hide = { hide: true } as const;

const sendPage = async (pageFolder: string, reply: FastifyReply): Promise<FastifyReply> => {
  reply.header('content-security-policy', contentPolicy).type('text/html; charset=utf-8');
  try {
    return reply.send(await readFile(join(pageFolder, 'index.html'), 'utf8'));
  } catch {
    return reply.code(503).send(missing);
  }
};

const addPage = (api: FastifyInstance, pageFolder: string): void => {
  const assets = join(pageFolder, 'assets');
  if (existsSync(assets)) {
    api.register(fastifyStatic, {
      root: assets,
      prefix: '/inspector/assets/',
      decorateReply: false,
      cacheControl: false,
      setHeaders: (response) => response.header('cache-control', 'public, max-age=31536000, immutable'),
    });
  } else {
    api.log.warn('the inspector has no page: build it with `npm run build-page`, and start again');
  }
  for (const url of ['/inspector', '/inspector/*']) {
    api.get(url, { schema: hide }, (_request, reply) => sendPage(pageFolder, reply));
  }
};

type Reading = Omit<StreamParts, 'samples'>;

/** What is under way, and who holds what. */
const addPlaces = (api: FastifyInstance, { host, flow }: Reading): void => {
  const look = (filter: FlowFilter): void => flow.look(host, filter).leave();
  api.get<{ Querystring: z.infer<typeof stateQuery> }>(
    '/inspector/api/orders',
    { schema: { ...hide, querystring: stateQuery } },
    async ({ query: { state, ...filter } }, reply) => {
      look(filter);
      return reply.send(flow.ordersIn(state, filter, limits.page));
    },
  );
  api.get<{ Querystring: z.infer<typeof stateQuery> }>(
    '/inspector/api/order-ids',
    { schema: { ...hide, querystring: stateQuery } },
    async ({ query: { state, ...filter } }, reply) => {
      look(filter);
      const { total, orders } = flow.ordersIn(state, filter, limits.bulkOrders);
      return reply.send({ total, ids: orders.map(({ id }) => id) });
    },
  );
  api.get<{ Querystring: z.infer<typeof holderQuery> }>(
    '/inspector/api/holders',
    { schema: { ...hide, querystring: holderQuery } },
    async ({ query }, reply) => {
      look({});
      return reply.send(flow.holders(query.productId, limits.page));
    },
  );
};

/** What would happen, on copies in memory. */
const addSuppositions = (api: FastifyInstance, { host, timeline }: Reading): void => {
  api.post<{ Params: z.infer<typeof orderParams>; Body: z.infer<typeof question> }>(
    '/inspector/api/orders/:id/what-if',
    { schema: { ...hide, params: orderParams, body: question } },
    async ({ params, body }, reply) => {
      const answer = await suppose(timeline, host, params.id, body.version, body.supposed);
      if (answer === undefined) throw new AppError('order-not-found', 'There is no such order or version.');
      return reply.send(answer);
    },
  );
  api.post<{ Body: z.infer<typeof asked> }>(
    '/inspector/api/preview',
    { schema: { ...hide, body: asked } },
    async ({ body }, reply) => {
      const previewed: Previewed[] = [];
      for (const id of body.orderIds) previewed.push(await preview(timeline, host, id, body.move));
      return reply.send({ previewed });
    },
  );
};

/** Adds the inspector to `api`. Its streams end when the server closes. */
export const addInspector = (api: FastifyInstance, parts: InspectorParts): void => {
  const timeline = createTimeline();
  const streams = createStreams({ ...parts, timeline });
  api.addHook('preClose', (done) => {
    streams.close();
    done();
  });
  addPage(api, parts.pageFolder ?? builtPage);
  const charts = readCharts();
  api.get('/inspector/api/charts', { schema: hide }, async (_request, reply) => reply.send(charts));
  api.get('/inspector/api/coverage', { schema: hide }, async (_request, reply) =>
    reply.send(await readCoverage()),
  );
  api.get<{ Querystring: FlowFilter }>(
    '/inspector/api/live',
    { schema: { ...hide, querystring: flowFilter }, exposeHeadRoute: false },
    async (request, reply) => {
      await streams.all(request, reply, request.query);
    },
  );
  api.get<{ Params: z.infer<typeof orderParams> }>(
    '/inspector/api/orders/:id/live',
    { schema: { ...hide, params: orderParams }, exposeHeadRoute: false },
    async (request, reply) => {
      await streams.one(request, reply, request.params.id);
    },
  );
  addPlaces(api, { ...parts, timeline });
  addSuppositions(api, { ...parts, timeline });
};

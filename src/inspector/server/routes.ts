// The inspector's addresses: the page with its files, what it reads, and its two streams. It changes no order: the
// page's buttons call the API's own moves. Everything that the page needs comes from this server.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Application } from '../../application.ts';
import { publicPath } from '../../config.ts';
import { limits } from '../../limits.ts';
import { migrated, postponed } from '../../step/effect.ts';
import { readCharts } from './charts.ts';
import { readCoverage } from './coverage.ts';
import { type FlowFilter, flowFilter } from './filter.ts';
import { findBulkMoves, toIncidents, toOpenMoves } from './forms.ts';
import { addHypotheticals } from './hypotheticals.ts';
import { toListed } from './in-flight.ts';
import type { ApplicationInfo, IncidentList, ListedOrder } from './protocol.ts';
import { collectScopes } from './route-scopes.ts';
import { createStreams, type StreamParts, sharedQuery } from './streams.ts';
import { createTimeline } from './timeline.ts';

const builtPage = join(import.meta.dirname, '../page/dist');

interface RouteParts extends Omit<StreamParts, 'timeline'> {
  readonly application: Application;
  /** Services that live elsewhere. */
  readonly outside: readonly string[];
  readonly pageFolder?: string;
}

/** Scripts and styles only as files of our own; no other origin, no frame. */
const contentPolicy = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'"],
  ...["worker-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join('; ');

/** A worker has the policy of its own file: the one that tabs share connects to this server, and does nothing else. */
const workerPolicy = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'";

const missing = `<!doctype html><html lang="en"><title>The inspector is not built</title>
<h1>The inspector's page is not built</h1>
<p><code>npm ci</code> builds it unless scripts are disabled. Run <code>npm run build-page</code> and restart the
service. The API works without it.</p>`;

const orderParams = z.strictObject({ id: z.string() });
const stateQuery = flowFilter.extend({ state: z.string().max(limits.parameterBytes) });
const listQuery = stateQuery.omit({ holding: true, chartVersion: true });
const holderQuery = z.strictObject({ id: z.string().max(limits.parameterBytes) });
const incidentQuery = z.strictObject({ after: z.string().max(limits.parameterBytes).optional() });
const hide = { hide: true } as const;
/** For whoever may read all orders. */
const config = { access: 'orders:read', isAdmin: true } as const;

const sendPage = async (
  pageFolder: string,
  { publicUrl }: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const path = publicPath({ PUBLIC_URL: publicUrl });
  reply.header('content-security-policy', contentPolicy).type('text/html; charset=utf-8');
  try {
    const page = await readFile(join(pageFolder, 'index.html'), 'utf8');
    // The page is built for any place, and has addresses of any depth.
    return reply.send(page.replaceAll(/(?<=(?:src|href)=")\.\//g, `${path}/inspector/`));
  } catch {
    return reply.code(503).send(missing);
  }
};

const addPage = (api: FastifyInstance, pageFolder: string): void => {
  const assets = join(pageFolder, 'assets');
  if (existsSync(assets)) {
    api.register(async (scope) => {
      scope.addHook('onRoute', (route) => {
        route.config = { ...route.config, ...config };
      });
      scope.register(fastifyStatic, {
        root: assets,
        prefix: '/inspector/assets/',
        decorateReply: false,
        cacheControl: false,
        setHeaders: (response, file) => {
          response.header('cache-control', 'public, max-age=31536000, immutable');
          if (file.endsWith('.js')) response.header('content-security-policy', workerPolicy);
        },
      });
    });
  } else {
    api.log.warn('the page of the inspector is not built: run `npm run build-page` and restart');
  }
  for (const url of ['/inspector', '/inspector/*']) {
    api.get(url, { schema: hide, config }, (request, reply) => sendPage(pageFolder, request, reply));
  }
};

type ReadParts = RouteParts & Pick<StreamParts, 'timeline'>;

/** What is in flight, and what holds what. */
const addInFlight = (api: FastifyInstance, { host, flow }: ReadParts): void => {
  api.get<{ Querystring: z.infer<typeof stateQuery> }>(
    '/inspector/api/orders',
    { config, schema: { ...hide, querystring: stateQuery } },
    async ({ query: { state, ...filter } }, reply) => {
      flow.touch(host);
      return reply.send(flow.ordersIn(state, filter, limits.page));
    },
  );
  api.get<{ Querystring: z.infer<typeof stateQuery> }>(
    '/inspector/api/order-ids',
    { config, schema: { ...hide, querystring: stateQuery } },
    async ({ query: { state, ...filter } }, reply) => {
      flow.touch(host);
      const { total, orders } = flow.ordersIn(state, filter, limits.bulkOrders);
      return reply.send({ total, ids: orders.map(({ id }) => id) });
    },
  );
  api.get<{ Querystring: z.infer<typeof holderQuery> }>(
    '/inspector/api/holders',
    { config, schema: { ...hide, querystring: holderQuery } },
    async ({ query }, reply) => {
      flow.touch(host);
      return reply.send(flow.holders(query.id, limits.page));
    },
  );
};

/** What the store lists: orders that are settled, and those with incidents. */
const addLists = (api: FastifyInstance, { application, host }: ReadParts): void => {
  api.get<{ Querystring: z.infer<typeof listQuery> }>(
    '/inspector/api/settled-orders',
    { config, schema: { ...hide, querystring: listQuery } },
    async ({ query: { state, owner, createdFrom, createdBefore } }, reply) => {
      const views = await host.list({
        state,
        limit: limits.page,
        ...(owner !== undefined && { owner }),
        ...(createdFrom !== undefined && { createdFrom }),
        ...(createdBefore !== undefined && { createdBefore }),
      });
      const orders: readonly ListedOrder[] = views.map((view) => toListed(application, view));
      return reply.send({ orders });
    },
  );
  api.get<{ Querystring: z.infer<typeof incidentQuery> }>(
    '/inspector/api/incidents',
    { config, schema: { ...hide, querystring: incidentQuery } },
    async ({ query: { after } }, reply) => {
      const filter = { incident: true, limit: limits.page, ...(after !== undefined && { after }) };
      const views = await host.list(filter);
      const answer: IncidentList = {
        orders: views.map((view) => {
          const stake = application.display?.stake?.(view);
          const listed = toListed(application, view);
          return {
            ...listed,
            details: stake === undefined ? listed.details : [...listed.details, stake],
            incidents: toIncidents(application, view),
            moves: toOpenMoves(application, view),
          };
        }),
        next: views.length < limits.page ? null : (views.at(-1)?.id ?? null),
      };
      return reply.send(answer);
    },
  );
};

/** What happens to orders of any application. */
const engineWords = {
  [postponed]: 'The deadline is postponed: the service that it is about is not called now',
  [migrated]: 'The order is moved to another chart version',
};

const toInfo = (
  application: Application,
): Omit<ApplicationInfo, 'moveScopes' | 'serviceScopes' | 'hasDocs'> => {
  const { name, mainActor, charts, services, display } = application;
  return {
    name,
    mainActor,
    lanes: ['outside', ...Object.keys(charts), ...Object.keys(services)],
    charts: readCharts(application),
    labels: { owner: 'Owner', holding: 'Holding', ...display?.labels },
    words: {
      messages: { ...engineWords, ...display?.messages },
      deadlines: display?.deadlines ?? {},
    },
    bulkMoves: findBulkMoves(application),
  };
};

/** Adds the inspector's routes to `api`. Its streams end when the server closes. */
export const addRoutes = (api: FastifyInstance, routeParts: RouteParts): void => {
  const parts = { ...routeParts, timeline: createTimeline(routeParts.application) };
  const streams = createStreams(parts);
  api.addHook('preClose', (done) => {
    streams.close();
    done();
  });
  addPage(api, parts.pageFolder ?? builtPage);
  const scopes = collectScopes(api);
  const info: ApplicationInfo = {
    ...toInfo(parts.application),
    moveScopes: scopes.moves,
    serviceScopes: scopes.services,
    hasDocs: parts.settings.DOCS === '1',
  };
  api.get('/inspector/api/application', { schema: hide, config }, async (_request, reply) =>
    reply.send(info),
  );
  api.get('/inspector/api/coverage', { schema: hide, config }, async (_request, reply) =>
    reply.send(await readCoverage()),
  );
  api.get<{ Querystring: FlowFilter }>(
    '/inspector/api/live',
    {
      config: { ...config, isStream: true },
      schema: { ...hide, querystring: flowFilter },
      exposeHeadRoute: false,
    },
    async (request, reply) => {
      await streams.all(request, reply, request.query);
    },
  );
  api.get<{ Querystring: z.infer<typeof sharedQuery> }>(
    '/inspector/api/shared-live',
    {
      config: { ...config, isStream: true },
      schema: { ...hide, querystring: sharedQuery },
      exposeHeadRoute: false,
    },
    async (request, reply) => {
      await streams.shared(request, reply, request.query.channels);
    },
  );
  api.get<{ Params: z.infer<typeof orderParams> }>(
    '/inspector/api/orders/:id/live',
    {
      config: { ...config, isStream: true },
      schema: { ...hide, params: orderParams },
      exposeHeadRoute: false,
    },
    async (request, reply) => {
      await streams.one(request, reply, request.params.id);
    },
  );
  addInFlight(api, parts);
  addLists(api, parts);
  addHypotheticals(api, parts);
};

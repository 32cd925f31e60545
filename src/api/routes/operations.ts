// What those who run the service ask: is it alive, is it ready, how is it doing, and where is what. It never
// says that it is ready while it cannot store, or while it stops.
import { z } from 'zod';
import { publicPath } from '../../config.ts';
import type { HostHealth } from '../../host.ts';
import type { Api } from '../edge/dependencies.ts';
import { content, json, problems } from '../edge/responses.ts';
import type { RouteDependencies } from './dependencies.ts';

const health = z.strictObject({
  ready: z.boolean(),
  reason: z.string().nullable().describe('why it is not ready'),
  unreadable: z
    .int()
    .optional()
    .describe(
      'orders that cannot be read: they are left alone, and `/incidents` lists them with the reason; absent if the store cannot be asked',
    ),
});

const links = {
  service: 'orderchart',
  orders: '/orders',
  events: '/events',
  incidents: '/incidents',
  services: '/services',
  products: '/products',
  health: '/readyz',
} as const;

const addHealth = (api: Api, { host, logger }: RouteDependencies): void => {
  api.get(
    '/livez',
    {
      config: { access: 'open' },
      schema: {
        operationId: 'isAlive',
        summary: 'Whether the process answers',
        tags: ['operations'],
        response: { 200: json('It does', z.strictObject({ alive: z.literal(true) })), ...problems() },
      },
    },
    async () => ({ alive: true as const }),
  );
  const check = async (): Promise<HostHealth> => {
    try {
      return await host.health();
    } catch (error) {
      logger.error({ error: error instanceof Error ? error.name : 'unknown' }, 'the health check failed');
      return { ready: false, reason: 'the health check failed' };
    }
  };
  api.get(
    '/readyz',
    {
      config: { access: 'open' },
      schema: {
        operationId: 'isReady',
        summary: 'Whether orders can be taken: the storage writes, and nothing is being stopped',
        tags: ['operations'],
        response: {
          ...problems(),
          200: json('It is ready', health),
          503: json('It is not ready, or stopping', health),
        },
      },
    },
    async (_request, reply) => {
      const health = await check();
      return reply.code(health.ready ? 200 : 503).send(health);
    },
  );
};

const addMetrics = (api: Api, { metrics }: RouteDependencies): void => {
  api.get(
    '/metrics',
    {
      config: { access: 'metrics', isAdmin: true },
      schema: {
        operationId: 'readMetrics',
        summary: 'Figures for Prometheus',
        tags: ['operations'],
        response: { 200: content('Prometheus text format', 'text/plain', z.string()), ...problems() },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()),
  );
};

export const addOperations = (api: Api, parts: RouteDependencies): void => {
  addHealth(api, parts);
  const { settings, links: others = {} } = parts;
  /** What those who run the service may have switched off, or have on a port of its own. */
  const adminLinks = {
    ...(settings.DOCS === '1' && { documentation: '/docs', openapi: '/openapi.json' }),
    ...(settings.METRICS === '1' && { metrics: '/metrics' }),
    ...others,
  };
  if (settings.METRICS === '1') addMetrics(api, parts);
  api.get(
    '/',
    {
      config: { access: 'any-key', forCustomers: true },
      schema: {
        operationId: 'readLinks',
        summary: 'Where is what',
        tags: ['operations'],
        response: { 200: json('Relative addresses', z.record(z.string(), z.string())), ...problems() },
      },
    },
    async ({ publicUrl, hasAdminRoutes }) => {
      const path = publicPath({ PUBLIC_URL: publicUrl });
      const all = { ...links, ...(hasAdminRoutes && adminLinks) };
      return Object.fromEntries(
        Object.entries(all).map(([name, to]) => [name, to.startsWith('/') ? path + to : to]),
      );
    },
  );
};

// docs/openapi.json as others read it: a linter finds nothing, what it calls valid is taken, and no route is missing. That it
// is up to date is in documents.test.ts.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFile } from 'node:fs/promises';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { readSettings } from '../../src/config.ts';
import { createMemoryStore, createOrderchart } from '../../src/main.ts';
import { createEdge } from '../api/edge.ts';
import { chargeAll } from '../hosts/harness.ts';
import { docsFolder } from './documents.ts';

const parameter = z.object({
  name: z.string(),
  in: z.string(),
  schema: z.custom<z.core.JSONSchema.JSONSchema>((schema) => typeof schema === 'object'),
});
const documentShape = z.object({
  info: z.object({ version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), z.object({ parameters: z.array(parameter).default([]) }))),
});
const path = new URL('openapi.json', docsFolder);
const source = await readFile(path, 'utf8');
const { info, paths } = documentShape.parse(JSON.parse(source));

/** Not for callers: the page of the inspector with what it reads, and the page on which the document is read. */
const internalRoutes = [
  '/docs',
  '/docs/json',
  '/docs/static/*',
  '/docs/static/index.html',
  '/docs/static/swagger-initializer.js',
  '/docs/yaml',
  '/inspector',
  '/inspector/*',
  '/inspector/api/application',
  '/inspector/api/coverage',
  '/inspector/api/holders',
  '/inspector/api/incidents',
  '/inspector/api/live',
  '/inspector/api/order-ids',
  '/inspector/api/orders',
  '/inspector/api/orders/:id/live',
  '/inspector/api/orders/:id/what-if',
  '/inspector/api/preview',
  '/inspector/api/settled-orders',
  '/inspector/api/shared-live',
  '/inspector/assets/*',
  // A customer at the simulated bank, in trials.
  '/orders/:id/payment-action',
  '/sign-in',
];

/** Every route of the shop's service, the inspector's too, as `get /orders/:id`. */
const readRoutes = async (): Promise<readonly { readonly method: string; readonly url: string }[]> => {
  const routes: { method: string; url: string }[] = [];
  const watch = (created: unknown): void => {
    const { fastify } = z.object({ fastify: z.custom<FastifyInstance>() }).parse(created);
    fastify.addHook('onRoute', ({ method, url }) => {
      for (const each of [method].flat()) routes.push({ method: each.toLowerCase(), url });
    });
  };
  subscribe('fastify.initialization', watch);
  const shop = await createOrderchart(readSettings({ LOG_LEVEL: 'silent' }), {
    store: createMemoryStore(),
    logger: pino({ level: 'silent' }),
    services: {
      gateway: { name: 'gateway', place: 'outside', answer: async (call) => chargeAll(call) },
      mailer: { name: 'mailer', place: 'outside', answer: async () => ({ type: 'mailer.sent' }) },
    },
  });
  await shop.api.ready();
  unsubscribe('fastify.initialization', watch);
  await shop.close();
  // Fastify adds HEAD beside every GET.
  return routes.filter(({ method }) => method !== 'head');
};

test('the document passes a linter for OpenAPI', async () => {
  const config = await createConfig({ extends: ['recommended-strict'] });
  const problems = await lintFromString({ source, absoluteRef: path.pathname, config });
  expect(problems.map(({ ruleId, message, location: [at] }) => [ruleId, at?.pointer, message])).toEqual([]);
});

test('the linter finds what is wrong with a document', async () => {
  const config = await createConfig({ extends: ['recommended-strict'] });
  const wrong = source.replace('"summary": "Places an order",', '');
  const problems = await lintFromString({ source: wrong, absoluteRef: path.pathname, config });
  expect(problems.map(({ ruleId }) => ruleId)).toEqual(['operation-summary']);
});

test('the version of the document is that of the package', async () => {
  const manifest = await readFile(new URL('../package.json', docsFolder), 'utf8');
  expect(info.version).toBe(z.object({ version: z.string() }).parse(JSON.parse(manifest)).version);
});

test('a boolean parameter takes true and false, as its schema says, and nothing else', async () => {
  const booleans = Object.entries(paths).flatMap(([url, { get }]) =>
    (get?.parameters ?? []).flatMap(({ name, schema, in: place }) =>
      schema.type === 'boolean' ? [{ url, name, schema, place }] : [],
    ),
  );
  expect(booleans.map(({ name }) => name)).toEqual(['closed', 'settled', 'incident']);
  const { get } = await createEdge();
  for (const { url, name, schema, place } of booleans) {
    expect(place).toBe('query');
    for (const value of [true, false]) {
      expect(z.fromJSONSchema(schema).parse(value), name).toBe(value);
      expect((await get(`${url}?${name}=${value}`)).statusCode, `${name}=${value}`).toBe(200);
    }
    for (const value of ['1', 'TRUE', 'yes', '']) {
      expect((await get(`${url}?${name}=${value}`)).statusCode, `${name}=${value}`).toBe(400);
    }
  }
});

test('every route is documented or in the list of internal ones', async () => {
  const routes = await readRoutes();
  const toPath = (url: string) => url.replaceAll(/:(\w+)/g, '{$1}');
  const undocumented = routes.filter(({ method, url }) => paths[toPath(url)]?.[method] === undefined);
  expect([...new Set(undocumented.map(({ url }) => url))].toSorted()).toEqual(internalRoutes);
});

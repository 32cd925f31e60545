// Callers without a key, with a wrong one, or with one for something else: for every route of the document.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { expectRefused, expectStatus } from '../expectations.ts';
import type { HostileCase } from '../hostile-case.ts';
import type { Attack, Request, Tokens } from '../target.ts';

const document = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });
/** What is open to whoever asks: the probes, and signing in and out. */
const openRoutes = ['GET /livez', 'GET /readyz', 'POST /session', 'POST /session/end'];
/** What any valid key opens. */
const anyKeyRoutes = [
  ...['GET /session', 'GET /products', 'GET /products/{id}', 'GET /', 'GET /openapi.json'],
  ...['GET /problems/{code}', 'GET /schemas/{type}/{version}'],
];
/** Opened by a signature, and by no key. */
const signedRoutes = ['POST /services/{name}/facts', 'POST /webhooks/stripe'];
const inspector = [
  ...['GET /inspector', 'GET /inspector/orders', 'GET /inspector/api/live', 'GET /inspector/api/application'],
  ...['GET /inspector/api/coverage', 'GET /inspector/api/orders/{id}/live', 'GET /inspector/api/incidents'],
  ...['GET /inspector/api/shared-live', 'GET /inspector/api/orders', 'GET /inspector/api/order-ids'],
  ...['GET /inspector/api/holders', 'GET /inspector/api/settled-orders', 'POST /inspector/api/preview'],
  ...['POST /inspector/api/orders/{id}/what-if', 'GET /docs', 'GET /docs/static/index.css'],
];

/** Every route that a key opens, as `METHOD PATH`. */
export const readRoutes = async (): Promise<readonly string[]> => {
  const text = await readFile(join(import.meta.dirname, '../../../docs/openapi.json'), 'utf8');
  const { paths } = document.parse(JSON.parse(text));
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  return [...documented, ...inspector].filter(
    (route) => !openRoutes.includes(route) && !signedRoutes.includes(route),
  );
};

/** Asks a route about `id`. What a route needs besides is left out: whether it is open is decided first. */
export const askRoute = ({ shop }: Attack, route: string, id: string, request: Request = {}) => {
  const [method = '', path = ''] = route.split(' ');
  const address = path.replace('{id}', id).replace('{code}', 'overloaded').replace('{type}/{version}', 'a/1');
  return shop.ask(address, { method, ...request });
};

const refusedEverywhere = (
  name: string,
  toRequest: (tokens: Tokens) => Request,
  routes = readRoutes,
): HostileCase => ({
  name,
  attack: async (attack) => {
    for (const route of await routes()) {
      const answer = await askRoute(attack, route, attack.orders.rival, toRequest(attack.tokens));
      assert.equal(answer.status, 401, `${route} answered ${answer.status}`);
      expectRefused(answer, 401, 'key-required');
      assert.match(String(answer.headers['www-authenticate']), /^Bearer /);
    }
  },
});

const someRoutes = async () => ['GET /orders/{id}', 'POST /orders/{id}/cancel', 'POST /orders', 'GET /keys'];

const wrongKeys: readonly HostileCase[] = [
  {
    name: 'a fact without the signature of its service is refused, whatever the key',
    attack: async (attack) => {
      const fact = { type: 'gateway.charged', key: `${attack.orders.rival}/charge/1`, attempt: 1 };
      for (const request of [{}, { key: attack.tokens.root }, { key: attack.tokens.owner }]) {
        const body = JSON.stringify({ orderId: attack.orders.rival, message: fact });
        const answer = await attack.shop.ask('/services/gateway/facts', { method: 'POST', body, ...request });
        expectRefused(answer, 403, 'signature-invalid');
      }
    },
  },
  refusedEverywhere('no route but the probes and signing in is open without a key', () => ({})),
  refusedEverywhere('a key in a cookie that is no session opens nothing', ({ root }) => ({
    headers: {
      cookie: `orderchart_session=${root.slice(0, -1)}${root.endsWith('A') ? 'E' : 'A'}; key=${root}`,
    },
  })),
  refusedEverywhere('an expired key opens nothing', ({ expired }) => ({ key: expired }), someRoutes),
  refusedEverywhere('a revoked key opens nothing', ({ revoked }) => ({ key: revoked }), someRoutes),
  refusedEverywhere(
    "a key with another's secret opens nothing",
    ({ root, owner }) => ({ key: `${root.split('_', 2).join('_')}_${owner.split('_').slice(2).join('_')}` }),
    someRoutes,
  ),
  refusedEverywhere(
    'a key in the query, in Basic or in a header of its own opens nothing',
    ({ root }) => ({
      headers: {
        authorization: `Basic ${Buffer.from(`root:${root}`).toString('base64')}`,
        'x-api-key': root,
      },
    }),
    async () => ['GET /orders/{id}', 'GET /orders?key=x', 'GET /keys'],
  ),
  {
    name: 'ids of keys, empty keys, long keys and names of objects are no keys',
    attack: async ({ shop, tokens }) => {
      const [prefix = '', id = ''] = tokens.root.split('_');
      const tries = [`${prefix}_${id}`, `${prefix}_${id}_`, '__proto__', `oc___proto___${'A'.repeat(43)}`];
      for (const key of [...tries, 'x'.repeat(8000), tokens.root.toUpperCase()]) {
        expectRefused(await shop.ask('/keys', { key }), 401, 'key-required');
      }
    },
  },
  {
    name: 'an unknown id and a wrong secret are answered alike',
    attack: async ({ shop, tokens }) => {
      const secret = 'A'.repeat(43);
      const wrong = await shop.ask('/keys', { key: `${tokens.root.split('_', 2).join('_')}_${secret}` });
      const unknown = await shop.ask('/keys', { key: `oc_0000000000000000_${secret}` });
      const toShown = ({ status, body }: typeof wrong) => [status, { ...JSON.parse(body), instance: '' }];
      assert.deepEqual(toShown(wrong), toShown(unknown));
    },
  },
];

const otherScopes: readonly HostileCase[] = [
  {
    name: 'a key for metrics opens nothing else',
    attack: async (attack) => {
      for (const route of await readRoutes()) {
        if (anyKeyRoutes.includes(route) || route.startsWith('GET /docs') || route === 'GET /metrics')
          continue;
        const answer = await askRoute(attack, route, attack.orders.rival, { key: attack.tokens.metrics });
        assert.equal(answer.status, 403, `${route} answered ${answer.status}`);
        expectRefused(answer, 403, 'scope-missing');
      }
    },
  },
  {
    name: 'a key of the desk makes, reads and revokes no keys, moves no versions, and reads no figures or audits',
    attack: async (attack) => {
      const routes = ['GET /keys', 'POST /keys', 'POST /keys/{id}/rotate', 'POST /keys/{id}/revoke'];
      for (const route of [...routes, 'POST /migrations', 'GET /metrics', 'PUT /products/{id}']) {
        expectRefused(await askRoute(attack, route, 'x', { key: attack.tokens.owner }), 403, 'scope-missing');
      }
      for (const route of [...routes, 'POST /migrations', 'GET /metrics']) {
        expectRefused(await askRoute(attack, route, 'x', { key: attack.tokens.desk }), 403, 'scope-missing');
      }
    },
  },
  {
    name: 'a key cannot give itself scopes: neither by a body, a query nor a header',
    attack: async ({ shop, tokens }) => {
      const body = { principal: 'evil', scopes: ['admin'] };
      expectRefused(await shop.ask('/keys', { method: 'POST', body, key: tokens.desk }), 403);
      const headers = { 'x-scopes': 'admin', 'x-principal': 'root', 'x-user': 'root' };
      expectRefused(await shop.ask('/keys?scopes=admin', { headers, key: tokens.desk }), 403);
    },
  },
  {
    name: 'the list of keys shows neither keys nor hashes',
    attack: async ({ shop, tokens }) => {
      const answer = await shop.ask('/keys', { key: tokens.root });
      expectStatus(answer, 200);
      assert.ok(!/hash|secret|oc_/.test(answer.body), 'the list shows more than it should');
    },
  },
];

export const keys: readonly HostileCase[] = [...wrongKeys, ...otherScopes];

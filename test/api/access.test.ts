// Which routes are open to whom: every route of a whole service, taken from the service itself, with every key. It knows
// nothing of what the routes answer.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Access, type Scope, scopeNames, scopesOfAll } from '../../src/access.ts';
import { requireDeclaredAccess } from '../../src/api/edge/access.ts';
import { createOrderchart, type Orderchart, readSettings } from '../../src/main.ts';
import { makeFolder } from '../e2e/server.ts';
import { problemOf } from './edge.ts';

interface Route {
  readonly method: 'DELETE' | 'GET' | 'HEAD' | 'OPTIONS' | 'PATCH' | 'POST' | 'PUT';
  readonly url: string;
  readonly access: Access | undefined;
  readonly forCustomers: boolean;
}
const methodName = z.enum(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);

const toRoutes = ({ method, url, config }: RouteOptions): Route[] =>
  [method].flat().map((name) => ({
    method: methodName.parse(name),
    url,
    access: config?.access,
    forCustomers: config?.forCustomers === true,
  }));

const wish = { owner: null, expiresAt: null, requestsPerMinute: null, refundsPerDay: null };
const json = { 'content-type': 'application/json' };

let folder: Awaited<ReturnType<typeof makeFolder>>;
let service: Orderchart;
const added: RouteOptions[] = [];
const tokens = new Map<Scope, string>();
let bound: string;

beforeAll(async () => {
  folder = await makeFolder();
  const collect = (message: unknown): void => {
    // The channel's own shape: https://fastify.dev/docs/latest/Reference/Hooks/#diagnostics-channel-hooks
    const { fastify } = z.object({ fastify: z.custom<FastifyInstance>() }).parse(message);
    fastify.addHook('onRoute', (route) => {
      added.push(route);
    });
  };
  subscribe('fastify.initialization', collect);
  const files = { PAYMENT_LEDGER: `${folder.path}/ledger`, MAIL_DIR: `${folder.path}/mail` };
  service = await createOrderchart(
    readSettings({ DATABASE_URL: 'memory:', LOG_LEVEL: 'silent', MAX_STREAMS_PER_KEY: 1, ...files }),
  );
  unsubscribe('fastify.initialization', collect);
  await service.api.ready();
  for (const scope of scopeNames) {
    const made = await service.keys.create({
      ...wish,
      principal: `only-${scope.replace(':', '-')}`,
      scopes: [scope],
    });
    tokens.set(scope, made.token);
  }
  const scopes = scopeNames.filter((scope) => !scopesOfAll.has(scope));
  bound = (await service.keys.create({ ...wish, principal: 'ada', scopes, owner: 'ada' })).token;
});
afterAll(async () => {
  await service.close();
  await folder.remove();
});

const allRoutes = () => added.flatMap(toRoutes);

/** Asks in a way that no handler takes up: for nobody's order, with an unknown field. */
const ask = async ({ method, url }: Pick<Route, 'method' | 'url'>, token?: string) => {
  const path = url.replaceAll(/:\w+/g, 'none').replace('*', 'none');
  const answer = await service.api.inject({
    method,
    url: `${path}?nonsense=1&after=99999999`,
    headers: { ...json, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    ...(method === 'POST' || method === 'PUT' ? { payload: { nonsense: 1 } } : {}),
  });
  return { name: `${method} ${url}`, status: answer.statusCode, answer };
};
const askAll = async (routes: readonly Route[], token?: string) => {
  const answers = [];
  for (const route of routes) answers.push(await ask(route, token));
  return answers;
};
const namesWith = (answers: Awaited<ReturnType<typeof askAll>>, ...statuses: readonly number[]): string[] =>
  answers.filter(({ status }) => statuses.includes(status)).map(({ name }) => name);
const named = (wanted: (route: Route) => boolean): string[] =>
  allRoutes()
    .filter(wanted)
    .map(({ method, url }) => `${method} ${url}`);

describe('every route', () => {
  it('says what opens it, and only those that say so are open without a key', () => {
    expect(allRoutes().length).toBeGreaterThan(60);
    expect(named(({ access }) => access === undefined)).toEqual([]);
    expect(named(({ access }) => access === 'open').toSorted()).toEqual([
      ...['GET /livez', 'GET /readyz', 'HEAD /livez', 'HEAD /readyz'],
    ]);
    expect(named(({ access }) => access === 'sign-in').toSorted()).toEqual([
      ...['GET /sign-in', 'HEAD /sign-in', 'POST /session', 'POST /session/end'],
    ]);
    expect(named(({ access }) => access === 'signed')).toEqual(['POST /services/:name/facts']);
  });

  it('but those is 401 without a key, as a problem that says how to authenticate', async () => {
    const openTo = ['open', 'sign-in', 'signed'];
    const closed = allRoutes().filter(({ access = '' }) => !openTo.includes(access));
    const answers = await askAll(closed);
    expect(namesWith(answers, 401)).toEqual(answers.map(({ name }) => name));
    for (const { name, answer } of answers) {
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="orderchart"');
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      if (name.startsWith('HEAD')) continue;
      expect(problemOf.parse(answer.json()).type).toBe('/problems/key-required');
    }
  });

  it.each(scopeNames)('that needs another scope is 403 with a key of %s, and no other', async (scope) => {
    const answers = await askAll(allRoutes(), tokens.get(scope));
    const closed = ({ access }: Route) =>
      access === 'signed' || (scopeNames.some((each) => each === access) && access !== scope);
    expect(namesWith(answers, 403)).toEqual(named(closed));
    expect(namesWith(answers, 401)).toEqual(
      namesWith(answers, 401).filter((name) => name === 'POST /session'),
    );
  });

  it('that is not for customers is 403 with a key that is bound to one', async () => {
    const answers = await askAll(allRoutes(), bound);
    const closed = ({ access, forCustomers }: Route) =>
      access !== 'open' && access !== 'sign-in' && !forCustomers;
    expect(namesWith(answers, 403)).toEqual(named(closed));
  });

  it('that shows the inspector, keys, figures or migrations is closed to keys of customers', () => {
    const open = named(({ forCustomers }) => forCustomers);
    expect(open).toContain('GET /orders/:id/stream');
    expect(open.filter((name) => /inspector|keys|metrics|migrations/.test(name))).toEqual([]);
  });
});

it('a key has its share of inspector streams, and they end with it', async () => {
  const made = { ...wish, principal: 'watcher', scopes: ['orders:read'] as const };
  const { key, token } = await service.keys.create(made);
  const url = `${await service.api.listen({ host: '127.0.0.1', port: 0 })}/inspector/api/live`;
  const headers = { authorization: `Bearer ${token}` };
  const stream = await fetch(url, { headers });
  expect([stream.status, (await fetch(url, { headers })).status]).toEqual([200, 429]);
  await service.keys.revoke(key.keyId);
  await expect(stream.text()).rejects.toThrow('terminated');
});

describe('an address without a route', () => {
  const unknown = [
    { method: 'GET', url: '/nothing' },
    { method: 'HEAD', url: '/nothing' },
    { method: 'OPTIONS', url: '/orders' },
    { method: 'OPTIONS', url: '/nothing' },
    { method: 'DELETE', url: '/orders/1' },
    { method: 'PATCH', url: '/products/1' },
  ] as const;

  it.each(unknown)('is 401 without a key: $method $url', async (route) => {
    expect((await ask(route)).status).toBe(401);
  });

  it.each(unknown)('is 404 or 405 with any key, also of a customer: $method $url', async (route) => {
    for (const token of [tokens.get('metrics'), bound]) {
      expect((await ask(route, token)).status).toBe(route.url === '/nothing' ? 404 : 405);
    }
  });
});

describe('a route that does not say what opens it', () => {
  it.each([
    ['with nothing', {}],
    ['with a word that is none', { access: 'orders:raed' }],
    ['with a property of all objects', { access: 'toString' }],
    ['signed, with nothing that checks the signature', { access: 'signed' }],
    ['with a check of signatures beside another access', { access: 'open', whyUnsigned: () => undefined }],
  ])('fails the start: %s', async (_what, config) => {
    const app = Fastify();
    requireDeclaredAccess(app);
    app.get('/known', { config: { access: 'admin' } }, async () => '');
    // As an application in JavaScript can write it.
    app.get('/forgotten', { config: Object(config) }, async () => '');
    await expect(app.ready()).rejects.toThrow(/config\.access.*GET \/forgotten; HEAD \/forgotten$/);
  });
});

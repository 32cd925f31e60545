// What is for those who run the service, on a port of its own: the inspector, its WebSocket, docs and figures are there, and
// missing on the first port. Reached directly, and through a proxy with a path.
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import { openBrowser, openPage } from '../inspector/browser.ts';
import { buildPage } from '../inspector/fresh-page.ts';
import { ask, post } from './client.ts';
import { startProxy } from './proxy.ts';
import { makeFolder, runCommand, type Server, startServer } from './server.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const path = '/shops/tea';
let folder: Awaited<ReturnType<typeof makeFolder>>;
let browser: Browser;
let server: Server;
let adminUrl: string;
let proxy: Awaited<ReturnType<typeof startProxy>>;
let adminProxy: Awaited<ReturnType<typeof startProxy>>;

const makeKey = async (principal: string, scopes: string, ...others: string[]) => {
  const words = ['keys', 'create', '--principal', principal, '--scopes', scopes, ...others];
  const { output } = await runCommand(words, folder.path);
  const [token = '', id = ''] = /^oc_([0-9a-f]+)_\S+$/m.exec(output) ?? [];
  expect(token).not.toBe('');
  return { id, token, headers: { authorization: `Bearer ${token}` } };
};
let reader: Awaited<ReturnType<typeof makeKey>>;

beforeAll(async () => {
  buildPage();
  folder = await makeFolder();
  reader = await makeKey('ada', 'orders:read,metrics');
  proxy = await startProxy(path, () => server.url);
  adminProxy = await startProxy(path, () => adminUrl);
  server = await startServer(
    folder.path,
    {
      ...{
        LOG_LEVEL: 'warn',
        ADMIN_PORT: '0',
        TRUST_PROXY: 'loopback',
        PUBLIC_URL: `${proxy.origin}${path}`,
      },
    },
    ['serve', '--inspect'],
  );
  const [, address = ''] = await server.untilPrinted(/Inspector: (http:\S+)\/inspector/);
  adminUrl = address;
  browser = await openBrowser();
}, 300_000);
afterAll(async () => {
  await browser.close();
  await proxy[Symbol.asyncDispose]();
  await adminProxy[Symbol.asyncDispose]();
  await server.stop();
  await folder.remove();
});

const pages = [
  '/inspector',
  '/inspector/orders/x',
  '/inspector/api/application',
  '/docs',
  '/openapi.json',
  '/metrics',
];
const statusOf = async (url: string, headers: Record<string, string> = {}) =>
  (await fetch(url, { headers, redirect: 'manual' })).status;

test('the banner says where the pages are', () => {
  expect(new URL(adminUrl).port).not.toBe(new URL(server.url).port);
  expect(server.output()).toContain(
    `Inspector: ${adminUrl}/inspector (API: ${adminUrl}/docs, figures: ${adminUrl}/metrics)\n`,
  );
});

test.each(pages)(
  '%s is on ADMIN_PORT alone, and on PORT as if there were no such address',
  async (address) => {
    const narrow = await makeKey(`narrow${address.replaceAll('/', '-')}x`, 'orders:place');
    const bound = await makeKey(`bound${address.replaceAll('/', '-')}x`, 'orders:read', '--customer', 'ada');
    expect(await statusOf(`${adminUrl}${address}`, reader.headers)).toBe(200);
    for (const { headers } of [reader, narrow, bound]) {
      expect(await statusOf(`${server.url}${address}`, headers)).toBe(404);
      expect(await statusOf(`${server.url}/nothing`, headers)).toBe(404);
    }
    for (const headers of [{}, { accept: 'text/html' }]) {
      const status = await statusOf(`${server.url}/nothing`, headers);
      expect(await statusOf(`${server.url}${address}`, headers)).toBe(status);
    }
  },
);

test('each port links to what it has', async () => {
  const { headers } = reader;
  const here = Object.keys((await ask(`${adminUrl}/`, { headers })).body);
  const there = Object.keys((await ask(`${server.url}/`, { headers })).body);
  expect(here.filter((name) => !there.includes(name)).toSorted()).toEqual([
    'documentation',
    'inspector',
    'metrics',
    'openapi',
  ]);
  expect((await ask(`${adminUrl}/`, { headers })).body.orders).toBe('/orders');
  expect((await ask(`${server.url}/`, { headers })).body.orders).toBe(`${path}/orders`);
});

test.each([
  ['directly', () => adminUrl, ''],
  ['through a proxy with a path', () => adminProxy.origin, path],
])('the inspector works on ADMIN_PORT, reached %s', async (_, origin, prefix) => {
  const visitor = await browser.newContext({ baseURL: origin() });
  const { page, errors, elsewhere } = await openPage(visitor);
  const missed: string[] = [];
  page.on('response', (response) => {
    const url = new URL(response.url());
    const isOurs = url.origin === origin() && url.pathname.startsWith(`${prefix}/`);
    if (response.status() >= 400 || !isOurs) missed.push(response.url());
  });
  await page.goto(`${prefix}/inspector/charts/payment`);
  await page.getByLabel('Key').fill(reader.token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('svg[data-chart="payment"]').first().waitFor();
  expect(new URL(page.url()).pathname).toBe(`${prefix}/inspector/charts/payment`);
  const [cookie] = await visitor.cookies(`${origin()}${prefix}/inspector`);
  expect(cookie).toMatchObject({ path: prefix === '' ? '/' : prefix, httpOnly: true, sameSite: 'Strict' });
  await page.goto(`${prefix}/inspector`);
  await page.getByText('live', { exact: true }).waitFor();
  await page.goto(`${prefix}/docs`);
  await page.getByText('Places an order').first().waitFor();
  const document = await ask(`${origin()}${prefix}/openapi.json`, reader);
  expect(document.body.servers).toEqual([{ url: prefix || '/' }]);
  await page.goto(`${prefix}/inspector`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(`**${prefix}/sign-in`);
  expect(await visitor.cookies()).toEqual([]);
  expect({ errors, elsewhere, missed }).toEqual({ errors: [], elsewhere: [], missed: [] });
  await visitor.close();
});

test('who signs in on PORT without wanting to go anywhere is shown what is there', async () => {
  const visitor = await browser.newContext({ baseURL: proxy.origin });
  const { page } = await openPage(visitor);
  await page.goto(`${path}/sign-in`);
  await page.getByLabel('Key').fill(reader.token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`**${path}/`);
  await page.getByText('"service":"orderchart"').waitFor();
  await visitor.close();
});

const listenAt = async (url: string, headers: Record<string, string> = {}) => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/inspect`, { headers });
  socket.on('error', () => {});
  const status = await Promise.race([
    once(socket, 'open').then(() => 101),
    once(socket, 'unexpected-response').then(([, { statusCode }]) => Number(statusCode)),
  ]);
  return { socket, status };
};

test('the WebSocket is on ADMIN_PORT alone, for keys and sessions that may read all orders', async () => {
  const narrow = await makeKey('socket-narrow', 'orders:place');
  const bound = await makeKey('socket-bound', 'orders:read', '--customer', 'ada');
  const { headers } = await post(`${adminUrl}/session`, { key: reader.token });
  const cookie = String(headers.get('set-cookie')).split(';')[0] ?? '';
  const cases = [
    [server.url, reader.headers, 404],
    [adminUrl, {}, 401],
    [adminUrl, narrow.headers, 403],
    [adminUrl, bound.headers, 403],
    [adminUrl, reader.headers, 101],
    [adminUrl, { cookie }, 101],
  ] as const;
  for (const [url, asked, expected] of cases) {
    const { socket, status } = await listenAt(url, asked);
    expect(status).toBe(expected);
    socket.terminate();
  }
});

test('a WebSocket and a stream end when their key is revoked', async () => {
  const key = await makeKey('soon-revoked', 'orders:read,events');
  const { socket } = await listenAt(adminUrl, key.headers);
  const closed = once(socket, 'close');
  const streams = await Promise.all(
    [`${adminUrl}/inspector/api/live`, `${server.url}/events/stream`].map((url) => fetch(url, key)),
  );
  expect(streams.map(({ status }) => status)).toEqual([200, 200]);
  const ends = streams.map((stream) => stream.text().catch(() => 'cut off'));
  expect((await runCommand(['keys', 'revoke', key.id], folder.path)).code).toBe(0);
  expect((await closed)[0]).toBe(1008);
  await Promise.all(ends);
});

test('a service with connections open on ADMIN_PORT stops, and what is switched off is on no port', async () => {
  const own = await makeFolder();
  const settings = { DATABASE_URL: 'memory:', LOG_LEVEL: 'warn', ADMIN_PORT: '0' };
  const off = { INSPECTOR: '0', DOCS: '0', METRICS: '0' };
  const words = ['serve', '--inspect'];
  const [full, bare] = await Promise.all([
    startServer(own.path, settings, words),
    startServer(own.path, { ...settings, ...off, PAYMENT_LEDGER: 'other.jsonl' }, words),
  ]);
  const [, url = ''] = await full.untilPrinted(/Inspector: (http:\S+)\/inspector/);
  const silent = connect(Number(new URL(url).port), '127.0.0.1');
  await once(silent, 'connect');
  const stream = await fetch(`${url}/inspector/api/live`);
  const { socket } = await listenAt(url);
  const began = Date.now();
  expect(await full.stop()).toBe(0);
  expect(Date.now() - began).toBeLessThan(10_000);
  await stream.text().catch(() => '');
  socket.terminate();
  silent.destroy();

  await bare.untilPrinted(/Recovered:/);
  expect(bare.output()).not.toMatch(/Inspector|\/docs|figures/);
  for (const address of pages) expect(await statusOf(`${bare.url}${address}`)).toBe(404);
  expect(Object.keys((await ask(`${bare.url}/`)).body)).not.toContain('documentation');
  expect((await listenAt(bare.url)).status).toBe(404);
  expect(await bare.stop()).toBe(0);
  await own.remove();
});

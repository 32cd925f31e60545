// The whole service in a process of its own behind a real reverse proxy with a path: every address that it gives leads
// back through the proxy, and the inspector and the API's page work there in a browser.
import { once } from 'node:events';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import { z } from 'zod';
import { EventReader, exchange } from '../api/connections.ts';
import { openBrowser, openPage } from '../inspector/browser.ts';
import { buildPage } from '../inspector/fresh-page.ts';
import { ask, post, sampleBody, until } from './client.ts';
import { startProxy } from './proxy.ts';
import { makeFolder, type Server, startServer } from './server.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const path = '/shops/tea';
const linksOf = z.record(z.string(), z.string());
let folder: Awaited<ReturnType<typeof makeFolder>>;
let server: Server;
let proxy: Awaited<ReturnType<typeof startProxy>>;
let browser: Browser;
let base: string;

beforeAll(async () => {
  buildPage();
  folder = await makeFolder();
  proxy = await startProxy(path, () => server.url);
  base = `${proxy.origin}${path}`;
  server = await startServer(
    folder.path,
    {
      ...{
        DATABASE_URL: 'memory:',
        LOG_LEVEL: 'warn',
        PUBLIC_URL: `${base}/`,
        TRUST_PROXY: 'loopback',
        OPEN_TO_EVERYONE: '1',
      },
      ...{ PAYMENT_DELAY_MS: '10', MAIL_DELAY_MS: '10', PAYMENT_DECLINE_RATE: '0' },
    },
    ['serve', '--inspect'],
  );
  browser = await openBrowser();
}, 300_000);
afterAll(async () => {
  await browser.close();
  await proxy[Symbol.asyncDispose]();
  expect(await server.stop()).toBe(0);
  await folder.remove();
});

let placed = 0;
const place = async () => {
  placed += 1;
  const headers = { prefer: 'wait=10' };
  const answer = await post(`${base}/orders`, sampleBody, `order-${placed}`, headers);
  expect(answer.status).toBe(201);
  return answer;
};

test('Location and every link of an order lead back to it, moves and refusals included', async () => {
  const { headers, body } = await place();
  expect(headers.get('location')).toBe(`${path}/orders/${body.id}`);
  expect((await ask(`${proxy.origin}${headers.get('location')}`)).body.id).toBe(body.id);
  const { stream: _stream, ...links } = linksOf.parse(body.links);
  for (const link of Object.values(links)) expect((await ask(`${proxy.origin}${link}`)).status).toBe(200);
  const refund = z.array(z.looseObject({ move: z.string(), href: z.string() })).parse(body.moves);
  expect(refund.map(({ href }) => href)).toEqual([`${path}/orders/${body.id}/refunds`]);
  const href = `${proxy.origin}${refund[0]?.href}`;
  const refunded = await post(href, { amount: 5000 }, 'refund-1');
  expect([refunded.status, refunded.headers.get('location')]).toEqual([201, `${path}/orders/${body.id}`]);
  const refused = await post(`${base}/orders/${body.id}/cancel`, {});
  expect(refused.status).toBe(409);
  for (const move of refused.body.moves) expect(move.href).toMatch(new RegExp(`^${path}/orders/`));
  const explained = await ask(`${base}/orders/${body.id}/explain`);
  for (const move of explained.body.moves) expect(move.href).toMatch(new RegExp(`^${path}/orders/`));
});

test('what the service says of itself leads through the proxy', async () => {
  const links = linksOf.parse((await ask(`${base}/`)).body);
  for (const [name, link] of Object.entries(links)) {
    if (name === 'service') continue;
    expect(link).toMatch(new RegExp(`^${path}/`));
    const { status } = await exchange(`${proxy.origin}${link}`);
    expect([name, status]).toEqual([name, 200]);
  }
  expect((await ask(`${base}/openapi.json`)).body.servers).toEqual([{ url: path }]);
  const moved = await exchange(`${base}/docs/static/index.html`);
  expect([moved.status, moved.headers.location]).toEqual([302, `${path}/docs/`]);
});

test('events keep their source, and the address of their schema leads through the proxy', async () => {
  const { body } = await place();
  const page = await ask(`${base}/orders/${body.id}/events`);
  await using reader = await EventReader.open(`${base}/orders/${body.id}/stream`);
  const [frame] = await reader.take(1);
  const [event] = page.body.events;
  expect(JSON.parse(frame?.data ?? '')).toEqual(event);
  expect(event.source).toBe(`/orders/${body.id}`);
  const schema = await ask(`${proxy.origin}${event.dataschema}`);
  expect([schema.status, schema.body.$id]).toEqual([200, event.dataschema]);
});

test('the inspector works under the path: files, views, streams, and moves', async () => {
  const { body } = await place();
  const visitor = await browser.newContext({ baseURL: proxy.origin });
  const { page, errors, elsewhere } = await openPage(visitor);
  const missed: string[] = [];
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (response.status() >= 400 || !pathname.startsWith(`${path}/`)) missed.push(pathname);
  });
  await page.goto(`${path}/inspector`);
  await page.getByText('live', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Incidents' }).click();
  expect(new URL(page.url()).pathname).toBe(`${path}/inspector/incidents`);
  await page.goto(`${path}/inspector/charts`);
  await page.locator('svg[data-chart]').first().waitFor();
  await page.goto(`${path}/inspector/orders/${body.id}`);
  await page.getByText('live', { exact: true }).waitFor();
  await page
    .getByRole('button', { name: /Refund/ })
    .first()
    .click();
  await page
    .locator('dialog')
    .getByRole('button', { name: /Refund/ })
    .click();
  await until(
    () => ask(`${base}/orders/${body.id}`),
    ({ body: order }) => order.refundedAmount === order.paidAmount,
  );
  expect({ errors, elsewhere, missed }).toEqual({ errors: [], elsewhere: [], missed: [] });
  await visitor.close();
});

test("the API's page works under the path, and finds its document", async () => {
  const visitor = await browser.newContext({ baseURL: proxy.origin });
  const { page, errors, elsewhere } = await openPage(visitor);
  await page.goto(`${path}/docs`);
  await page.getByText('Places an order').first().waitFor();
  expect({ errors, elsewhere }).toEqual({ errors: [], elsewhere: [] });
  await visitor.close();
});

test('a page under the public address opens the WebSocket, and one of another site does not', async () => {
  const open = async (origin: string): Promise<string> => {
    const socket = new WebSocket(`${base.replace('http', 'ws')}/inspect`, { origin });
    socket.on('error', () => {});
    const outcome = await Promise.race([
      once(socket, 'open').then(() => 'open'),
      once(socket, 'unexpected-response').then(([, { statusCode }]) => String(statusCode)),
    ]);
    socket.terminate();
    return outcome;
  };
  expect(await open(proxy.origin)).toBe('open');
  expect(await open('https://example.com')).toBe('403');
});

test('a page that reaches the proxy under a foreign name is 421, and one of another site is 403', async () => {
  expect((await exchange(`${base}/orders`, { headers: { host: 'example.com' } })).status).toBe(421);
  const headers = { 'content-type': 'application/json', origin: 'https://example.com' };
  expect((await exchange(`${base}/migrations`, { method: 'POST', headers, body: '{}' })).status).toBe(403);
});

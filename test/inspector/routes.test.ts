import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { expect, test } from 'vitest';
import { openKeys } from '../../src/access/keys.ts';
import { createApi } from '../../src/api/app.ts';
import { readSettings } from '../../src/config.ts';
import { createInspector } from '../../src/inspector/server/inspector.ts';
import { shop } from '../../src/shop/shop.ts';
import { exchange } from '../api/connections.ts';
import { makeFolder } from '../e2e/server.ts';
import { createCounter, openHost } from '../hosts/harness.ts';
import { createOtherIncidents } from '../service-incidents.ts';

const open = async (pageFolder: string, given: Readonly<Record<string, string>> = {}) => {
  const { host, store, clock, metrics, registry, lines } = await openHost();
  const logger = pino({ level: 'trace' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const settings = readSettings(given);
  const keys = await openKeys({ store, clock, onError: () => {} });
  const facts = { application: shop, services: {} };
  const incidents = createOtherIncidents();
  const app = createApi(
    { host, keys, facts, incidents, settings, clock, ids: createCounter(), metrics: registry, logger },
    () => {},
  );
  const readFigures = store.figures;
  const shared = { application: shop, services: {}, readFigures, metrics, clock, settings };
  createInspector({ ...shared, pageFolder }).addTo(app, host, { keys });
  return { app, log: () => JSON.stringify(lines) };
};

test('without a built page the inspector answers with what to do', async () => {
  const folder = await makeFolder();
  const { app, log } = await open(join(folder.path, 'not-built'));
  const answer = await app.inject('/inspector/orders/some');
  expect(answer.statusCode).toBe(503);
  expect(answer.body).toContain('npm run build-page');
  expect(log()).toContain('npm run build-page');
  await app.close();
  await folder.remove();
});

test('files of the page follow conditions and ranges', async () => {
  const folder = await makeFolder();
  await mkdir(join(folder.path, 'assets'));
  await writeFile(join(folder.path, 'index.html'), '<p>the page</p>');
  await writeFile(join(folder.path, 'assets', 'page.js'), 'start()');
  const { app } = await open(folder.path);
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/inspector/assets/page.js`;
  const ask = (headers: Record<string, string>) => fetch(url, { headers });
  const tag = String((await ask({})).headers.get('etag'));
  const statuses = async (name: string, values: readonly string[]) =>
    Promise.all(values.map(async (value) => (await ask({ [name]: value })).status));
  const strong = tag.replace('W/', '');
  expect(await statuses('if-none-match', [tag, strong, `"x", ${tag}`, '*', '"x"'])).toEqual([
    304, 304, 304, 304, 200,
  ]);
  expect(await statuses('if-match', ['"x"', strong, '*'])).toEqual([412, 412, 200]);
  expect(await statuses('range', ['bytes=0-4', 'bytes=99-', 'bytes=-0', 'lines=1'])).toEqual([
    206, 416, 416, 200,
  ]);
  expect((await ask({ range: 'bytes=99-' })).headers.get('content-range')).toBe('bytes */7');
  await app.close();
  await folder.remove();
});

test('a built page is sent for every address of the inspector, and its files may be cached forever', async () => {
  const folder = await makeFolder();
  await mkdir(join(folder.path, 'assets'));
  await writeFile(join(folder.path, 'index.html'), '<p>the page</p>');
  await writeFile(join(folder.path, 'assets', 'page.js'), 'start()');
  const { app, log } = await open(folder.path);
  expect((await app.inject('/inspector')).body).toBe('<p>the page</p>');
  const deep = await app.inject('/inspector/orders/some?at=3');
  expect(deep.body).toBe('<p>the page</p>');
  expect(deep.headers['content-security-policy']).toContain("script-src 'self'");
  const file = await app.inject('/inspector/assets/page.js');
  expect(file.body).toBe('start()');
  expect(file.headers['cache-control']).toContain('immutable');
  expect(log()).not.toContain('build-page');
  await app.close();
  await folder.remove();
});

test('the routes of the inspector let in only our own names and pages, and only JSON', async () => {
  const folder = await makeFolder();
  const { app } = await open(folder.path);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const json = { 'content-type': 'application/json' };
  for (const path of ['/inspector', '/inspector/api/application', '/inspector/api/live']) {
    expect((await exchange(`${url}${path}`, { headers: { host: 'example.com' } })).status).toBe(421);
  }
  for (const path of ['/inspector/api/preview', '/inspector/api/orders/order-1/what-if']) {
    const post = async (headers: Record<string, string>) =>
      (await exchange(`${url}${path}`, { method: 'POST', headers, body: '{}' })).status;
    expect(await post({ ...json, origin: 'https://example.com' })).toBe(403);
    expect(await post({ ...json, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await post({ 'content-type': 'text/plain' })).toBe(415);
    expect(await post({ ...json, origin: url })).toBe(400);
  }
  expect((await exchange(`${url}/inspector/api/orders//live`)).status).toBe(404);
  await app.close();
  await folder.remove();
});

test('the page learns whether the pages about the API are there', async () => {
  for (const [DOCS, hasDocs] of [
    ['1', true],
    ['0', false],
  ] as const) {
    const { app } = await open('not-built', { DOCS });
    expect((await app.inject('/inspector/api/application')).json()).toMatchObject({ hasDocs });
    await app.close();
  }
});

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { readSettings } from '../../src/config.ts';
import { Flow } from '../../src/inspector/flow.ts';
import { addInspector } from '../../src/inspector/routes.ts';
import { Samples } from '../../src/inspector/samples.ts';
import { createMetrics } from '../../src/metrics.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createEdge } from '../api/edge.ts';
import { makeFolder } from '../e2e/server.ts';

const open = async (pageFolder: string) => {
  const { app, runner: host, clock, log } = await createEdge();
  const flow = new Flow({ clock, readFigures: createMemoryStore().figures });
  const samples = new Samples(clock, createMetrics(new Registry()));
  addInspector(app, { host, flow, samples, clock, settings: readSettings({}), pageFolder });
  return { app, log };
};

test('without a built page the inspector says so, and what to do', async () => {
  const folder = await makeFolder();
  const { app, log } = await open(join(folder.path, 'not-built'));
  const answer = await app.inject('/inspector/orders/some');
  expect(answer.statusCode).toBe(503);
  expect(answer.body).toContain('npm run build-page');
  expect(log()).toContain('npm run build-page');
  await app.close();
  await folder.remove();
});

test('a built page is sent for every address of the inspector, its files for ever', async () => {
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

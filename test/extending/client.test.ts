// `orderchart/client` as a project gets it: from the packed package, with its types, for Node and for a page.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { makeFolder, startServer } from '../e2e/server.ts';
import { checkTypesNatively, installPackage, runIn } from './package.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let project: string;

const program = `import { createClient, type Order } from 'orderchart/client';
const client = createClient({ url: process.argv[2] ?? '' });
const { data, error } = await client.POST('/orders', {
  params: { header: { prefer: 'wait=10' } },
  body: { customerId: 'ada', email: 'ada@example.com', currency: 'USD', items: [{ productId: 'product-1', quantity: 1 }] },
});
if (error !== undefined) throw new Error(error.detail);
const order: Order = data;
console.log(order.state);
// @ts-expect-error: a body without items is no order
export const wrong = () => client.POST('/orders', { body: { customerId: 'ada' } });
`;

beforeAll(async () => {
  folder = await makeFolder();
  project = join(folder.path, 'our-page');
  await installPackage(project, join(folder.path, 'package'));
  await writeFile(join(project, 'package.json'), '{ "type": "module" }');
  const compilerOptions = {
    target: 'es2024',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noEmit: true,
  };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  await writeFile(join(project, 'place.ts'), program);
}, 120_000);
afterAll(() => folder.remove());

test('a program in a project of its own places an order by it', async () => {
  const quick = { PAYMENT_DELAY_MS: '0', MAIL_DELAY_MS: '0', PAYMENT_DECLINE_RATE: '0', LOG_LEVEL: 'warn' };
  const server = await startServer(folder.path, quick, 'start');
  expect(await runIn(project, ['node', 'place.ts', server.url])).toMatchObject({
    code: 0,
    output: 'completed\n',
  });
  await server.stop();
});

test('its types hold in that project', async () => {
  expect(await runIn(project, checkTypesNatively)).toEqual({ code: 0, output: '', errors: '' });
});

test('a page that is bundled with it has none of the server and nothing of Node', async () => {
  const bundled = await build({
    root: project,
    configFile: false,
    logLevel: 'error',
    build: { write: false, lib: { entry: 'place.ts', formats: ['es'], fileName: 'page' } },
  });
  const [{ output }] = z
    .tuple([z.object({ output: z.array(z.object({ code: z.string(), moduleIds: z.array(z.string()) })) })])
    .parse(bundled);
  const [chunk, ...others] = output;
  expect(others).toEqual([]);
  expect(chunk?.code).not.toMatch(/node:|require\(/);
  const ofPackages = chunk?.moduleIds.map((id) => id.replace(/^.*\/(?:node_modules|our-page)\//, ''));
  expect(ofPackages?.toSorted()).toEqual([
    'openapi-fetch/dist/index.mjs',
    'orderchart/dist/src/client.js',
    'place.ts',
  ]);
});

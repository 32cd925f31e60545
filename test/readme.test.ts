import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder, type Server, startServer } from './e2e/server.ts';
import { findExamples, toPattern } from './page-examples.ts';

const run = promisify(execFile);
const readme = await readFile(resolve(import.meta.dirname, '../README.md'), 'utf8');

const examples = findExamples(readme);

let folder: Awaited<ReturnType<typeof makeFolder>>;
let server: Server;

beforeAll(async () => {
  folder = await makeFolder();
  const quick = { PAYMENT_DELAY_MS: '20', MAIL_DELAY_MS: '10', PAYMENT_DECLINE_RATE: '0', LOG_LEVEL: 'warn' };
  server = await startServer(folder.path, quick, 'start');
  await server.untilPrinted(/The order is completed/);
  // The commands run as they are written; curl is told that port 3000 is where this test's service listens.
  const connect = `connect-to = "127.0.0.1:3000:127.0.0.1:${new URL(server.url).port}"\n`;
  await writeFile(join(folder.path, '.curlrc'), connect);
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
  await folder.remove();
});

test('the README has examples', () => {
  expect(examples.length).toBeGreaterThanOrEqual(9);
});

test.each(examples)('$command', async ({ command, output }) => {
  const { PATH = '' } = process.env;
  const { stdout } = await run('sh', ['-c', command], { env: { PATH, CURL_HOME: folder.path } });
  expect(stdout.trim()).toMatch(toPattern(output));
});

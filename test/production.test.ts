import { execFile } from 'node:child_process';
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, post, sampleBody, until } from './e2e/client.ts';
import { makeFolder, type Server, startServer } from './e2e/server.ts';
import { findBlocks, findExamples, toPattern } from './page-examples.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '..');
const page = await readFile(join(root, 'docs/production.md'), 'utf8');

let folder: Awaited<ReturnType<typeof makeFolder>>;
let server: Server;
let order: string;
let key = '';

/** A service with one order whose notice could not be sent, and that can be sent now. */
beforeAll(async () => {
  folder = await makeFolder();
  server = await startServer(folder.path, {
    ...{ PAYMENT_DELAY_MS: '1', MAIL_DELAY_MS: '1', PAYMENT_DECLINE_RATE: '0', LOG_LEVEL: 'error' },
    NOTIFICATION_ATTEMPTS: '1',
  });
  const mail = join(folder.path, 'data/mail');
  await rename(mail, `${mail}-away`);
  await writeFile(mail, 'no folder');
  order = (await post(`${server.url}/orders`, sampleBody, 'k')).body.id;
  await until(
    () => ask(`${server.url}/incidents`),
    ({ body }) => body.incidents.length === 1,
  );
  await rm(mail);
  await rename(`${mail}-away`, mail);
  const connect = `connect-to = "127.0.0.1:3000:127.0.0.1:${new URL(server.url).port}"\n`;
  await writeFile(join(folder.path, '.curlrc'), connect);
  const program = `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'src/main.ts')}' "$@"\n`;
  await writeFile(join(folder.path, 'orderchart'), program);
  await chmod(join(folder.path, 'orderchart'), 0o700);
});
afterAll(async () => {
  await server.stop();
  await folder.remove();
});

test('every block of docs/production.md is run by this test, or says which other test runs it, or that none does', () => {
  const unmarked = findBlocks(page).filter(
    ({ language, before }) => language !== 'console' && !/\*Not run by a test|\*Run by test\//.test(before),
  );
  expect(unmarked).toEqual([]);
  expect(findExamples(page).length).toBeGreaterThanOrEqual(12);
});

test.each(findExamples(page))('$command', async ({ command, output }) => {
  const { PATH = '' } = process.env;
  const env = { PATH: `${folder.path}:${PATH}`, CURL_HOME: folder.path, ORDER: order, KEY: key };
  const { stdout } = await run('sh', ['-c', command], { cwd: folder.path, env });
  // Of the keys that the page makes, the first is used in what follows.
  if (command.startsWith('orderchart keys create')) key ||= stdout.trim();
  // A retry is answered before what it tries is done.
  if (command.includes('/retry '))
    await until(
      () => ask(`${server.url}/orders/${order}`, { headers: { authorization: `Bearer ${key}` } }),
      ({ body }) => body.settled,
    );
  expect(stdout.trim()).toMatch(toPattern(output));
});

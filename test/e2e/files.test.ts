// What a real service makes of its files: who may read them, which file a name means, and what it says when its database is
// deleted or replaced under it.
import {
  chmod,
  copyFile,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask, post, sampleBody, until } from './client.ts';
import { launch, makeFolder, runCommand, startServer } from './server.ts';

const sample = '01900000-0000-7000-8000-000000000175';
const quick = { PAYMENT_DELAY_MS: '0', MAIL_DELAY_MS: '0', LOG_LEVEL: 'silent' };
let folder: Awaited<ReturnType<typeof makeFolder>>;

beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder.remove());

const inFolder = (name: string): string => join(folder.path, name);
const isReady = async (url: string) => (await ask(`${url}/readyz`)).body;

test('database, log, lock, ledger and mails are for their owner alone, also when the umask allows more', async () => {
  const main = join(import.meta.dirname, '../../src/main.ts');
  const words = ['sh', '-c', 'umask 0; exec "$0" "$1" start', process.execPath, main];
  const service = launch(words, folder.path, { ...quick, PORT: '0' });
  await service.untilPrinted(/The order is completed/);
  const names = (await readdir(inFolder('data'), { recursive: true })).map((name) => join('data', name));
  const modes = await Promise.all(
    ['data', ...names].map(async (name) => {
      const found = await lstat(inFolder(name));
      return [name, found.isDirectory() ? 'folder' : 'file', (found.mode & 0o777).toString(8)] as const;
    }),
  );
  expect(modes.filter(([, kind, mode]) => mode !== (kind === 'folder' ? '700' : '600'))).toEqual([]);
  expect(names).toEqual(
    expect.arrayContaining([
      'data/orderchart.db',
      'data/orderchart.db-wal',
      'data/orderchart.db.lock',
      'data/gateway.jsonl',
      `data/mail/${sample}-confirmation.eml`,
    ]),
  );
  service.send('SIGTERM');
  expect(await service.ended).toEqual({ code: 0, signal: null });
});

test('a mail is not written through a link that waits under the name of its unfinished file', async () => {
  await mkdir(inFolder('data/mail'), { recursive: true });
  await writeFile(inFolder('precious'), 'mine');
  await symlink(inFolder('precious'), inFolder(`data/mail/.${sample}-confirmation.eml.unfinished`));
  const server = await startServer(folder.path, quick, 'start');
  await server.untilPrinted(/The order is completed/);
  expect(await server.stop()).toBe(0);
  expect(await readFile(inFolder('precious'), 'utf8')).toBe('mine');
  expect((await lstat(inFolder(`data/mail/${sample}-confirmation.eml`))).isFile()).toBe(true);
});

test.each([
  ['a link to a file that is not there yet', 'link.db', () => symlink('kept.db', inFolder('link.db'))],
  ['a link to such a link', 'second.db', () => linkTwice()],
  ['a file in a linked folder', 'linked/kept.db', () => symlink('.', inFolder('linked'))],
])('%s is the file itself: a second process is refused under either name', async (_kind, name, make) => {
  await make();
  const server = await startServer(folder.path, { ...quick, DATABASE_URL: `sqlite:${name}` });
  for (const other of ['kept.db', name]) {
    const words = ['serve', '--database-url', `sqlite:${other}`];
    const { code, output } = await runCommand(words, folder.path, { ...quick, PORT: '0' });
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('is in use by another') });
  }
  expect(await server.stop()).toBe(0);
  expect(await readdir(folder.path)).toContain('kept.db.lock');
});

const linkTwice = async (): Promise<void> => {
  await symlink('kept.db', inFolder('link.db'));
  await symlink(inFolder('link.db'), inFolder('second.db'));
};

test('a database with two names and one whose links go in a circle are refused with one line', async () => {
  await writeFile(inFolder('one.db'), '');
  await link(inFolder('one.db'), inFolder('two.db'));
  await symlink('back.db', inFolder('there.db'));
  await symlink('there.db', inFolder('back.db'));
  for (const [name, text] of [
    ['two.db', 'has 2 names (hard links)'],
    ['back.db', 'lead in a circle'],
  ] as const) {
    const words = ['serve', '--database-url', `sqlite:${name}`];
    const { code, output } = await runCommand(words, folder.path, { ...quick, PORT: '0' });
    expect({ code, lines: output.trim().split('\n').length }).toEqual({ code: 1, lines: 1 });
    expect(output).toContain(text);
  }
});

const gone = expect.stringContaining('deleted or replaced');

test.each([
  ['deleted', () => rm(inFolder('data/orderchart.db'))],
  ['deleted with all that is beside it', () => rm(inFolder('data'), { recursive: true })],
  ['replaced by a copy of itself', () => replaceByCopy()],
])('a database that is %s takes no more orders, and the service is not ready', async (_kind, act) => {
  const server = await startServer(folder.path, quick);
  expect(await isReady(server.url)).toMatchObject({ ready: true });
  await act();
  expect(await post(`${server.url}/orders`, sampleBody, 'one')).toMatchObject({ status: 503 });
  expect(await isReady(server.url)).toEqual({ ready: false, reason: gone });
  expect(await server.stop()).toBe(0);
});

const replaceByCopy = async (): Promise<void> => {
  await copyFile(inFolder('data/orderchart.db'), inFolder('copy.db'));
  await rename(inFolder('copy.db'), inFolder('data/orderchart.db'));
};

test('a database that was moved away and is back takes orders again', async () => {
  const server = await startServer(folder.path, quick);
  await rename(inFolder('data/orderchart.db'), inFolder('away.db'));
  expect(await isReady(server.url)).toEqual({ ready: false, reason: gone });
  await rename(inFolder('away.db'), inFolder('data/orderchart.db'));
  expect(
    await until(
      () => isReady(server.url),
      ({ ready }) => ready === true,
    ),
  ).toMatchObject({ ready: true });
  expect(await post(`${server.url}/orders`, sampleBody, 'one')).toMatchObject({ status: 201 });
  expect(await server.stop()).toBe(0);
});

test('a file of an earlier release keeps the rights that its owner gave it', async () => {
  const first = await startServer(folder.path, quick);
  expect(await first.stop()).toBe(0);
  await chmod(inFolder('data/orderchart.db'), 0o640);
  const second = await startServer(folder.path, quick);
  expect((await lstat(inFolder('data/orderchart.db'))).mode & 0o777).toBe(0o640);
  expect(await second.stop()).toBe(0);
});

// What a real start says when it cannot: one line that names the cause and what to do, and never a stack.
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { launch, makeFolder, runCommand } from './server.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;

beforeEach(async () => {
  folder = await makeFolder();
  await writeFile(join(folder.path, 'file'), '');
  await writeFile(join(folder.path, 'corrupt'), 'no ledger\n');
  await mkdir(join(folder.path, 'folder'));
});
afterEach(() => folder.remove());

const quiet = { PORT: '0', LOG_LEVEL: 'silent' };

/** The only line that it printed. */
const fail = async (words: readonly string[], environment: Readonly<Record<string, string>>) => {
  const { code, output } = await runCommand(words, folder.path, { ...quiet, ...environment });
  const [line = '', ...others] = output.trim().split('\n');
  expect({ code, others, start: line.slice(0, 12) }).toMatchObject({ others: [], start: 'orderchart: ' });
  expect(code).toBeGreaterThan(0);
  return line;
};

test.each([
  ['MAIL_DIR is a file', { MAIL_DIR: 'file' }, /MAIL_DIR=file .*a file is where a folder should be.*Move it/],
  ['MAIL_DIR is below a file', { MAIL_DIR: 'file/mail' }, /MAIL_DIR=file\/mail .*choose another path/i],
  ['MAIL_DIR cannot be made', { MAIL_DIR: '/proc/none/mail' }, /MAIL_DIR=.*choose another path/i],
  [
    'PAYMENT_LEDGER is a folder',
    { PAYMENT_LEDGER: 'folder' },
    /PAYMENT_LEDGER=folder .*it is a folder.*Choose/,
  ],
  [
    'PAYMENT_LEDGER is corrupt',
    { PAYMENT_LEDGER: 'corrupt' },
    /line 1 is not a ledger entry.*correct the line/,
  ],
  [
    'PAYMENT_LEDGER is a device',
    { PAYMENT_LEDGER: '/dev/full' },
    /no regular file.*Choose the path of a file/,
  ],
  [
    'PAYMENT_LEDGER is below a file',
    { PAYMENT_LEDGER: 'file/l' },
    /PAYMENT_LEDGER=file\/l .*choose another/i,
  ],
  [
    'the database is below a file',
    { DATABASE_URL: 'sqlite:file/o.db' },
    /file\/o.db can't.*choose another path/i,
  ],
  ['the database is a folder', { DATABASE_URL: 'sqlite:folder' }, /folder is no regular file.*DATABASE_URL/],
  [
    'the database cannot be made',
    { DATABASE_URL: 'sqlite:/proc/none/o.db' },
    /can't be used.*choose another/i,
  ],
  ['the database is another file', { DATABASE_URL: 'sqlite:corrupt' }, /not a database.*DATABASE_URL/],
  [
    'the host is unknown',
    { HOST: 'no-such-host.invalid', OPEN_TO_EVERYONE: '1' },
    /no-such-host.*set HOST to an address/,
  ],
  [
    'the host is another machine',
    { HOST: '203.0.113.5', OPEN_TO_EVERYONE: '1' },
    /no such address.*set HOST to one that it has/,
  ],
  ['PORT is a word', { PORT: 'abc' }, /PORT=abc: must be a whole number from 0 to 65535/],
  ['PORT is too large', { PORT: '70000' }, /PORT=70000: must be a whole number from 0 to 65535/],
  [
    'a rate is too large',
    { PAYMENT_DECLINE_RATE: '2' },
    /PAYMENT_DECLINE_RATE=2: must be a number from 0 to 1/,
  ],
])('where %s, a start says so in one line', async (_cause, environment, line) => {
  expect(await fail(['serve'], environment)).toMatch(line);
});

test('a port that is taken is named, and another one is asked for', async () => {
  const other = createServer();
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
  const address = other.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  expect(await fail(['serve'], { PORT: port })).toMatch(
    `PORT=${port}: another program listens there; choose another`,
  );
  other.close();
});

test.each([
  [['serve', '--colour', 'red'], /Unknown option '--colour'. See `orderchart serve --help`/],
  [['serve', '--port'], /'--port <value>' argument missing. See/],
  [['doctor', '--colour'], /Unknown option '--colour'. See `orderchart doctor --help`/],
  [['--colour'], /Unknown option '--colour'. See `orderchart help`/],
])('the words %j are refused with the way to the help', async (words, line) => {
  expect(await fail(words, {})).toMatch(line);
});

test('--version prints the version and nothing else, for every command', async () => {
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
  for (const words of [['--version'], ['serve', '--version']]) {
    expect(await runCommand(words, folder.path)).toEqual({ code: 0, output: `${manifest.version}\n` });
  }
});

test('a folder that this user may not write to is named, and nothing is made', async () => {
  const data = join(folder.path, 'data');
  await mkdir(data);
  const main = resolve(import.meta.dirname, '../../src/main.ts');
  const isRoot = process.getuid?.() === 0;
  // Root may write anywhere, so the service runs as somebody else.
  const nobody = 65_534;
  if (isRoot) await chown(folder.path, nobody, nobody);
  await chmod(data, 0o555);
  const prefix = isRoot ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : [];
  const service = launch([...prefix, process.execPath, main, 'serve'], folder.path, {
    ...quiet,
    NODE_COMPILE_CACHE: '',
  });
  expect(await service.ended).toEqual({ code: 1, signal: null });
  expect(service.output()).toMatch(/^orderchart: .*data\/orderchart.db.*this user may not write there.*\n$/);
});

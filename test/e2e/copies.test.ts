// Copies of a database, made as people make them: one that lacks what was committed is refused at the start, and one that is
// whole never is. Real processes and real files.
import { existsSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { runCommand } from './server.ts';
import { copyShop, countOrders, createShops, foldIn, placeOrders, startRefused } from './shop-files.ts';

const alone = [''];

test.each([0, 1, 2])(
  'a running database that is copied alone after %i folds of its log is refused',
  async (folds) => {
    await using shops = createShops();
    const { main, server } = await shops.open(1);
    for (let fold = 0; fold < folds; fold += 1) {
      foldIn(main);
      await placeOrders(server, 1);
    }
    const folder = await shops.folder();
    const copy = join(folder, 'copy.db');
    copyShop(main, copy, alone);
    await server.stop();
    const line = await startRefused(folder, copy);
    expect(line).toContain(`orderchart: ${copy} was copied while a service worked on it`);
    expect(line).toContain('orderchart backup');
    expect(line.trim().split('\n')).toHaveLength(1);
    const { code } = await runCommand(['backup', 'again.db', `--database-url=sqlite:${copy}`], folder);
    expect([code, existsSync(join(folder, 'again.db'))]).toEqual([2, false]);
  },
);

test('one that is put in the place of its own file, with nothing beside it, is refused, until a person accepts it', async () => {
  await using shops = createShops();
  const { main, server, path } = await shops.open(1);
  const copy = join(path, 'copy.db');
  copyShop(main, copy, alone);
  await placeOrders(server, 1);
  await server.kill();
  for (const each of ['-wal', '-shm']) rmSync(`${main}${each}`);
  copyShop(copy, main, alone);
  expect(await startRefused(path, main)).toContain('orderchart restored');
  // What a reader leaves behind is no log.
  await runCommand(['doctor'], path);
  expect(await startRefused(path, main)).toContain('orderchart restored');
  expect((await runCommand(['restored'], path)).code).toBe(0);
  const again = await shops.start(path);
  await again.untilPrinted(/Restored: the store is a copy/);
});

test('a file of an earlier release that was copied with nothing but its first page is refused', async () => {
  await using shops = createShops();
  const folder = await shops.folder();
  const running = new DatabaseSync(join(folder, 'running.db'));
  running.exec('PRAGMA journal_mode = WAL; CREATE TABLE orders (id TEXT)');
  const copy = join(folder, 'copy.db');
  copyShop(join(folder, 'running.db'), copy, alone);
  running.close();
  expect(readFileSync(copy)).toHaveLength(4096);
  expect(await startRefused(folder, copy)).toContain('without its write-ahead log');
});

test('a killed service goes on with its files, and so does a copy of all of them', async () => {
  await using shops = createShops();
  const { main, server, path } = await shops.open(2);
  await server.kill();
  const folder = await shops.folder();
  copyShop(main, join(folder, 'copy.db'));
  const again = await shops.start(path);
  expect(await countOrders(again)).toBe(2);
  expect(again.output()).not.toContain('Restored');
  const copied = await shops.start(folder, { DATABASE_URL: `sqlite:${join(folder, 'copy.db')}` });
  expect(await countOrders(copied)).toBe(2);
  await copied.untilPrinted(/Restored/);
});

test('a stopped service goes on with its file, and a copy of it is one that was restored', async () => {
  await using shops = createShops();
  const { main, server, path } = await shops.open(2);
  await server.stop();
  expect(existsSync(`${main}-wal`)).toBe(false);
  const folder = await shops.folder();
  copyShop(main, join(folder, 'copy.db'));
  const again = await shops.start(path);
  expect([await countOrders(again), again.output().includes('Restored')]).toEqual([2, false]);
  await again.stop();
  const copied = await shops.start(folder, { DATABASE_URL: `sqlite:${join(folder, 'copy.db')}` });
  expect([await countOrders(copied), copied.output().includes('Restored')]).toEqual([2, true]);
  await copied.stop();
  copyShop(join(folder, 'copy.db'), main);
  const older = await shops.start(path);
  await older.untilPrinted(/Restored/);
  await older.stop();
  expect((await shops.start(path)).output()).not.toContain('Restored');
});

test.each<[string, (from: DatabaseSync, to: string) => unknown]>([
  ['VACUUM INTO', (from, to) => from.prepare('VACUUM INTO ?').run(to)],
  ["SQLite's online backup", (from, to) => backup(from, to)],
])('a copy by %s of a running service is good for the doctor and for a start', async (_name, copyTo) => {
  await using shops = createShops();
  const { main, server } = await shops.open(2);
  const folder = await shops.folder();
  const copy = join(folder, 'copy.db');
  {
    using connection = new DatabaseSync(main, { readOnly: true });
    await copyTo(connection, copy);
  }
  await server.stop();
  const examined = await runCommand(['doctor', `--database-url=sqlite:${copy}`], folder);
  expect(examined.output).toContain('2 orders examined: everything holds.');
  const copied = await shops.start(folder, { DATABASE_URL: `sqlite:${copy}` });
  expect([await countOrders(copied), copied.output().includes('Restored')]).toEqual([2, true]);
});

test('a log that another run left beside a restored file is refused, and without it the file starts', async () => {
  await using shops = createShops();
  const { main, server, path } = await shops.open(1);
  expect((await runCommand(['backup', 'backup.db'], path)).code).toBe(0);
  await placeOrders(server, 1);
  await server.kill();
  copyShop(join(path, 'backup.db'), main, alone);
  const line = await startRefused(path, main);
  expect(line).toContain(`${main}-wal) that is not its own`);
  for (const each of ['-wal', '-shm']) renameSync(`${main}${each}`, join(path, `left${each}`));
  const restored = await shops.start(path);
  expect([await countOrders(restored), restored.output().includes('Restored')]).toEqual([1, true]);
});

test.each(['stopped', 'killed'])('the log of another shop beside a %s one is refused', async (how) => {
  await using shops = createShops();
  const one = await shops.open(1);
  const other = await shops.open(2);
  await other.server.kill();
  if (how === 'killed') await one.server.kill();
  else await one.server.stop();
  rmSync(`${one.main}-shm`, { force: true });
  copyShop(other.main, one.main, ['-wal']);
  expect(await startRefused(one.path, one.main)).toContain('that is not its own');
});

test('the log of an earlier run of the same shop is refused', async () => {
  await using shops = createShops();
  const { main, server, path } = await shops.open(1);
  copyShop(main, join(path, 'early'), ['-wal']);
  await server.stop();
  const again = await shops.start(path);
  await placeOrders(again, 1);
  await again.kill();
  rmSync(`${main}-shm`);
  copyShop(join(path, 'early'), main, ['-wal']);
  expect(await startRefused(path, main)).toContain('that is not its own');
});

test('a file that is cut off, or empty beside its log, is refused', async () => {
  await using shops = createShops();
  const { main, server, path } = await shops.open(1);
  const folder = await shops.folder();
  const empty = join(folder, 'empty.db');
  copyShop(main, empty);
  writeFileSync(empty, '');
  expect(await startRefused(folder, empty)).toContain('that is not its own');
  await server.stop();
  truncateSync(main, 40_960);
  expect(await startRefused(path, main)).toContain('is cut off: a part of it is missing');
});

test('a service that is killed again and again as soon as it listens starts again', async () => {
  await using shops = createShops();
  const path = await shops.folder();
  for (let kills = 0; kills < 3; kills += 1) await (await shops.start(path)).kill();
  const server = await shops.start(path);
  expect(server.output()).not.toContain('Restored');
  await placeOrders(server, 1);
});

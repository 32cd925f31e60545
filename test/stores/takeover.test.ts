// The history of a file of release 0.2.0, moved into its one table: nothing of it is lost or changes its place in the
// journal, wherever the move is cut off.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { shop } from '../../src/shop/shop.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { openStoreReader } from '../../src/stores/sqlite-reader.ts';
import { makeOldFile, readAll } from './old-file.ts';
import { useFile } from './sqlite-file.ts';

const files = useFile();
const toPath = (name: string) => fileURLToPath(new URL(name, import.meta.url));

it('a move that is killed goes on at the next start, and everything is there once', async () => {
  const path = files.path();
  makeOldFile(path, 400);
  const before = readAll(path);
  const child = spawn(process.execPath, [toPath('./hold-file.main.ts'), path], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const steps = () => Number(Object(files.query('SELECT count(*) AS steps FROM history_progress')[0]).steps);
  await expect.poll(steps, { interval: 1, timeout: 30_000 }).toBeGreaterThan(1);
  child.kill('SIGKILL');
  await ended;
  expect(files.query('PRAGMA user_version')).toEqual([{ user_version: 11 }]);
  expect(() => openStoreReader(path, shop)).toThrow('in the form of an earlier version');
  const [{ orders }] = [Object(files.query('SELECT count(*) AS orders FROM orders')[0])];
  expect(steps() * 1000).toBeLessThan(orders);

  openDatabase(path, shop).close();
  expect(readAll(path)).toEqual(before);
  expect(files.query("SELECT name FROM sqlite_schema WHERE name GLOB '*_before*'")).toEqual([]);
  // It was a copy before the first start alone.
  expect(files.query('SELECT last_position FROM epochs')).toEqual([
    { last_position: before[1]?.length },
    { last_position: null },
  ]);
}, 60_000);

it('a copy ends its epoch at its last event, which is not moved yet', () => {
  const path = files.path();
  makeOldFile(path, 0);
  const [, events] = readAll(path);
  const copy = join(files.folder(), 'copy.db');
  {
    using connection = new DatabaseSync(path);
    connection.prepare('VACUUM INTO ?').run(copy);
  }
  openDatabase(copy, shop).close();
  expect(readAll(copy)[1]).toEqual(events);
  using connection = new DatabaseSync(copy);
  const ended = connection.prepare('SELECT max(last_position) AS position FROM epochs').get();
  expect(ended?.['position']).toBe(events?.length);
});

it('data that is no JSON is moved as it is, for the doctor to find', () => {
  const path = files.path();
  makeOldFile(path, 0);
  {
    using connection = new DatabaseSync(path);
    const trigger = connection
      .prepare("SELECT sql FROM sqlite_schema WHERE name = 'received_keeps_values'")
      .get();
    connection.exec(`DROP TRIGGER received_keeps_values;
      UPDATE received SET data = '{' WHERE order_id = 'completed-1' AND version = 2; ${trigger?.['sql']}`);
  }
  openDatabase(path, shop).close();
  expect(files.query("SELECT data FROM received WHERE order_id = 'completed-1' AND version = 2")).toEqual([
    { data: '"{"' },
  ]);
});

it('a start on an empty file of the earlier schema has nothing to move', () => {
  writeFileSync(files.path(), '');
  openDatabase(files.path(), shop).close();
  expect(files.query('SELECT count(*) AS rows FROM history')).toEqual([{ rows: 0 }]);
});

// The history of a file of release 0.2.0, moved into its one table: nothing of it is lost or changes its place in the
// journal, wherever the move is cut off.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { shop } from '../../src/shop/shop.ts';
import { openAuditSource } from '../../src/stores/sqlite-audit-source.ts';
import { fromShortId } from '../../src/stores/sqlite-ids.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { useFile } from './sqlite-file.ts';

const files = useFile();
const toPath = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const kept = ['received', 'events'] as const;

/** The file of the release, with so many copies of each order. */
const makeOldFile = (path: string, copies: number): void => {
  copyFileSync(toPath('./release-0.2.0.db'), path);
  using connection = new DatabaseSync(path);
  connection.exec('BEGIN');
  for (const table of ['orders', ...kept]) {
    const columns = connection
      .prepare('SELECT name FROM pragma_table_info(?)')
      .all(table)
      .map(({ name }) => String(name))
      .filter((name) => name !== 'position');
    const values = columns.map((name) => (name === 'order_id' ? "order_id || '-' || copy" : name));
    connection
      .prepare(
        `INSERT INTO ${table} (${columns.join(', ')}) SELECT ${values.join(', ')}
         FROM ${table}, (SELECT value AS copy FROM json_each(?)) ORDER BY copy, ${table}.rowid`,
      )
      .run(JSON.stringify(Array.from({ length: copies }, (_, index) => index + 1)));
  }
  connection.exec('COMMIT');
};

/** Every message and event, column by column, with its ids in full. */
const readAll = (path: string) => {
  using connection = new DatabaseSync(path, { readOnly: true });
  const shorten = (value: unknown, orderId: unknown) => fromShortId(String(orderId), String(value));
  connection.function('in_full', { deterministic: true }, shorten);
  const isView = connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'history'").get() !== undefined;
  const full = (column: string) =>
    isView ? column : `iif(${column} IS NULL, NULL, in_full(${column}, order_id))`;
  const messages = `SELECT order_id, version, ${full('message_id')} AS id, kind, actor, type,
      ${full('causation_id')} AS cause, correlation_id, disposition, reason, at, principal
    FROM received ORDER BY order_id, version`;
  const events = `SELECT position, order_id, seq, ${full('event_id')} AS id, actor, type, schema_version,
      ${full('causation_id')} AS cause, correlation_id, at
    FROM events ORDER BY position`;
  return [messages, events].map((sql) => connection.prepare(sql).all());
};

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
  expect(() => openAuditSource(path, shop, 0)).toThrow('it has the schema 11 of an older Orderchart');
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

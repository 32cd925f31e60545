// Files of release 0.2.0 with many orders, for tests of what becomes of their history, and that history as a report reads it.
import { copyFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { fromShortId } from '../../src/stores/short-ids.ts';

const kept = ['received', 'events'] as const;

/** The file of the release, with so many copies of each order. */
export const makeOldFile = (path: string, copies: number): void => {
  copyFileSync(fileURLToPath(new URL('./release-0.2.0.db', import.meta.url)), path);
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
export const readAll = (path: string) => {
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

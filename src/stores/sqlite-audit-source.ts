// A SQLite store as an audit source: one read transaction on a connection of its own, so it is one consistent
// picture while the service keeps writing. It never writes, never waits for the service's lock, and never refuses a row
// because of its content.
import { statSync } from 'node:fs';
import type { DatabaseSync as Database } from 'node:sqlite';
import type { AuditSource, Fields } from '../audit-source.ts';
import { AppError, describeError } from '../errors.ts';
import { toKeyRow } from './audit-rows.ts';
import { type Row, text, whole } from './rows.ts';
import { toPrimaryCode } from './sqlite-errors.ts';
import { applicationId, historyMoved, readMigrations, type TableOwner } from './sqlite-open.ts';
import { readLatestRecords, readOrderRecords } from './sqlite-order-records.ts';
import { openReadOnly, type ReadOnlyDatabase } from './sqlite-read-only.ts';
import { checkStorage } from './sqlite-storage.ts';

/** How long a statement waits for a tool that locks the file briefly. */
const busyMs = 5000;
const pageRows = 200;
/** For the sorts: what does not fit goes to temporary files. */
const cacheKiB = 64 * 1024;

/**
 * Opens the file at `path` for reading alone. `now` (ms since 1970) is noted as the time of the picture.
 * @throws AppError `invalid-setting` when there is no such file, or it does not hold orders of this application in the
 * schema that this program knows; and as `openReadOnly` does.
 */
export const openAuditSource = (path: string, application: TableOwner, now: number): AuditSource => {
  const { connection, close } = open(path, application);
  const { ofOrders = {}, tables = {} } = application.tables?.sqlite.audit ?? {};
  const guarded = <T>(read: () => Iterable<T>): AsyncIterable<T> => toAsync(path, read);
  return {
    takenAt: now,
    orderCount: async () => {
      try {
        return whole(one(connection, 'SELECT count(*) AS number FROM orders'), 'number');
      } catch (error) {
        throw toUnreadable(path, error);
      }
    },
    storage: () => guarded(() => checkStorage(connection, application)),
    orders: () => guarded(() => toPages(readOrderRecords(connection, ofOrders))),
    latest: (wanted) => guarded(() => readLatestRecords(connection, wanted)),
    table: (name) => {
      const sql = tables[name];
      if (sql === undefined) throw new Error(`the application names no table '${name}' for audits`);
      return guarded(() => toPages(read(connection, sql, (row): Fields => row)));
    },
    idempotencyKeys: () => guarded(() => toPages(read(connection, keysQuery, toKeyRow))),
    close: async () => close(),
  };
};

/**
 * @throws AppError `invalid-setting` when the file at `path` is none that this program can read as a store of `application`.
 */
export const requireReadable = (path: string, application: TableOwner): void =>
  open(path, application).close();

const open = (path: string, application: TableOwner): ReadOnlyDatabase => {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) refuse(path, 'there is no such file');
  else if (!found.isFile()) refuse(path, 'it is not a file');
  let opened: ReadOnlyDatabase | undefined;
  try {
    opened = openReadOnly(path, busyMs);
    const { connection } = opened;
    connection.exec(`PRAGMA cache_size = -${cacheKiB}; BEGIN`);
    requireSchema(connection, path);
    requireApplication(connection, path, application);
    return opened;
  } catch (error) {
    opened?.close();
    if (toPrimaryCode(error) === undefined) throw error;
    return refuse(path, describeError(error));
  }
};

/** Its first read is also what the picture starts with. */
const requireSchema = (connection: Database, path: string): void => {
  const objects = whole(one(connection, 'SELECT count(*) AS number FROM sqlite_schema'), 'number');
  if (objects === 0) refuse(path, 'the database is empty');
  if (whole(one(connection, 'PRAGMA application_id'), 'application_id') !== applicationId) {
    refuse(path, 'it is a database of another program');
  }
  const version = whole(one(connection, 'PRAGMA user_version'), 'user_version');
  // The schema in which a service works while it moves an earlier history: both places are read.
  const known = version === historyMoved - 1 ? version : readMigrations().length;
  requireVersion(path, { writer: 'Orderchart', what: 'schema', version, known });
};

const requireApplication = (connection: Database, path: string, { name, tables }: TableOwner): void => {
  const found = connection.prepare('SELECT name, tables_version FROM applications').get();
  if (found === undefined) refuse(path, 'it was cut off while it was created; start the service on it first');
  const [owner, version] = [text(found, 'name'), whole(found, 'tables_version')];
  if (owner !== name) refuse(path, `it holds orders of the application '${owner}', not '${name}'`);
  const known = tables?.sqlite.migrations.length ?? 0;
  requireVersion(path, { writer: `'${name}'`, what: 'tables', version, known });
};

const requireVersion = (
  path: string,
  {
    writer,
    what,
    version,
    known,
  }: { readonly writer: string; readonly what: string; readonly version: number; readonly known: number },
): void => {
  if (version > known) {
    refuse(path, `it was written by a newer ${writer} (${what} ${version}; this one knows ${known})`);
  }
  if (version < known) {
    refuse(
      path,
      `it has the ${what} ${version} of an older ${writer}; start this one (${known}) on it first`,
    );
  }
};

const refuse: (path: string, problem: string) => never = (path, problem) => {
  throw new AppError('invalid-setting', `Invalid DATABASE_URL=sqlite:${path}: ${problem}`);
};

const one = (connection: Database, sql: string): Row => connection.prepare(sql).get() ?? {};

const read = function* <T>(connection: Database, sql: string, convert: (row: Row) => T): Iterable<T> {
  for (const row of connection.prepare(sql).iterate()) yield convert(row);
};

const toPages = function* <T>(items: Iterable<T>): Iterable<readonly T[]> {
  let page: T[] = [];
  for (const item of items) {
    page.push(item);
    if (page.length < pageRows) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
};

/** @throws AppError `store-unavailable` when the file is so broken that it can be read no further. */
const toAsync = async function* <T>(path: string, read: () => Iterable<T>): AsyncIterable<T> {
  try {
    yield* read();
  } catch (error) {
    throw toUnreadable(path, error);
  }
};

const toUnreadable = (path: string, error: unknown): AppError =>
  new AppError('store-unavailable', `${path} cannot be read further: ${describeError(error)}`);

const keysQuery = `
  SELECT scope, key, fingerprint, idempotency.order_id, status, orders.order_id IS NOT NULL AS order_exists,
    instr(body, idempotency.order_id) > 0 AS names_order
  FROM idempotency LEFT JOIN orders USING (order_id) ORDER BY scope, key`;

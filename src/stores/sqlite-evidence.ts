// A SQLite store as evidence: one read transaction on a connection of its own, so that all of it is one
// picture while the service goes on writing. It never writes, never waits for the service's lock, and never
// refuses a row for what is in it. It exists for `orderchart doctor`.
import { statSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { AppError, describeError } from '../errors.ts';
import type { Dossier, Evidence, KeyRow, ProductRow, StockRow } from '../evidence.ts';
import { readDossiers, toStockRow } from './sqlite-dossiers.ts';
import { toPrimaryCode } from './sqlite-open.ts';
import { text, whole } from './sqlite-rows.ts';
import { applicationId, countMigrations, lookAtStorage } from './sqlite-storage.ts';

type Row = Readonly<Record<string, SQLOutputValue>>;

/** A statement waits this long for a tool that holds the file for a moment. */
const busyMs = 5000;
const pageRows = 200;
/** For the sorts: what does not fit goes to temporary files. */
const cacheKiB = 64 * 1024;

/**
 * Opens the file at `path` for reading alone. `now` (ms since 1970) is noted as the time of the picture.
 * @throws AppError `invalid-setting` where there is no such file, or it is not an Orderchart database of
 * the schema that this program knows.
 */
export const openEvidence = (path: string, now: number): Evidence => {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) refuse(path, 'there is no such file');
  else if (!found.isFile()) refuse(path, 'it is not a file');
  const connection = open(path);
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
    storage: () => guarded(() => lookAtStorage(connection)),
    dossiers: () => guarded((): Iterable<readonly Dossier[]> => toPages(readDossiers(connection))),
    stockLedger: () =>
      guarded(
        (): Iterable<readonly StockRow[]> =>
          toPages(read(connection, 'SELECT * FROM stock_ledger ORDER BY seq', toStockRow)),
      ),
    products: () => guarded(() => toPages(read(connection, productsQuery, toProductRow))),
    idempotencyKeys: () => guarded(() => toPages(read(connection, keysQuery, toKeyRow))),
    close: async () => connection.close(),
  };
};

const open = (path: string): DatabaseSync => {
  let connection: DatabaseSync | undefined;
  try {
    connection = new DatabaseSync(path, { readOnly: true, timeout: busyMs });
    connection.exec(`PRAGMA cache_size = -${cacheKiB}; BEGIN`);
    requireOurs(connection, path);
    return connection;
  } catch (error) {
    connection?.close();
    if (toPrimaryCode(error) === undefined) throw error;
    return refuse(path, describeError(error));
  }
};

/** Its first read is also what the picture starts with. */
const requireOurs = (connection: DatabaseSync, path: string): void => {
  const objects = whole(one(connection, 'SELECT count(*) AS number FROM sqlite_schema'), 'number');
  if (objects === 0) refuse(path, 'the database is empty');
  if (whole(one(connection, 'PRAGMA application_id'), 'application_id') !== applicationId) {
    refuse(path, 'it is a database of another program');
  }
  const version = whole(one(connection, 'PRAGMA user_version'), 'user_version');
  const known = countMigrations();
  if (version > known) {
    refuse(path, `it was written by a newer Orderchart (schema ${version}; this one knows ${known})`);
  }
  if (version < known) {
    refuse(
      path,
      `it has the schema ${version} of an older Orderchart; start this one (${known}) on it first`,
    );
  }
};

const refuse = (path: string, problem: string): never => {
  throw new AppError('invalid-setting', `DATABASE_URL=sqlite:${path} is not usable: ${problem}`);
};

const one = (connection: DatabaseSync, sql: string): Row => connection.prepare(sql).get() ?? {};

const read = function* <T>(connection: DatabaseSync, sql: string, convert: (row: Row) => T): Iterable<T> {
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

/** @throws AppError `store-unavailable` where the file is so broken that it can be read no further. */
const toAsync = async function* <T>(path: string, read: () => Iterable<T>): AsyncIterable<T> {
  try {
    yield* read();
  } catch (error) {
    throw toUnreadable(path, error);
  }
};

const toUnreadable = (path: string, error: unknown): AppError =>
  new AppError('store-unavailable', `${path} can't be read further: ${describeError(error)}`);

const productsQuery = `
  SELECT products.*, coalesce(sums.held_shares, 0) AS held_shares, coalesce(sums.sold_shares, 0) AS sold_shares
  FROM products LEFT JOIN (
    SELECT product_id, sum(quantity) FILTER (WHERE status = 'held') AS held_shares,
      sum(quantity) FILTER (WHERE status = 'sold') AS sold_shares
    FROM shares JOIN reservations USING (order_id) GROUP BY product_id
  ) AS sums USING (product_id) ORDER BY product_id`;

const toProductRow = (row: Row): ProductRow => ({
  productId: text(row, 'product_id'),
  onHand: whole(row, 'on_hand'),
  held: whole(row, 'held'),
  sold: whole(row, 'sold'),
  sharesHeld: whole(row, 'held_shares'),
  sharesSold: whole(row, 'sold_shares'),
});

const keysQuery = `
  SELECT scope, key, fingerprint, idempotency.order_id, status, orders.order_id IS NOT NULL AS order_exists,
    instr(body, idempotency.order_id) > 0 AS names_order
  FROM idempotency LEFT JOIN orders USING (order_id) ORDER BY scope, key`;

const toKeyRow = (row: Row): KeyRow => ({
  scope: text(row, 'scope'),
  key: text(row, 'key'),
  fingerprint: text(row, 'fingerprint'),
  orderId: text(row, 'order_id'),
  status: whole(row, 'status'),
  orderExists: row['order_exists'] === 1,
  bodyNamesOrder: row['names_order'] === 1,
});

// Compares two stores after a move: every order's record as the doctor sees it, and the rows of all tables that are not about
// one order. It says which is the first that differs, and shows no value.
import { createHash } from 'node:crypto';
import type { AuditSource, OrderRecords } from '../audit-source.ts';
import { AppError } from '../errors.ts';
import type { MovableStore, MovedRow, RowKey } from '../move.ts';
import type { MovedTable } from '../tables.ts';

/** Compared as parts of the records of orders. */
const inRecords: ReadonlySet<string> = new Set(['orders', 'history']);

const refuse = (what: string): never => {
  throw new AppError(
    'store-unsupported',
    `The copy is not like its source: ${what}. The source is unchanged, and the target cannot be used. Keep both, and report it as a bug.`,
  );
};

export const keyOf = (table: MovedTable, row: MovedRow): RowKey =>
  table.key.map((column) => {
    const value = row[column];
    if (typeof value === 'string' || typeof value === 'number') return value;
    throw new Error(`A row of ${table.name} has no ${column}.`);
  });

/** All rows of a table behind `after`, page by page. */
export const readPages = async function* (
  store: MovableStore,
  table: MovedTable,
  rowsAtATime: number,
  after?: RowKey,
): AsyncGenerator<readonly MovedRow[], void> {
  let behind = after;
  for (;;) {
    const rows = await store.read(table, behind, rowsAtATime);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    behind = keyOf(table, last);
  }
};

const flatten = async function* <T>(pages: AsyncIterable<readonly T[]>): AsyncGenerator<T, undefined> {
  for await (const page of pages) yield* page;
  return undefined;
};

const toLine = (table: MovedTable, row: MovedRow): string =>
  JSON.stringify(
    table.columns.map((column) => {
      const value = row[column] ?? null;
      return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
    }),
  );

/** The number of rows in each table. */
export const compareTables = async (
  source: MovableStore,
  target: MovableStore,
  rowsAtATime: number,
): Promise<Readonly<Record<string, number>>> => {
  const counts: Record<string, number> = {};
  for (const table of source.tables) {
    const [count, copied] = [await source.count(table), await target.count(table)];
    if (count !== copied) refuse(`${table.name} have ${copied} rows instead of ${count}`);
    counts[table.name] = count;
    if (inRecords.has(table.name)) continue;
    const others = flatten(readPages(target, table, rowsAtATime));
    for await (const row of flatten(readPages(source, table, rowsAtATime))) {
      const { value: other } = await others.next();
      if (other === undefined || toLine(table, row) !== toLine(table, other)) {
        refuse(`the row ${keyOf(table, row).join(' ')} of ${table.name} differs`);
      }
    }
  }
  return counts;
};

/** A digest of the records of all orders, which are the same on both sides. */
export const compareRecords = async (
  source: AuditSource,
  target: AuditSource,
  onProgress: (orders: number) => void,
): Promise<{ readonly orders: number; readonly digest: string }> => {
  const hash = createHash('sha256');
  const others = flatten<OrderRecords>(target.orders());
  let orders = 0;
  for await (const page of source.orders()) {
    for (const records of page) {
      const { value: other } = await others.next();
      const line = JSON.stringify(records);
      if (other === undefined || line !== JSON.stringify(other))
        refuse(`the order ${records.orderId} differs`);
      hash.update(line).update('\n');
      if (records.order !== undefined) orders += 1;
    }
    onProgress(orders);
  }
  const more = await others.next();
  if (more.value !== undefined) refuse(`the order ${more.value.orderId} is not in the source`);
  return { orders, digest: hash.digest('hex') };
};

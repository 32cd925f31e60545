// Reads of the shop's tables in PostgreSQL: the statements for the rows that a decision asks for, and the rows that they find. It
// runs no statement (the store does).
import type { PostgresRead, PostgresStatement, Row } from '../application.ts';
import { referenceTable } from './order-references.ts';
import { providerTable } from './providers.ts';
import { refundTable } from './refund-totals.ts';
import { stockTables } from './stock.ts';
import {
  addProducts,
  addReservations,
  idsOf,
  productColumns,
  type SqlRow,
  text,
  toProductRow,
  whole,
} from './stock-rows.ts';

const sql = (statement: string, values: PostgresStatement['values']): PostgresStatement => ({
  text: statement,
  values,
});

type Found = Map<string, Row>;
/** A statement, and what its rows add to what is found. */
interface Read {
  readonly statement: PostgresStatement;
  readonly add: (found: Found, rows: readonly SqlRow[]) => void;
}

const readProducts = (ids: readonly string[]): Read => ({
  statement: sql(`SELECT ${productColumns} FROM products WHERE product_id = ANY ($1)`, [ids]),
  add: addProducts,
});

/** Of each reservation, its shares with their products: a decision about it will need them next. */
const readReservations = (ids: readonly string[]): Read => ({
  statement: sql(
    `SELECT reservations.order_id, status, expires_at, held_at, ended_at, quantity,
       ${productColumns.replace('product_id', 'products.product_id')}
     FROM reservations JOIN shares USING (order_id) JOIN products ON products.product_id = shares.product_id
     WHERE order_id = ANY ($1) ORDER BY order_id, product_id`,
    [ids],
  ),
  add: (found, rows) => {
    addProducts(found, rows);
    addReservations(found, rows);
  },
});

const toProviderRow = (row: SqlRow): Row => ({
  name: text(row, 'name'),
  takesUnnamed: row['takes_unnamed'] === 1,
});

const toReads = (keys: readonly string[]): readonly Read[] => {
  const reads: Read[] = [];
  const ask = (table: string, toRead: (ids: readonly string[]) => Read): void => {
    const ids = idsOf(keys, table);
    if (ids.length > 0) reads.push(toRead(ids));
  };
  ask(stockTables.reservations, readReservations);
  ask(stockTables.products, readProducts);
  ask(refundTable, (ids) => ({
    statement: sql('SELECT id, amount FROM refund_totals WHERE id = ANY ($1)', [ids]),
    add: (found, rows) => {
      for (const row of rows)
        found.set(`${refundTable}/${text(row, 'id')}`, { amount: whole(row, 'amount') });
    },
  }));
  ask(referenceTable, (ids) => ({
    statement: sql('SELECT id, order_id FROM order_references WHERE id = ANY ($1)', [ids]),
    add: (found, rows) => {
      for (const row of rows) {
        found.set(`${referenceTable}/${text(row, 'id')}`, { orderId: text(row, 'order_id') });
      }
    },
  }));
  ask(providerTable, (names) => ({
    statement: sql('SELECT name, takes_unnamed FROM providers WHERE name = ANY ($1)', [names]),
    add: (found, rows) => {
      for (const row of rows) found.set(`${providerTable}/${text(row, 'name')}`, toProviderRow(row));
    },
  }));
  return reads;
};

export const readRows = (keys: readonly string[]): PostgresRead<ReadonlyMap<string, Row>> => {
  const reads = toReads(keys);
  return {
    statements: reads.map(({ statement }) => statement),
    read: (results) => {
      const found: Found = new Map();
      for (const [place, { add }] of reads.entries()) add(found, results[place] ?? []);
      return found;
    },
  };
};

export const listRows = (
  table: string,
  after: string | undefined,
  limit: number,
): PostgresRead<readonly Row[]> => {
  if (table === providerTable) {
    const page = 'SELECT name, takes_unnamed FROM providers WHERE name > $1 ORDER BY name LIMIT $2';
    return {
      statements: [sql(page, [after ?? '', limit])],
      read: ([rows = []]) => rows.map(toProviderRow),
    };
  }
  if (table !== stockTables.products) throw new Error(`The rows of ${table} are not listed.`);
  const page = `SELECT ${productColumns} FROM products WHERE product_id > $1 ORDER BY product_id LIMIT $2`;
  return {
    statements: [sql(page, [after ?? '', limit])],
    read: ([rows = []]) => rows.map((row) => ({ ...toProductRow(row) })),
  };
};

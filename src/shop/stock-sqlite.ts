// The shop's stock in SQLite: products, reservations with their shares, and the ledger. It decides nothing (stock.ts
// does), and opens no transaction (the store does).
import { readFileSync } from 'node:fs';
import type { Row, RowChange, RowChanges, SqlConnection, TableStore, Tables } from '../application.ts';
import { readReference, referenceTable } from './order-references.ts';
import { providerTable } from './providers.ts';
import { createProviderReads, createProviderWrite } from './providers-sqlite.ts';
import { readRefundTotal, refundTable } from './refund-totals.ts';
import { type LedgerRow, type Product, type Reservation, stockTables, toProductKey } from './stock.ts';
import {
  addProducts,
  addReservations,
  idsOf,
  productColumns,
  text,
  toProductRow,
  whole,
} from './stock-rows.ts';

const createReads = (connection: SqlConnection): Pick<TableStore, 'read' | 'list'> => {
  const products = connection.prepare(
    `SELECT ${productColumns} FROM products WHERE product_id IN (SELECT value FROM json_each(?))`,
  );
  const page = connection.prepare(
    `SELECT ${productColumns} FROM products WHERE product_id > ? ORDER BY product_id LIMIT ?`,
  );
  // Of each reservation, its shares with their products: a decision about it will need them next.
  const reservations = connection.prepare(
    `SELECT reservations.order_id, status, expires_at, held_at, ended_at, quantity,
       ${productColumns.replace('product_id', 'products.product_id')}
     FROM json_each(?) AS wanted JOIN reservations ON reservations.order_id = wanted.value
     JOIN shares ON shares.order_id = reservations.order_id JOIN products USING (product_id)
     ORDER BY reservations.order_id, product_id`,
  );

  const reference = connection.prepare('SELECT order_id FROM order_references WHERE id = ?');
  const providers = createProviderReads(connection);
  const refundTotal = connection.prepare('SELECT amount FROM refund_totals WHERE id = ?');

  const readReservations = (orderIds: readonly string[], found: Map<string, Row>): void => {
    const rows = reservations.all(JSON.stringify(orderIds));
    addProducts(found, rows);
    addReservations(found, rows);
  };

  return {
    read: (keys) => {
      const found = new Map<string, Row>();
      const productIds = idsOf(keys, stockTables.products);
      const orderIds = idsOf(keys, stockTables.reservations);
      if (orderIds.length > 0) readReservations(orderIds, found);
      for (const id of idsOf(keys, refundTable)) {
        const row = refundTotal.get(id);
        if (row !== undefined) found.set(`${refundTable}/${id}`, { amount: whole(row, 'amount') });
      }
      for (const id of idsOf(keys, referenceTable)) {
        const row = reference.get(id);
        if (row !== undefined) found.set(`${referenceTable}/${id}`, { orderId: text(row, 'order_id') });
      }
      for (const name of idsOf(keys, providerTable)) {
        const row = providers.read(name);
        if (row !== undefined) found.set(`${providerTable}/${name}`, row);
      }
      if (productIds.length > 0) {
        for (const row of products.all(JSON.stringify(productIds))) {
          found.set(toProductKey(text(row, 'product_id')), { ...toProductRow(row) });
        }
      }
      return found;
    },
    list: (table, after, limit) => {
      if (table === providerTable) return providers.list(after ?? '', limit);
      if (table !== stockTables.products) throw new Error(`The rows of ${table} are not listed.`);
      return page.all(after ?? '', limit).map((row) => ({ ...toProductRow(row) }));
    },
  };
};

const isProductChange = (change: RowChange): change is RowChange & { readonly after: Row & Product } =>
  change.key.startsWith(`${stockTables.products}/`);
const isReservationChange = (
  change: RowChange,
): change is RowChange & { readonly after: Row & Reservation } =>
  change.key.startsWith(`${stockTables.reservations}/`);
const isLedgerRow = (row: Row): row is Row & LedgerRow => 'why' in row;

/** In the order of the ledger's columns. */
const toEntry = (row: LedgerRow): readonly (string | number | null)[] => [
  ...[row.productId, row.orderId, row.onHand, row.held, row.sold, row.why, row.at],
  ...[row.who ?? null, row.reason ?? null],
];

const createWrites = (connection: SqlConnection) => {
  const putProduct = connection.prepare(
    `INSERT INTO products (${productColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (product_id) DO UPDATE SET name = excluded.name, unit_price = excluded.unit_price,
       currency = excluded.currency, on_sale = excluded.on_sale, revision = excluded.revision, on_hand = excluded.on_hand, held = excluded.held, sold = excluded.sold`,
  );
  const setCounts = connection.prepare(
    'UPDATE products SET on_hand = ?, held = ?, sold = ? WHERE product_id = ?',
  );
  const addReservation = connection.prepare(
    'INSERT INTO reservations (order_id, status, expires_at, held_at, ended_at) VALUES (?, ?, ?, ?, ?)',
  );
  const endReservation = connection.prepare(
    'UPDATE reservations SET status = ?, ended_at = ? WHERE order_id = ?',
  );
  const putRefundTotal = connection.prepare('REPLACE INTO refund_totals (id, amount) VALUES (?, ?)');
  const putReference = connection.prepare('REPLACE INTO order_references (id, order_id) VALUES (?, ?)');
  const addProvider = createProviderWrite(connection);
  const addShares = connection.prepare(
    `INSERT INTO shares (order_id, product_id, quantity)
     SELECT ?, value ->> 'productId', value ->> 'quantity' FROM json_each(?)`,
  );
  const addLedgerRows = connection.prepare(
    `INSERT INTO stock_ledger (product_id, order_id, d_on_hand, d_held, d_sold, why, at, who, reason)
     SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
       value ->> 7, value ->> 8
     FROM json_each(?) ORDER BY key`,
  );

  const writeProduct = ({ before, after }: RowChange & { readonly after: Row & Product }): void => {
    const { productId, name, unitPrice, currency, onSale, revision, onHand, held, sold } = after;
    if (before?.['revision'] === revision) setCounts.run(onHand, held, sold, productId);
    else {
      const said = [name, unitPrice, currency, Number(onSale), revision];
      putProduct.run(productId, ...said, onHand, held, sold);
    }
  };
  const writeReservation = ({ before, after }: RowChange & { readonly after: Row & Reservation }): void => {
    const { orderId, status, shares, expiresAt, heldAt, endedAt } = after;
    if (before !== undefined) endReservation.run(status, endedAt, orderId);
    else {
      addReservation.run(orderId, status, expiresAt, heldAt, endedAt);
      addShares.run(orderId, JSON.stringify(shares));
    }
  };
  return ({ changed, appended }: RowChanges): void => {
    for (const change of changed) if (isProductChange(change)) writeProduct(change);
    for (const { key, after } of changed) {
      const [id] = idsOf([key], refundTable);
      if (id !== undefined) putRefundTotal.run(id, readRefundTotal(after));
      const [reference] = idsOf([key], referenceTable);
      if (reference !== undefined) putReference.run(reference, readReference(after) ?? null);
      const [provider] = idsOf([key], providerTable);
      if (provider !== undefined) addProvider(after);
    }
    for (const change of changed) if (isReservationChange(change)) writeReservation(change);
    const entries = appended.flatMap(({ row }) => (isLedgerRow(row) ? [toEntry(row)] : []));
    if (entries.length > 0) addLedgerRows.run(JSON.stringify(entries));
  };
};

/** In their order; a released one never changes. */
const migrations = [
  '0001-stock.sql',
  '0002-adjustments.sql',
  '0003-descriptions.sql',
  '0004-refund-totals.sql',
  '0005-returns.sql',
  '0006-providers.sql',
].map((file) => readFileSync(new URL(`./migrations/${file}`, import.meta.url), 'utf8'));

export const sqliteStock: Tables['sqlite'] = {
  migrations,
  open: (connection) => ({ ...createReads(connection), write: createWrites(connection) }),
};

// The rows of products, reservations and the stock ledger in SQLite. It never decides what a hold or a sale
// is (stock.ts does). Counts are read once and written once in a transaction, however many orders change
// them: it exists so that a hot product costs no more than another.
import { InvariantViolation } from '../step/violation.ts';
import type { Product } from '../store.ts';
import type { Connection } from './sqlite-open.ts';
import { createRowWriter } from './sqlite-row-writer.ts';
import { oneOf, text, toProduct, whole } from './sqlite-rows.ts';
import type { StockRows } from './stock.ts';

const productColumns = 'product_id, name, unit_price, currency, on_hand, held, sold';

/** Rows that may differ from the file's until they are flushed, which must happen before the COMMIT. */
export interface PendingStockRows extends StockRows {
  /** How often anything was changed since the rows were made: for who must know whether something was. */
  changes(): number;
  /** Writes what was changed. */
  flush(): void;
  /** Drops what was changed and not flushed, and what was read. */
  forget(): void;
}

export const createStockRows = (connection: Connection): PendingStockRows => {
  const selectProduct = connection.prepare(`SELECT ${productColumns} FROM products WHERE product_id = ?`);
  const selectReservation = connection.prepare('SELECT status FROM reservations WHERE order_id = ?');
  const selectShares = connection.prepare('SELECT product_id, quantity FROM shares WHERE order_id = ?');
  const endReservation = connection.prepare(
    'UPDATE reservations SET status = ?, ended_at = ? WHERE order_id = ?',
  );
  const describe = connection.prepare(
    `INSERT INTO products (${productColumns}) VALUES (?, ?, ?, ?, 0, 0, 0)
     ON CONFLICT (product_id) DO UPDATE
     SET name = excluded.name, unit_price = excluded.unit_price, currency = excluded.currency`,
  );
  const updateCounts = connection.prepare(
    'UPDATE products SET on_hand = ?, held = ?, sold = ? WHERE product_id = ?',
  );
  const reservations = createRowWriter(connection, 'reservations', [
    ...['order_id', 'status', 'expires_at', 'held_at'],
  ]);
  const shares = createRowWriter(connection, 'shares', ['order_id', 'product_id', 'quantity']);
  const ledger = createRowWriter(connection, 'stock_ledger', [
    ...['product_id', 'order_id', 'd_on_hand', 'd_held', 'd_sold', 'why', 'at'],
  ]);

  const products = new Map<string, Product>();
  const changed = new Set<string>();
  /** Orders whose new reservation is not written yet. */
  const reserved = new Set<string>();
  let changes = 0;

  const product = (productId: string): Product | undefined => {
    const known = products.get(productId);
    if (known !== undefined) return known;
    const row = selectProduct.get(productId);
    if (row === undefined) return undefined;
    const read = toProduct(row);
    products.set(productId, read);
    return read;
  };

  const flush = (): void => {
    reservations.flush();
    shares.flush();
    reserved.clear();
    for (const productId of changed) {
      const counts = products.get(productId);
      if (counts) updateCounts.run(counts.onHand, counts.held, counts.sold, productId);
    }
    changed.clear();
    ledger.flush();
  };

  return {
    product,
    reservation: (orderId) => {
      if (reserved.has(orderId)) return 'held';
      const row = selectReservation.get(orderId);
      return row && oneOf(row, 'status', ['held', 'released', 'sold']);
    },
    shares: (orderId) => {
      if (reserved.has(orderId)) flush();
      return selectShares.all(orderId).map((row) => ({
        productId: text(row, 'product_id'),
        quantity: whole(row, 'quantity'),
      }));
    },
    addReservation: (orderId, wanted, expiresAt, at) => {
      changes += 1;
      reserved.add(orderId);
      reservations.add(orderId, 'held', expiresAt, at);
      for (const { productId, quantity } of wanted) shares.add(orderId, productId, quantity);
    },
    endReservation: (orderId, status, at) => {
      changes += 1;
      if (reserved.has(orderId)) flush();
      endReservation.run(status, at, orderId);
    },
    describe: (productId, { name, unitPrice, currency }) => {
      changes += 1;
      flush();
      describe.run(productId, name, unitPrice, currency);
      products.delete(productId);
    },
    change: (productId, by, { orderId, why, at }) => {
      changes += 1;
      const before = product(productId);
      if (before === undefined) throw new Error(`There is no product ${productId} to change.`);
      const onHand = before.onHand + by.onHand;
      const held = before.held + by.held;
      const sold = before.sold + by.sold;
      // The schema checks the same when the counts are written; here it is known whose change it was.
      if (held < 0 || sold < 0 || held > onHand) throw toViolation(productId, { ...by });
      products.set(productId, { ...before, onHand, held, sold, available: onHand - held });
      changed.add(productId);
      ledger.add(productId, orderId, by.onHand, by.held, by.sold, why, at);
    },
    changes: () => changes,
    flush: () => {
      flush();
      products.clear();
    },
    forget: () => {
      for (const rows of [reservations, shares, ledger]) rows.forget();
      products.clear();
      changed.clear();
      reserved.clear();
    },
  };
};

const toViolation = (productId: string, change: Readonly<Record<string, number>>): InvariantViolation => {
  const counts = Object.entries(change).map(([name, by]) => `${name} ${by}`);
  return new InvariantViolation('stock-counts', `${productId} cannot change by ${counts.join(', ')}`);
};

/** The catalogue as it is committed. */
export const createProductReads = (connection: Connection) => {
  const one = connection.prepare(`SELECT ${productColumns} FROM products WHERE product_id = ?`);
  const page = connection.prepare(
    `SELECT ${productColumns} FROM products WHERE product_id > ? ORDER BY product_id LIMIT ?`,
  );
  return {
    product: (productId: string): Product | undefined => {
      const row = one.get(productId);
      return row && toProduct(row);
    },
    products: ({ after, limit }: { readonly after?: string; readonly limit: number }): readonly Product[] =>
      page.all(after ?? '', limit).map(toProduct),
  };
};

// The rows of products, reservations and the stock ledger in SQLite. It never decides what a hold or a sale
// is (stock.ts does). It exists so that there is one statement that changes the counts, with its ledger row.
import { InvariantViolation } from '../step/violation.ts';
import type { Product } from '../store.ts';
import { type Connection, toPrimaryCode } from './sqlite-open.ts';
import { oneOf, text, toProduct, whole } from './sqlite-rows.ts';
import type { StockRows } from './stock.ts';

const productColumns = 'product_id, name, unit_price, currency, on_hand, held, sold';

/** `beforeChange` is called before anything is written. */
export const createStockRows = (connection: Connection, beforeChange: () => void): StockRows => {
  const product = connection.prepare(`SELECT ${productColumns} FROM products WHERE product_id = ?`);
  const reservation = connection.prepare('SELECT status FROM reservations WHERE order_id = ?');
  const shares = connection.prepare('SELECT product_id, quantity FROM shares WHERE order_id = ?');
  const addReservation = connection.prepare(
    `INSERT INTO reservations (order_id, status, expires_at, held_at) VALUES (?, 'held', ?, ?)`,
  );
  const addShare = connection.prepare('INSERT INTO shares (order_id, product_id, quantity) VALUES (?, ?, ?)');
  const endReservation = connection.prepare(
    'UPDATE reservations SET status = ?, ended_at = ? WHERE order_id = ?',
  );
  const describe = connection.prepare(
    `INSERT INTO products (${productColumns}) VALUES (?, ?, ?, ?, 0, 0, 0)
     ON CONFLICT (product_id) DO UPDATE
     SET name = excluded.name, unit_price = excluded.unit_price, currency = excluded.currency`,
  );
  const change = connection.prepare(
    'UPDATE products SET on_hand = on_hand + ?, held = held + ?, sold = sold + ? WHERE product_id = ?',
  );
  const note = connection.prepare(
    `INSERT INTO stock_ledger (product_id, order_id, d_on_hand, d_held, d_sold, why, at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );

  return {
    product: (productId) => {
      const row = product.get(productId);
      return row && toProduct(row);
    },
    reservation: (orderId) => {
      const row = reservation.get(orderId);
      return row && oneOf(row, 'status', ['held', 'released', 'sold']);
    },
    shares: (orderId) =>
      shares.all(orderId).map((row) => ({
        productId: text(row, 'product_id'),
        quantity: whole(row, 'quantity'),
      })),
    addReservation: (orderId, wanted, expiresAt, at) => {
      beforeChange();
      addReservation.run(orderId, expiresAt, at);
      for (const { productId, quantity } of wanted) addShare.run(orderId, productId, quantity);
    },
    endReservation: (orderId, status, at) => {
      beforeChange();
      endReservation.run(status, at, orderId);
    },
    describe: (productId, { name, unitPrice, currency }) => {
      beforeChange();
      describe.run(productId, name, unitPrice, currency);
    },
    change: (productId, { onHand, held, sold }, { orderId, why, at }) => {
      beforeChange();
      try {
        change.run(onHand, held, sold, productId);
      } catch (error) {
        throw isConstraint(error) ? toViolation(productId, { onHand, held, sold }) : error;
      }
      note.run(productId, orderId, onHand, held, sold, why, at);
    },
  };
};

/** SQLITE_CONSTRAINT: the schema's own checks of the counts. */
const isConstraint = (error: unknown): boolean => toPrimaryCode(error) === 19;

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

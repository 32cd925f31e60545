// The shop's tables as an audit reads them: the statements, and the shapes of their rows. It checks
// nothing about the stock itself.
import { z } from 'zod';
import type { AuditReadings } from '../../application.ts';

/** The same SQL in SQLite and in PostgreSQL: names of columns are quoted, and sums are cast. */
export const stockReadings: AuditReadings = {
  ofOrders: {
    reservations: `SELECT order_id, status, held_at AS "heldAt", ended_at AS "endedAt"
      FROM reservations ORDER BY order_id`,
    shares: 'SELECT order_id, product_id AS "productId", quantity FROM shares ORDER BY order_id, product_id',
    stock: `SELECT order_id, product_id AS "productId", d_on_hand AS "onHand", d_held AS held, d_sold AS sold, why
      FROM stock_ledger WHERE order_id IS NOT NULL ORDER BY order_id, seq`,
  },
  tables: {
    stockLedger: `SELECT seq, product_id AS "productId", d_on_hand AS "onHand", d_held AS held, d_sold AS sold
      FROM stock_ledger ORDER BY seq`,
    products: `
      SELECT product_id AS "productId", on_hand AS "onHand", held, sold,
        CAST(coalesce(reserved_shares, 0) AS bigint) AS "reservedShares",
        CAST(coalesce(committed_shares, 0) - coalesce(returned, 0) AS bigint) AS "committedShares"
      FROM products LEFT JOIN (
        SELECT product_id, sum(quantity) FILTER (WHERE status = 'held') AS reserved_shares,
          sum(quantity) FILTER (WHERE status = 'sold') AS committed_shares
        FROM shares JOIN reservations USING (order_id) GROUP BY product_id
      ) AS shared USING (product_id) LEFT JOIN (
        SELECT product_id, sum(d_on_hand) AS returned FROM stock_ledger WHERE why = 'returned' GROUP BY product_id
      ) AS come_back USING (product_id) ORDER BY product_id`,
  },
};

const counts = { productId: z.string(), onHand: z.number(), held: z.number(), sold: z.number() };

export const reservationRows = z.array(
  z.object({ status: z.string(), heldAt: z.number(), endedAt: z.number().nullable() }),
);
export const shareRows = z.array(z.object({ productId: z.string(), quantity: z.number() }));
/** Changes of a product's counts for one order, in their order. */
export const stockRows = z.array(z.object({ ...counts, why: z.string() }));
export const stockLedgerRows = z.array(z.object({ ...counts, seq: z.number() }));
/** With the sums of the shares of its held and its sold reservations, without what came back. */
export const productRows = z.array(
  z.object({ ...counts, reservedShares: z.number(), committedShares: z.number() }),
);

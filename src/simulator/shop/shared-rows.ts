// What the functions of the shop's PostgreSQL tables make of a row that another node has changed (src/shop/migrations-postgres):
// counts of products are changed by differences, under the constraints of the table; all else only if it is as the decision saw
// it. It shares with them the differences alone, which the nodes themselves count with, too.
import { isDeepStrictEqual } from 'node:util';
import type { ChangeRow } from '../../node-link.ts';
import { type Product, toProduct, toReservation } from '../../shop/stock.ts';
import { postgresStock } from '../../shop/stock-postgres.ts';
import { RefusedWrite, StaleBatch } from '../../store.ts';
import type { Row, RowChange } from '../../tables.ts';

/** The constraints of the table of products. */
const requireCover = ({ productId, held, onHand, sold }: Product): void => {
  if (held > onHand) throw new StaleBatch('What products_cover_what_is_held protects');
  if (held < 0 || sold < 0) throw new RefusedWrite(new Error(`${productId}: ${held} held, ${sold} sold`));
};

/** `count_products`, `describe_product`. */
const changeProduct = (change: RowChange, current: Row | undefined): Row => {
  const before = toProduct(change.before);
  const now = toProduct(current);
  if (before?.revision !== now?.revision) throw new StaleBatch('a product');
  const merged = postgresStock.merge(change, current);
  const product = toProduct(merged);
  if (product !== undefined) requireCover(product);
  return merged;
};

export const changeSharedRow: ChangeRow = (change, current) => {
  if (toProduct(change.after) !== undefined) return changeProduct(change, current);
  const before = toReservation(change.before);
  // `end_reservations`
  if (before !== undefined && toReservation(current)?.status === 'held') return change.after;
  if (!isDeepStrictEqual(change.before, current)) throw new StaleBatch(`The row ${change.key}`);
  return change.after;
};

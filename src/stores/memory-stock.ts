// The rows of products and reservations in memory. It never decides what a hold or a sale is (stock.ts does).
// It keeps no ledger: nothing reads one here, and nothing outlives the process that could be checked by it.
import { InvariantViolation } from '../step/violation.ts';
import type { Product } from '../store.ts';
import type { Tables } from './memory-tables.ts';
import type { StockRows } from './stock.ts';

const requireRow = <Row>(row: Row | undefined, what: string): Row => {
  if (row === undefined) throw new Error(`There is no ${what}.`);
  return row;
};

/** @throws InvariantViolation where the counts would break what SQLite's CHECK constraints guard: a bug. */
const requireSound = (product: Product): Product => {
  const { productId, onHand, held, sold } = product;
  if (held < 0 || held > onHand || sold < 0) {
    const counts = `${onHand} on hand, ${held} held, ${sold} sold`;
    throw new InvariantViolation('stock-counts', `${productId} would have ${counts}`);
  }
  return product;
};

export const createStockRows = ({ products, reservations }: Tables): StockRows => ({
  product: (productId) => products.get(productId),
  reservation: (orderId) => reservations.get(orderId)?.status,
  shares: (orderId) => reservations.get(orderId)?.shares ?? [],
  addReservation: (orderId, shares) => reservations.set(orderId, { status: 'held', shares }),
  endReservation: (orderId, status) => {
    const row = requireRow(reservations.get(orderId), `reservation of order ${orderId}`);
    reservations.set(orderId, { ...row, status });
  },
  describe: (productId, { name, unitPrice, currency }) => {
    const counts = products.get(productId) ?? { onHand: 0, held: 0, sold: 0, available: 0 };
    products.set(productId, { ...counts, productId, name, unitPrice, currency });
  },
  change: (productId, change) => {
    const product = requireRow(products.get(productId), `product ${productId}`);
    const onHand = product.onHand + change.onHand;
    const held = product.held + change.held;
    const sold = product.sold + change.sold;
    products.set(productId, requireSound({ ...product, onHand, held, sold, available: onHand - held }));
  },
});

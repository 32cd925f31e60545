// Stock: counts against their ledger at every point of it, reservations against what was reserved and how it ended. It
// never looks at money.
import type { Results } from '../../audit.ts';
import type { AuditSource } from '../../audit-source.ts';
import type { ShopCheck } from './checks.ts';
import type { ShopOrder } from './shop-order.ts';
import { productRows, stockLedgerRows } from './stock-rows.ts';

interface Counts {
  onHand: number;
  held: number;
  sold: number;
}

const isPossible = ({ onHand, held, sold }: Counts): boolean => held >= 0 && held <= onHand && sold >= 0;
const describe = ({ onHand, held, sold }: Counts): string => `${onHand} on hand, ${held} held, ${sold} sold`;

/** Every product, and every change of it, in order. Memory grows with the number of products alone. */
export const checkProducts = async (source: AuditSource, results: Results<ShopCheck>): Promise<void> => {
  const sums = await sumLedger(source, results);
  for await (const page of source.table('products')) {
    for (const product of productRows.parse(page)) {
      const { productId, reservedShares, committedShares } = product;
      const sum = sums.get(productId) ?? { onHand: 0, held: 0, sold: 0 };
      sums.delete(productId);
      const has = `it has ${describe(product)}`;
      results.expect('neverOversold', productId, isPossible(product), () => has);
      const agrees = describe(product) === describe(sum);
      const sumOfLedger = () => `${has}; the sum of its ledger is ${describe(sum)}`;
      results.expect('stockSumsAgree', productId, agrees, sumOfLedger);
      const isShared = product.held === reservedShares && product.sold === committedShares;
      const sumOfShares = () => `${has}; its reservations hold ${reservedShares} and sold ${committedShares}`;
      results.expect('stockSumsAgree', productId, isShared, sumOfShares);
    }
  }
  for (const productId of sums.keys()) {
    const problem = 'it has rows in the stock ledger, and there is no such product';
    results.violate('stockSumsAgree', productId, problem);
  }
};

const sumLedger = async (source: AuditSource, results: Results<ShopCheck>): Promise<Map<string, Counts>> => {
  const sums = new Map<string, Counts>();
  const oversold = new Set<string>();
  for await (const page of source.table('stockLedger')) {
    for (const { seq, productId, onHand, held, sold } of stockLedgerRows.parse(page)) {
      const sum = sums.get(productId) ?? { onHand: 0, held: 0, sold: 0 };
      sums.set(productId, sum);
      sum.onHand += onHand;
      sum.held += held;
      sum.sold += sold;
      results.count('neverOversold');
      // One wrong change makes every later sum wrong: the first of a product is enough.
      if (isPossible(sum) || oversold.has(productId)) continue;
      oversold.add(productId);
      const problem = `row ${seq} of the stock ledger makes it ${describe(sum)}`;
      results.violate('neverOversold', productId, problem);
    }
  }
  return sums;
};

/** One order's reservation: each share reserved by one row of the ledger, and ended by at most one. */
export const checkReservation = (
  { orderId, reservations, shares, stock }: ShopOrder,
  results: Results<ShopCheck>,
): void => {
  if (reservations.length === 0 && shares.length === 0 && stock.length === 0) return;
  results.count('reservedOnce');
  const report = (problem: string) => results.violate('reservedOnce', orderId, problem);
  const [reservation, ...more] = reservations;
  if (reservation === undefined) {
    report('stock was reserved for it, and it has no reservation');
    return;
  }
  if (more.length > 0) report(`it has ${reservations.length} reservations`);
  const { status } = reservation;
  const ends = status === 'held' ? [] : [status];
  for (const { productId, quantity } of shares) {
    const rows = stock.filter((row) => row.productId === productId);
    const returned = rows.filter(({ why }) => why === 'returned');
    if (sumOf(returned) > quantity) report(`more of ${productId} came back than it bought`);
    const recorded = rows
      .slice(0, rows.length - returned.length)
      .map(({ why, onHand, held, sold }) => `${why} ${onHand} ${held} ${sold}`);
    const expected = ['held', ...ends].map((why) => toRow(why, quantity));
    if (recorded.join() === expected.join()) continue;
    report(`its ${status} share of ${productId} does not agree with ${rows.length} rows of the stock ledger`);
  }
  const products = new Set(shares.map(({ productId }) => productId));
  if (products.size !== shares.length) report('it has two shares of one product');
  if (stock.some(({ productId }) => !products.has(productId))) {
    report('it changed the stock of a product that it has no share of');
  }
};

const sumOf = (rows: readonly { readonly onHand: number }[]): number =>
  rows.reduce((sum, { onHand }) => sum + onHand, 0);

/** What reserving, releasing and committing a quantity change. */
const toRow = (why: string, quantity: number): string => {
  if (why === 'held') return `held 0 ${quantity} 0`;
  return why === 'sold' ? `sold ${-quantity} ${-quantity} ${quantity}` : `released 0 ${-quantity} 0`;
};

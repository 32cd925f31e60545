// Stock: counts against their ledger at every point of it, reservations against what was held and how it
// ended. It never looks at money.
import type { Evidence } from '../evidence.ts';
import type { Facts } from './facts.ts';
import type { Tally } from './tally.ts';

interface Counts {
  onHand: number;
  held: number;
  sold: number;
}

const isPossible = ({ onHand, held, sold }: Counts): boolean => held >= 0 && held <= onHand && sold >= 0;
const describe = ({ onHand, held, sold }: Counts): string => `${onHand} on hand, ${held} held, ${sold} sold`;

/** Every product, and every change of it, in order. Memory grows with the number of products alone. */
export const checkProducts = async (evidence: Evidence, tally: Tally): Promise<void> => {
  const sums = new Map<string, Counts>();
  const oversold = new Set<string>();
  for await (const page of evidence.stockLedger()) {
    for (const { seq, productId, onHand, held, sold } of page) {
      const sum = sums.get(productId) ?? { onHand: 0, held: 0, sold: 0 };
      sums.set(productId, sum);
      sum.onHand += onHand;
      sum.held += held;
      sum.sold += sold;
      tally.look('overselling');
      // One wrong change makes every later sum wrong: the first of a product says it all.
      if (isPossible(sum) || oversold.has(productId)) continue;
      oversold.add(productId);
      tally.violate('overselling', productId, `row ${seq} of the stock ledger makes it ${describe(sum)}`);
    }
  }
  for await (const page of evidence.products()) {
    for (const product of page) {
      const { productId, sharesHeld, sharesSold } = product;
      const sum = sums.get(productId) ?? { onHand: 0, held: 0, sold: 0 };
      sums.delete(productId);
      tally.expect('overselling', productId, isPossible(product), () => `it has ${describe(product)}`);
      const agrees = describe(product) === describe(sum);
      tally.expect(
        'stockSums',
        productId,
        agrees,
        () => `it has ${describe(product)}; its ledger comes to ${describe(sum)}`,
      );
      const isShared = product.held === sharesHeld && product.sold === sharesSold;
      tally.expect(
        'stockSums',
        productId,
        isShared,
        () => `it has ${describe(product)}; its reservations hold ${sharesHeld} and sold ${sharesSold}`,
      );
    }
  }
  for (const productId of sums.keys()) {
    tally.violate('stockSums', productId, 'it has rows in the stock ledger, and there is no such product');
  }
};

/** One order's reservation: each share held by one row of the ledger, and ended by at most one. */
export const checkReservation = ({ orderId, dossier }: Facts, tally: Tally): void => {
  const { reservations, shares, stock } = dossier;
  if (reservations.length === 0 && shares.length === 0 && stock.length === 0) return;
  tally.look('reservations');
  const report = (problem: string) => tally.violate('reservations', orderId, problem);
  const [reservation, ...more] = reservations;
  if (reservation === undefined) {
    report('stock was held for it, and it has no reservation');
    return;
  }
  if (more.length > 0) report(`it has ${reservations.length} reservations`);
  const { status } = reservation;
  const ends = status === 'held' ? [] : [status];
  for (const { productId, quantity } of shares) {
    const rows = stock.filter((row) => row.productId === productId);
    const told = rows.map(({ why, onHand, held, sold }) => `${why} ${onHand} ${held} ${sold}`);
    const expected = ['held', ...ends].map((why) => toRow(why, quantity));
    if (told.join() === expected.join()) continue;
    report(`its ${status} share of ${productId} does not agree with ${rows.length} rows of the stock ledger`);
  }
  const products = new Set(shares.map(({ productId }) => productId));
  if (products.size !== shares.length) report('it holds a product twice');
  if (stock.some(({ productId }) => !products.has(productId))) report('it moved stock that it did not hold');
};

/** What holding, giving back and selling a quantity change. */
const toRow = (why: string, quantity: number): string => {
  if (why === 'held') return `held 0 ${quantity} 0`;
  return why === 'sold' ? `sold ${-quantity} ${-quantity} ${quantity}` : `released 0 ${-quantity} 0`;
};

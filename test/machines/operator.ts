// The operator of random orders: reads what is true from the books of the outside world, and resolves
// incidents accordingly. It never guesses.
import type { Books } from './outside-world.ts';

export interface Resolution {
  readonly outcome: string;
  readonly more?: { readonly transactionId: string };
}

type Lookup = (books: Books, key: string) => Resolution | undefined;

/** The true outcome for an incident with this reason; undefined if none of its outcomes is true. */
export const findResolution = (reason: string, books: Books, key: string): Resolution | undefined =>
  lookups[reason]?.(books, key);

const resolveIf = (isTrue: boolean, outcome: string): Resolution | undefined =>
  isTrue ? { outcome } : undefined;

const lookups: Readonly<Record<string, Lookup>> = {
  'check-unanswered': () => ({ outcome: 'available' }),
  'reservation-unconfirmed': ({ stock }) => resolveIf(stock === 'held', 'reserved'),
  'commit-unconfirmed': ({ stock }) => ({ outcome: stock === 'sold' ? 'committed' : 'not-committed' }),
  'release-unconfirmed': (books) => {
    // What was committed by then is returned to stock by hand.
    books.stock = 'released';
    return { outcome: 'released' };
  },
  'charge-unknown': ({ transactions: [made] }) => {
    if (made?.state === 'captured') return { outcome: 'charged', more: { transactionId: made.id } };
    return resolveIf(made?.state !== 'authorized' && made?.state !== 'asked', 'not-charged');
  },
  'capture-unconfirmed': ({ transactions: [made] }) => ({
    outcome: made?.state === 'captured' ? 'captured' : 'not-captured',
  }),
  'void-unconfirmed': ({ transactions: [made] }) =>
    resolveIf(made?.state === 'captured', 'captured') ?? resolveIf(made?.state === 'voided', 'voided'),
  'refund-unconfirmed': ({ bank, transactions }, key) => {
    if (bank.knows(key)) return { outcome: 'refunded' };
    // What the bank took back in a dispute can be refunded no more.
    return resolveIf(
      transactions.some(({ lost }) => lost > 0),
      'not-refunded',
    );
  },
  'payment-disputed': (books) => {
    const outcome = books.decide();
    return outcome && { outcome };
  },
  'return-unconfirmed': ({ returns }, key) => resolveIf(returns.has(key), 'returned'),
  'paid-but-not-committed': ({ stock }) => resolveIf(stock === 'sold', 'committed'),
  'stock-not-returned': ({ stock }) => resolveIf(stock === 'released', 'stock-returned'),
  'money-not-returned': ({ transactions }) =>
    resolveIf(
      transactions.every(
        ({ state, amount, refunded, lost }) =>
          state === 'voided' || (state !== 'asked' && amount === refunded + lost),
      ),
      'money-returned',
    ),
  'refund-overdue': () => ({ outcome: 'refused' }),
  'notice-unsent': ({ mails }) => resolveIf(mails.size > 0, 'sent'),
};

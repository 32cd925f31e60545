// The person who repairs parked orders in a wandering: looks into the world's books and says the truth, or
// nothing. It never guesses; it exists so that whatever a chart asks a person can be answered.
import { type Books, transactionsOf } from './world.ts';

export interface Truth {
  readonly outcome: string;
  readonly more?: { readonly transactionId: string };
}

type Finding = (books: Books, key: string) => Truth | undefined;

/** What is true of the thing that waits for a person for this reason; undefined where none of it can be said. */
export const findTruth = (reason: string, books: Books, key: string): Truth | undefined =>
  findings[reason]?.(books, key);

const sayIf = (isTrue: boolean, outcome: string): Truth | undefined => (isTrue ? { outcome } : undefined);

const findings: Readonly<Record<string, Finding>> = {
  'check-unanswered': () => ({ outcome: 'available' }),
  'reservation-unconfirmed': ({ stock }) => sayIf(stock === 'held', 'reserved'),
  'sale-unconfirmed': ({ stock }) => ({ outcome: stock === 'sold' ? 'committed' : 'not-committed' }),
  'release-unconfirmed': (books) => {
    // What was sold by then is put back on the shelf by hand.
    books.stock = 'released';
    return { outcome: 'released' };
  },
  'charge-unknown': (books) => {
    const [made] = transactionsOf(books);
    if (made?.state === 'captured') return { outcome: 'charged', more: { transactionId: made.id } };
    return sayIf(made?.state !== 'authorized', 'not-charged');
  },
  'capture-unconfirmed': (books) => ({
    outcome: transactionsOf(books)[0]?.state === 'captured' ? 'captured' : 'not-captured',
  }),
  'void-unconfirmed': (books) => {
    const state = transactionsOf(books)[0]?.state;
    return state === 'captured' || state === 'voided' ? { outcome: state } : undefined;
  },
  'refund-unconfirmed': ({ bank }, key) => sayIf(bank.knows(key), 'refunded'),
  'paid-but-not-sold': ({ stock }) => sayIf(stock === 'sold', 'sold'),
  'stock-not-returned': ({ stock }) => sayIf(stock === 'released', 'stock-returned'),
  'money-not-returned': (books) =>
    sayIf(
      transactionsOf(books).every(({ state, amount, refunded }) => state === 'voided' || amount === refunded),
      'money-returned',
    ),
  'refund-overdue': () => ({ outcome: 'refused' }),
  'notice-unsent': ({ mailKeys }) => sayIf(mailKeys.size > 0, 'sent'),
};

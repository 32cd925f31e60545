// Simulated warehouse, bank and mail server, each with its own books. A command takes effect at most once per
// key, whenever it arrives. They never read the order, so its state can be checked against their books.
import type { AnyEventObject } from 'xstate';

interface Transaction {
  readonly id: string;
  /** The key of the charge that made it. */
  readonly key: string;
  readonly amount: number;
  state: 'authorized' | 'captured' | 'voided';
  refunded: number;
}

type Handler = (command: AnyEventObject) => AnyEventObject;

/** What the services did so far. */
export interface Books {
  stock: 'none' | 'held' | 'released' | 'sold';
  readonly transactions: Transaction[];
  /** The reply to every key that took effect. */
  readonly done: Map<string, AnyEventObject>;
  mails: number;
}

export const createOutsideWorld = (random: () => number) => {
  const books: Books = { stock: 'none', transactions: [], done: new Map(), mails: 0 };
  const handlers = new Map<string, Handler>([
    ...Object.entries(createShelf(books, random)),
    ...Object.entries(createBank(books, random)),
    ['mailer.send', ({ key }) => onceForKey(books, key, () => post(books))],
  ]);
  return {
    books,
    /** A command arrives. Returns its reply. */
    act: (command: AnyEventObject): AnyEventObject => {
      const { key, attempt } = { key: '', attempt: 0, ...command };
      return { ...(handlers.get(command.type)?.(command) ?? { type: 'nobody' }), key, attempt };
    },
  };
};
export type OutsideWorld = ReturnType<typeof createOutsideWorld>;

const onceForKey = ({ done }: Books, key: string, act: () => AnyEventObject): AnyEventObject => {
  const reply = done.get(key) ?? act();
  done.set(key, reply);
  return reply;
};

const post = (books: Books): AnyEventObject => {
  books.mails += 1;
  return { type: 'mailer.sent' };
};

const createShelf = (books: Books, random: () => number): Record<string, Handler> => {
  const isWrong = random() < 0.05;
  const isShort = random() < 0.1;
  const isClosed = random() < 0.1;
  return {
    'warehouse.check': () => {
      if (isClosed && random() < 0.7) return { type: 'warehouse.refused', reason: 'closed' };
      const problems = isWrong ? [{ productId: 'product-2', kind: 'unknown-product' }] : [];
      return { type: 'warehouse.checked', problems };
    },
    'warehouse.reserve': () => {
      if (books.stock === 'held') return { type: 'warehouse.reserved' };
      if (books.stock !== 'none') return { type: 'warehouse.refused', reason: 'reservation-ended' };
      if (isShort) {
        const problem = { productId: 'product-1', kind: 'insufficient-stock', requested: 2, available: 1 };
        return { type: 'warehouse.insufficient', problems: [problem] };
      }
      books.stock = 'held';
      return { type: 'warehouse.reserved' };
    },
    'warehouse.release': () => {
      if (books.stock === 'sold') return { type: 'warehouse.refused', reason: 'already-sold' };
      books.stock = 'released';
      return { type: 'warehouse.released' };
    },
    'warehouse.commit': () => {
      if (books.stock === 'none' || books.stock === 'released') {
        return { type: 'warehouse.refused', reason: 'not-held' };
      }
      books.stock = 'sold';
      return { type: 'warehouse.committed' };
    },
  };
};

const refusal = { type: 'gateway.refused', code: 'not-possible' };

const createBank = (books: Books, random: () => number): Record<string, Handler> => {
  const declines = random() < 0.15;
  const refuses = random() < 0.1;
  const find = (id: unknown) => books.transactions.find((each) => each.id === id);
  /** Changes the transaction once, if `allows` permits it. */
  const change =
    (
      allows: (one: Transaction, amount: number) => boolean,
      reply: AnyEventObject,
      to: (one: Transaction, amount: number) => void,
    ): Handler =>
    ({ key, transactionId, amount }) => {
      const transaction = find(transactionId);
      if (books.done.has(key)) return onceForKey(books, key, () => reply);
      if (!transaction || !allows(transaction, amount)) return refusal;
      return onceForKey(books, key, () => {
        to(transaction, amount);
        return reply;
      });
    };
  const isHeld = ({ state }: Transaction) => state === 'authorized';
  return {
    'gateway.charge': ({ key, amount, currency, capture }) => {
      if (refuses && !books.done.has(key)) return refusal;
      return onceForKey(books, key, () => {
        if (declines) return { type: 'gateway.declined', code: 'card-declined' };
        const id = `transaction of ${key}`;
        const isLater = capture === 'later';
        books.transactions.push({ id, key, amount, state: isLater ? 'authorized' : 'captured', refunded: 0 });
        return { type: `gateway.${isLater ? 'authorized' : 'charged'}`, transactionId: id, amount, currency };
      });
    },
    'gateway.look-up': ({ key }) => {
      const known = books.done.get(key);
      if (known === undefined) return { type: 'gateway.absent' };
      const state = find(known['transactionId'])?.state;
      if (state === 'voided') return { type: 'gateway.voided' };
      return state === 'captured' ? { ...known, type: 'gateway.charged' } : known;
    },
    'gateway.capture': change(isHeld, { type: 'gateway.captured' }, (one) => {
      one.state = 'captured';
    }),
    'gateway.void': change(isHeld, { type: 'gateway.voided' }, (one) => {
      one.state = 'voided';
    }),
    'gateway.refund': change(
      ({ state, amount, refunded }, wanted) => state === 'captured' && wanted <= amount - refunded,
      { type: 'gateway.refunded', refundTransactionId: 'refund-of-it' },
      (one, amount) => {
        one.refunded += amount;
      },
    ),
  };
};

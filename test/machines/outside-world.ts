// Simulated warehouse, bank and mail server, each with its own books. A command takes effect at most once per
// key, whenever it arrives. They never read the order, so its state can be checked against their books.
import type { AnyEventObject } from 'xstate';
import { isMessageType, typesTo } from '../../machines/messages.ts';
import type { CommandTo } from '../../src/shop/services.ts';
import { type Bank, createBank } from '../../src/simulator/shop/bank.ts';
import { sampleOrder } from './sample-order.ts';

const { orderId } = sampleOrder;

/** What the services did so far. */
export interface Books {
  stock: 'none' | 'held' | 'released' | 'sold';
  readonly bank: Bank;
  /** What the bank did for the order. */
  readonly transactions: ReturnType<Bank['transactions']>;
  /** The key of every notice that was sent. */
  readonly mails: Set<string>;
}

export const createOutsideWorld = (random: () => number) => {
  const shelf = createShelf(random);
  const [declines, refuses] = [random() < 0.15, random() < 0.1];
  const bank = createBank({ now: () => 0, isRefused: () => refuses, isDeclined: () => declines });
  const books: Books = {
    stock: 'none',
    bank,
    get transactions() {
      return bank.transactions(orderId);
    },
    mails: new Set(),
  };
  const answer = (command: AnyEventObject): AnyEventObject => {
    if (isForBank(command)) return bank.act(command, orderId);
    if (command.type !== 'mailer.send') return shelf(command, books);
    books.mails.add(command['key']);
    return { type: 'mailer.sent' };
  };
  return {
    books,
    /** A command arrives. Returns its reply. */
    act: (command: AnyEventObject): AnyEventObject => {
      const { key, attempt } = { key: '', attempt: 0, ...command };
      return { ...answer(command), key, attempt };
    },
    /** The bank captures or voids what it holds, without being asked. */
    endHold: (type: 'gateway.capture' | 'gateway.void') => {
      const [made] = books.transactions;
      if (made === undefined) throw new Error('the bank holds nothing');
      const { id: transactionId, amount, currency } = made;
      bank.act({ type, key: 'the bank itself', attempt: 1, transactionId, amount, currency }, orderId);
    },
  };
};
export type OutsideWorld = ReturnType<typeof createOutsideWorld>;

const isForBank = (command: AnyEventObject): command is CommandTo<'gateway'> =>
  isMessageType(command.type) && typesTo('gateway').includes(command.type);

const createShelf = (random: () => number) => {
  const isWrong = random() < 0.05;
  const isShort = random() < 0.1;
  const isClosed = random() < 0.1;
  return ({ type }: AnyEventObject, books: Books): AnyEventObject => {
    switch (type) {
      case 'warehouse.check': {
        if (isClosed && random() < 0.7) return { type: 'warehouse.refused', reason: 'closed' };
        const problems = isWrong ? [{ productId: 'product-2', kind: 'unknown-product' }] : [];
        return { type: 'warehouse.checked', problems };
      }
      case 'warehouse.reserve': {
        if (books.stock === 'held') return { type: 'warehouse.reserved' };
        if (books.stock !== 'none') return { type: 'warehouse.refused', reason: 'reservation-ended' };
        if (isShort) {
          const problem = { productId: 'product-1', kind: 'insufficient-stock', requested: 2, available: 1 };
          return { type: 'warehouse.insufficient', problems: [problem] };
        }
        books.stock = 'held';
        return { type: 'warehouse.reserved' };
      }
      case 'warehouse.release':
        if (books.stock === 'sold') return { type: 'warehouse.refused', reason: 'already-committed' };
        books.stock = 'released';
        return { type: 'warehouse.released' };
      case 'warehouse.commit':
        if (books.stock === 'none' || books.stock === 'released') {
          return { type: 'warehouse.refused', reason: 'not-reserved' };
        }
        books.stock = 'sold';
        return { type: 'warehouse.committed' };
      case 'warehouse.return':
        return books.stock === 'sold'
          ? { type: 'warehouse.returned' }
          : { type: 'warehouse.refused', reason: 'not-sold' };
      default:
        return { type: 'nobody' };
    }
  };
};

// Simulated warehouse, bank and mail server, each with its own books. A command takes effect at most once per
// key, whenever it arrives. They never read the order, so its state can be checked against their books.
import type { AnyEventObject } from 'xstate';
import { isMessageType, typesTo } from '../../machines/messages.ts';
import type { CommandTo } from '../../src/shop/services.ts';
import { type Bank, createBank } from '../../src/simulator/shop/bank.ts';
import { createDisputes, type DisputeEnd, type Disputes } from '../../src/simulator/shop/disputes.ts';
import { sampleOrder } from './sample-order.ts';

const { orderId } = sampleOrder;

/** What the services did so far. */
export interface Books {
  stock: 'none' | 'held' | 'released' | 'sold';
  readonly bank: Bank;
  /** What the bank did for the order. */
  readonly transactions: ReturnType<Bank['transactions']>;
  /** How an open dispute is decided, by then if it was not. */
  decide(): DisputeEnd | undefined;
  /** Pieces that came back after a refund, by the key of their return. */
  readonly returns: Map<string, number>;
  /** The key of every notice that was sent. */
  readonly mails: Set<string>;
}

export const createOutsideWorld = (random: () => number) => {
  const shelf = createShelf(random);
  const [declines, refuses, asks] = [random() < 0.15, random() < 0.1, random() < 0.3];
  const bank = createBank({
    now: () => 0,
    isRefused: () => refuses,
    isDeclined: () => declines,
    asksCustomer: () => asks,
    ...(random() < 0.3 && { holdsForMs: 20_000 }),
  });
  const disputes = createDisputes(bank);
  const books: Books = {
    stock: 'none',
    bank,
    get transactions() {
      return bank.transactions(orderId);
    },
    decide: () => {
      if (disputes.isOpen(orderId)) disputes.close(orderId, random() < 0.5 ? 'won' : 'lost');
      return disputes.lastEnd(orderId);
    },
    returns: new Map(),
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
    ...createCustomer(bank, disputes, random),
  };
};

/** What the customer does at the bank, and what the bank reports of it. Undefined: there is nothing to do. */
const createCustomer = (bank: Bank, disputes: Disputes, random: () => number) => ({
  confirm: (): AnyEventObject | undefined => {
    const [question] = bank.transactions(orderId);
    const reply = bank.confirm(orderId, random() < 0.7);
    return question && reply && { ...reply, key: question.key, attempt: 1 };
  },
  dispute: (): AnyEventObject | undefined =>
    random() < 0.4
      ? disputes.close(orderId, random() < 0.5 ? 'won' : 'lost')
      : disputes.open(orderId, Math.ceil(random() * 60_000)),
});
export type OutsideWorld = ReturnType<typeof createOutsideWorld>;

const isForBank = (command: AnyEventObject): command is CommandTo<'gateway'> =>
  isMessageType(command.type) && typesTo('gateway').includes(command.type);

const createShelf = (random: () => number) => {
  const isWrong = random() < 0.05;
  const isShort = random() < 0.1;
  const isClosed = random() < 0.1;
  const refusesReturns = random() < 0.2;
  return ({ type, ...command }: AnyEventObject, books: Books): AnyEventObject => {
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
        if (books.stock !== 'sold') return { type: 'warehouse.refused', reason: 'not-sold' };
        if (refusesReturns && random() < 0.7) return { type: 'warehouse.refused', reason: 'closed' };
        books.returns.set(command['key'], sumOf(command['lines']));
        return { type: 'warehouse.returned' };
      default:
        return { type: 'nobody' };
    }
  };
};

/** The pieces of all lines. */
export const sumOf = (lines: readonly { readonly quantity: number }[]): number =>
  lines.reduce((sum, { quantity }) => sum + quantity, 0);

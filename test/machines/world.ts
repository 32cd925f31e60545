// A small world for orders to wander in: a shelf, the simulator's bank and a post office, each with its own books and
// habits. They do what a command says at most once for each key, and never read the order's books, so that what an order
// believes can be checked against what happened.
import type { AnyEventObject } from 'xstate';
import type { CommandTo } from '../../src/service.ts';
import { type Bank, createBank } from '../../src/simulator/bank.ts';
import { sampleOrder } from './sample.ts';

type Act = (command: AnyEventObject) => AnyEventObject;

/** What the services did so far. */
export interface Books {
  stock: 'none' | 'held' | 'released' | 'sold';
  readonly bank: Bank;
  readonly mailKeys: Set<string>;
}

export const transactionsOf = ({ bank }: Books) => bank.transactions(sampleOrder.orderId);

export const createWorld = (chance: () => number) => {
  const shelfHabits = { isWrong: chance() < 0.05, isShort: chance() < 0.1, isClosed: chance() < 0.1 };
  const declines = chance() < 0.15;
  const refuses = chance() < 0.1;
  const bank = createBank({ now: () => 0, isDeclined: () => declines, isRefused: () => refuses });
  const books: Books = { stock: 'none', bank, mailKeys: new Set() };
  const shelf = createShelf(books, shelfHabits, chance);
  const act = (command: AnyEventObject): AnyEventObject => {
    if (isGatewayCommand(command)) return bank.act(command, sampleOrder.orderId);
    if (command.type !== 'mailer.send') return shelf[command.type]?.(command) ?? { type: 'nobody' };
    books.mailKeys.add(command['key']);
    return { type: 'mailer.sent' };
  };
  return {
    books,
    /** A command arrives; the reply is what it came to. */
    act: (command: AnyEventObject): AnyEventObject => {
      const { key, attempt } = { key: '', attempt: 0, ...command };
      return { ...act(command), key, attempt };
    },
  };
};
export type World = ReturnType<typeof createWorld>;

const isGatewayCommand = (command: AnyEventObject): command is CommandTo<'gateway'> =>
  command.type.startsWith('gateway.');

const createShelf = (
  books: Books,
  {
    isWrong,
    isShort,
    isClosed,
  }: { readonly isWrong: boolean; readonly isShort: boolean; readonly isClosed: boolean },
  chance: () => number,
): Readonly<Record<string, Act>> => {
  return {
    'warehouse.check': () => {
      if (isClosed && chance() < 0.7) return { type: 'warehouse.refused', reason: 'closed' };
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

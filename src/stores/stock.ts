// What holding, giving back, selling and setting stock mean, for every store. It keeps no rows and never
// opens a transaction: the store that calls it does both. It exists so that all stores count alike.

import { sumByProduct } from '../../machines/lines.ts';
import { AppError } from '../errors.ts';
import type { Product, ProductSetting, Share, Shortage, Stock } from '../store.ts';

export type ReservationStatus = 'held' | 'released' | 'sold';
type StockReason = 'seeded' | 'set' | 'held' | 'released' | 'sold';

/** What is added to a product's three counts. */
interface StockChange {
  readonly onHand: number;
  readonly held: number;
  readonly sold: number;
}

/** Why the counts changed. `orderId` is null where a person changed them. */
interface StockNote {
  readonly orderId: string | null;
  readonly why: StockReason;
  readonly at: number;
}

/** The rows that stock is kept in, as the transaction under way sees them. */
export interface StockRows {
  product(productId: string): Product | undefined;
  reservation(orderId: string): ReservationStatus | undefined;
  shares(orderId: string): readonly Share[];
  addReservation(orderId: string, shares: readonly Share[], expiresAt: number, at: number): void;
  endReservation(orderId: string, status: 'released' | 'sold', at: number): void;
  /** Sets name and price; a new product starts with nothing on hand. */
  describe(productId: string, setting: ProductSetting): void;
  /** The one way to change the counts. */
  change(productId: string, change: StockChange, note: StockNote): void;
}

const requireCount = (name: string, value: number, least: number): void => {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name} must be a whole number of at least ${least}, not ${value}`);
  }
};

const sumShares = (shares: readonly Share[]): readonly Share[] => {
  for (const { productId, quantity } of shares) requireCount(`The quantity of ${productId}`, quantity, 1);
  return sumByProduct(shares);
};

const findShortages = (rows: StockRows, shares: readonly Share[]): readonly Shortage[] =>
  shares.flatMap((share) => {
    const available = rows.product(share.productId)?.available ?? 0;
    return share.quantity > available ? [{ ...share, available }] : [];
  });

export const hold = (
  rows: StockRows,
  ...[orderId, shares, expiresAt, at]: Parameters<Stock['hold']>
): Awaited<ReturnType<Stock['hold']>> => {
  const status = rows.reservation(orderId);
  if (status !== undefined) return { outcome: status === 'held' ? 'held' : 'ended' };
  const wanted = sumShares(shares);
  const shortages = findShortages(rows, wanted);
  if (shortages.length > 0) return { outcome: 'insufficient', shortages };
  rows.addReservation(orderId, wanted, expiresAt, at);
  for (const { productId, quantity } of wanted) {
    rows.change(productId, { onHand: 0, held: quantity, sold: 0 }, { orderId, why: 'held', at });
  }
  return { outcome: 'held' };
};

export const release = (
  rows: StockRows,
  orderId: string,
  at: number,
): Awaited<ReturnType<Stock['release']>> => {
  const status = rows.reservation(orderId);
  if (status === 'sold') return 'committed';
  if (status !== 'held') return 'nothing';
  rows.endReservation(orderId, 'released', at);
  for (const { productId, quantity } of rows.shares(orderId)) {
    rows.change(productId, { onHand: 0, held: -quantity, sold: 0 }, { orderId, why: 'released', at });
  }
  return 'released';
};

export const sell = (rows: StockRows, orderId: string, at: number): Awaited<ReturnType<Stock['sell']>> => {
  const status = rows.reservation(orderId);
  if (status === 'sold') return 'sold';
  if (status !== 'held') return 'not-held';
  rows.endReservation(orderId, 'sold', at);
  for (const { productId, quantity } of rows.shares(orderId)) {
    const change = { onHand: -quantity, held: -quantity, sold: quantity };
    rows.change(productId, change, { orderId, why: 'sold', at });
  }
  return 'sold';
};

/** @throws AppError `stock-below-held` where orders hold more than the new `onHand`. */
export const setProduct = (
  rows: StockRows,
  productId: string,
  setting: ProductSetting,
  note: { readonly why: 'seeded' | 'set'; readonly at: number },
): Product => {
  requireCount(`The unit price of ${productId}`, setting.unitPrice, 0);
  requireCount(`The stock of ${productId}`, setting.onHand, 0);
  const before = rows.product(productId);
  if (before !== undefined && before.held > setting.onHand) {
    const { held } = before;
    const message = `${held} of ${productId} are held for orders; on hand can't be set to ${setting.onHand}.`;
    throw new AppError('stock-below-held', message, { productId, held, onHand: setting.onHand });
  }
  rows.describe(productId, setting);
  const difference = setting.onHand - (before?.onHand ?? 0);
  if (difference !== 0) {
    rows.change(productId, { onHand: difference, held: 0, sold: 0 }, { orderId: null, ...note });
  }
  const after = rows.product(productId);
  if (after === undefined) throw new Error(`Product ${productId} was set and is not there.`);
  return after;
};

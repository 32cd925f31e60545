// What reserving, releasing and selling stock mean: rules over the rows of one decision, the same for every store. It
// keeps nothing and asks no store. A reservation belongs to an order and ends once.
import type { Row, Rows } from '../application.ts';
import { AppError } from '../errors.ts';
import { InvariantViolation } from '../step/invariants.ts';

/** Quantity of a product, summed over an order's lines. */
export interface Share {
  readonly productId: string;
  readonly quantity: number;
}
export interface Shortage extends Share {
  readonly available: number;
}

export interface Product {
  readonly productId: string;
  readonly name: string;
  /** Minor units of `currency`. */
  readonly unitPrice: number;
  readonly currency: string;
  /** In the building and not sold. */
  readonly onHand: number;
  /** Reserved for orders, still in the building. `available` = onHand − held. */
  readonly held: number;
  /** Sold since the beginning. */
  readonly sold: number;
  readonly available: number;
}

/** What a product is, as a person sets it. */
export interface ProductSetting {
  readonly name: string;
  readonly unitPrice: number;
  readonly currency: string;
  readonly onHand: number;
}

type ReservationStatus = 'held' | 'released' | 'sold';
export interface Reservation {
  readonly orderId: string;
  readonly status: ReservationStatus;
  readonly shares: readonly Share[];
  /** ms since 1970. */
  readonly expiresAt: number;
  readonly heldAt: number;
  readonly endedAt: number | null;
}

/** A change of a product's counts. `orderId` is null when a person made it. */
export interface LedgerRow {
  readonly productId: string;
  readonly orderId: string | null;
  readonly onHand: number;
  readonly held: number;
  readonly sold: number;
  readonly why: 'seeded' | 'set' | 'held' | 'released' | 'sold';
  readonly at: number;
}

export const stockTables = { products: 'products', reservations: 'reservations', ledger: 'stock_ledger' };
export const toProductKey = (productId: string): string => `${stockTables.products}/${productId}`;
export const toReservationKey = (orderId: string): string => `${stockTables.reservations}/${orderId}`;

// Rows are written by this file alone; the store hands them back as plain data.
const isProduct = (row: Row | Product): row is Row & Product => 'unitPrice' in row;
const isReservation = (row: Row | Reservation): row is Row & Reservation => 'shares' in row;

export const toProduct = (row: Row | undefined): Product | undefined =>
  row !== undefined && isProduct(row) ? row : undefined;
const toReservation = (row: Row | undefined): Reservation | undefined =>
  row !== undefined && isReservation(row) ? row : undefined;

const readProduct = (rows: Rows, productId: string) => toProduct(rows.get(toProductKey(productId)));
const readReservation = (rows: Rows, orderId: string) => toReservation(rows.get(toReservationKey(orderId)));

export const readProducts = (rows: Rows, productIds: readonly string[]): ReadonlyMap<string, Product> =>
  new Map(
    productIds.flatMap((productId) => {
      const product = readProduct(rows, productId);
      return product ? [[productId, product] as const] : [];
    }),
  );

const requireCount = (name: string, value: number, least: number): void => {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name} must be a whole number of at least ${least}, not ${value}`);
  }
};

/** One share for each product: two lines of three need six, not three. */
export const sumShares = (lines: readonly Share[]): readonly Share[] => {
  const sums = new Map<string, number>();
  for (const { productId, quantity } of lines) {
    requireCount(`The quantity of ${productId}`, quantity, 1);
    sums.set(productId, (sums.get(productId) ?? 0) + quantity);
  }
  return [...sums].map(([productId, quantity]) => ({ productId, quantity }));
};

/** All shares or none. Repeating it for an order that already has a reservation changes nothing. */
export const reserve = (
  rows: Rows,
  orderId: string,
  shares: readonly Share[],
  expiresAt: number,
  at: number,
): { outcome: 'reserved' | 'ended' } | { outcome: 'insufficient'; shortages: readonly Shortage[] } => {
  const existing = readReservation(rows, orderId);
  if (existing !== undefined) return { outcome: existing.status === 'held' ? 'reserved' : 'ended' };
  const wanted = sumShares(shares);
  const shortages = wanted.flatMap((share) => {
    const available = readProduct(rows, share.productId)?.available ?? 0;
    return share.quantity > available ? [{ ...share, available }] : [];
  });
  if (shortages.length > 0) return { outcome: 'insufficient', shortages };
  const reservation: Reservation = {
    orderId,
    status: 'held',
    shares: wanted,
    expiresAt,
    heldAt: at,
    endedAt: null,
  };
  rows.set(toReservationKey(orderId), { ...reservation });
  for (const { productId, quantity } of wanted) {
    change(rows, { productId, orderId, onHand: 0, held: quantity, sold: 0, why: 'held', at });
  }
  return { outcome: 'reserved' };
};

/** Gives a reservation back. `committed`: it was sold and stays so. `nothing`: there is none. */
export const release = (rows: Rows, orderId: string, at: number): 'released' | 'committed' | 'nothing' => {
  const reservation = readReservation(rows, orderId);
  if (reservation?.status === 'sold') return 'committed';
  if (reservation?.status !== 'held') return 'nothing';
  rows.set(toReservationKey(orderId), { ...reservation, status: 'released', endedAt: at });
  for (const { productId, quantity } of reservation.shares) {
    change(rows, { productId, orderId, onHand: 0, held: -quantity, sold: 0, why: 'released', at });
  }
  return 'released';
};

/** Turns a reservation into a sale. `not-reserved`: there is none, or it was given back. */
export const commit = (rows: Rows, orderId: string, at: number): 'committed' | 'not-reserved' => {
  const reservation = readReservation(rows, orderId);
  if (reservation?.status === 'sold') return 'committed';
  if (reservation?.status !== 'held') return 'not-reserved';
  rows.set(toReservationKey(orderId), { ...reservation, status: 'sold', endedAt: at });
  for (const { productId, quantity } of reservation.shares) {
    change(rows, { productId, orderId, onHand: -quantity, held: -quantity, sold: quantity, why: 'sold', at });
  }
  return 'committed';
};

/** @throws AppError `stock-below-held` when orders have reserved more than the new `onHand`. */
export const setProduct = (
  rows: Rows,
  productId: string,
  setting: ProductSetting,
  { why, at }: { readonly why: 'seeded' | 'set'; readonly at: number },
): Product => {
  requireCount(`The unit price of ${productId}`, setting.unitPrice, 0);
  requireCount(`The stock of ${productId}`, setting.onHand, 0);
  const before = readProduct(rows, productId);
  if (before !== undefined && before.held > setting.onHand) {
    const { held } = before;
    const message = `${held} of ${productId} are reserved for orders; on hand can't be set to ${setting.onHand}.`;
    throw new AppError('stock-below-held', message, { productId, held, onHand: setting.onHand });
  }
  const { name, unitPrice, currency } = setting;
  const counts = before ?? { onHand: 0, held: 0, sold: 0, available: 0 };
  rows.set(toProductKey(productId), { ...counts, productId, name, unitPrice, currency });
  const onHand = setting.onHand - counts.onHand;
  if (onHand !== 0) change(rows, { productId, orderId: null, onHand, held: 0, sold: 0, why, at });
  const after = readProduct(rows, productId);
  if (after === undefined) throw new Error(`Product ${productId} was set and is not there.`);
  return after;
};

/** The one way to change a product's counts: every change has a row in the ledger. */
const change = (rows: Rows, entry: LedgerRow): void => {
  const { productId } = entry;
  const by = { onHand: entry.onHand, held: entry.held, sold: entry.sold };
  const before = readProduct(rows, productId);
  if (before === undefined) throw new Error(`There is no product ${productId} to change.`);
  const onHand = before.onHand + by.onHand;
  const held = before.held + by.held;
  const sold = before.sold + by.sold;
  if (held < 0 || sold < 0 || held > onHand) {
    const counts = Object.entries(by).map(([name, value]) => `${name} ${value}`);
    throw new InvariantViolation('stock-counts', `${productId} cannot change by ${counts.join(', ')}`);
  }
  rows.set(toProductKey(productId), { ...before, onHand, held, sold, available: onHand - held });
  rows.append(stockTables.ledger, { ...entry });
};

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
  /** New orders of it are taken. Those that are placed go on without. */
  readonly onSale: boolean;
  /** Counts what people said of the product: its name, price, currency, and whether it is on sale. Sales do not change it. */
  readonly revision: number;
  /** In the building and not sold. */
  readonly onHand: number;
  /** Reserved for orders, still in the building. `available` = onHand − held. */
  readonly held: number;
  /** Sold since the beginning. */
  readonly sold: number;
  readonly available: number;
}

/** What a product is, as a person says it. */
export interface Description {
  readonly name: string;
  readonly unitPrice: number;
  readonly currency: string;
  /** Left out: as before; a new product is on sale. */
  readonly onSale?: boolean;
}

/** A new product. Later its stock is changed by differences alone. */
export interface NewProduct extends Description {
  readonly onHand: number;
}

/** A change of what is on hand that a person asks for. */
export interface Adjustment {
  readonly productId: string;
  /** Pieces that came (above 0) or went (below 0). */
  readonly by: number;
  readonly reason: string;
  readonly who: string;
  /** ms since 1970. */
  readonly at: number;
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
  readonly why: 'seeded' | 'set' | 'adjusted' | 'held' | 'released' | 'sold' | 'returned';
  readonly at: number;
  /** Only of adjustments. */
  readonly who?: string;
  readonly reason?: string;
}

export const stockTables = { products: 'products', reservations: 'reservations', ledger: 'stock_ledger' };
export const toProductKey = (productId: string): string => `${stockTables.products}/${productId}`;
export const toReservationKey = (orderId: string): string => `${stockTables.reservations}/${orderId}`;

// Rows are written by this file alone; the store hands them back as plain data.
const isProduct = (row: Row | Product): row is Row & Product => 'unitPrice' in row;
const isReservation = (row: Row | Reservation): row is Row & Reservation => 'shares' in row;

export const toProduct = (row: Row | undefined): Product | undefined =>
  row !== undefined && isProduct(row) ? row : undefined;
export const toReservation = (row: Row | undefined): Reservation | undefined =>
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

/** Puts refunded products of a sale back on hand. `not-sold`: the order bought less than that, or nothing. */
export const returnSold = (
  rows: Rows,
  orderId: string,
  shares: readonly Share[],
  at: number,
): 'returned' | 'not-sold' => {
  const reservation = readReservation(rows, orderId);
  const bought = new Map(reservation?.shares.map(({ productId, quantity }) => [productId, quantity]));
  const returned = sumShares(shares);
  const isBought = returned.every(({ productId, quantity }) => quantity <= (bought.get(productId) ?? 0));
  if (reservation?.status !== 'sold' || !isBought) return 'not-sold';
  for (const { productId, quantity } of returned) {
    change(rows, { productId, orderId, onHand: quantity, held: 0, sold: -quantity, why: 'returned', at });
  }
  return 'returned';
};

/** @throws AppError `stock-not-set` when there is such a product. */
export const addProduct = (
  rows: Rows,
  productId: string,
  { name, unitPrice, currency, onSale = true, onHand }: NewProduct,
  { why, at }: { readonly why: 'seeded' | 'set'; readonly at: number },
): Product => {
  requireCount(`The unit price of ${productId}`, unitPrice, 0);
  requireCount(`The stock of ${productId}`, onHand, 0);
  if (readProduct(rows, productId) !== undefined) throw stockIsNotSet(productId);
  const product: Product = {
    ...{ productId, name, unitPrice, currency, onSale, revision: 1 },
    ...{ onHand: 0, held: 0, sold: 0, available: 0 },
  };
  rows.set(toProductKey(productId), { ...product });
  if (onHand !== 0) change(rows, { productId, orderId: null, onHand, held: 0, sold: 0, why, at });
  return requireProduct(rows, productId);
};

export const stockIsNotSet = (productId: string): AppError =>
  new AppError(
    'stock-not-set',
    `${productId} exists: leave onHand out, and change its stock by a difference: POST /products/${encodeURIComponent(productId)}/adjustments {"by": 5, "reason": "delivery"}.`,
    { productId },
  );

/**
 * Says what a product is; its stock stays as it is. Left out, `ifRevision` is any.
 * @throws AppError `product-not-found`, or `product-changed` when the product has another revision.
 */
export const describeProduct = (
  rows: Rows,
  productId: string,
  { name, unitPrice, currency, onSale }: Description,
  ifRevision?: number,
): Product => {
  requireCount(`The unit price of ${productId}`, unitPrice, 0);
  const before = requireProduct(rows, productId);
  const { revision } = before;
  if (ifRevision !== undefined && ifRevision !== revision) {
    const message = `What ${productId} is was changed since: its ETag is "${revision}", not "${ifRevision}".`;
    throw new AppError('product-changed', message, { version: revision });
  }
  const said = { name, unitPrice, currency, onSale: onSale ?? before.onSale };
  const product = { ...before, ...said, revision: revision + 1 };
  rows.set(toProductKey(productId), product);
  return product;
};

/**
 * Changes what is on hand by a difference.
 * @throws AppError `product-not-found`, `stock-below-held` when orders have reserved more than would be left, or
 * `invalid-request` when there would be too many to count exactly. Then nothing is changed.
 */
export const adjustStock = (rows: Rows, { productId, by, reason, who, at }: Adjustment): Product => {
  const { onHand, held } = requireProduct(rows, productId);
  if (!Number.isSafeInteger(by) || by === 0) {
    throw new RangeError(`An adjustment of ${productId} must be a whole number other than 0, not ${by}`);
  }
  if (!Number.isSafeInteger(onHand + by)) {
    const message = `makes the stock of ${productId} too large to be counted exactly`;
    throw new AppError('invalid-request', `/by: ${message}.`, { errors: [{ path: '/by', message }] });
  }
  if (onHand + by < held) {
    const message = `${held} of ${productId} are reserved for orders, and ${onHand} are on hand: at most ${onHand - held} can be taken away, not ${-by}.`;
    throw new AppError('stock-below-held', message, { productId, held, onHand: onHand + by });
  }
  change(rows, { productId, orderId: null, onHand: by, held: 0, sold: 0, why: 'adjusted', at, who, reason });
  return requireProduct(rows, productId);
};

/** @throws AppError `product-not-found`. */
const requireProduct = (rows: Rows, productId: string): Product => {
  const product = readProduct(rows, productId);
  if (product === undefined) throw new AppError('product-not-found', `There is no product ${productId}.`);
  return product;
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

// Rows of the shop's tables as SQL returns them, the same from SQLite and PostgreSQL. It runs no statement.
import type { Row } from '../application.ts';
import { type Product, toProductKey, toReservationKey } from './stock.ts';

export type SqlRow = Readonly<Record<string, unknown>>;

export const productColumns =
  'product_id, name, unit_price, currency, on_sale, revision, on_hand, held, sold';

export const text = (row: SqlRow, column: string): string => {
  const value = row[column];
  if (typeof value !== 'string') throw new Error(`Column ${column} holds ${String(value)} instead of text.`);
  return value;
};

export const whole = (row: SqlRow, column: string): number => {
  const value = row[column];
  if (typeof value !== 'number')
    throw new Error(`Column ${column} holds ${String(value)} instead of a number.`);
  return value;
};

export const toProductRow = (row: SqlRow): Product => {
  const onHand = whole(row, 'on_hand');
  const held = whole(row, 'held');
  return {
    productId: text(row, 'product_id'),
    name: text(row, 'name'),
    unitPrice: whole(row, 'unit_price'),
    currency: text(row, 'currency'),
    onSale: whole(row, 'on_sale') === 1,
    revision: whole(row, 'revision'),
    onHand,
    held,
    sold: whole(row, 'sold'),
    available: onHand - held,
  };
};

/** The ids of those of `keys` that are of one table. */
export const idsOf = (keys: readonly string[], table: string): string[] =>
  keys.flatMap((key) => (key.startsWith(`${table}/`) ? [key.slice(table.length + 1)] : []));

type Found = Map<string, Row>;

export const addProducts = (found: Found, rows: readonly SqlRow[]): void => {
  for (const row of rows) found.set(toProductKey(text(row, 'product_id')), { ...toProductRow(row) });
};

/** A row for each share of a reservation. */
export const addReservations = (found: Found, rows: readonly SqlRow[]): void => {
  for (const [orderId, shares] of Map.groupBy(rows, (row) => text(row, 'order_id'))) {
    const [first] = shares;
    if (first === undefined) continue;
    found.set(toReservationKey(orderId), {
      orderId,
      status: text(first, 'status'),
      shares: shares.map((row) => ({
        productId: text(row, 'product_id'),
        quantity: whole(row, 'quantity'),
      })),
      expiresAt: whole(first, 'expires_at'),
      heldAt: whole(first, 'held_at'),
      endedAt: first['ended_at'] === null ? null : whole(first, 'ended_at'),
    });
  }
};

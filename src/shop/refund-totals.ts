// What each principal has given back on one day, per currency, with whichever of its keys: rows of the shop, counted in the
// commits of the refunds themselves.
import { z } from 'zod';
import type { Row, Rows } from '../application.ts';

export const refundTable = 'refund-totals';

export interface RefundDay {
  readonly principal: string;
  /** UTC, `2026-01-31`. */
  readonly day: string;
  readonly currency: string;
}

const total = z.object({ amount: z.int() });
export const readRefundTotal = (row: Row | undefined): number => total.optional().parse(row)?.amount ?? 0;

const toRefundKey = ({ principal, day, currency }: RefundDay): string =>
  `${refundTable}/${day}/${currency}/${principal}`;

/** Adds `amount` (minor units) to the day's total. If that would be more than `most`, it says what is left instead. */
export const countRefunded = (
  rows: Rows,
  day: RefundDay,
  amount: number,
  most: number,
): number | undefined => {
  const key = toRefundKey(day);
  const before = readRefundTotal(rows.get(key));
  if (before + amount > most) return Math.max(0, most - before);
  rows.set(key, { amount: before + amount });
  return undefined;
};

// Money: integers in minor units with an ISO 4217 code. It never rounds and never converts; a sum beyond the
// safe integers throws.
import { code } from 'currency-codes';

/** The library also finds codes in lower case, which ISO 4217 does not have. */
const find = (currency: string) => {
  const found = code(currency);
  return found?.code === currency ? found : undefined;
};

/** Whether `currency` is an ISO 4217 code. */
export const isCurrency = (currency: string): boolean => find(currency) !== undefined;

/**
 * An amount that a person wrote, in minor units: `12.5, 'USD'` → 1250. Undefined if it is none, or has more decimals than the
 * currency.
 */
export const readMoney = (text: string, currency: string): number | undefined => {
  const digits = find(currency)?.digits;
  const [, units, decimals = ''] = /^(\d{1,15})(?:\.(\d+))?$/.exec(text.trim()) ?? [];
  if (digits === undefined || units === undefined || decimals.length > digits) return undefined;
  const amount = Number(units + decimals.padEnd(digits, '0'));
  return Number.isSafeInteger(amount) ? amount : undefined;
};

/** `quantity` × `unitPrice` in minor units. @throws RangeError above 2^53 − 1. */
export const toLineTotal = (quantity: number, unitPrice: number): number => safe(quantity * unitPrice);

/** The sum of `amounts` in minor units. @throws RangeError above 2^53 − 1. */
export const sum = (amounts: readonly number[]): number =>
  amounts.reduce((total, amount) => safe(total + amount), 0);

/**
 * An amount in minor units as people write it: `17500, 'USD'` → `175.00 USD`, `500, 'JPY'` → `500 JPY`.
 * @throws RangeError for a currency that ISO 4217 does not know.
 */
export const formatMoney = (amount: number, currency: string): string => {
  const digits = find(currency)?.digits;
  if (digits === undefined) throw new RangeError(`${currency} is not an ISO 4217 currency`);
  if (digits === 0) return `${amount} ${currency}`;
  const padded = String(Math.abs(amount)).padStart(digits + 1, '0');
  return `${amount < 0 ? '-' : ''}${padded.slice(0, -digits)}.${padded.slice(-digits)} ${currency}`;
};

const safe = (amount: number): number => {
  if (!Number.isSafeInteger(amount)) throw new RangeError('the amount is too large to be exact');
  return amount;
};

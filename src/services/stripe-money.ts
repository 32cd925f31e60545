// Amounts as Stripe counts them: in minor units that differ from ISO 4217's for some currencies. It knows no order.
import { code as findCurrency } from 'currency-codes';

/** Decimals that Stripe counts with, where they are not those of ISO 4217. */
const decimalsAtStripe: Readonly<Record<string, number>> = { ISK: 2, UGX: 2, MGA: 0 };
/** Their last digit (of three), or their last two, must be 0. */
const roundTo: Readonly<Record<string, number>> = { BHD: 10, JOD: 10, KWD: 10, OMR: 10, TND: 10 };

const toFactor = (currency: string): number => {
  const digits = findCurrency(currency)?.digits ?? 2;
  return 10 ** ((decimalsAtStripe[currency] ?? digits) - digits);
};

export interface Money {
  readonly amount: number;
  readonly currency: string;
}

/** Undefined for an amount that Stripe cannot take exactly: no money is ever rounded. */
export const toStripeMoney = ({ amount, currency }: Money): Money | undefined => {
  const factor = toFactor(currency);
  // A factor below 1 divides: a product with it would not be exact.
  const theirs = factor < 1 ? amount / Math.round(1 / factor) : amount * factor;
  if (!Number.isSafeInteger(theirs) || theirs % (roundTo[currency] ?? 1) !== 0) return undefined;
  return { amount: theirs, currency: currency.toLowerCase() };
};

export const fromStripeMoney = ({ amount, currency: theirs }: Money): Money => {
  const currency = theirs.toUpperCase();
  const factor = toFactor(currency);
  return { amount: factor < 1 ? amount * Math.round(1 / factor) : amount / factor, currency };
};

// Amounts as Stripe counts them (src/services/stripe-money.ts).
import { expect, test } from 'vitest';
import { fromStripeMoney, toStripeMoney } from '../../src/services/stripe-money.ts';

test.each([
  ['USD', 17_500, 17_500],
  ['JPY', 500, 500],
  ['KRW', 500, 500],
  ['ISK', 5, 500],
  ['UGX', 5, 500],
  ['MGA', 500, 5],
  ['HUF', 1045, 1045],
  ['KWD', 5120, 5120],
])('%s: %i here are %i at Stripe', (currency, amount, theirs) => {
  const money = { amount: theirs, currency: currency.toLowerCase() };
  expect(toStripeMoney({ amount, currency })).toEqual(money);
  expect(fromStripeMoney(money)).toEqual({ amount, currency });
});

test.each([
  ['KWD', 5124],
  ['TND', 1],
  ['MGA', 501],
])('%s: %i cannot be taken exactly, and are not rounded', (currency, amount) => {
  expect(toStripeMoney({ amount, currency })).toBeUndefined();
});

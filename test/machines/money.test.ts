// Money is whole minor units with a currency that ISO 4217 knows; what would not be exact throws.
import { describe, expect, it } from 'vitest';
import { formatMoney, isCurrency, readMoney, sum, toLineTotal } from '../../machines/money.ts';

describe('an amount', () => {
  it.each([
    [500, 'JPY', '500 JPY'],
    [0, 'JPY', '0 JPY'],
    [17_500, 'USD', '175.00 USD'],
    [5, 'USD', '0.05 USD'],
    [-5, 'USD', '-0.05 USD'],
    [-500, 'JPY', '-500 JPY'],
    [0, 'USD', '0.00 USD'],
    [1234, 'KWD', '1.234 KWD'],
    [1, 'KWD', '0.001 KWD'],
    [Number.MAX_SAFE_INTEGER, 'USD', '90071992547409.91 USD'],
  ])('of %i minor units in %s is written %s', (amount, currency, written) => {
    expect(formatMoney(amount, currency)).toBe(written);
  });

  it.each(['XYZ', 'usd', '', 'US'])("in '%s' is not written: ISO 4217 does not know it", (currency) => {
    expect(() => formatMoney(1, currency)).toThrow(RangeError);
  });
});

describe('an amount that a person wrote', () => {
  it.each([
    ['12.5', 'USD', 1250],
    ['12', 'USD', 1200],
    [' 0.05 ', 'USD', 5],
    ['500', 'JPY', 500],
    ['1.234', 'KWD', 1234],
    ['90071992547409.91', 'USD', Number.MAX_SAFE_INTEGER],
  ])("'%s' in %s is %i minor units", (text, currency, amount) => {
    expect(readMoney(text, currency)).toBe(amount);
  });

  it.each([
    ['1', 'usd', 'a currency that ISO 4217 does not know'],
    ['ten', 'USD', 'no number'],
    ['-1', 'USD', 'less than nothing'],
    ['1.', 'USD', 'a point without decimals'],
    ['1,50', 'USD', 'a comma'],
    ['1.005', 'USD', 'more decimals than the currency'],
    ['1.0', 'JPY', 'decimals where the currency has none'],
    ['90071992547409.92', 'USD', 'more than is exact'],
  ])("'%s' in '%s' is none: %s", (text, currency) => {
    expect(readMoney(text, currency)).toBeUndefined();
  });
});

describe('a currency', () => {
  it.each(['USD', 'EUR', 'JPY', 'KWD'])('%s is known', (currency) => {
    expect(isCurrency(currency)).toBe(true);
  });

  it.each(['XYZ', 'usd', '', 'DOLLAR'])("'%s' is not", (currency) => {
    expect(isCurrency(currency)).toBe(false);
  });
});

describe('a total', () => {
  it('of a line is its quantity times its unit price', () => {
    expect(toLineTotal(2, 5000)).toBe(10_000);
  });

  it('of the sample order is 175.00', () => {
    expect(sum([toLineTotal(2, 5000), toLineTotal(1, 7500)])).toBe(17_500);
  });

  it('of nothing is nothing', () => {
    expect(sum([])).toBe(0);
  });

  it('may be as large as is exact', () => {
    expect(sum([Number.MAX_SAFE_INTEGER - 1, 1])).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('that would not be exact throws', () => {
    expect(() => sum([Number.MAX_SAFE_INTEGER, 1])).toThrow(RangeError);
    expect(() => sum([Number.MAX_SAFE_INTEGER, 1, -1])).toThrow('too large to be exact');
    expect(() => toLineTotal(3, Number.MAX_SAFE_INTEGER)).toThrow(RangeError);
    expect(() => toLineTotal(1, 0.5)).toThrow(RangeError);
  });
});

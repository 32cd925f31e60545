// How values are written into a mail: amounts and counts in a locale, and names that can neither add lines nor turn the
// direction of what is around them. It knows no notice and no template.
import { formatMoney } from '../../machines/money.ts';

const [isolateStart, isolateEnd] = ['\u2068', '\u2069'];

/** A product's name cannot add lines to the plain text, nor turn the direction of what is around it. */
export const isolate = (name: string): string => {
  const oneLine = name.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return `${isolateStart}${oneLine.replaceAll(/\p{Bidi_Control}/gu, '')}${isolateEnd}`;
};

/** Text in HTML, where elements isolate. */
export const toHtmlText = (text: string): string =>
  escapeHtml(text).replaceAll(isolateStart, '<bdi>').replaceAll(isolateEnd, '</bdi>');

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/**
 * Writes amounts in minor units: `17500` of `USD` is `$175.00` in `en` and `175,00 $` in `de`, and `-500` is `-$5.00`. As
 * many decimals as ISO 4217 says, and exact however large.
 * @throws RangeError for a currency that ISO 4217 does not know.
 */
export const toMoneyWriter = (locale: string, currency: string): ((minorUnits: number) => string) => {
  const decimals = toDecimal(0, currency).split('.')[1]?.length ?? 0;
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return (minorUnits) => format.format(toDecimal(minorUnits, currency));
};

/** `17500` of `USD` → `175.00`: a number as text, since a double would round large amounts. */
const toDecimal = (minorUnits: number, currency: string): `${number}` => {
  const decimal = formatMoney(minorUnits, currency).slice(0, -` ${currency}`.length);
  if (!isDecimal(decimal)) throw new RangeError(`${minorUnits} is no amount in minor units`);
  return decimal;
};

const isDecimal = (text: string): text is `${number}` => /^-?\d+(\.\d+)?$/.test(text);

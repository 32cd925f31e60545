// Finds what reads as the number of a payment card in a text, so that none is ever stored: a customer pays with a token. It
// never says the number. Numbers of products and of bank accounts are none: a valid GTIN (EAN-13, GTIN-14) and a valid
// IBAN pass.

/** Digits, with a few spaces or dashes between them. */
const runs = /\p{Nd}(?:[\s\p{Pd}]{0,3}\p{Nd}){12,}/gu;
/**
 * What has digits by chance: UUIDs, hashes or object ids in hex, with a prefix such as `txn_` or without, and our own keys, with
 * which people sign in.
 */
const ids =
  /(?<![^\W_])(?:(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|(?=\d*[a-f])[\da-f]{20,})\b|ocs?_[\da-f]{16}_[\w-]{43}(?![\w-]))/giu;
/** How a bank account is written (ISO 13616): a country, two check digits, and the account, in groups or not. */
const accounts = /\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?\b/g;
/** How numbers of cards are written in groups. */
const groupings: ReadonlySet<string> = new Set(['4-4-4-4', '4-4-4-4-3', '4-6-5', '4-6-4']);
const fewest = 13;
const most = 19;

/** ISO/IEC 7812-1: from the right, every second digit is doubled, and the digits of all add up to a multiple of ten. */
const passesLuhn = (digits: string): boolean => {
  let sum = 0;
  for (const [index, digit] of [...digits].toReversed().entries()) {
    const weighted = Number(digit) * (index % 2 === 0 ? 1 : 2);
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0;
};

/** GS1: from the right, every second digit counts three times. Only lengths that a card has, too. */
const isProductNumber = (digits: string): boolean => {
  if (digits.length !== 13 && digits.length !== 14) return false;
  const sum = [...digits]
    .toReversed()
    .reduce((all, digit, index) => all + Number(digit) * (index % 2 === 0 ? 1 : 3), 0);
  return sum % 10 === 0;
};

/** ISO 7064: behind the account stand the country (A is 10) and the check digits, and the rest by 97 is 1. */
const isAccount = (text: string): boolean => {
  const [, start = '', account = ''] = /^(.{4})(.+)$/.exec(text.replaceAll(' ', '')) ?? [];
  const digits = [...(account + start)].map((each) => Number.parseInt(each, 36)).join('');
  return BigInt(digits) % 97n === 1n;
};

const isCardNumber = (digits: string): boolean => {
  if (digits.length < fewest || digits.length > most) return false;
  // No card begins with 0, and a time in ms since 1970 has 13 digits and begins with 1.
  if (digits.startsWith('0') || (digits.length === fewest && digits.startsWith('1'))) return false;
  return passesLuhn(digits) && !isProductNumber(digits);
};

/** The whole run, each of its groups, and groups that follow each other as those of a card do. */
const toCandidates = (run: string): string[] => {
  const groups = run.split(/[\s\p{Pd}]+/u);
  const parts = groups.flatMap((_, from) =>
    [3, 4, 5].flatMap((length) => {
      const part = groups.slice(from, from + length);
      return groupings.has(part.map((group) => group.length).join('-')) ? [part.join('')] : [];
    }),
  );
  return [groups.join(''), ...groups, ...parts];
};

/** A short text of these has no room for the digits. */
const ascii = /^[\x20-\x7e]*$/;

/** Whether a text has 13 to 19 digits, spaces or dashes between them allowed, that pass the check of card numbers. */
export const hasCardNumber = (text: string): boolean => {
  if (text.length < fewest && ascii.test(text)) return false;
  // Full-width digits are digits, too.
  const searched = text
    .normalize('NFKC')
    .replace(ids, 'id')
    .replace(accounts, (each) => (isAccount(each) ? 'account' : each));
  const runsIn = searched.match(runs) ?? [];
  return runsIn.some((run) => toCandidates(run).some(isCardNumber));
};

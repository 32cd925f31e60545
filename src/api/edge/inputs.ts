// What callers may send: names, numbers, times and headers as zod schemas that take no guess. Numbers in
// addresses are parsed only from digits, booleans only from `true` and `false`. It never repairs input.
import { z } from 'zod';
import type { Messages } from '../../application.ts';
import { limits } from '../../config.ts';

/** One line without control characters and without blanks at its ends. */
export const line = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^(?!\s)[^\p{Cc}]*(?<!\s)$/u, 'must be one line without blanks at its ends');

/** Text of a person: line breaks are fine, other control characters are not. */
export const text = z
  .string()
  .min(1)
  .max(1000)
  .regex(/^(?:[^\p{Cc}]|[\r\n\t])*$/u, 'must be text without control characters')
  .regex(/\S/, 'must not be blank');

export const identifier = line(200);

export const orderParams = z.strictObject({ id: identifier.describe('the id of the order') });

/** A whole number in a query string. */
const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(least).max(most))
    .meta({ type: 'integer', minimum: least, maximum: most });

export const trueOrFalse = z
  .enum(['true', 'false'])
  .transform((value) => value === 'true')
  .meta({ type: 'boolean' });

/** ISO 8601 with a zone, as ms since 1970. */
export const time = z.iso
  .datetime({ offset: true })
  .transform((value) => Date.parse(value))
  .pipe(z.number());

export const pageLimit = wholeNumber(1, limits.page)
  .default(50)
  .describe('entries on one page; 50 if it is left out');
export const eventLimit = wholeNumber(1, limits.eventPage)
  .default(100)
  .describe('entries on one page; 100 if it is left out');
export const afterNumber = wholeNumber(0, Number.MAX_SAFE_INTEGER);

export const toEventTypes = (messages: Messages): readonly string[] =>
  Object.keys(messages).filter((type) => messages[type]?.to.includes('journal'));

/** A comma-separated list of domain event types. */
export const eventTypesOf = (journalTypes: readonly string[]) =>
  z
    .string()
    .transform((value) => value.split(','))
    .pipe(z.array(z.enum(journalTypes)).min(1).max(journalTypes.length))
    .describe('only these types of domain events, separated by commas');

/** 1 to 255 visible ASCII characters, bare or as an RFC 8941 string. */
export const idempotencyKey = z
  .string()
  .regex(
    /^(?:"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255}"|[\x21\x23-\x7e][\x21-\x7e]{0,254})$/,
    'must be 1 to 255 visible ASCII characters, bare or as a quoted string',
  )
  .describe(
    'a new key for each new intention, the same key for each repetition of it. Its answer is kept for KEEP_KEYS_HOURS (72, and never less than 24); after that the key is as new',
  );
export const ifMatch = z
  .string()
  .regex(/^\s*(?:\*|(?:W\/)?"[^"]*"(?:\s*,\s*(?:W\/)?"[^"]*")*)\s*$/, 'must be * or ETags')
  .describe('do it only if it still has this ETag');
export const prefer = z
  .string()
  .max(1000)
  .describe(
    `wait=N: answer when the order is settled, or after N seconds (at most ${limits.waitSeconds}) with 202`,
  );

// What callers may send: names, numbers, times and headers as zod schemas that take no guess. Numbers in
// addresses are parsed only from digits, booleans only from `true` and `false`. It never repairs input.
import { z } from 'zod';
import type { Messages } from '../../application.ts';
import { limits } from '../../limits.ts';

/** What names something that is there: one line without control characters and without blanks at its ends. */
const reference = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^(?!\s)[^\p{Cc}]*(?<!\s)$/u, 'must be one line without blanks at its ends');

/** A new name: people can see it, and it does not turn the direction of the text around it. */
export const line = (longest: number) =>
  reference(longest)
    .regex(/^\P{Bidi_Control}*$/u, 'must not have characters that change the direction of text')
    .regex(
      /^(?![\p{Cf}\p{Default_Ignorable_Code_Point}\u2800][\s\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]*$)/u,
      'must have something that can be seen',
    );

/** Text of a person: line breaks are fine, other control characters are not. */
export const text = z
  .string()
  .min(1)
  .max(1000)
  .regex(/^(?:[^\p{Cc}]|[\r\n\t])*$/u, 'must be text without control characters')
  .regex(/\S/, 'must not be blank');

const identifierLength = `at most ${limits.identifierBytes} bytes in UTF-8`;
/** Counted in bytes, as addresses and bodies are, so that each fits into both. */
const inBytes = (id: z.ZodString) =>
  id
    .refine((text) => Buffer.byteLength(text) <= limits.identifierBytes, `must have ${identifierLength}`)
    .describe(identifierLength);
/** The id of something that is there: those that were taken earlier stay readable. */
export const identifier = inBytes(reference(limits.identifierBytes));
export const newIdentifier = inBytes(line(limits.identifierBytes));

export const orderParams = z.strictObject({
  id: identifier.describe(`the id of the order, ${identifierLength}`),
});

/** A whole number in a query string. */
const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .refine((value) => /^\d{1,16}$/.test(value), 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(least).max(most))
    .meta({ type: 'integer', minimum: least, maximum: most });

/** In the OpenAPI document a plain boolean, which is written `true` or `false` in an address. */
export const trueOrFalse = z
  .stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive', error: 'must be true or false' })
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
    `wait=N: answer when the order is settled, has an incident or waits for its customer, or after N seconds (at most ${limits.waitSeconds}) with 202. A repetition waits as long for the answer to the first request with its key, if that one is still running`,
  );
export const preferFirst = prefer.describe(
  `wait=N: if the first request with this Idempotency-Key is still running, wait for its answer for N seconds (at most ${limits.waitSeconds}), instead of 409 at once`,
);

// What callers of the shop may send, beside what callers of any application may (edge/inputs.ts).
import { z } from 'zod';
import { isCurrency } from '../../../machines/money.ts';
import { limits } from '../../limits.ts';
import { addressPattern, longestAddress, whyNotAddress } from '../../mail-address.ts';
import { isLocale } from '../../setting-values.ts';
import { identifier, line } from '../edge/inputs.ts';

export const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code')
  .refine(isCurrency, 'is not an ISO 4217 currency');

export const productParams = z.strictObject({
  id: identifier.describe(`the id of the product, at most ${limits.identifierBytes} bytes in UTF-8`),
});

/** The e-mail address of a customer: also with an internationalised domain (as it is written, or as punycode) or mailbox. */
export const email = z
  .string()
  .min(1)
  .max(longestAddress)
  .superRefine((address, { addIssue }) => {
    const problem = whyNotAddress(address);
    if (problem !== undefined) addIssue(problem);
  })
  .meta({ format: 'idn-email', pattern: addressPattern });

/** What the provider knows a way to pay by: a token, which stands for a card and is none. */
export const paymentMethod = z
  .string()
  .max(limits.identifierBytes)
  .regex(
    /^[a-z][a-z0-9]*_[A-Za-z0-9_-]+$/,
    "must be a token of the payment provider, such as pm_…; never a card's number",
  )
  .describe("the payment provider's token for what pays, such as pm_…; never a card's number");

/** A locale of BCP 47 in its canonical form. */
export const locale = z
  .string()
  .max(limits.localeLength)
  .refine(isLocale, 'must be a locale of BCP 47, such as en, de or de-CH')
  .transform((text) => Intl.getCanonicalLocales(text)[0] ?? text)
  .pipe(z.string())
  .describe('the language of notices to the customer, such as de-CH; left out: MAIL_LOCALE');

const beside = { name: line(limits.adjustmentName).describe('as the customer reads it') };
const adjustment = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('discount'),
    ...beside,
    amount: z.int().min(-limits.unitPrice).max(0).describe('minor units, 0 or below'),
  }),
  z.strictObject({
    kind: z.enum(['shipping', 'tax', 'other']),
    ...beside,
    amount: z.int().min(0).max(limits.unitPrice).describe('minor units'),
  }),
]);
export const adjustments = z
  .array(adjustment)
  .max(limits.adjustments)
  .describe('amounts beside the products, which are part of the total; needs the scope orders:price');

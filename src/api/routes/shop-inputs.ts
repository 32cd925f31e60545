// What callers of the shop may send, beside what callers of any application may (edge/inputs.ts).
import { z } from 'zod';
import { isCurrency } from '../../../machines/money.ts';
import { limits } from '../../limits.ts';
import { addressPattern, longestAddress, whyNotAddress } from '../../mail-address.ts';
import { identifier } from '../edge/inputs.ts';

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

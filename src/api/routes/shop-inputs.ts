// What callers of the shop may send, beside what callers of any application may (edge/inputs.ts).
import { z } from 'zod';
import { isCurrency } from '../../../machines/money.ts';
import { limits } from '../../config.ts';
import { identifier } from '../edge/inputs.ts';

export const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code')
  .refine(isCurrency, 'is not an ISO 4217 currency');

export const productParams = z.strictObject({
  id: identifier.describe(`the id of the product, at most ${limits.identifierBytes} bytes in UTF-8`),
});

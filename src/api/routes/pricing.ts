// From what a customer asks for to what an order is placed with: names, prices and totals from the
// catalogue. It never trusts an amount that the caller computed, and lists every wrong line, not the first.
import type { Item } from '../../../machines/messages.ts';
import { sum, toLineTotal } from '../../../machines/money.ts';
import type { Catalogue } from '../../shop/catalogue.ts';
import type { Product } from '../../shop/stock.ts';
import { invalid } from '../edge/errors.ts';
import type { FieldError } from '../edge/problems.ts';

interface Line {
  readonly productId: string;
  readonly quantity: number;
  readonly unitPrice?: number | undefined;
}
interface Priced {
  readonly items: readonly Item[];
  readonly amount: number;
}

type Mismatch = 'unknown-product' | 'product-off-sale' | 'price-mismatch' | 'currency-mismatch';
type Finding = FieldError & { readonly code: Mismatch };

const findMismatch = (
  line: Line,
  index: number,
  currency: string,
  product?: Product,
): Finding | undefined => {
  const place = `/items/${index}`;
  if (product === undefined) {
    return { code: 'unknown-product', path: `${place}/productId`, message: 'is not in the catalogue' };
  }
  if (!product.onSale) {
    return { code: 'product-off-sale', path: `${place}/productId`, message: 'is off sale' };
  }
  if (product.currency !== currency) {
    const message = `is sold in ${product.currency}, not in ${currency}`;
    return { code: 'currency-mismatch', path: `${place}/productId`, message };
  }
  if (line.unitPrice !== undefined && line.unitPrice !== product.unitPrice) {
    const message = `is not the price in the catalogue, which is ${product.unitPrice}`;
    return { code: 'price-mismatch', path: `${place}/unitPrice`, message };
  }
  return undefined;
};

const toItem = ({ productId, quantity }: Line, { name, unitPrice }: Product): Item => ({
  productId,
  name,
  quantity,
  unitPrice,
  lineTotal: toLineTotal(quantity, unitPrice),
});

/**
 * The lines with names, prices and totals (minor units).
 * @throws AppError `unknown-product`, `product-off-sale`, `currency-mismatch`, `price-mismatch` (the first that applies, with
 * every wrong line in `errors`), or `invalid-request` if the total is 0 or too large to be exact.
 */
export const priceLines = async (
  catalogue: Catalogue,
  lines: readonly Line[],
  currency: string,
): Promise<Priced> => {
  const ids = [...new Set(lines.map(({ productId }) => productId))];
  const found = new Map(await Promise.all(ids.map(async (id) => [id, await catalogue.product(id)] as const)));
  const findings = lines.flatMap((line, index) => {
    const finding = findMismatch(line, index, currency, found.get(line.productId));
    return finding === undefined ? [] : [finding];
  });
  const [first] = findings;
  if (first !== undefined) throw invalid(findings, first.code);
  try {
    const items = lines.flatMap((line) => {
      const product = found.get(line.productId);
      return product === undefined ? [] : [toItem(line, product)];
    });
    const amount = sum(items.map(({ lineTotal }) => lineTotal));
    if (amount === 0) throw invalid([{ path: '/items', message: 'come to 0: there is nothing to pay for' }]);
    return { items, amount };
  } catch (error) {
    if (error instanceof RangeError) throw invalid([{ path: '/items', message: error.message }]);
    throw error;
  }
};

// From what a customer asks for to what an order is placed with: names, prices and totals from the
// catalogue, and the amounts beside the products that the caller gives. It never trusts an amount that the caller computed, and lists every wrong line, not the first.
import type { Adjustment, Item } from '../../../machines/messages.ts';
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
/** What a caller asks to pay for. */
interface Wish {
  readonly items: readonly Line[];
  readonly currency: string;
  readonly adjustments?: readonly Adjustment[] | undefined;
  readonly total?: number | undefined;
}
interface Priced {
  readonly items: readonly Item[];
  readonly adjustments: readonly Adjustment[];
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

/** Every line with its product. @throws AppError as `priceOrder` does. */
const findProducts = async (
  catalogue: Catalogue,
  lines: readonly Line[],
  currency: string,
): Promise<readonly { readonly line: Line; readonly product: Product }[]> => {
  const ids = [...new Set(lines.map(({ productId }) => productId))];
  const found = new Map(await Promise.all(ids.map(async (id) => [id, await catalogue.product(id)] as const)));
  const findings = lines.flatMap((line, index) => {
    const finding = findMismatch(line, index, currency, found.get(line.productId));
    return finding === undefined ? [] : [finding];
  });
  const [first] = findings;
  if (first !== undefined) throw invalid(findings, first.code);
  return lines.flatMap((line) => {
    const product = found.get(line.productId);
    return product === undefined ? [] : [{ line, product }];
  });
};

/** @throws AppError `invalid-request` for a sum that is too large to be exact. */
const exactly = <T>(path: string, compute: () => T): T => {
  try {
    return compute();
  } catch (error) {
    if (error instanceof RangeError) throw invalid([{ path, message: error.message }]);
    throw error;
  }
};

const requireTotal = (amount: number, total: number | undefined): void => {
  if (amount < 0) {
    throw invalid([{ path: '/adjustments', message: `make a total of ${amount}` }], 'total-below-zero');
  }
  if (total === undefined || total === amount) return;
  const message = `is ${total}, and the products and adjustments come to ${amount}`;
  throw invalid([{ path: '/total', message }], 'total-mismatch');
};

/**
 * The lines with names, prices and totals, and what the order comes to with its adjustments (minor units).
 * @throws AppError `unknown-product`, `product-off-sale`, `currency-mismatch`, `price-mismatch` (the first that applies, with
 * every wrong line in `errors`), `total-below-zero`, `total-mismatch`, or `invalid-request` if the total is too large to be
 * exact.
 */
export const priceOrder = async (catalogue: Catalogue, wish: Wish): Promise<Priced> => {
  const { currency, total } = wish;
  const found = await findProducts(catalogue, wish.items, currency);
  const items = exactly('/items', () => found.map(({ line, product }) => toItem(line, product)));
  // JSON has a −0, and what is stored has none.
  const adjustments = (wish.adjustments ?? []).map((each) => ({ ...each, amount: each.amount || 0 }));
  const amounts = [...items.map(({ lineTotal }) => lineTotal), ...adjustments.map(({ amount }) => amount)];
  const amount = exactly('/items', () => sum(amounts));
  requireTotal(amount, total);
  return { items, adjustments, amount };
};

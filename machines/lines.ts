// The lines of an order: how much of each product they ask for together. It knows no stock.

/** One entry for each product, in the order in which products first appear: two lines of three need six. */
export const sumByProduct = (
  lines: readonly { readonly productId: string; readonly quantity: number }[],
): { productId: string; quantity: number }[] => {
  const quantities = new Map<string, number>();
  for (const { productId, quantity } of lines) {
    quantities.set(productId, (quantities.get(productId) ?? 0) + quantity);
  }
  return [...quantities].map(([productId, quantity]) => ({ productId, quantity }));
};

interface Ordered {
  readonly productId: string;
  readonly quantity: number;
  readonly unitPrice: number;
}
interface Returned {
  readonly productId: string;
  readonly quantity: number;
}

const quantityOf = (lines: readonly Returned[], productId: string): number =>
  lines.reduce((sum, line) => (line.productId === productId ? sum + line.quantity : sum), 0);

/** What is left of each product after some of it was refunded. */
export const toRefundableLines = (
  items: readonly Ordered[],
  before: readonly Returned[],
): { productId: string; quantity: number }[] =>
  sumByProduct(items).flatMap(({ productId, quantity }) => {
    const left = quantity - quantityOf(before, productId);
    return left > 0 ? [{ productId, quantity: left }] : [];
  });

/** Whether no more of any product is refunded than was ordered, with what was refunded before. */
export const mayRefundLines = (
  items: readonly Ordered[],
  before: readonly Returned[],
  lines: readonly Returned[],
): boolean =>
  lines.every(({ productId }) => {
    const asked = quantityOf(before, productId) + quantityOf(lines, productId);
    return asked <= quantityOf(items, productId);
  });

/** What `lines` cost at the order's prices, in minor units. */
export const toLinesTotal = (items: readonly Ordered[], lines: readonly Returned[]): number =>
  lines.reduce((sum, { productId, quantity }) => {
    const item = items.find((each) => each.productId === productId);
    return sum + (item?.unitPrice ?? 0) * quantity;
  }, 0);

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

// Orders that many ask for at once, such as everybody who waits for one: they are read together. Those who ask while a read is
// under way share the next one, so nobody gets what is older than the question.
import type { StoredOrder } from '../../store.ts';

type Load = (orderIds: readonly string[]) => Promise<ReadonlyMap<string, StoredOrder>>;

export const joinLoads = (load: Load): Load => {
  let next: { readonly orderIds: Set<string>; readonly found: ReturnType<Load> } | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const begin = () => {
    const orderIds = new Set<string>();
    const found = last.then(() => {
      next = undefined;
      return load([...orderIds]);
    });
    last = found.catch(() => {});
    return { orderIds, found };
  };

  return async (asked) => {
    next ??= begin();
    for (const orderId of asked) next.orderIds.add(orderId);
    const found = await next.found;
    return new Map(
      asked.flatMap((orderId) => {
        const order = found.get(orderId);
        return order ? [[orderId, order] as const] : [];
      }),
    );
  };
};

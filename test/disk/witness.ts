// Who remembers what was acknowledged: every commit that the store said was done, and every answer that a host
// gave. A power cut may take nothing of it. It stands between the host and the store and changes nothing.
import type { OrderWork, Store } from '../../src/store.ts';

/** What somebody was told. */
export interface Acknowledged {
  /** Whether the store was opened: from then on its file must be one. */
  isOpen: boolean;
  /** The newest version of each order. */
  readonly orders: Map<string, number>;
  /** The quantity on hand, where a person set it; no order sells of these products. */
  readonly products: Map<string, number>;
  /** The body behind each idempotency key of the scope `orders`, where it was amended. */
  readonly answers: Map<string, string>;
}

export const nothingYet = (): Acknowledged => ({
  isOpen: false,
  orders: new Map(),
  products: new Map(),
  answers: new Map(),
});

export const copyOf = ({ isOpen, orders, products, answers }: Acknowledged): Acknowledged => ({
  isOpen,
  orders: new Map(orders),
  products: new Map(products),
  answers: new Map(answers),
});

/** Equal for what is equally acknowledged. */
export const toText = ({ isOpen, orders, products, answers }: Acknowledged): string =>
  JSON.stringify([isOpen, [...orders], [...products], [...answers]]);

export const noteOrder = ({ orders }: Acknowledged, orderId: string, version: number): void => {
  orders.set(orderId, Math.max(version, orders.get(orderId) ?? 0));
};

/** The store, with somebody listening. */
export const witnessed = (store: Store, acknowledged: Acknowledged): Store => ({
  ...store,
  commit: async (work, lease) => {
    const versions = new Map<string, number>();
    const results = await store.commit(
      work.map((each) => noting(each, versions)),
      lease,
    );
    for (const [index, { outcome }] of results.entries()) {
      const orderId = work[index]?.orderId ?? '';
      if (outcome === 'committed') noteOrder(acknowledged, orderId, versions.get(orderId) ?? 0);
    }
    return results;
  },
  putProduct: async (productId, setting, at) => {
    const product = await store.putProduct(productId, setting, at);
    acknowledged.products.set(productId, product.onHand);
    return product;
  },
  updateIdempotencyAnswer: async (scope, key, status, body) => {
    await store.updateIdempotencyAnswer(scope, key, status, body);
    acknowledged.answers.set(key, body);
  },
});

const noting = (work: OrderWork, versions: Map<string, number>): OrderWork => ({
  ...work,
  decide: async (context) => {
    const write = await work.decide(context);
    if (write !== null) versions.set(work.orderId, write.version);
    return write;
  },
});

/** What of the acknowledged is not in the store, in words. */
export const listLosses = async (store: Store, { orders, products, answers }: Acknowledged) => {
  const losses: string[] = [];
  const stored = await store.load([...orders.keys()]);
  for (const [orderId, version] of orders) {
    const found = stored.get(orderId)?.version ?? 0;
    if (found < version) losses.push(`${orderId} was acknowledged at version ${version} and is at ${found}`);
  }
  for (const [productId, onHand] of products) {
    const found = (await store.product(productId))?.onHand;
    if (found !== onHand) losses.push(`${onHand} × ${productId} were set, and there are ${found}`);
  }
  for (const [key, body] of answers) {
    const found = (await store.idempotencyRecord('orders', key))?.body;
    if (found !== body) losses.push(`the answer of ${key} was amended to ${body}, and is ${found}`);
  }
  return losses;
};

// Records what was acknowledged: every commit that the store confirmed, and every answer of a host. A power cut must not
// lose any of it. It wraps the store and changes nothing.
import { type Catalogue, createCatalogue } from '../../src/shop/catalogue.ts';
import type { Store } from '../../src/store.ts';

/** What was acknowledged so far. */
export interface Acknowledged {
  /** Whether the store was opened: from then on its file must be valid. */
  isOpen: boolean;
  /** The newest version of each order. */
  readonly orders: Map<string, number>;
  /** The quantity on hand of products that a person added and stocked; no order contains them. */
  readonly products: Map<string, number>;
  /** The amended body of idempotency keys of the scope `orders`. */
  readonly answers: Map<string, string>;
}

export const createAcknowledged = (): Acknowledged => ({
  isOpen: false,
  orders: new Map(),
  products: new Map(),
  answers: new Map(),
});

export const copyAcknowledged = ({ isOpen, orders, products, answers }: Acknowledged): Acknowledged => ({
  isOpen,
  orders: new Map(orders),
  products: new Map(products),
  answers: new Map(answers),
});

/** Equal if the same was acknowledged. */
export const toText = ({ isOpen, orders, products, answers }: Acknowledged): string =>
  JSON.stringify([isOpen, [...orders], [...products], [...answers]]);

export const noteOrder = ({ orders }: Acknowledged, orderId: string, version: number): void => {
  orders.set(orderId, Math.max(version, orders.get(orderId) ?? 0));
};

/** The store, which records what it confirms. */
export const recordAcknowledged = (store: Store, acknowledged: Acknowledged): Store => ({
  ...store,
  open: async (needs) => {
    const batch = await store.open(needs);
    return {
      ...batch,
      write: async (write) => {
        await batch.write(write);
        for (const { orderId, version } of write.orders) noteOrder(acknowledged, orderId, version);
      },
    };
  },
  updateIdempotencyAnswer: async (scope, key, answer) => {
    await store.updateIdempotencyAnswer(scope, key, answer);
    acknowledged.answers.set(key, answer.body);
  },
});

/** The catalogue, which records what it confirms. */
export const recordProducts = (catalogue: Catalogue, { products }: Acknowledged): Catalogue => ({
  ...catalogue,
  addProduct: async (productId, setting, at) => {
    const product = await catalogue.addProduct(productId, setting, at);
    products.set(productId, product.onHand);
    return product;
  },
  adjustStock: async (adjustment, idempotency) => {
    const outcome = await catalogue.adjustStock(adjustment, idempotency);
    if (outcome.outcome === 'done') products.set(adjustment.productId, outcome.result.product.onHand);
    return outcome;
  },
});

/** What was acknowledged and is not in the store. */
export const listLosses = async (store: Store, { orders, products, answers }: Acknowledged) => {
  const losses: string[] = [];
  const catalogue = createCatalogue(store);
  const stored = await store.load([...orders.keys()]);
  for (const [orderId, version] of orders) {
    const found = stored.get(orderId)?.version ?? 0;
    if (found < version) losses.push(`${orderId} was acknowledged at version ${version} and is at ${found}`);
  }
  for (const [productId, onHand] of products) {
    const found = (await catalogue.product(productId))?.onHand;
    // A delivery that was not acknowledged may be there: they only add.
    if ((found ?? -1) < onHand) losses.push(`${onHand} × ${productId} were there, and there are ${found}`);
  }
  for (const [key, body] of answers) {
    const found = (await store.idempotencyRecord('orders', key))?.body;
    if (found !== body) losses.push(`the answer of ${key} was amended to ${body}, and is ${found}`);
  }
  return losses;
};

// A whole Orderchart over a SQLite file, with instant services and two products that never run out, and the
// check that a run had the right result. It measures nothing; it is the production code, composed.
import { systemClock } from '../src/clock.ts';
import { createOrderchart, type Orderchart, readSettings } from '../src/main.ts';
import type { ShopHost } from '../src/shop/placement.ts';
import type { ShopService } from '../src/shop/services.ts';
import { shop as application } from '../src/shop/shop.ts';
import { createSqliteStore } from '../src/stores/sqlite.ts';
import { openDatabase } from '../src/stores/sqlite-open.ts';
import { type Counts, countUse } from './counted.ts';
import { createInstantGateway, createInstantMailer } from './instant-services.ts';

/** 2 × Widget and 1 × Gadget. */
export type Basket = Parameters<ShopHost['place']>[0];

export const sampleOrder: Basket = {
  customerId: 'customer-123',
  email: 'someone@example.com',
  currency: 'USD',
  amount: 17_500,
  items: [
    { productId: 'product-1', name: 'Widget', quantity: 2, unitPrice: 5000, lineTotal: 10_000 },
    { productId: 'product-2', name: 'Gadget', quantity: 1, unitPrice: 7500, lineTotal: 7500 },
  ],
};

const plenty = 1_000_000_000;
export const products = [
  { productId: 'product-1', name: 'Widget', unitPrice: 5000, currency: 'USD', onHand: plenty },
  { productId: 'product-2', name: 'Gadget', unitPrice: 7500, currency: 'USD', onHand: plenty },
];

/** So many products, none of which runs out; the sample order is for the first two. */
export const toProducts = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    ...{ name: 'Widget', unitPrice: 5000, currency: 'USD', onHand: plenty },
    ...(products[index] ?? { productId: `product-${index + 1}` }),
  }));

/** A thousand orders in flight are to wait for their turn, however slow the machine is. */
export const neverRefuse = { MAX_PENDING_MESSAGES: 1_000_000, MAX_WAIT_MS: 3_600_000 };

interface ShopPlan {
  readonly path: string;
  readonly settings?: Readonly<Record<string, string | number>> | undefined;
  readonly paymentMs?: number | undefined;
  /** Left out: the two of the sample order. */
  readonly productCount?: number | undefined;
  /** Instead of the instant gateway. */
  readonly gateway?: ShopService<'gateway'>;
  readonly counts?: Counts;
}

export const openShop = async ({ path, settings, paymentMs, productCount, gateway, counts }: ShopPlan) => {
  const bank = createInstantGateway(paymentMs ?? 0);
  const post = createInstantMailer();
  const database = openDatabase(path, application);
  const store = createSqliteStore(counts ? countUse(database, counts) : database, application.tables);
  const shop = await createOrderchart(readSettings({ LOG_LEVEL: 'error', ...neverRefuse, ...settings }), {
    store,
    services: { gateway: gateway ?? bank.service, mailer: post.service },
  });
  await shop.catalogue.seedProducts(toProducts(productCount ?? products.length), systemClock.now());
  return { ...shop, store, books: () => ({ ...bank.books(), mails: post.sent() }) };
};
type Shop = Awaited<ReturnType<typeof openShop>>;

const oneOf = ({ productId, name, unitPrice }: (typeof products)[number]): Basket => ({
  ...sampleOrder,
  amount: unitPrice,
  items: [{ productId, name, quantity: 1, unitPrice, lineTotal: unitPrice }],
});

/** What the orders of a run are for, in turn: one unit of one of so many products. Left out: all are the sample order. */
export const toBaskets = (productCount: number | undefined): readonly Basket[] =>
  productCount === undefined ? [sampleOrder] : toProducts(productCount).map(oneOf);

/** Places one order and waits until it is settled. */
export const placeAndSettle = async ({ host }: Pick<Orderchart, 'host'>, basket: Basket): Promise<void> => {
  const placed = await host.place(basket);
  if (placed.outcome !== 'done') throw new Error('the order was not placed');
  const view = await host.waitUntilSettled(placed.result.view.id, 60_000);
  if (view?.settled !== true) throw new Error(`order ${placed.result.view.id} did not settle`);
};

interface Expected {
  /** Settled orders, and how many of them were there before this process started. */
  readonly orders: number;
  readonly before?: number;
  /** Each order is for one unit of one of so many. Left out: all are the sample order. */
  readonly productCount?: number | undefined;
}

/**
 * Holds the store against the books of the services.
 * @throws Error that names the first thing that is not as it should be.
 */
export const requireOutcome = async (
  { store, catalogue, books }: Pick<Shop, 'store' | 'catalogue' | 'books'>,
  { orders, before = 0, productCount }: Expected,
): Promise<void> => {
  const { ordersByState, pendingCalls, incidents } = await store.figures();
  const { charged, declined, mails } = books();
  const completed = ordersByState['completed'] ?? 0;
  const failed = ordersByState['failed'] ?? 0;
  const hold = (what: string, found: number, expected: number) => {
    if (found !== expected) throw new Error(`${what}: ${found}, and it should be ${expected}`);
  };
  hold('orders completed or failed', completed + failed, orders);
  hold('charges and declines', charged + declined, orders - before);
  if (before === 0) hold('completed orders', completed, charged);
  hold('mails', mails, orders - before);
  hold('calls that are left', pendingCalls, 0);
  hold('incidents', incidents, 0);
  const found = await catalogue.products({ limit: productCount ?? products.length });
  for (const { productId, held } of found) hold(`${productId} held`, held, 0);
  if (productCount === undefined) {
    for (const { productId, quantity } of sampleOrder.items) {
      const product = found.find((each) => each.productId === productId);
      hold(`${productId} sold`, product?.sold ?? -1, completed * quantity);
    }
  } else {
    // Which products the declined orders were for is not known.
    const sold = found.reduce((sum, product) => sum + product.sold, 0);
    hold('pieces sold', sold, completed);
  }
};

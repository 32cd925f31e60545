// An API over the runner over the memory store, with the sample catalogue and the sample order, and what was
// logged. The clock stands still and the bank never answers unless a test says so. Every test makes its own.
import type { FastifyInstance, InjectOptions } from 'fastify';
import { z } from 'zod';
import { openKeys } from '../../src/access/keys.ts';
import { createApi } from '../../src/api/app.ts';
import { createShopRoutes } from '../../src/api/routes/shop-routes.ts';
import { readSettings } from '../../src/config.ts';
import { createMigratePage } from '../../src/migration/migrate-page.ts';
import type { Services } from '../../src/service.ts';
import { createServiceIncidents } from '../../src/service-incidents/incidents.ts';
import { createCatalogue } from '../../src/shop/catalogue.ts';
import type { ShopHost } from '../../src/shop/placement.ts';
import type { CustomerActions } from '../../src/shop/services.ts';
import { shop } from '../../src/shop/shop.ts';
import type { OrderView, ReadableOrderView } from '../../src/shop/view.ts';
import { toUnreadableSystemView } from '../../src/step/view.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { openWebhooks } from '../../src/webhooks/endpoints.ts';
import { createFakeClock } from '../fake-clock.ts';
import { type Answer, chargeAll, never, openHost } from '../hosts/harness.ts';

/** 2026-01-31T12:00:00.000Z */
export const noon = 1_769_860_800_000;

export const sampleOrder = {
  customerId: 'customer-1',
  email: 'ada@example.com',
  currency: 'EUR',
  items: [
    { productId: 'product-1', quantity: 2, unitPrice: 5000 },
    { productId: 'product-2', quantity: 1 },
  ],
};

export const problemOf = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  instance: z.string(),
  errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  moves: z.array(z.looseObject({ move: z.string(), href: z.string() })).optional(),
});

interface Given {
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly requestTimeoutMs?: number;
  readonly gateway?: Answer<'gateway'>;
  readonly mailer?: Answer<'mailer'>;
  /** Services that may send facts. */
  readonly services?: Services;
  /** What the gateway can do for customers who confirm their payments. */
  readonly customerActions?: CustomerActions;
}

const createUuids = () => {
  let count = 0;
  return {
    next: () => {
      count += 1;
      return `01900000-0000-7000-8000-${String(count).padStart(12, '0')}`;
    },
  };
};

/** A bank that charges whatever it is asked to, once it has opened. */
export const createClosedBank = () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const gateway: Answer<'gateway'> = async (call) => {
    await promise;
    return chargeAll(call);
  };
  return { gateway, open: resolve };
};

/** Notices that fail leave an order with an incident, before it is settled. */
export const withIncident = {
  gateway: chargeAll,
  mailer: () => ({ type: 'mailer.failed', reason: 'mailbox-full' }) as const,
  settings: { NOTIFICATION_ATTEMPTS: 1 },
} satisfies Given;

/** The host as the API sees it: a test can replace methods, and wait until one is called. */
const createSeen = (runner: ShopHost) => {
  const replaced: Partial<ShopHost> = {};
  const awaited = new Map<PropertyKey, () => void>();
  const host = new Proxy(runner, {
    get: (_target, name) => {
      awaited.get(name)?.();
      const method: unknown = Reflect.get(name in replaced ? replaced : runner, name);
      return typeof method === 'function' ? method.bind(runner) : method;
    },
  });
  /** Resolves when the API calls `method` the next time. */
  const called = (method: keyof ShopHost): Promise<void> =>
    new Promise((resolve) => awaited.set(method, resolve));
  const replaceViews = (toShown: (view: OrderView) => OrderView): void => {
    replaced.get = async (id) => {
      const view = await runner.get(id);
      return view && toShown(view);
    };
    replaced.list = async (filter) => (await runner.list(filter)).map(toShown);
  };
  /** From now on every order is read with these changes. */
  const show = (changes: Partial<ReadableOrderView>): void =>
    replaceViews((view) => (view.unreadable === undefined ? { ...view, ...changes } : view));
  /** From now on no order can be read. */
  const showUnreadable = (problem: string): void =>
    replaceViews((view) => {
      const stored = { orderId: view.id, version: view.version, summary: view };
      return shop.toUnreadableView(toUnreadableSystemView(shop, stored, problem));
    });
  return { host, replaced, called, show, showUnreadable };
};

const products = [
  { productId: 'product-1', name: 'Kettle', unitPrice: 5000, currency: 'EUR', onHand: 10_000_000 },
  { productId: 'product-2', name: 'Toaster', unitPrice: 7500, currency: 'EUR', onHand: 50 },
  { productId: 'product-3', name: 'Samovar', unitPrice: 9900, currency: 'USD', onHand: 25 },
] as const;

/** Places an order of one kettle, under this id. */
const addOrderTo =
  (runner: Pick<Awaited<ReturnType<typeof openHost>>['host'], 'place'>) =>
  async (orderId: string, customerId = 'customer-1'): Promise<OrderView> => {
    const items = products.slice(0, 1).map(({ productId, name, unitPrice }) => {
      return { productId, name, quantity: 1, unitPrice, lineTotal: unitPrice };
    });
    const placing = { orderId, customerId, email: 'ada@example.com', currency: 'EUR', items, amount: 5000 };
    const outcome = await runner.place(placing);
    if (outcome.outcome !== 'done') throw new Error(`${orderId} was placed before`);
    return outcome.result.view;
  };

export const createEdge = async ({
  settings = {},
  requestTimeoutMs,
  gateway = never,
  mailer,
  services = {},
  customerActions = {},
}: Given = {}) => {
  const [clock, store, ids] = [createFakeClock(noon), createMemoryStore(), createUuids()];
  await createCatalogue(store).seedProducts(products, noon);
  const opened = await openHost({
    clock,
    store,
    ids,
    gateway,
    settings: { ...settings },
    ...(mailer && { mailer }),
  });
  const { host: runner, catalogue, lines, logger, registry: metrics } = opened;
  const { host, ...seen } = createSeen(runner);
  const migratePage = createMigratePage(host, clock);
  const parsed = readSettings(settings);
  const keys = await openKeys({ store, clock, onError: () => {} });
  const incidents = createServiceIncidents({ store, clock, ids, logger, registry: metrics });
  const own = { application: shop, host, keys, incidents, catalogue, migratePage };
  const facts = { application: shop, services };
  const webhooks = await openWebhooks({
    ...{ host, store, incidents, clock, ids, logger, registry: metrics, drawShare: () => 0.5 },
    rules: { clock, allowPrivate: true },
    toBody: (event) => JSON.stringify(event),
  });
  const made = { ...own, facts, webhooks, settings: parsed, clock, ids, metrics, logger };
  const dependencies = { ...made, gateway: customerActions };
  const app: FastifyInstance = createApi(
    dependencies,
    createShopRoutes(dependencies),
    requestTimeoutMs === undefined ? {} : { requestTimeoutMs },
  );
  const log = () => lines.map((line) => JSON.stringify(line)).join('\n');
  const get = (url: string, headers: Record<string, string> = {}) =>
    app.inject({ method: 'GET', url, headers });
  const post = (url: string, payload?: InjectOptions['payload'], headers: Record<string, string> = {}) =>
    app.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', ...headers },
      ...(payload === undefined ? {} : { payload }),
    });
  const placeOrder = (headers: Record<string, string> = {}, order: object = sampleOrder) =>
    post('/orders', order, { 'idempotency-key': 'key-1', ...headers });
  const add = addOrderTo(runner);
  /** Everything that a refused request must leave as it was. */
  const stored = async () => [
    await runner.list({ limit: 100 }),
    await runner.events({ after: 0, limit: 1000 }),
    await catalogue.products({ limit: 100 }),
    await runner.recall('orders', 'key-1'),
  ];
  return {
    app,
    runner,
    store,
    keys,
    incidents,
    catalogue,
    clock,
    metrics,
    lines,
    log,
    get,
    post,
    placeOrder,
    add,
    stored,
    ...seen,
  };
};
export type Edge = Awaited<ReturnType<typeof createEdge>>;

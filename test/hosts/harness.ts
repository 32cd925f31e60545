// A runner over a store, with services that answer as a test says, on a clock that a test moves. Everything
// between `host` and the services is the production code.
import pino from 'pino';
import { Registry } from 'prom-client';
import type { ServiceName } from '../../machines/messages.ts';
import type { Application } from '../../src/application.ts';
import { readSettings } from '../../src/config.ts';
import type { CommitObserver } from '../../src/host.ts';
import { createRunner } from '../../src/hosts/runner.ts';
import { createMetrics } from '../../src/metrics.ts';
import { createCatalogue } from '../../src/shop/catalogue.ts';
import { createShopHost, type ShopHost } from '../../src/shop/placement.ts';
import type { ReplyFrom, ShopCall, ShopService, ShopServices } from '../../src/shop/services.ts';
import { shop } from '../../src/shop/shop.ts';
import type { OrderView } from '../../src/shop/view.ts';
import { createWarehouse } from '../../src/shop/warehouse.ts';
import type { SloTracker } from '../../src/slo-tracker.ts';
import type { ChartSystem } from '../../src/step/register.ts';
import type { JournalEvent, Store } from '../../src/store.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import type { Tracing } from '../../src/tracing.ts';
import { createFakeClock } from '../fake-clock.ts';

export type Answer<S extends ServiceName> = (call: ShopCall<S>) => Promise<ReplyFrom<S>> | ReplyFrom<S>;

const start = Date.UTC(2026, 0, 1);

/** Charges whatever it is asked to, and remembers nothing. */
export const chargeAll: Answer<'gateway'> = ({ command }) => {
  switch (command.type) {
    case 'gateway.charge':
      return {
        type: 'gateway.charged',
        transactionId: `txn-${command.key}`,
        amount: command.amount,
        currency: command.currency,
      };
    case 'gateway.refund':
      return { type: 'gateway.refunded', refundTransactionId: `ref-${command.key}` };
    default:
      return { type: 'gateway.absent' };
  }
};

/** An answer that never comes; ends when the call is given up. */
export const never = ({ signal }: { signal: AbortSignal }): Promise<never> =>
  new Promise((_, lost) => {
    signal.addEventListener('abort', () => lost(new Error('given up')), { once: true });
  });

const outside = <S extends ServiceName>(
  name: S,
  answer: Answer<S>,
  calls: ShopCall<S>[],
  rest: Partial<ShopService<S>> = {},
): ShopService<S> => ({
  name,
  place: 'outside',
  ...rest,
  answer: async (call) => {
    calls.push(call);
    return answer(call);
  },
});

/** Charges, but only when it is released. */
export const chargeWhenReleased = () => {
  const released = Promise.withResolvers<void>();
  const gateway: Answer<'gateway'> = async (call) => {
    await released.promise;
    return chargeAll(call);
  };
  return { gateway, release: released.resolve };
};

/** A line that the logger wrote. */
type LogLine = Record<string, unknown>;

export const openHost = async ({
  store = createMemoryStore(),
  clock = createFakeClock(start),
  gateway = chargeAll,
  mailer = () => ({ type: 'mailer.sent' }),
  keyLifetimeMs,
  settings = {},
  charts,
  application = charts ? { ...shop, charts: charts.charts, chartVersion: charts.version } : shop,
  ids = createCounter(),
  observer,
  shared = false,
  tracing,
  slos,
}: {
  store?: Store;
  clock?: ReturnType<typeof createFakeClock>;
  gateway?: Answer<'gateway'>;
  mailer?: Answer<'mailer'>;
  keyLifetimeMs?: number;
  settings?: Record<string, string | number>;
  charts?: ChartSystem;
  application?: Application<OrderView>;
  ids?: { next(): string };
  observer?: CommitObserver;
  /** Other hosts are at work over the same store. */
  shared?: boolean;
  tracing?: Tracing;
  slos?: SloTracker;
} = {}) => {
  const gatewayCalls: ShopCall<'gateway'>[] = [];
  const mailerCalls: ShopCall<'mailer'>[] = [];
  const services: ShopServices = {
    warehouse: createWarehouse(),
    gateway: outside('gateway', gateway, gatewayCalls, keyLifetimeMs === undefined ? {} : { keyLifetimeMs }),
    mailer: outside('mailer', mailer, mailerCalls),
  };
  const lines: LogLine[] = [];
  const logger = pino(
    { level: 'trace', base: null },
    { write: (line: string) => lines.push(JSON.parse(line)) },
  );
  const registry = new Registry();
  const metrics = createMetrics(registry);
  const catalogue = createCatalogue(store);
  await catalogue.seedProducts(
    [
      { productId: 'product-1', name: 'Widget', unitPrice: 5000, currency: 'USD', onHand: 100 },
      { productId: 'product-2', name: 'Gadget', unitPrice: 7500, currency: 'USD', onHand: 50 },
    ],
    start,
  );
  const parsed = readSettings({ LOG_LEVEL: 'trace', ...settings });
  const runner = await createRunner({
    application,
    store,
    services,
    clock,
    ids,
    settings: parsed,
    metrics,
    logger,
    ...(observer && { observer }),
    shared,
    ...(tracing && { tracing }),
    ...(slos && { slos }),
  });
  const { recovery } = runner;
  const host = createShopHost(runner.host, parsed, ids);
  return {
    host,
    recovery,
    store,
    catalogue,
    clock,
    gatewayCalls,
    mailerCalls,
    lines,
    logger,
    registry,
    metrics,
  };
};

export type OpenHost = Awaited<ReturnType<typeof openHost>>;

/** Places an order and returns its view. */
export const place = async ({ host }: Pick<OpenHost, 'host'>, basket: TestBasket = sample) => {
  const outcome = await host.place(basket);
  if (outcome.outcome !== 'done') throw new Error('the order was placed before');
  return outcome.result.view;
};

/** Lets everything happen that needs no time: each commit and each answer takes turns of the event loop. */
export const settleNow = async ({ clock }: Pick<OpenHost, 'clock'>): Promise<void> => {
  for (let turn = 0; turn < 200; turn += 1) await clock.advance(0);
};

/** Lets ten minutes pass; the view that the order had when it settled, or has then. */
export const settle = async ({ host, clock }: OpenHost, id: string) => {
  const view = host.waitUntilSettled(id, 600_000);
  await clock.advance(600_000);
  return view;
};

/** Closes; calls that hang are given back when the time to drain is over. */
export const shut = async ({ host, clock }: OpenHost, waitMs = 10_000): Promise<void> => {
  const closed = host.close();
  await clock.advance(waitMs);
  await closed;
};

export const createCounter = () => {
  let count = 0;
  return {
    next: () => {
      count += 1;
      return `id-${String(count).padStart(4, '0')}`;
    },
  };
};

export type TestBasket = Parameters<ShopHost['place']>[0];

/** 2 × Widget and 1 × Gadget: 175.00 USD. */
export const sample: TestBasket = {
  customerId: 'customer-123',
  email: 'someone@example.com',
  currency: 'USD',
  amount: 17_500,
  items: [
    { productId: 'product-1', name: 'Widget', quantity: 2, unitPrice: 5000, lineTotal: 10_000 },
    { productId: 'product-2', name: 'Gadget', quantity: 1, unitPrice: 7500, lineTotal: 7500 },
  ],
};

/** `quantity` × Widget. */
export const widgets = (quantity: number): TestBasket => ({
  ...sample,
  amount: quantity * 5000,
  items: [{ productId: 'product-1', name: 'Widget', quantity, unitPrice: 5000, lineTotal: quantity * 5000 }],
});

export const idempotency = (key: string, fingerprint = 'same') => ({
  scope: 'orders',
  key,
  fingerprint,
  respond: (view: { readonly id: string }) => ({ status: 201, body: view.id }),
});

/** The events of a watch, one by one. */
export async function* eachEvent(
  news: AsyncIterable<readonly JournalEvent[]>,
): AsyncGenerator<JournalEvent, undefined> {
  for await (const events of news) yield* events;
}

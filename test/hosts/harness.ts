// A runner over a store, with services that answer as a test says, on a clock that a test moves. Everything
// between `host` and the services is the production code.
import pino from 'pino';
import { Registry } from 'prom-client';
import type { ServiceName } from '../../machines/messages.ts';
import { readSettings } from '../../src/config.ts';
import type { Onlooker, Placement } from '../../src/host.ts';
import { createRunner } from '../../src/hosts/runner.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { OutsideService, ReplyFrom, ServiceCall, Services } from '../../src/service.ts';
import { createWarehouse } from '../../src/services/warehouse.ts';
import type { ChartSystem } from '../../src/step/register.ts';
import type { Store } from '../../src/store.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createFakeClock } from '../fake-clock.ts';

export type Answer<S extends ServiceName> = (call: ServiceCall<S>) => Promise<ReplyFrom<S>> | ReplyFrom<S>;

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
  calls: ServiceCall<S>[],
  rest: Partial<OutsideService<S>> = {},
): OutsideService<S> => ({
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
  ids = createCounter(),
  onlooker,
  shared = false,
}: {
  store?: Store;
  clock?: ReturnType<typeof createFakeClock>;
  gateway?: Answer<'gateway'>;
  mailer?: Answer<'mailer'>;
  keyLifetimeMs?: number;
  settings?: Record<string, string | number>;
  charts?: ChartSystem;
  ids?: { next(): string };
  onlooker?: Onlooker;
  /** Other hosts are at work over the same store. */
  shared?: boolean;
} = {}) => {
  const gatewayCalls: ServiceCall<'gateway'>[] = [];
  const mailerCalls: ServiceCall<'mailer'>[] = [];
  const services: Services = {
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
  await store.seedProducts(
    [
      { productId: 'product-1', name: 'Widget', unitPrice: 5000, currency: 'USD', onHand: 100 },
      { productId: 'product-2', name: 'Gadget', unitPrice: 7500, currency: 'USD', onHand: 50 },
    ],
    start,
  );
  const { host, recovery } = await createRunner({
    store,
    services,
    clock,
    ids,
    settings: readSettings({ LOG_LEVEL: 'trace', ...settings }),
    metrics,
    logger,
    ...(charts && { charts }),
    ...(onlooker && { onlooker }),
    shared,
  });
  return { host, recovery, store, clock, gatewayCalls, mailerCalls, lines, logger, registry, metrics };
};

export type OpenHost = Awaited<ReturnType<typeof openHost>>;

/** Places an order and hands back its view. */
export const place = async ({ host }: Pick<OpenHost, 'host'>, placement: Placement = sample) => {
  const outcome = await host.place(placement);
  if (outcome.outcome !== 'done') throw new Error('the order was placed before');
  return outcome.result;
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

/** Every commit in turn: what a test does instead of the nth. */
export const interfere = (store: Store, instead: Readonly<Record<number, Store['commit']>>): Store => {
  let commits = 0;
  return {
    ...store,
    commit: (work, lease) => {
      commits += 1;
      return (instead[commits] ?? store.commit)(work, lease);
    },
  };
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

/** 2 × Widget and 1 × Gadget: 175.00 USD. */
export const sample: Placement = {
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
export const widgets = (quantity: number): Placement => ({
  ...sample,
  amount: quantity * 5000,
  items: [{ productId: 'product-1', name: 'Widget', quantity, unitPrice: 5000, lineTotal: quantity * 5000 }],
});

export const idempotency = (key: string, fingerprint = 'same') => ({
  scope: 'orders',
  key,
  fingerprint,
  respond: (view: { id: string }) => ({ status: 201, body: view.id }),
});

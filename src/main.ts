#!/usr/bin/env -S node --max-semi-space-size=64
// The root of composition: the one place that knows every part and puts them together. It exports the engine
// (`createHost`, the stores, `defineApplication`) and the shop that is shipped (`createOrderchart`); run as a
// program, this file hands it to the commands in cli/.
import './node-version.ts';
import type { FastifyInstance } from 'fastify';
import pino, { type Logger } from 'pino';
import { Registry } from 'prom-client';
import type { Application } from './application.ts';
import { runCommand } from './cli/command.ts';
import { type Clock, createIds, type Ids, systemClock } from './clock.ts';
import { readSettings, type Settings } from './config.ts';
import { createCompareVersions } from './diff/diff.ts';
import { createExamine } from './doctor/examine.ts';
import { createExamineStore } from './doctor/shop/examine-store.ts';
import type { Faults } from './faults.ts';
import type { CommitObserver, Host, Recovery, SystemView } from './host.ts';
import { createRunner } from './hosts/runner.ts';
import { createInspector } from './inspector/server/inspector.ts';
import { addStoreMetrics, createMetrics } from './metrics.ts';
import type { Services } from './service.ts';
import { createSimulatedGateway } from './services/gateway-simulated.ts';
import { createFileMailer } from './services/mailer-files.ts';
import { type Catalogue, createCatalogue } from './shop/catalogue.ts';
import { createShopHost, type ShopHost } from './shop/placement.ts';
import type { ShopServices } from './shop/services.ts';
import { shop } from './shop/shop.ts';
import { createWarehouse } from './shop/warehouse.ts';
import { createSimulate } from './simulator/shop/simulate.ts';
import type { Store } from './store.ts';
import { createMemoryStore } from './stores/memory.ts';
import { createSqliteStore } from './stores/sqlite.ts';
import { openAuditSource } from './stores/sqlite-audit-source.ts';
import { openDatabase, type TableOwner } from './stores/sqlite-open.ts';
import { openScratchStore } from './stores/sqlite-scratch.ts';

export {
  type Application,
  type CallDeclaration,
  type CommandIn,
  defineApplication,
  type MessageDeclaration,
  type MessageIn,
  type Messages,
  type MoveDeclaration,
  type ReplyIn,
  type Row,
  type RowChanges,
  type Rows,
  type ServiceDeclaration,
  type SqlConnection,
  type TableStore,
  type Tables,
} from './application.ts';
export { type Clock, createIds, type Ids, systemClock } from './clock.ts';
export { readSettings, type Settings } from './config.ts';
export { AppError, type ErrorCode } from './errors.ts';
export type {
  CommitObserver,
  Host,
  Idempotency,
  Outcome,
  Placement,
  Receipt,
  Sending,
  SystemView,
} from './host.ts';
export type { InsideService, OutsideService, Service, ServiceCall, Services } from './service.ts';
export type { Catalogue } from './shop/catalogue.ts';
export type { Basket, ShopHost } from './shop/placement.ts';
export type { CommandTo, ReplyFrom, ShopCall, ShopService, ShopServices } from './shop/services.ts';
export { shop } from './shop/shop.ts';
export type { OrderView } from './shop/view.ts';
export { createWarehouse } from './shop/warehouse.ts';
export { snapshotOf } from './step/view.ts';
export type { Store } from './store.ts';
export { createMemoryStore } from './stores/memory.ts';

/**
 * Opens the SQLite file at `path` as a store for one application and this process alone.
 * @throws AppError `store-in-use`, or `store-unsupported` when the file cannot be used.
 */
export const openSqliteStore = (path: string, application: TableOwner): Store =>
  createSqliteStore(openDatabase(path, application), application.tables);

/** What a host is made of. Whatever is left out is made from the settings, or is the system's. */
export interface HostParts<View extends SystemView> {
  readonly application: Application<View>;
  readonly store: Store;
  /** An adapter for each service that the application declares. */
  readonly services: Services;
  readonly settings?: Settings;
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly logger?: Logger;
  /** Where the host's metrics are registered. */
  readonly registry?: Registry;
  /** Called at every commit point (src/faults.ts): for simulations and tests that crash there. */
  readonly faults?: Faults;
  readonly observer?: CommitObserver;
  /** Other hosts work over the same store. */
  readonly shared?: boolean;
}

/**
 * Runs an application's systems over a store, and resumes what the last host left.
 * @throws AppError `chart-unsupported`, or `invalid-setting` when a service has no adapter.
 */
export const createHost = async <View extends SystemView>(
  parts: HostParts<View>,
): Promise<{ readonly host: Host<View>; readonly recovery: Recovery }> => {
  const settings = parts.settings ?? readSettings();
  const clock = parts.clock ?? systemClock;
  return createRunner({
    ...parts,
    settings,
    clock,
    ids: parts.ids ?? createIds(clock),
    logger: parts.logger ?? createLogger(settings),
    metrics: createMetrics(parts.registry ?? new Registry()),
  });
};

const createLogger = ({ LOG_LEVEL }: Settings): Logger => pino({ level: LOG_LEVEL, base: null });

/** What can be replaced of the shop. Whatever is left out is made from the settings. */
export interface Replacements {
  readonly services?: Partial<ShopServices>;
  readonly store?: Store;
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly logger?: Logger;
  /** Called at every commit point (src/faults.ts): for simulations and tests that crash there. */
  readonly faults?: Faults;
}

export interface Orderchart {
  readonly host: ShopHost;
  readonly catalogue: Catalogue;
  /** The Fastify instance, not listening. */
  readonly api: FastifyInstance;
  /** What this start found of the last run. */
  readonly recovery: Recovery;
  /** Accepts nothing new, lets what is under way finish (at most DRAIN_MS), and closes everything. */
  close(): Promise<void>;
}

/**
 * Puts the whole shop together, without listening.
 * @throws AppError `store-in-use` when another process has the database open, `store-unsupported`,
 * `chart-unsupported`.
 */
export const createOrderchart = async (
  settings: Settings = readSettings(),
  replacements: Replacements = {},
): Promise<Orderchart> => {
  const clock = replacements.clock ?? systemClock;
  const ids = replacements.ids ?? createIds(clock);
  const logger = replacements.logger ?? createLogger(settings);
  const registry = new Registry();
  const store = replacements.store ?? openStore(settings);
  const catalogue = createCatalogue(store);
  const services = await createServices(settings, clock, logger, replacements.services ?? {});
  const metrics = createMetrics(registry);
  const readFigures = store.figures;
  addStoreMetrics(registry, readFigures);
  const inspector = createInspector({ application: shop, services, readFigures, metrics, clock, settings });
  const runner = await createRunner({
    application: shop,
    store,
    services,
    clock,
    ids,
    settings,
    metrics,
    logger,
    observer: inspector.observer,
    ...(replacements.faults && { faults: replacements.faults }),
  });
  const { recovery } = runner;
  const host = createShopHost(runner.host, settings, ids);
  // Half of all that is loaded: a command that does not serve goes without.
  const [{ createApi }, { createShopRoutes }] = await Promise.all([
    import('./api/app.ts'),
    import('./api/routes/shop-routes.ts'),
  ]);
  const links = { inspector: '/inspector' };
  const dependencies = { host, catalogue, settings, clock, ids, metrics: registry, logger, links };
  const api = createApi(dependencies, createShopRoutes(dependencies));
  inspector.addTo(api, host);
  const close = async () => {
    await host.close();
    const stopWaiting = clock.schedule(() => api.server.closeAllConnections(), settings.DRAIN_MS);
    await api.close();
    stopWaiting();
    await Promise.all(Object.values(services).map((service) => service.close?.()));
    await store.close();
  };
  return { host, catalogue, api, recovery, close };
};

const openStore = ({ DATABASE_URL }: Settings): Store =>
  DATABASE_URL === 'memory:'
    ? createMemoryStore()
    : openSqliteStore(DATABASE_URL.slice('sqlite:'.length), shop);

const createServices = async (
  settings: Settings,
  clock: Clock,
  logger: Logger,
  given: Partial<ShopServices>,
): Promise<ShopServices> => {
  const simulated = (['gateway', 'mailer'] as const).filter((name) => given[name] === undefined);
  if (Object.keys(given).length > 0 && simulated.length > 0) {
    logger.warn({ simulated }, 'some services are replaced, and others are still simulated');
  }
  return {
    warehouse: given.warehouse ?? createWarehouse(),
    gateway:
      given.gateway ??
      (await createSimulatedGateway({
        ledgerPath: settings.PAYMENT_LEDGER,
        seed: settings.SEED,
        delayMs: settings.PAYMENT_DELAY_MS,
        declineRate: settings.PAYMENT_DECLINE_RATE,
        timeoutRate: settings.PAYMENT_TIMEOUT_RATE,
        errorRate: settings.PAYMENT_ERROR_RATE,
        clock,
      })),
    mailer:
      given.mailer ??
      (await createFileMailer({
        directory: settings.MAIL_DIR,
        from: settings.MAIL_FROM,
        delayMs: settings.MAIL_DELAY_MS,
        clock,
      })),
  };
};
/** Simulations of everything above, on a virtual clock. */
export const simulate = createSimulate({
  openStorage: openScratchStore,
  startHost: async (parts) => {
    const silent = pino({ level: 'silent' });
    const { host } = await createRunner({ ...parts, metrics: createMetrics(new Registry()), logger: silent });
    return host;
  },
  createExamine,
  clock: systemClock,
});

/** The doctor of the shop's stores. */
export const examineStore = createExamineStore(openAuditSource, systemClock);

/** The versions of the shop's charts, to be compared. */
export const compareVersions = createCompareVersions(shop);

if (import.meta.main) {
  await runCommand(process.argv.slice(2), createOrderchart, examineStore, simulate, compareVersions);
}

#!/usr/bin/env -S node --max-semi-space-size=64
// The root of composition: the one place that knows every part and puts them together. It exports the engine
// (`createHost`, the stores, `defineApplication`) and the shop that is shipped (`createOrderchart`); run as a
// program, this file hands it to the commands in cli/.
import './node-version.ts';
import type { Tracer } from '@opentelemetry/api';
import type { Logger } from 'pino';
import type { AddRoutes } from './api/app.ts';
import type { Api } from './api/edge/dependencies.ts';
import type { Application } from './application.ts';
import {
  type ApplicationService,
  createHost,
  createLogger,
  createService,
  type DatabaseClock,
  openDatabaseClock,
  openPostgresStore,
  openSqliteStore,
} from './application-service.ts';
import { chartVersionsOf, refuseMissingCharts } from './chart-versions.ts';
import { runCommand } from './cli/command.ts';
import { type Clock, createIds, type Ids, systemClock } from './clock.ts';
import { isPostgresUrl, readSettings, type Settings } from './config.ts';
import { createCompareVersions } from './diff/diff.ts';
import { AppError } from './errors.ts';
import type { Faults } from './faults.ts';
import { describeProvider, hasProvider, ownProvider } from './gateway-settings.ts';
import { reachStore } from './local-socket/reach-store.ts';
import type { StoreAccess } from './local-socket.ts';
import {
  createBackups,
  examineStore,
  moveStoreFor,
  openProvider,
  reachKeysFor,
  reachMigrationsFor,
  reconcileStoreFor,
  rehearseFor,
  simulateFor,
} from './offline.ts';
import { readPackageVersion } from './package-version.ts';
import type { Services } from './service.ts';
import { type HttpServiceParts, httpService } from './services/http.ts';
import { closeServices, createFacts, createShopServices } from './services/shop-services.ts';
import { findUnknownOrders, type UnknownOrder } from './shop/audit/unknown-orders.ts';
import { type Catalogue, createCatalogue } from './shop/catalogue.ts';
import { createShopHost, type ShopHost } from './shop/placement.ts';
import { noteProvider, type ProvidersInUse } from './shop/providers.ts';
import type { ShopServices } from './shop/services.ts';
import { shop } from './shop/shop.ts';
import type { OrderView } from './shop/view.ts';
import { createWarehouse } from './shop/warehouse.ts';
import type { OrdersByVersion, Store } from './store.ts';
import { untilAnswered } from './stores/await-database.ts';
import { createMemoryStore } from './stores/memory.ts';
import { createSqliteStore } from './stores/sqlite.ts';
import { openDatabase, type TableOwner } from './stores/sqlite-open.ts';
import { startTelemetry } from './telemetry/open-telemetry.ts';

export type * from './application.ts';
export { defineApplication } from './application.ts';
export type { ApplicationService, HostParts, ServiceParts } from './application-service.ts';
export { type Clock, createIds, type Ids, systemClock } from './clock.ts';
export { readSettings, type Settings } from './config.ts';
export type { Display } from './display.ts';
export type { ErrorCode } from './errors.ts';
export type * from './host.ts';
export { examineStore, simulate } from './offline.ts';
export type { InsideService, OutsideService, Service, ServiceCall, Services } from './service.ts';
export { NotDone } from './service.ts';
export type { Catalogue } from './shop/catalogue.ts';
export type { Basket, ShopHost } from './shop/placement.ts';
export type {
  AwaitedPayment,
  CommandTo,
  Gateway,
  PaymentAction,
  ReplyFrom,
  ShopCall,
  ShopService,
  ShopServices,
} from './shop/services.ts';
export { shop } from './shop/shop.ts';
export {
  defineMigration,
  type Migration,
  type MovedSystem,
  type MovingSystem,
} from './step/migration-rules.ts';
export { snapshotOf } from './step/view.ts';
export type { Store } from './store.ts';
export { createMemoryStore } from './stores/memory.ts';
export type { AddRoutes, Api, HttpServiceParts, OrderView };
export {
  AppError,
  createHost,
  createService,
  createWarehouse,
  httpService,
  openDatabaseClock,
  openPostgresStore,
  openSqliteStore,
};

/** What can be replaced of the shop. Whatever is left out is made from the settings. */
export interface Replacements {
  /** An application that extends the shop. Left out: the shop as it is shipped. */
  readonly application?: Application<OrderView>;
  /** Adapters of the shop's services, and of those that the application adds. */
  readonly services?: Partial<ShopServices> & Services;
  readonly store?: Store;
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly logger?: Logger;
  /** Of OpenTelemetry. Left out: nothing is traced. */
  readonly tracer?: Tracer;
  /** Called at every commit point (src/faults.ts): for simulations and tests that crash there. */
  readonly faults?: Faults;
}

export interface Orderchart extends Omit<ApplicationService<OrderView>, 'host'> {
  readonly host: ShopHost;
  readonly catalogue: Catalogue;
  /** Orders of which the simulated gateway knows and this store does not: looked for at the first start on a copy. */
  readonly unknownOrders: readonly UnknownOrder[];
}

/**
 * Puts the whole shop together, without listening.
 * @throws AppError `store-in-use` when another process has the database open, `store-unsupported`,
 * `chart-unsupported`, `charts-missing` unless LEAVE_UNREADABLE is set, `provider-missing`.
 */
export const createOrderchart = async (
  settings: Settings = readSettings(),
  replacements: Replacements = {},
): Promise<Orderchart> => {
  const { application = shop, logger = createLogger(settings) } = replacements;
  const { services: given = {}, faults, tracer } = replacements;
  // Closed again if the start fails; whatever is given is closed by its owner.
  await using opened = new AsyncDisposableStack();
  const { clock, close: closeClock } = await openClock(settings, replacements, logger);
  opened.defer(closeClock);
  const ids = replacements.ids ?? createIds(clock);
  const store = replacements.store ?? (await openStore(settings, { application, clock, ids, logger }));
  if (replacements.store === undefined) opened.defer(() => store.close());
  const catalogue = createCatalogue(store);
  const newest = given.gateway === undefined ? settings.PAYMENT_GATEWAY : ownProvider;
  const providers = await openProviders(store, settings, newest, logger);
  const services = await createShopServices({ application, settings, clock, logger, given, providers });
  opened.defer(() => closeServices(services, given));
  const { host, ...service } = await createService({
    ...{ application, store, services, clock, ids, settings, logger },
    ...(faults && { faults }),
    ...(tracer && { tracer }),
    ...(replacements.store === undefined && {
      databasePath: toDatabasePath(settings),
      shared: isPostgresUrl(settings.DATABASE_URL),
    }),
    routes: async (edge) => {
      const { createShopRoutes } = await import('./api/routes/shop-routes.ts');
      return createShopRoutes({
        ...{ ...edge, application, catalogue },
        stripeFacts: await createFacts({ settings, clock }),
        gateway: services.gateway,
        host: createShopHost(edge.host, settings, ids, newest),
      });
    },
  });
  const isSimulated = given.gateway === undefined && providers.names.includes('simulated');
  const hasWitness = service.recovery.restored !== undefined && isSimulated;
  const unknownOrders = hasWitness ? await findUnknownOrders(settings.PAYMENT_LEDGER, store) : [];
  for (const unknown of unknownOrders) {
    logger.warn(unknown, 'the gateway knows an order that is not in the copy that was restored');
  }
  opened.move();
  const close = () => service.close().finally(closeClock);
  return { ...service, close, host: createShopHost(host, settings, ids, newest), catalogue, unknownOrders };
};

/** Nodes over a database count by its time. A clock that is not the machine's is left as it is: a test decides what time it is. */
const openClock = async (
  { DATABASE_URL: url }: Settings,
  { store, clock = systemClock }: Replacements,
  logger: Logger,
): Promise<DatabaseClock> => {
  const isOwn = store !== undefined || !isPostgresUrl(url) || clock.jumps === undefined;
  if (isOwn) return { clock, close: async () => {} };
  return untilAnswered(() => openDatabaseClock(url, clock), { clock, logger });
};

/** A gateway that is given in code has everything, whichever provider an order names. */
const openProviders = (
  store: Store,
  settings: Settings,
  newest: string,
  logger: Logger,
): Promise<ProvidersInUse> => {
  const has = (provider: string) => newest === ownProvider || hasProvider(settings, provider);
  const warn = (missing: readonly string[]) =>
    logger.warn({ missing }, 'orders that are closed cannot be refunded with providers that are not set up');
  return noteProvider(store, { newest, has, describe: describeProvider }, warn);
};

/** The path of the SQLite file; undefined for a store that is none. */
const toDatabasePath = ({ DATABASE_URL }: Settings): string | undefined =>
  DATABASE_URL.startsWith('sqlite:') ? DATABASE_URL.slice('sqlite:'.length) : undefined;

/**
 * How a command that writes reaches the shop's store: through the service that holds it, or opened by itself.
 * @throws AppError `store-in-use` if a process holds it that cannot be asked, `local-socket-unusable`,
 * `service-failed`, `store-unsupported`.
 */
export const reachShopStore = (
  databasePath: string,
  application: TableOwner = shop,
): Promise<StoreAccess<Store>> =>
  reachStore(databasePath, () => openSqliteStore(databasePath, application), systemClock);

interface StoreParts {
  readonly application: Application<OrderView>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

const openStore = async (
  settings: Settings,
  { application, clock, ids, logger }: StoreParts,
): Promise<Store> => {
  const { DATABASE_URL: url } = settings;
  if (isPostgresUrl(url)) {
    return untilAnswered(() => openPostgresStore(url, application, { clock, ids }), { clock, logger });
  }
  const path = toDatabasePath(settings);
  if (path === undefined) return createMemoryStore();
  const known = chartVersionsOf(application);
  const judge = (stored: OrdersByVersion): void => {
    if (settings.LEAVE_UNREADABLE === '0') refuseMissingCharts(stored, known);
  };
  return createSqliteStore(openDatabase(path, application, { judge }), application.tables);
};

/**
 * Runs a command of `orderchart` (`words` are its arguments) for an application that extends the shop: start, serve,
 * doctor, backup, restored, move, migrate, rehearse, diff. Sets the process's exit code.
 */
export const runProgram = (
  words: readonly string[],
  { application = shop, services = {} }: Pick<Replacements, 'application' | 'services'> = {},
): Promise<void> =>
  runCommand(words, {
    create: (settings) => createTraced(settings, { application, services }),
    examineStore: (examination) => examineStore({ application, ...examination }),
    ...createBackups(application),
    moveStore: moveStoreFor(application),
    simulate: simulateFor(application),
    reachKeys: reachKeysFor(application),
    reachMigrations: reachMigrationsFor(application, services),
    rehearse: rehearseFor(application),
    openProvider,
    reconcileStore: reconcileStoreFor(application),
    compareVersions: createCompareVersions(application),
  });

/** With traces, if a collector is named in the environment. */
const createTraced = async (settings: Settings, replacements: Replacements): Promise<Orderchart> => {
  const logger = createLogger(settings);
  const telemetry = await startTelemetry(process.env, {
    version: readPackageVersion(),
    clock: systemClock,
    warn: (kind) => logger.warn({ kind }, 'traces cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT'),
  });
  if (telemetry === undefined) return createOrderchart(settings, { ...replacements, logger });
  const { close, ...orderchart } = await createOrderchart(settings, {
    ...replacements,
    logger,
    tracer: telemetry.tracer,
  });
  return { ...orderchart, close: () => close().finally(telemetry.close) };
};

if (import.meta.main) await runProgram(process.argv.slice(2));

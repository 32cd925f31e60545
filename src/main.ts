#!/usr/bin/env -S node --max-semi-space-size=64
// The root of composition: the one place that knows every part and puts them together. It exports the engine
// (`createHost`, the stores, `defineApplication`) and the shop that is shipped (`createOrderchart`); run as a
// program, this file hands it to the commands in cli/.
import './node-version.ts';
import type { FastifyInstance } from 'fastify';
import pino, { type Logger } from 'pino';
import { Registry } from 'prom-client';
import type { AddRoutes } from './api/app.ts';
import type { Api, EdgeDependencies } from './api/edge/dependencies.ts';
import type { Application } from './application.ts';
import { chartVersionsOf, refuseMissingCharts } from './chart-versions.ts';
import { runCommand } from './cli/command.ts';
import { type Clock, createIds, type Ids, systemClock } from './clock.ts';
import { readSettings, type Settings } from './config.ts';
import type { Faults } from './faults.ts';
import type { CommitObserver, Host, Recovery, SystemView } from './host.ts';
import { createRunner } from './hosts/runner.ts';
import { createInspector } from './inspector/server/inspector.ts';
import { openLocalSocket } from './local-socket/open.ts';
import { reachStore } from './local-socket/reach-store.ts';
import type { LocalApi, LocalSocket, StoreAccess } from './local-socket.ts';
import { addStoreMetrics, createMetrics } from './metrics.ts';
import { createMigratePage } from './migration/migrate-page.ts';
import type { MigratePage } from './migration.ts';
import { examineStore, reachMigrationsFor, rehearseFor, simulateFor } from './offline.ts';
import type { Services } from './service.ts';
import { createShopServices } from './services/shop-services.ts';
import { type Catalogue, createCatalogue } from './shop/catalogue.ts';
import { createShopHost, type ShopHost } from './shop/placement.ts';
import type { ShopServices } from './shop/services.ts';
import { shop } from './shop/shop.ts';
import type { OrderView } from './shop/view.ts';
import type { OrdersByVersion, Store } from './store.ts';
import { createMemoryStore } from './stores/memory.ts';
import { createSqliteStore } from './stores/sqlite.ts';
import { openDatabase, type TableOwner } from './stores/sqlite-open.ts';

export type * from './application.ts';
export { defineApplication } from './application.ts';
export { type Clock, createIds, type Ids, systemClock } from './clock.ts';
export { readSettings, type Settings } from './config.ts';
export type { Display } from './display.ts';
export { AppError, type ErrorCode } from './errors.ts';
export type * from './host.ts';
export { examineStore, simulate } from './offline.ts';
export type { InsideService, OutsideService, Service, ServiceCall, Services } from './service.ts';
export type { Catalogue } from './shop/catalogue.ts';
export type { Basket, ShopHost } from './shop/placement.ts';
export type { CommandTo, ReplyFrom, ShopCall, ShopService, ShopServices } from './shop/services.ts';
export { shop } from './shop/shop.ts';
export { createWarehouse } from './shop/warehouse.ts';
export {
  defineMigration,
  type Migration,
  type MovedSystem,
  type MovingSystem,
} from './step/migration-rules.ts';
export { snapshotOf } from './step/view.ts';
export type { Store } from './store.ts';
export { createMemoryStore } from './stores/memory.ts';
export type { AddRoutes, Api, OrderView };

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
 * @throws AppError `chart-unsupported`, `charts-missing` unless LEAVE_UNREADABLE is set, or `invalid-setting` when a
 * service has no adapter.
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

/** What a service is made of: a host, and the application's own routes. */
export interface ServiceParts<View extends SystemView> extends Omit<HostParts<View>, 'observer' | 'shared'> {
  /** Returns what adds the application's routes to the API. */
  routes(
    given: EdgeDependencies & { readonly host: Host<View>; readonly migratePage: MigratePage },
  ): AddRoutes | Promise<AddRoutes>;
  /** Where the store's SQLite file is. Left out: no local socket is opened beside it. */
  readonly databasePath?: string | undefined;
}

export interface ApplicationService<View extends SystemView> {
  readonly host: Host<View>;
  /** The Fastify instance, not listening. */
  readonly api: FastifyInstance;
  /** What this start found of the last run. */
  readonly recovery: Recovery;
  /** For commands on this machine, not listening; undefined if no file of ours is held. */
  readonly localSocket: LocalSocket | undefined;
  /** Accepts nothing new, lets what is under way finish (at most DRAIN_MS), and closes everything, the store too. */
  close(): Promise<void>;
}

/**
 * Puts an application on the network, without listening: its host, its routes behind the checks and refusals that every
 * route has, and the inspector at `/inspector`. Addresses for health and metrics are the application's to add.
 * @throws AppError as `createHost` does.
 */
export const createService = async <View extends SystemView>(
  parts: ServiceParts<View>,
): Promise<ApplicationService<View>> => {
  const { application, services, store, settings = readSettings(), clock = systemClock } = parts;
  const { ids = createIds(clock), logger = createLogger(settings), registry = new Registry() } = parts;
  const metrics = createMetrics(registry);
  const versions = chartVersionsOf(application);
  const readFigures = () => store.figures(versions);
  addStoreMetrics(registry, readFigures);
  const inspector = createInspector({ application, services, readFigures, metrics, clock, settings });
  const made = { ...parts, settings, clock, ids, logger, metrics, observer: inspector.observer };
  const { host, recovery } = await createRunner(made);
  // Half of all that is loaded: a command that does not serve goes without.
  const [{ createApi }, { addMigrations }] = await Promise.all([
    import('./api/app.ts'),
    import('./api/routes/migrations.ts'),
  ]);
  const migratePage = createMigratePage(host, clock);
  const links = { inspector: '/inspector' };
  const dependencies = { host, settings, clock, ids, metrics: registry, logger, links };
  const api = createApi(dependencies, await parts.routes({ ...dependencies, migratePage }));
  inspector.addTo(api, host);
  const { databasePath } = parts;
  const addRoutes = (local: LocalApi) => addMigrations(local, migratePage);
  const localSocket = await openLocalSocket({ databasePath, application, api, logger, addRoutes });
  const close = async () => {
    await host.close();
    const stopWaiting = clock.schedule(() => {
      api.server.closeAllConnections();
      localSocket?.abandonRequests();
    }, settings.DRAIN_MS);
    await Promise.all([api.close(), localSocket?.close()]);
    stopWaiting();
    await Promise.all(Object.values(services).map((service) => service.close?.()));
    await store.close();
  };
  return { host, api, localSocket, recovery, close };
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
  /** Called at every commit point (src/faults.ts): for simulations and tests that crash there. */
  readonly faults?: Faults;
}

export interface Orderchart extends Omit<ApplicationService<OrderView>, 'host'> {
  readonly host: ShopHost;
  readonly catalogue: Catalogue;
}

/**
 * Puts the whole shop together, without listening.
 * @throws AppError `store-in-use` when another process has the database open, `store-unsupported`,
 * `chart-unsupported`, `charts-missing` unless LEAVE_UNREADABLE is set.
 */
export const createOrderchart = async (
  settings: Settings = readSettings(),
  replacements: Replacements = {},
): Promise<Orderchart> => {
  const { application = shop, clock = systemClock, logger = createLogger(settings) } = replacements;
  const { services: given = {}, faults } = replacements;
  const ids = replacements.ids ?? createIds(clock);
  const store = replacements.store ?? openStore(settings, application);
  const catalogue = createCatalogue(store);
  const services = await createShopServices({ application, settings, clock, logger, given });
  const { host, ...service } = await createService({
    ...{ application, store, services, clock, ids, settings, logger },
    ...(faults && { faults }),
    databasePath: replacements.store === undefined ? toDatabasePath(settings) : undefined,
    routes: async (edge) => {
      const { createShopRoutes } = await import('./api/routes/shop-routes.ts');
      return createShopRoutes({
        ...{ ...edge, application, catalogue },
        host: createShopHost(edge.host, settings, ids),
      });
    },
  });
  return { ...service, host: createShopHost(host, settings, ids), catalogue };
};

/** The path of the SQLite file; undefined for a store in memory. */
const toDatabasePath = ({ DATABASE_URL }: Settings): string | undefined =>
  DATABASE_URL === 'memory:' ? undefined : DATABASE_URL.slice('sqlite:'.length);

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

const openStore = (settings: Settings, application: Application<OrderView>): Store => {
  const path = toDatabasePath(settings);
  if (path === undefined) return createMemoryStore();
  const known = chartVersionsOf(application);
  const judge = (stored: OrdersByVersion): void => {
    if (settings.LEAVE_UNREADABLE === '0') refuseMissingCharts(stored, known);
  };
  return createSqliteStore(openDatabase(path, application, judge), application.tables);
};

/**
 * Runs a command of `orderchart` (`words` are its arguments) for an application that extends the shop: start, serve,
 * doctor, migrate, rehearse. Sets the process's exit code.
 */
export const runProgram = (
  words: readonly string[],
  { application = shop, services = {} }: Pick<Replacements, 'application' | 'services'> = {},
): Promise<void> =>
  runCommand(
    words,
    (settings) => createOrderchart(settings, { application, services }),
    (examination) => examineStore({ application, ...examination }),
    simulateFor(application),
    reachMigrationsFor(application, services),
    rehearseFor(application),
  );

if (import.meta.main) await runProgram(process.argv.slice(2));

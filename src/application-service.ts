// Puts any application together: its store, its host, and with them its service: API, inspector and local socket. It knows
// every part of the engine, and no application.
import { hostname } from 'node:os';
import type { Tracer } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';
import pino, { type Logger } from 'pino';
import { Registry } from 'prom-client';
import { openKeys } from './access/keys.ts';
import type { Keys } from './access.ts';
import type { AddRoutes } from './api/app.ts';
import type { EdgeDependencies } from './api/edge/dependencies.ts';
import { type Application, versionsOf } from './application.ts';
import { chartVersionsOf } from './chart-versions.ts';
import { type Clock, createIds, drawShare, type Ids, systemClock } from './clock.ts';
import { publicPath, readSettings, type Settings } from './config.ts';
import { AppError, describeError } from './errors.ts';
import type { Faults } from './faults.ts';
import type { CommitObserver, Host, Recovery, SystemView } from './host.ts';
import { createRunner } from './hosts/runner.ts';
import { createInspector } from './inspector/server/inspector.ts';
import { limits } from './limits.ts';
import { openLocalSocket } from './local-socket/open.ts';
import type { LocalApi, LocalSocket } from './local-socket.ts';
import { addClockMetrics, addSloMetrics, addStoreMetrics, createMetrics } from './metrics.ts';
import { createMigratePage } from './migration/migrate-page.ts';
import type { MigratePage } from './migration.ts';
import { readPackageVersion } from './package-version.ts';
import type { Services } from './service.ts';
import { createServiceIncidents } from './service-incidents/incidents.ts';
import type { ServiceIncidents } from './service-incidents.ts';
import { addNodeMetrics, addReadiness, addServiceMetrics, addServiceStates } from './service-metrics.ts';
import { SloTracker } from './slo-tracker.ts';
import type { ClockJumps } from './steady-clock.ts';
import type { Store } from './store.ts';
import type { PostgresApplication } from './stores/postgres/statement.ts';
import { createSqliteStore } from './stores/sqlite.ts';
import { openDatabase, type TableOwner } from './stores/sqlite-open.ts';
import { Tracing } from './tracing.ts';
import type { Webhooks } from './webhooks.ts';

/**
 * Opens the SQLite file at `path` as a store for one application and this process alone.
 * @throws AppError `store-in-use`, or `store-unsupported` when the file cannot be used.
 */
export const openSqliteStore = (path: string, application: TableOwner): Store =>
  createSqliteStore(openDatabase(path, application), application.tables);

/**
 * Opens a PostgreSQL database as a store for one application, beside any number of other nodes: its host is `shared`.
 * @throws AppError `invalid-setting`, `store-unavailable`, or `store-unsupported` when the database cannot be used.
 */
export const openPostgresStore = async (
  url: string,
  application: TableOwner,
  { clock = systemClock, ids = createIds(clock) }: { readonly clock?: Clock; readonly ids?: Ids } = {},
): Promise<Store> => {
  const owner = toPostgresApplication(application);
  const [{ openPostgres }, { createPostgresStore }] = await Promise.all([
    import('./stores/postgres/open.ts'),
    import('./stores/postgres/postgres.ts'),
  ]);
  const database = await openPostgres(url, owner, { clock, ids });
  return createPostgresStore(database, owner.tables);
};

/** @throws AppError `store-unsupported` for an application with tables, none of them for PostgreSQL. */
export const toPostgresApplication = ({ name, tables }: TableOwner): PostgresApplication => {
  if (tables !== undefined && tables.postgres === undefined) {
    const text = `The application '${name}' has no tables for PostgreSQL.`;
    throw new AppError('store-unsupported', text);
  }
  return { name, tables: tables?.postgres };
};

/** The clock of a node over a database, and what ends it. */
export interface DatabaseClock {
  readonly clock: Clock;
  close(): Promise<void>;
}

/**
 * The time of the PostgreSQL database at `url`, for a host that shares it with others: they agree on it, whatever their machines
 * say. `timers`: of a clock that is replaced.
 * @throws AppError `invalid-setting`, or `store-unavailable` if the database does not answer.
 */
export const openDatabaseClock = async (
  url: string,
  timers: Pick<Clock, 'schedule' | 'soon'> = systemClock,
): Promise<DatabaseClock> => {
  const { openTime } = await import('./stores/postgres/database-clock.ts');
  return openTime(url, timers);
};

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
  /** Of OpenTelemetry, for spans of messages, calls and (in a service) requests. Left out: nothing is traced. */
  readonly tracer?: Tracer;
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
    ...toNode(),
    ...toTracing(parts.tracer),
  });
};

/** What the others may know of this node. */
const toNode = () => ({ node: { hostName: hostname(), release: readPackageVersion() } });

const toTracing = (tracer: Tracer | undefined): { readonly tracing?: Tracing } =>
  tracer === undefined ? {} : { tracing: new Tracing(tracer) };

/** Writes to stdout. What becomes of its lines there (nobody reads, the disk is full) never holds up or ends the service. */
export const createLogger = ({ LOG_LEVEL }: Settings): Logger => {
  // Not pino's own: at the end of the process, that one waits for ever for room on a full disk.
  const output = pino.destination({ fd: process.stdout.fd, sync: true, maxLength: limits.logBytes });
  output.on('error', () => {});
  return pino({ level: LOG_LEVEL, base: null }, output);
};

/** What a service is made of: a host, and the application's own routes. */
export interface ServiceParts<View extends SystemView> extends Omit<HostParts<View>, 'observer'> {
  /** Returns what adds the application's routes to the API. */
  routes(
    given: EdgeDependencies & { readonly host: Host<View>; readonly migratePage: MigratePage },
  ): AddRoutes | Promise<AddRoutes>;
  /** Where the store's SQLite file is. Left out: no local socket is opened beside it. */
  readonly databasePath?: string | undefined;
}

export interface ApplicationService<View extends SystemView> {
  readonly host: Host<View>;
  readonly keys: Keys;
  /** The Fastify instance, not listening. */
  readonly api: FastifyInstance;
  /** Listens at ADMIN_PORT once `api` listens, and resolves with the address; undefined without it. */
  listenForAdmins(): Promise<string | undefined>;
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
  if (clock.jumps !== undefined) reportJumps(clock.jumps, registry, logger);
  const slos = new SloTracker({ mainActor: application.mainActor, versions: versionsOf(application) }, clock);
  addSloMetrics(registry, slos);
  addServiceMetrics({ ...parts, registry, metrics, clock });
  const inspector = createInspector({ application, services, readFigures, metrics, clock, settings, slos });
  const tracing = toTracing(parts.tracer);
  const { observer } = inspector;
  const made = { ...parts, ...tracing, ...toNode(), slos, settings, clock, ids, logger, metrics, observer };
  const onError = (error: unknown) =>
    logger.error({ error: describeError(error) }, 'what is known of keys could not be stored or read');
  const keys = await openKeys({ store, clock, onError });
  const { host, recovery } = await createRunner(made);
  // Closed again if the rest of the start fails.
  await using opened = new AsyncDisposableStack();
  opened.defer(() => host.close());
  addReadiness(registry, () => host.health());
  addServiceStates(registry, host);
  addNodeMetrics(registry, host);
  // Half of all that is loaded: a command that does not serve goes without.
  const [{ createApi }, { createAdminPort }, { addMigrations }, { addKeys }, { addIncidentOpening }] =
    await Promise.all([
      import('./api/app.ts'),
      import('./api/edge/admin-port.ts'),
      import('./api/migrations.ts'),
      import('./api/keys.ts'),
      import('./api/service-incidents.ts'),
    ]);
  const migratePage = createMigratePage(host, clock);
  const links = settings.INSPECTOR === '1' ? { inspector: '/inspector' } : {};
  const named = [...Object.keys(services), 'webhooks'];
  const incidents = createServiceIncidents({ store, clock, ids, logger, registry, services: named });
  const edge = { host, keys, incidents, settings, clock, ids, metrics: registry, logger, links, ...tracing };
  const webhooks = await startWebhooks({ ...edge, store, registry });
  const dependencies = { ...edge, facts: { application, services }, webhooks };
  const adminPort = createAdminPort(settings);
  const api = createApi(dependencies, await parts.routes({ ...dependencies, migratePage }), { adminPort });
  if (settings.INSPECTOR === '1') inspector.addTo(api, host, { keys, isHere: adminPort.isHere });
  const { databasePath } = parts;
  const addRoutes = (local: LocalApi) => {
    addMigrations(local, migratePage);
    addKeys(local, keys);
    addIncidentOpening(local, incidents);
  };
  const localSocket = await openLocalSocket({ databasePath, application, api, logger, addRoutes });
  const close = async () => {
    await webhooks.close();
    await host.close();
    const stopWaiting = clock.schedule(() => {
      api.server.closeAllConnections();
      localSocket?.abandonRequests();
    }, settings.DRAIN_MS);
    await Promise.all([api.close(), adminPort.close(), localSocket?.close()]);
    stopWaiting();
    await Promise.all(Object.values(services).map((service) => service.close?.()));
    await keys.close();
    await store.close();
  };
  const listenForAdmins = () => adminPort.listen(api);
  opened.move();
  return { host, keys, api, listenForAdmins, localSocket, recovery, close };
};

interface WebhookStart {
  readonly host: Host;
  readonly incidents: ServiceIncidents;
  readonly store: Store;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly registry: Registry;
}

const startWebhooks = async ({ settings, ...parts }: WebhookStart): Promise<Webhooks> => {
  const [{ openWebhooks }, { toCloudEvent }] = await Promise.all([
    import('./webhooks/endpoints.ts'),
    import('./api/edge/cloud-events.ts'),
  ]);
  const path = publicPath(settings);
  return openWebhooks({
    ...{ ...parts, drawShare },
    rules: { clock: parts.clock, allowPrivate: settings.WEBHOOK_ALLOW_PRIVATE === '1' },
    toBody: (event) => JSON.stringify(toCloudEvent(event, path)),
  });
};

const reportJumps = (jumps: ClockJumps, registry: Registry, logger: Logger): void => {
  addClockMetrics(registry, jumps);
  jumps.observe(({ byMs, followedMs }) => {
    const whose = jumps.of ?? 'machine';
    const text =
      byMs < 0
        ? `the ${whose}'s clock was set back: the service counts on without it until it catches up, or the next start`
        : followedMs > 0
          ? `the ${whose}'s clock jumped ahead, or the machine slept: deadlines may come early`
          : `the ${whose}'s clock has caught up`;
    logger.warn({ byMs }, text);
  });
};

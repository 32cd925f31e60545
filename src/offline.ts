// What works on a shop's store beside the service that runs it, put together: the doctor, migrations, rehearsals; and
// simulations, which have stores of their own. Like main.ts it knows the parts, for main.ts alone.
import pino from 'pino';
import { Registry } from 'prom-client';
import { askServiceForKeys, changeKeysOfFile } from './access/commands.ts';
import { openKeys } from './access/keys.ts';
import type { Application } from './application.ts';
import { openPostgresStore, openSqliteStore, toPostgresApplication } from './application-service.ts';
import type { AuditSource } from './audit-source.ts';
import { createMakeBackup } from './backup/make-backup.ts';
import type { AcceptCopy, MakeBackup } from './backup.ts';
import type { ReachKeys } from './cli/keys.ts';
import type { ReachMigrations } from './cli/migrate.ts';
import type { OpenProvider, ReconcileStore } from './cli/reconcile.ts';
import { createIds, systemClock } from './clock.ts';
import { readSettings } from './config.ts';
import { createExamine } from './doctor/examine.ts';
import { createExamineStore } from './doctor/shop/examine-store.ts';
import { AppError } from './errors.ts';
import { createOfflineMigrations } from './hosts/offline-migrations.ts';
import { createRunner } from './hosts/runner.ts';
import { limits } from './limits.ts';
import { reachStore } from './local-socket/reach-store.ts';
import type { StoreAccess } from './local-socket.ts';
import { createMetrics } from './metrics.ts';
import { createMigratePage } from './migration/migrate-page.ts';
import type { OfflineMigrations } from './migration.ts';
import { createMoveStore } from './move/move-store.ts';
import type { MoveStore } from './move.ts';
import { createRehearse } from './rehearsal/rehearse.ts';
import type { RehearseHistories } from './rehearsal.ts';
import type { Services } from './service.ts';
import { askServiceToOpen } from './service-incidents/commands.ts';
import { createServiceIncidents } from './service-incidents/incidents.ts';
import { reconcile } from './shop/reconciliation/reconcile.ts';
import { openIncidents } from './shop/reconciliation/report.ts';
import { shop } from './shop/shop.ts';
import type { OrderView } from './shop/view.ts';
import { createWarehouse } from './shop/warehouse.ts';
import type { Simulate } from './simulation.ts';
import { createSimulate } from './simulator/shop/simulate.ts';
import type { Store } from './store.ts';
import { toSqlitePath } from './store-address.ts';
import { openAuditSource } from './stores/sqlite-audit-source.ts';
import { copyStore, holdCopy } from './stores/sqlite-backup.ts';
import { copyOlderDatabase } from './stores/sqlite-copy.ts';
import { openMovingFile, requireMoved } from './stores/sqlite-moving.ts';
import { openStoreReader } from './stores/sqlite-reader.ts';
import { openScratchStore } from './stores/sqlite-scratch.ts';
import { readStripeAccess } from './stripe-access.ts';

/** A picture of the store at an address; `now` is ms since 1970. */
async function openPicture(address: string, application: Application, now: number): Promise<AuditSource> {
  const path = toSqlitePath(address);
  if (path !== undefined) return openAuditSource(path, application, now);
  const { openPostgresAuditSource } = await import('./stores/postgres/audit-source.ts');
  return openPostgresAuditSource(address, toPostgresApplication(application), now);
}

/** The doctor of the shop's stores, and of those of applications that extend the shop. */
export const examineStore = createExamineStore(openPicture, systemClock);

/** A store that a person says was restored, held for this command alone. */
const holdStore = async (
  address: string,
  application: Application<OrderView>,
): Promise<{ accept(): void | Promise<void>; release(): void | Promise<void> }> => {
  const path = toSqlitePath(address);
  if (path !== undefined) return holdCopy(path);
  const { holdRestored } = await import('./stores/postgres/restored.ts');
  return holdRestored(address, toPostgresApplication(application));
};

/** Moves of stores of `application` to other ones. */
export const moveStoreFor = (application: Application<OrderView>): MoveStore =>
  createMoveStore({
    open: async (address, wish) => {
      const path = toSqlitePath(address);
      if (path !== undefined) return openMovingFile(path, application);
      const { openMovingSchema } = await import('./stores/postgres/moving.ts');
      const moved = requireMoved(application);
      return openMovingSchema(address, { ...toPostgresApplication(application), moved }, wish);
    },
    openPicture: (address) => openPicture(address, application, systemClock.now()),
    ids: createIds(systemClock),
    examine: (examination) => examineStore({ application, ...examination }),
  });

/** Backups of a store, and copies that are put back, examined as stores of `application`. */
export const createBackups = (
  application: Application<OrderView>,
): { readonly makeBackup: MakeBackup; readonly acceptCopy: AcceptCopy } => ({
  makeBackup: createMakeBackup({
    copy: copyStore,
    examine: (examination) => examineStore({ application, ...examination }),
  }),
  acceptCopy: async (address, anyway) => {
    const held = await holdStore(address, application);
    try {
      const report = await examineStore({ application, address });
      const accepted = anyway || report.violations === 0;
      if (accepted) await held.accept();
      return { accepted, report };
    } finally {
      await held.release();
    }
  },
});

/** Simulations of the shop on a virtual clock. */
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

const refuseToSimulate: Simulate = async () => {
  const text = 'The simulator knows the shop as it is shipped.';
  throw new AppError(
    'invalid-setting',
    `${text} Test an application that extends it with orderchart/testing.`,
  );
};

/** Of the shop as it is shipped: any other application is refused. */
export const simulateFor = (application: Application<OrderView>): Simulate =>
  application === shop ? simulate : refuseToSimulate;

export const rehearseFor = (application: Application<OrderView>): RehearseHistories =>
  createRehearse({ application, open: openPicture, clock: systemClock });

/** Through the service that holds the file, or opened here; PostgreSQL is opened beside its nodes. */
const reachShop = async (
  address: string,
  application: Application<OrderView>,
): Promise<StoreAccess<Store>> => {
  const path = toSqlitePath(address);
  if (path === undefined) return { through: 'file', store: await openPostgresStore(address, application) };
  return reachStore(path, () => openSqliteStore(path, application), systemClock);
};

/**
 * The keys of a store, by the service that holds it, or with the file opened here (and made, if it is missing).
 * @throws as `reachShopStore`.
 */
export const reachKeysFor =
  (application: Application<OrderView>): ReachKeys =>
  async (address) => {
    const access = await reachShop(address, application);
    if (access.through === 'service') return askServiceForKeys(access.service);
    const { store } = access;
    const keys = await openKeys({ store, clock: systemClock, onError: () => {} });
    return changeKeysOfFile(keys, () => store.close());
  };

/** The account at the provider, with the settings of the service. @throws AppError `invalid-setting`. */
export const openProvider: OpenProvider = async (environment) => {
  const access = readStripeAccess(environment);
  const [{ createStripeAccount }, { createStripeClient }] = await Promise.all([
    import('./services/stripe-account.ts'),
    import('./services/stripe-client.ts'),
  ]);
  const { api } = createStripeClient({ ...access, timeoutMs: limits.reconcileTimeoutMs });
  return createStripeAccount({ api, clock: systemClock });
};

/**
 * Reads the store beside the service that holds it, and opens incidents through that service, or in the file if no service
 * runs. Without a difference nothing is written.
 * @throws as `reachShopStore`.
 */
export const reconcileStoreFor =
  (application: Application<OrderView>): ReconcileStore =>
  async ({ provider, address, range }) => {
    const path = toSqlitePath(address);
    const source =
      path === undefined ? await openPostgresStore(address, application) : openStoreReader(path, application);
    const found = await reconcile({ provider, source, range }).finally(() => source.close());
    if (found.differences.length === 0) return { ...found, differences: [] };
    const access = await reachShop(address, application);
    if (access.through === 'service') return openIncidents(found, askServiceToOpen(access.service));
    const { store } = access;
    const incidents = createServiceIncidents({
      ...{ store, clock: systemClock, ids: createIds(systemClock) },
      ...{ logger: pino({ level: 'silent' }), registry: new Registry() },
    });
    return openIncidents(found, incidents.open).finally(() => store.close());
  };

/**
 * Migrations of a store: by the service that holds it, or with nothing else at work. What an older release wrote is
 * rehearsed on a copy. Of `services`, those inside the store are used.
 * @throws as `reachShopStore`.
 */
export const reachMigrationsFor =
  (application: Application<OrderView>, services: Services): ReachMigrations =>
  async (address, dryRun) => {
    const databasePath = toSqlitePath(address);
    if (databasePath === undefined) {
      const store = await openPostgresStore(address, application);
      return { through: 'file', store: openOfflineMigrations(store, application, services) };
    }
    const open = (): OfflineMigrations => {
      const copy = dryRun ? copyOlderDatabase(databasePath, application) : undefined;
      const opened = openSqliteStore(copy?.path ?? databasePath, application);
      const { migratePage, close } = openOfflineMigrations(opened, application, services);
      return { migratePage, close: () => close().finally(() => copy?.remove()) };
    };
    return reachStore(databasePath, open, systemClock);
  };

const openOfflineMigrations = (
  store: Store,
  application: Application<OrderView>,
  services: Services,
): OfflineMigrations => {
  const inside = Object.entries(services).filter(([, { place }]) => place === 'inside');
  const host = createOfflineMigrations({
    ...{ application, store, settings: readSettings() },
    inside: { warehouse: createWarehouse(), ...Object.fromEntries(inside) },
    ...{ clock: systemClock, ids: createIds(systemClock) },
    ...{ metrics: createMetrics(new Registry()), logger: pino({ level: 'silent' }) },
  });
  return { migratePage: createMigratePage(host, systemClock), close: () => store.close() };
};

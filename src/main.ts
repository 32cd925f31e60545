#!/usr/bin/env -S node --max-semi-space-size=64
// The root of composition: the one place that knows every part and puts them together. `createOrderchart` is
// the package's one export, for embedding; run as a program, this file hands it to the commands in cli/.
import type { FastifyInstance } from 'fastify';
import pino, { type Logger } from 'pino';
import { Registry } from 'prom-client';
import { runCommand } from './cli/command.ts';
import { type Clock, createIds, type Ids, systemClock } from './clock.ts';
import { readSettings, type Settings } from './config.ts';
import { examine } from './doctor/examine.ts';
import { createExamineStore } from './doctor/examine-store.ts';
import type { Faults } from './faults.ts';
import type { Host } from './host.ts';
import { createRunner, type Recovery } from './hosts/runner.ts';
import { Flow } from './inspector/flow.ts';
import { joinOnlookers } from './inspector/onlookers.ts';
import { Samples } from './inspector/samples.ts';
import { StatelyFeed } from './inspector/stately.ts';
import { addStoreMetrics, createMetrics } from './metrics.ts';
import type { Services } from './service.ts';
import { createSimulatedGateway } from './services/gateway-simulated.ts';
import { createFileMailer } from './services/mailer-files.ts';
import { createWarehouse } from './services/warehouse.ts';
import { createSimulate } from './simulator/simulate.ts';
import type { Catalogue, Store } from './store.ts';
import { createMemoryStore } from './stores/memory.ts';
import { createSqliteStore } from './stores/sqlite.ts';
import { openEvidence } from './stores/sqlite-evidence.ts';
import { openDatabase } from './stores/sqlite-open.ts';
import { openScratchStore } from './stores/sqlite-scratch.ts';

export { readSettings, type Settings } from './config.ts';
export type { Host, OrderView } from './host.ts';
export type { InsideService, OutsideService, Service, Services } from './service.ts';
export type { Catalogue, Store } from './store.ts';

/** What can be replaced. Whatever is left out is made from the settings. */
export interface Replacements {
  readonly services?: Partial<Services>;
  readonly store?: Store;
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly logger?: Logger;
  /** Told at every commit point (src/faults.ts): for simulations and tests that crash there. */
  readonly faults?: Faults;
}

export interface Orderchart {
  readonly host: Host;
  readonly catalogue: Catalogue;
  /** The Fastify instance, not listening. */
  readonly api: FastifyInstance;
  /** What this start found of the last run. */
  readonly recovery: Recovery;
  /** Takes nothing new, lets what is under way finish (at most DRAIN_MS), and closes everything. */
  close(): Promise<void>;
}

/**
 * Puts a whole Orderchart together, without listening.
 * @throws AppError `store-in-use` where another process has the database open, `store-unsupported`,
 * `chart-unsupported`.
 */
export const createOrderchart = async (
  settings: Settings = readSettings(),
  replacements: Replacements = {},
): Promise<Orderchart> => {
  const clock = replacements.clock ?? systemClock;
  const ids = replacements.ids ?? createIds(clock);
  const logger = replacements.logger ?? pino({ level: settings.LOG_LEVEL, base: null });
  const registry = new Registry();
  const store = replacements.store ?? openStore(settings);
  const services = await createServices(settings, clock, replacements.services ?? {});
  const metrics = createMetrics(registry);
  addStoreMetrics(registry, store.figures);
  const flow = new Flow({ clock, readFigures: store.figures });
  const stately = settings.STATELY_INSPECT === '1' ? new StatelyFeed(settings.STATELY_HOSTS) : undefined;
  const { host, recovery } = await createRunner({
    store,
    services,
    clock,
    ids,
    settings,
    metrics,
    logger,
    onlooker: joinOnlookers(stately ? [flow, stately] : [flow]),
    ...(replacements.faults && { faults: replacements.faults }),
  });
  const links = { inspector: '/inspector' };
  // Half of all that is loaded: a command that does not serve goes without.
  const [{ createApi }, { addInspector }] = await Promise.all([
    import('./api/app.ts'),
    import('./inspector/routes.ts'),
  ]);
  const api = createApi({ host, catalogue: store, settings, clock, ids, metrics: registry, logger, links });
  addInspector(api, { host, flow, samples: new Samples(clock, metrics), clock, settings });
  stately?.attach(api.server);
  const close = async () => {
    await host.close();
    stately?.close();
    const stopWaiting = clock.schedule(() => api.server.closeAllConnections(), settings.DRAIN_MS);
    await api.close();
    stopWaiting();
    await Promise.all(Object.values(services).map((service) => service.close?.()));
    await store.close();
  };
  return { host, catalogue: store, api, recovery, close };
};

const openStore = ({ DATABASE_URL }: Settings): Store =>
  DATABASE_URL === 'memory:'
    ? createMemoryStore()
    : createSqliteStore(openDatabase(DATABASE_URL.slice('sqlite:'.length)));

const createServices = async (
  settings: Settings,
  clock: Clock,
  given: Partial<Services>,
): Promise<Services> => ({
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
});

/** Simulations of everything above, on a virtual clock. */
export const simulate = createSimulate({
  openStorage: async () => openScratchStore(),
  startHost: async (parts) => {
    const silent = pino({ level: 'silent' });
    const { host } = await createRunner({ ...parts, metrics: createMetrics(new Registry()), logger: silent });
    return host;
  },
  createWarehouse,
  examine,
  clock: systemClock,
});

if (import.meta.main) {
  const examineStore = createExamineStore(openEvidence, systemClock);
  await runCommand(process.argv.slice(2), createOrderchart, examineStore, simulate);
}

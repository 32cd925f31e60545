// Migrations over a store that no host runs: orders are read, moved and committed, and nothing else happens. It makes no
// call and fires no deadline, because what would do so is not there: both stay rows for the next host.
import type { Logger } from 'pino';
import { type Application, toChartSystem } from '../application.ts';
import type { Clock, Ids } from '../clock.ts';
import { type Settings, toStepLimits } from '../config.ts';
import { noFaults } from '../faults.ts';
import type { Host } from '../host.ts';
import type { Metrics } from '../metrics.ts';
import type { Service, Services } from '../service.ts';
import { neverPostponing } from '../service-holds.ts';
import { registerSystem } from '../step/register.ts';
import type { SystemView } from '../step/view.ts';
import type { Store } from '../store.ts';
import { AwaitedAnswers } from './awaited-answers.ts';
import { Committer } from './committer.ts';
import { InFlightOrders } from './in-flight-orders.ts';
import { createMigrations } from './migrations.ts';
import { viewStored } from './stored-view.ts';
import type { MigrateTask } from './task.ts';

interface OfflineParts<View extends SystemView> {
  readonly application: Application<View>;
  /** No host has it open. */
  readonly store: Store;
  /** Services that live in the store. A rule that adds a call to one is answered; no other service is there. */
  readonly inside: Services;
  readonly settings: Settings;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Its calls stay rows. */
const toAbsent = (name: string): Service => ({
  name,
  place: 'outside',
  answer: () => Promise.reject(new Error(`${name} is not called while orders are migrated offline`)),
});

export const createOfflineMigrations = <View extends SystemView>(
  parts: OfflineParts<View>,
): Pick<Host<View>, 'migrate' | 'rehearse' | 'list'> => {
  const { application, inside, store, settings, ids } = parts;
  const names = Object.keys(application.services);
  const services = { ...Object.fromEntries(names.map((name) => [name, toAbsent(name)])), ...inside };
  const engine = {
    application,
    services,
    system: registerSystem(toChartSystem(application), toStepLimits(settings)),
    faults: noFaults,
    postponing: neverPostponing,
  };
  const committer = new Committer<View>({
    ...parts,
    engine,
    owner: ids.next(),
    inFlight: new InFlightOrders(settings.MAX_CACHED_ORDERS),
    awaited: new AwaitedAnswers(),
    mayCall: () => false,
    heldServices: () => [],
    afterCommit: (decided) => {
      for (const { responses } of decided) for (const respond of responses) respond();
    },
  });
  const run = (task: Omit<MigrateTask, 'done'>) => {
    const done: MigrateTask['done'] = Promise.withResolvers();
    committer.add({ ...task, done });
    return done.promise;
  };
  return {
    ...createMigrations({ engine, store, ids, admit: () => {}, run }),
    list: async (filter) => (await store.list(filter)).map((order) => viewStored(engine, order)),
  };
};

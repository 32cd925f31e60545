// Moving stored orders to another chart version: one order in a commit of its own kind, or a page of orders as a rehearsal
// that stores nothing. What a move does to a system is said by src/step/migration.ts.
import type { Ids } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { Host, MigrationOutcome, OrderMigration, RehearsedOrder } from '../host.ts';
import { isMigration, replayAll } from '../step/replay.ts';
import { fromStored } from '../step/snapshot.ts';
import type { SystemView } from '../step/view.ts';
import type { Store, StoredOrder } from '../store.ts';
import type { Engine } from './engine.ts';
import { migrateSystem } from './migrate-system.ts';
import { readHistory } from './read-history.ts';
import type { MigrateTask } from './task.ts';

interface MigrationParts<View extends SystemView> {
  readonly engine: Engine<View>;
  readonly store: Store;
  readonly ids: Ids;
  /** @throws AppError when new work is not accepted now. */
  admit(): void;
  run(task: Omit<MigrateTask, 'done'>): Promise<MigrationOutcome>;
}

export const createMigrations = <View extends SystemView>(
  parts: MigrationParts<View>,
): Pick<Host, 'migrate' | 'rehearse'> => ({
  migrate: async (migration) => {
    requireVersion(parts.engine, migration.to);
    parts.admit();
    const { orderId, back } = migration;
    const returning = back === true ? await loadReturn(parts, migration) : undefined;
    if (returning !== undefined && 'kind' in returning) return returning;
    const messageId = parts.ids.next();
    try {
      return await parts.run({ kind: 'migrate', orderId, migration, messageId, return: returning });
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'order-unreadable') throw error;
      return { kind: 'unreadable', text: error.message };
    }
  },
  rehearse: async (to, filter, back = false) => {
    requireVersion(parts.engine, to);
    const rehearsed: RehearsedOrder[] = [];
    for (const stored of await parts.store.list(filter)) {
      const { chartVersion, state } = stored.summary;
      const outcome = back ? await rehearseBack(parts, to, stored) : rehearseOne(parts.engine, to, stored);
      rehearsed.push({ orderId: stored.orderId, chartVersion, state, outcome });
    }
    return rehearsed;
  },
});

const requireVersion = <View extends SystemView>({ system }: Engine<View>, version: string): void => {
  if (system.versions.has(version)) return;
  const known = [...system.versions.keys()].join(', ');
  throw new AppError('invalid-request', `There is no chart version ${version}; there are ${known}.`);
};

const rehearseOne = <View extends SystemView>(
  engine: Engine<View>,
  to: string,
  { orderId, system: stored, summary }: StoredOrder,
): MigrationOutcome => {
  const { chartVersion: from, updatedAt: at } = summary;
  if (from === to) return { kind: 'already-there' };
  try {
    const rehearsal = { orderId, at, to, messageId: 'rehearsal', why: 'rehearsal', who: 'rehearsal' };
    const state = fromStored(engine.system, stored);
    const actor = engine.application.mainActor;
    const outcome = migrateSystem(engine, state, { ...rehearsal, actor });
    return outcome.kind === 'maps' ? { kind: 'moved', from, changes: outcome.changes } : outcome;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { kind: 'unreadable', text: error.message };
  }
};

const rehearseBack = async <View extends SystemView>(
  parts: MigrationParts<View>,
  to: string,
  stored: StoredOrder,
): Promise<MigrationOutcome> => {
  const found = await findReturn(parts, stored, to);
  return 'kind' in found ? found : { kind: 'moved', from: stored.summary.chartVersion, changes: [] };
};

type Return = NonNullable<MigrateTask['return']>;

const loadReturn = async <View extends SystemView>(
  parts: MigrationParts<View>,
  { orderId, to }: OrderMigration,
): Promise<Return | MigrationOutcome> => {
  const order = (await parts.store.load([orderId])).get(orderId);
  if (order === undefined) throw new AppError('order-not-found', `There is no order ${orderId}.`);
  return findReturn(parts, order, to);
};

/** What the order was before its last migration, if that is the last thing that happened to it. */
const findReturn = async <View extends SystemView>(
  { engine, store }: MigrationParts<View>,
  { orderId, summary }: StoredOrder,
  to: string,
): Promise<Return | MigrationOutcome> => {
  const stuck = (text: string): MigrationOutcome => ({ kind: 'stuck', text });
  if (summary.chartVersion === to) return { kind: 'already-there' };
  const messages = await readHistory(store, orderId);
  const last = messages.at(-1);
  const migration = messages.findLast(isMigration);
  if (last === undefined || migration?.data['from'] !== to) return { kind: 'not-migrated' };
  if (last !== migration) return stuck('it has received other messages since it was migrated');
  const system = replayAll(engine.system, orderId, messages.slice(0, -1), to);
  return typeof system === 'string' ? stuck(system) : { system, fromVersion: last.version };
};

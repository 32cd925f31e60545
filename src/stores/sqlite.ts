// The store in one SQLite file, for one process: what a batch wrote is on the disk. Decisions may rest on what is about to be
// committed; nothing else is shown before it is.
import type { Row, Tables } from '../application.ts';
import type { Store } from '../store.ts';
import { createTurns } from '../turns.ts';
import { createAmending, nothingNeeded } from './amending.ts';
import { type Batches, createBatches } from './batch.ts';
import type { BatchAccess } from './batch-access.ts';
import { createDoor } from './closing.ts';
import { withCache } from './committed-cache.ts';
import { createOneNode } from './one-node.ts';
import { createBatchAccess } from './sqlite-batch.ts';
import { createCallChanges, createOrderChanges } from './sqlite-changes.ts';
import { createCheck } from './sqlite-check.ts';
import { createFindEarlier, withEarlierHistory, withEarlierMessages } from './sqlite-earlier-history.ts';
import { createHoldTable } from './sqlite-holds.ts';
import type { OpenDatabase } from './sqlite-open.ts';
import { createPeople } from './sqlite-people.ts';
import { createHistoryReads, createOrderReads, createOtherReads } from './sqlite-reads.ts';
import { createServiceIncidents } from './sqlite-service-incidents.ts';
import { createWriterAccess } from './sqlite-transactions.ts';
import { createWebhookTables } from './sqlite-webhooks.ts';

/**
 * The store over a file that `openDatabase` opened, with the tables of the application that it was opened for.
 * `close` closes the file and releases its lock. `share`: how batches reach it where others write to it as well (a simulation).
 */
export const createSqliteStore = (
  database: OpenDatabase,
  tables?: Tables,
  share?: (file: BatchAccess) => BatchAccess,
): Store => {
  const { reader, takeover } = database;
  const { guard, close } = createDoor();
  const access = createWriterAccess(database);
  const { transact } = access;
  const findEarlier = createFindEarlier(database);
  const file = withEarlierMessages(createBatchAccess(reader, access, tables), findEarlier);
  const committed = withCache(share?.(file) ?? file);
  const batches = createBatches(committed, createTurns());
  const amend = createAmending(batches);
  const { alone, change } = createChanging(guard, batches, share !== undefined);
  const orders = createOrderReads(reader);
  const history = withEarlierHistory(createHistoryReads(reader), findEarlier);
  const others = createOtherReads(reader);
  const rows = tables?.sqlite.open(reader);
  const [calls, changes] = [createCallChanges(database, transact), createOrderChanges(database, transact)];
  const people = createPeople(database, transact);
  const webhooks = createWebhookTables(database, transact);
  const holds = createHoldTable(database, transact);
  const incidents = createServiceIncidents(database, transact);
  takeover?.run({ change: batches.change, transact });

  return {
    open: guard(batches.open),
    load: guard(orders.load),
    claimCalls: change(calls.claimCalls),
    returnCalls: change(calls.returnCalls),
    returnAllCalls: change(calls.returnAllCalls),
    dueOrders: guard(orders.dueOrders),
    nextWake: guard(orders.nextWake),
    markUnreadable: alone(changes.markUnreadable),
    clearUnreadable: alone(changes.clearUnreadable),
    list: guard(orders.list),
    received: guard(history.received),
    events: guard(history.events),
    lastPosition: guard(history.lastPosition),
    owners: guard(history.owners),
    epochs: guard(history.epochs),
    restored: guard(history.restored),
    noteResumed: change(changes.noteResumed),
    idempotencyRecord: guard(others.idempotencyRecord),
    updateIdempotencyAnswer: guard((scope, key, answer) => amend({ scope, key, ...answer })),
    forgetKeys: change(changes.forgetKeys),
    chartVersions: guard(others.chartVersions),
    unreadable: guard(others.unreadable),
    figures: guard(others.figures),
    backlog: guard(others.backlog),
    row: guard(createRowRead(share === undefined ? committed : file)),
    rows: guard((table: string, { after, limit }: { readonly after?: string; readonly limit: number }) =>
      rows === undefined ? [] : rows.list(table, after, limit),
    ),
    apiKeys: guard(people.apiKeys),
    writeApiKeys: change(people.writeApiKeys),
    removeApiKeys: change(people.removeApiKeys),
    addNote: change(people.addNote),
    notes: guard(people.notes),
    webhookEndpoints: guard(webhooks.webhookEndpoints),
    writeWebhook: change(webhooks.writeWebhook),
    removeWebhook: change(webhooks.removeWebhook),
    webhookDeliveries: guard(webhooks.webhookDeliveries),
    serviceHolds: guard(holds.serviceHolds),
    writeServiceHold: change(holds.writeServiceHold),
    callsByService: guard(holds.callsByService),
    openServiceIncident: change(incidents.openServiceIncident),
    closeServiceIncident: change(incidents.closeServiceIncident),
    serviceIncident: guard(incidents.serviceIncident),
    serviceIncidents: guard(incidents.serviceIncidents),
    openServiceIncidents: guard(incidents.openServiceIncidents),
    ...createOneNode(),
    check: change(createCheck(database, access)),
    close: () => close(() => batches.change(() => closeDatabase(database))),
  };
};

/**
 * Methods that change the file: `alone` waits for its turn, and until no batch is under way. So does `change`, but where others write
 * as well.
 */
const createChanging = (
  guard: ReturnType<typeof createDoor>['guard'],
  batches: Batches,
  isShared: boolean,
) => {
  const alone = <Given extends readonly unknown[], T>(method: (...given: Given) => T) =>
    guard((...given: Given) => batches.change(() => method(...given)));
  return { alone, change: isShared ? guard : alone };
};

/** A row of the application as it is committed. */
const createRowRead =
  ({ load }: Pick<BatchAccess, 'load'>) =>
  async (key: string): Promise<Row | undefined> =>
    (await load({ ...nothingNeeded, rows: [key] })).rows.get(key);

const closeDatabase = async (database: OpenDatabase): Promise<void> => {
  database.takeover?.stop();
  await database.batches.close();
  database.close();
};

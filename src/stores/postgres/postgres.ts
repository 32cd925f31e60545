// The store in a schema of a PostgreSQL database, for any number of nodes: what a batch wrote is on the database's disk. Each
// node's batches take turns among themselves; those of several nodes are kept apart by versions, locks and constraints
// (docs/scaling.md says which prevents what).
import type { PostgresTables } from '../../application.ts';
import type { Store } from '../../store.ts';
import { createTurns } from '../../turns.ts';
import { createAmending } from '../amending.ts';
import { createBatches } from '../batch.ts';
import { createDoor } from '../closing.ts';
import { withCache } from '../committed-cache.ts';
import { createBatchAccess } from './batch-write.ts';
import { createCallChanges, createOrderChanges } from './changes.ts';
import { openCompany } from './company.ts';
import { createFigures } from './figures.ts';
import { createHistoryReads } from './history-reads.ts';
import { createHoldTable } from './holds.ts';
import type { PostgresDatabase } from './open.ts';
import { createOrderReads } from './order-reads.ts';
import { createPeople } from './people.ts';
import { createServiceIncidents } from './service-incidents.ts';
import { createTableReads } from './table-reads.ts';
import { createWebhookTables } from './webhooks.ts';

/** The store over a database that `openPostgres` opened, with the tables of the application that it was opened for. */
export const createPostgresStore = (database: PostgresDatabase, tables?: PostgresTables): Store => {
  const { guard, close } = createDoor();
  const company = openCompany(database);
  const access = company.telling(withCache(createBatchAccess(database, tables)));
  const batches = createBatches(access, createTurns());
  const amend = createAmending(batches);
  const orders = createOrderReads(database);
  const history = createHistoryReads(database);
  const figures = createFigures(database);
  const calls = createCallChanges(database);
  const changes = createOrderChanges(database);
  const people = createPeople(database);
  const webhooks = createWebhookTables(database);
  const [holds, incidents] = [createHoldTable(database), createServiceIncidents(database)];
  const rows = createTableReads(database, tables);

  return {
    open: guard(batches.open),
    load: guard(orders.load),
    claimCalls: guard(calls.claimCalls),
    returnCalls: guard(calls.returnCalls),
    returnAllCalls: guard(calls.returnAllCalls),
    dueOrders: guard(orders.dueOrders),
    nextWake: guard(orders.nextWake),
    markUnreadable: guard((...given) => batches.change(() => changes.markUnreadable(...given))),
    clearUnreadable: guard((...given) => batches.change(() => changes.clearUnreadable(...given))),
    list: guard(orders.list),
    received: guard(history.received),
    events: guard(history.events),
    lastPosition: guard(history.lastPosition),
    owners: guard(orders.owners),
    epochs: guard(history.epochs),
    restored: guard(history.restored),
    noteResumed: guard(changes.noteResumed),
    idempotencyRecord: guard(changes.idempotencyRecord),
    updateIdempotencyAnswer: guard((scope, key, answer) => amend({ scope, key, ...answer })),
    forgetKeys: guard(changes.forgetKeys),
    chartVersions: guard(figures.chartVersions),
    unreadable: guard(figures.unreadable),
    figures: guard(figures.figures),
    backlog: guard(figures.backlog),
    row: guard(rows.row),
    rows: guard(rows.rows),
    apiKeys: guard(people.apiKeys),
    writeApiKeys: guard(people.writeApiKeys),
    removeApiKeys: guard(people.removeApiKeys),
    addNote: guard(people.addNote),
    notes: guard(people.notes),
    webhookEndpoints: guard(webhooks.webhookEndpoints),
    writeWebhook: guard(webhooks.writeWebhook),
    claimWebhook: guard(webhooks.claimWebhook),
    writeClaimedWebhook: guard(webhooks.writeClaimedWebhook),
    returnWebhook: guard(webhooks.returnWebhook),
    removeWebhook: guard(webhooks.removeWebhook),
    webhookDeliveries: guard(webhooks.webhookDeliveries),
    serviceHolds: guard(holds.serviceHolds),
    writeServiceHold: guard(holds.writeServiceHold),
    callsByService: guard(holds.callsByService),
    openServiceIncident: guard(incidents.openServiceIncident),
    closeServiceIncident: guard(incidents.closeServiceIncident),
    serviceIncident: guard(incidents.serviceIncident),
    serviceIncidents: guard(incidents.serviceIncidents),
    openServiceIncidents: guard(incidents.openServiceIncidents),
    join: guard(company.join),
    nodes: guard(company.nodes),
    onChange: company.onChange,
    check: guard(changes.check),
    close: () => close(() => batches.change(() => company.leave().then(database.close))),
  };
};

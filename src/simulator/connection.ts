// A process's connection to its store. One store for all nodes is itself far enough away that it can be out of reach, or store
// a batch whose answer gets lost. A store for each node is in its process, and the tables are far away (node-line.ts).
// The monitor gets every stored batch, even if the process never learns of it.
import { type Batch, type BatchWrite, DroppedBatch, type Needs, StaleBatch, type Store } from '../store.ts';
import { DiskFull } from './disk.ts';
import type { FaultRates } from './fault-rates.ts';
import type { Monitor } from './monitor.ts';
import type { Process } from './process.ts';
import type { SeededRandom } from './random.ts';
import type { Timeline } from './timeline.ts';

export interface ConnectionParts {
  readonly timeline: Timeline;
  readonly random: SeededRandom;
  readonly rates: FaultRates;
  readonly monitor: Monitor;
}

const mostTravelMs = 20;
const latestBatchMs = 3000;

/** To the one store. */
export const connect = (store: Store, process: Process, parts: ConnectionParts): Store =>
  toConnected(store, process.receive, parts, (needs) =>
    process.receive(() => open(store, process, parts, needs)),
  );

/** To the store of one node alone, whose batches take their own way to the tables. */
export const connectNode = (store: Store, process: Process, parts: ConnectionParts): Store => {
  const ask: Process['receive'] = (work) =>
    process.receive(async () => {
      await travel(parts);
      const answer = await work();
      await travel(parts);
      return answer;
    });
  return toConnected(store, ask, parts, (needs) => openNear(store, parts, needs));
};

const toConnected = (
  store: Store,
  receive: Process['receive'],
  { monitor }: ConnectionParts,
  openBatch: Store['open'],
): Store => {
  let writing = 0;
  const noteWriting = async (durable: Promise<void>): Promise<void> => {
    writing += 1;
    await durable.finally(() => {
      writing -= 1;
    });
  };
  return {
    open: async (needs) => {
      const batch = await openBatch(needs);
      if (writing > 0) monitor.saw('decided-on-unstored');
      return { ...batch, write: (decided) => noteWriting(batch.write(decided)) };
    },
    load: (orderIds) => receive(() => store.load(orderIds)),
    claimCalls: (claim) => receive(() => store.claimCalls(claim)),
    returnCalls: (owner, callIds) => receive(() => store.returnCalls(owner, callIds)),
    returnAllCalls: () => receive(() => store.returnAllCalls()),
    dueOrders: (now, limit, versions) => receive(() => store.dueOrders(now, limit, versions)),
    nextWake: (versions) => receive(() => store.nextWake(versions)),
    markUnreadable: (orderId, reason) => receive(() => store.markUnreadable(orderId, reason)),
    clearUnreadable: (versions) => receive(() => store.clearUnreadable(versions)),
    list: (filter) => receive(() => store.list(filter)),
    received: (orderId, after, limit) => receive(() => store.received(orderId, after, limit)),
    events: (filter) => receive(() => store.events(filter)),
    owners: (orderIds) => receive(() => store.owners(orderIds)),
    lastPosition: () => receive(() => store.lastPosition()),
    epochs: () => receive(() => store.epochs()),
    restored: () => receive(() => store.restored()),
    noteResumed: () => receive(() => store.noteResumed()),
    idempotencyRecord: (scope, key) => receive(() => store.idempotencyRecord(scope, key)),
    updateIdempotencyAnswer: (...answer) => receive(() => store.updateIdempotencyAnswer(...answer)),
    forgetKeys: (before, limit) => receive(() => store.forgetKeys(before, limit)),
    chartVersions: () => receive(() => store.chartVersions()),
    unreadable: (versions) => receive(() => store.unreadable(versions)),
    figures: (versions) => receive(() => store.figures(versions)),
    backlog: (now, versions) => receive(() => store.backlog(now, versions)),
    row: (key) => receive(() => store.row(key)),
    rows: (table, page) => receive(() => store.rows(table, page)),
    apiKeys: () => receive(() => store.apiKeys()),
    writeApiKeys: (keys) => receive(() => store.writeApiKeys(keys)),
    removeApiKeys: (keyIds) => receive(() => store.removeApiKeys(keyIds)),
    webhookEndpoints: () => receive(() => store.webhookEndpoints()),
    writeWebhook: (endpoint, deliveries) => receive(() => store.writeWebhook(endpoint, deliveries)),
    removeWebhook: (endpointId) => receive(() => store.removeWebhook(endpointId)),
    webhookDeliveries: (endpointId, limit) => receive(() => store.webhookDeliveries(endpointId, limit)),
    serviceHolds: () => receive(() => store.serviceHolds()),
    writeServiceHold: (hold) => receive(() => store.writeServiceHold(hold)),
    callsByService: () => receive(() => store.callsByService()),
    openServiceIncident: (incident, rules) => receive(() => store.openServiceIncident(incident, rules)),
    closeServiceIncident: (which, closing) => receive(() => store.closeServiceIncident(which, closing)),
    serviceIncident: (incidentId) => receive(() => store.serviceIncident(incidentId)),
    serviceIncidents: (page) => receive(() => store.serviceIncidents(page)),
    openServiceIncidents: () => receive(() => store.openServiceIncidents()),
    addNote: (note) => receive(() => store.addNote(note)),
    notes: (orderIds) => receive(() => store.notes(orderIds)),
    join: (node) => receive(() => store.join(node)),
    nodes: (now) => receive(() => store.nodes(now)),
    check: (writes) => receive(() => store.check(writes)),
    close: async () => {},
  };
};

/**
 * Opens a batch. It is released when the process ends, and when it is not delivered in time, as a database ends an idle
 * transaction: an abandoned batch never blocks the others.
 */
const open = async (store: Store, process: Process, parts: ConnectionParts, needs: Needs): Promise<Batch> => {
  const { timeline, random, rates, monitor } = parts;
  await travel(parts);
  if (random.happens(rates.storeAway)) throw new Error('the store is out of reach');
  const batch = await store.open(needs);
  const forget = process.onEnd(batch.release);
  const release = (): void => {
    forget();
    batch.release();
  };
  const deliver = async (): Promise<void> => {
    await travel(parts);
    if (random.happens(rates.batchLate)) {
      release();
      await timeline.wait(random.between(0, latestBatchMs));
    } else if (!process.isResponsive) release();
  };
  noteStaleOrders(batch, needs, monitor);
  await deliver();
  return {
    loaded: batch.loaded,
    load: (more) =>
      process.receive(async () => {
        await travel(parts);
        await batch.load(more);
        await deliver();
      }),
    write: (decided) => process.receive(() => write(batch, decided, process, parts).finally(release)),
    confirm: () =>
      process.receive(async () => {
        await travel(parts);
        await batch.confirm();
        await travel(parts);
      }),
    release,
  };
};

const openNear = async (store: Store, { monitor }: ConnectionParts, needs: Needs): Promise<Batch> => {
  const batch = await store.open(needs);
  noteStaleOrders(batch, needs, monitor);
  return {
    ...batch,
    write: (decided) =>
      batch.write(decided).catch((error: unknown) => {
        noteFailure(error, decided, monitor);
        throw error;
      }),
  };
};

const noteStaleOrders = ({ loaded }: Batch, needs: Needs, monitor: Monitor): void => {
  const isStale = ([orderId, version]: [string, number | undefined]) =>
    version !== undefined && loaded.orders.get(orderId)?.version !== version;
  if ([...needs.orders].some(isStale)) monitor.saw('stale-order');
};

const noteFailure = (error: unknown, decided: BatchWrite, monitor: Monitor): void => {
  if (error instanceof DroppedBatch) monitor.saw('dropped-batch');
  else if (error instanceof StaleBatch) monitor.saw('stale-batch');
  if (error instanceof DiskFull) monitor.noteFull(decided);
};

const write = async (
  batch: Batch,
  decided: BatchWrite,
  process: Process,
  parts: ConnectionParts,
): Promise<void> => {
  const { random, rates, monitor } = parts;
  await travel(parts);
  // A process that ended meanwhile never sent it.
  if (!process.isRunning) return;
  if (random.happens(rates.storeAway)) throw new Error('the store is out of reach');
  try {
    await batch.write(decided);
  } catch (error) {
    noteFailure(error, decided, monitor);
    throw error;
  }
  await monitor.noteWrite(process, decided);
  if (random.happens(rates.writeUnanswered)) throw new Error('the connection broke during the commit');
  await travel(parts);
};

const travel = ({ timeline, random }: ConnectionParts): Promise<void> =>
  timeline.wait(random.between(0, mostTravelMs));

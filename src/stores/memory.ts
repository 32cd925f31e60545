// The store that forgets everything when the process ends: the contract of store.ts on tables. It never shares a value
// with its callers. It is for trying things out, and for tests that are about something else.
import { drawEpoch } from '../clock.ts';
import { AppError } from '../errors.ts';
import type {
  Backlog,
  Call,
  EventFilter,
  JournalEvent,
  Store,
  StoredOrder,
  StoredOrderFilter,
} from '../store.ts';
import { createTurns } from '../turns.ts';
import { createAmending } from './amending.ts';
import { createBatches } from './batch.ts';
import { createDoor } from './closing.ts';
import { createHoldTable } from './memory-holds.ts';
import { createPeople } from './memory-people.ts';
import { createServiceIncidents } from './memory-service-incidents.ts';
import {
  copy,
  createBatchAccess,
  createTables,
  type MemoryTables,
  type OrderRow,
  toKey,
} from './memory-tables.ts';
import { createWebhookTables } from './memory-webhooks.ts';
import { createOneNode } from './one-node.ts';

const toStoredOrder = ({ orderId, version, system, summary, unreadable }: OrderRow): StoredOrder => ({
  orderId,
  version,
  system,
  summary: copy(summary),
  ...(unreadable === null ? {} : { unreadable }),
});

const compare = <T extends number | string>(one: T, other: T): number =>
  one < other ? -1 : Number(one > other);
const newestFirst = (one: OrderRow, other: OrderRow): number =>
  compare(other.summary.createdAt, one.summary.createdAt) || compare(other.orderId, one.orderId);

const matches = ({ summary, unreadable }: OrderRow, filter: StoredOrderFilter): boolean => {
  const isUnknown = filter.knownVersions?.includes(summary.chartVersion) === false;
  const needsPerson = summary.incident || unreadable !== null || isUnknown;
  return (
    summary.state === (filter.state ?? summary.state) &&
    summary.settled === (filter.settled ?? summary.settled) &&
    needsPerson === (filter.incident ?? needsPerson) &&
    summary.owner === (filter.owner ?? summary.owner) &&
    (filter.chartVersions?.includes(summary.chartVersion) ?? true) &&
    summary.chartVersion !== filter.notChartVersion &&
    summary.createdAt >= (filter.createdFrom ?? summary.createdAt) &&
    summary.createdAt < (filter.createdBefore ?? Number.POSITIVE_INFINITY)
  );
};

const findWaking = (
  { orders }: MemoryTables,
  versions: readonly string[],
): { orderId: string; wakeAt: number }[] =>
  [...orders.values()]
    .flatMap(({ orderId, wakeAt, unreadable, summary }) =>
      wakeAt === null || unreadable !== null || !versions.includes(summary.chartVersion)
        ? []
        : [{ orderId, wakeAt }],
    )
    .sort((one, other) => one.wakeAt - other.wakeAt);

const createOrderReads = (tables: MemoryTables) => ({
  load: (orderIds: readonly string[]): ReadonlyMap<string, StoredOrder> => {
    const rows = orderIds.flatMap((orderId) => tables.orders.get(orderId) ?? []);
    return new Map(rows.map((row) => [row.orderId, toStoredOrder(row)]));
  },
  list: (filter: StoredOrderFilter): readonly StoredOrder[] => {
    const cursor = filter.after === undefined ? undefined : tables.orders.get(filter.after);
    if (filter.after !== undefined && cursor === undefined) {
      throw new AppError('invalid-request', `There is no order ${filter.after} to continue after.`);
    }
    return [...tables.orders.values()]
      .filter((row) => matches(row, filter) && (cursor === undefined || newestFirst(cursor, row) < 0))
      .sort(newestFirst)
      .slice(0, filter.limit)
      .map(toStoredOrder);
  },
  dueOrders: (now: number, limit: number, versions: readonly string[]): readonly string[] =>
    findWaking(tables, versions)
      .filter(({ wakeAt }) => wakeAt <= now)
      .slice(0, limit)
      .map(({ orderId }) => orderId),
  nextWake: (versions: readonly string[]): number | undefined => findWaking(tables, versions)[0]?.wakeAt,
});

const countBy = (rows: readonly OrderRow[], name: 'state' | 'chartVersion'): Record<string, number> => {
  const groups = Map.groupBy(rows, ({ summary }) => summary[name]);
  return Object.fromEntries([...groups].map(([value, group]) => [value, group.length]));
};

const countUnreadable = ({ orders }: MemoryTables, versions?: readonly string[]): Record<string, number> => {
  const isUnreadable = ({ unreadable, summary }: OrderRow): boolean =>
    unreadable !== null || versions?.includes(summary.chartVersion) === false;
  return countBy([...orders.values()].filter(isUnreadable), 'chartVersion');
};

const toEarliest = (times: readonly number[]): number | null =>
  times.length === 0 ? null : times.reduce((one, other) => Math.min(one, other));

const createOtherReads = (tables: MemoryTables) => ({
  received: (orderId: string, after: number, limit: number) =>
    copy((tables.received.get(orderId) ?? []).filter(({ version }) => version > after).slice(0, limit)),
  events: ({ orderId, types, owner, after, upTo, limit }: EventFilter): readonly JournalEvent[] =>
    copy(
      tables.journal
        .slice(Math.max(0, after), upTo)
        .filter(
          (event) =>
            event.orderId === (orderId ?? event.orderId) &&
            (types?.includes(event.type) ?? true) &&
            (owner === undefined || tables.orders.get(event.orderId)?.summary.owner === owner),
        )
        .slice(0, limit),
    ),
  lastPosition: (): number => tables.journal.length,
  owners: (orderIds: readonly string[]): ReadonlyMap<string, string> =>
    new Map(
      orderIds.flatMap((orderId) => {
        const owner = tables.orders.get(orderId)?.summary.owner;
        return owner === undefined ? [] : [[orderId, owner] as const];
      }),
    ),
  idempotencyRecord: (scope: string, key: string) => {
    const record = tables.idempotency.get(toKey(scope, key));
    return record && copy(record);
  },
  chartVersions: () => countBy([...tables.orders.values()], 'chartVersion'),
  unreadable: (versions: readonly string[]) => countUnreadable(tables, versions),
  figures: (versions?: readonly string[]) => {
    const rows = [...tables.orders.values()];
    return {
      ordersByState: countBy(rows, 'state'),
      ordersByVersion: countBy(rows, 'chartVersion'),
      incidents: rows.filter(({ summary }) => summary.incident).length,
      unreadable: countUnreadable(tables, versions),
      pendingCalls: tables.calls.size,
    };
  },
  backlog: (now: number, versions: readonly string[]): Backlog => {
    const waiting = [...tables.orders.values()].filter(
      ({ summary, unreadable }) => unreadable === null && versions.includes(summary.chartVersion),
    );
    const due = waiting.flatMap(({ wakeAt }) => (wakeAt !== null && wakeAt <= now ? [wakeAt] : []));
    const unsettled = waiting.flatMap(({ summary: { settled, incident, createdAt } }) =>
      settled || incident ? [] : [createdAt],
    );
    return { overdue: due.length, dueSince: toEarliest(due), unsettledSince: toEarliest(unsettled) };
  },
  row: (key: string) => {
    const row = tables.rows.get(key);
    return row && copy(row);
  },
  rows: (table: string, { after, limit }: { readonly after?: string; readonly limit: number }) => {
    const start = `${table}/`;
    return [...tables.rows]
      .filter(([key]) => key.startsWith(start) && key > start + (after ?? ''))
      .sort(([one], [other]) => compare(one, other))
      .slice(0, limit)
      .map(([, row]) => copy(row));
  },
});

const createCallChanges = ({ orders, calls }: MemoryTables) => {
  const lease = (callId: string, owner: string, until: number): void => {
    const row = calls.get(callId);
    if (row !== undefined) calls.set(callId, { ...row, owner, until });
  };
  return {
    claimCalls: (
      ...[{ owner, now, until, limit, versions, services = { except: [] } }]: Parameters<Store['claimCalls']>
    ): readonly Call[] => {
      const isClaimable = (orderId: string): boolean => {
        const order = orders.get(orderId);
        return order?.unreadable === null && versions.includes(order.summary.chartVersion);
      };
      const claimed = [...calls.values()]
        .filter(({ until: leasedUntil, call: { service, orderId } }) => {
          const isAsked =
            'only' in services ? services.only.includes(service) : !services.except.includes(service);
          return leasedUntil <= now && isAsked && isClaimable(orderId);
        })
        .sort((one, other) => one.sequence - other.sequence)
        .slice(0, limit);
      for (const { call } of claimed) lease(call.callId, owner, until);
      return claimed.map(({ call }) => copy(call));
    },
    returnCalls: (owner: string, callIds: readonly string[]): void => {
      for (const callId of callIds) if (calls.get(callId)?.owner === owner) lease(callId, '', 0);
    },
    returnAllCalls: (): void => {
      for (const callId of calls.keys()) lease(callId, '', 0);
    },
  };
};

const createOrderChanges = ({ orders, idempotency }: MemoryTables) => ({
  markUnreadable: (orderId: string, reason: string): void => {
    const row = orders.get(orderId);
    if (row !== undefined) orders.set(orderId, { ...row, unreadable: reason });
  },
  clearUnreadable: (versions: readonly string[]): void => {
    for (const [orderId, row] of orders) {
      if (versions.includes(row.summary.chartVersion)) orders.set(orderId, { ...row, unreadable: null });
    }
  },
  forgetKeys: (before: number, limit: number): number => {
    // A map keeps its entries in the order in which they were added.
    const over = [...idempotency.entries().take(limit)].filter(([, { at }]) => at < before);
    for (const [name] of over) idempotency.delete(name);
    return over.length;
  },
});

export const createMemoryStore = (): Store => {
  const tables = createTables();
  const { guard, close } = createDoor();
  const batches = createBatches(createBatchAccess(tables), createTurns());
  const amend = createAmending(batches);
  const change = <Given extends readonly unknown[], T>(method: (...given: Given) => T) =>
    guard((...given: Given) => batches.change(() => method(...given)));
  const orders = createOrderReads(tables);
  const others = createOtherReads(tables);
  const calls = createCallChanges(tables);
  const changes = createOrderChanges(tables);
  const people = createPeople(tables);
  const webhooks = createWebhookTables();
  const holds = createHoldTable(tables);
  const incidents = createServiceIncidents();
  const epochs = [{ name: drawEpoch(), lastPosition: null }];

  return {
    open: guard(batches.open),
    load: guard(orders.load),
    claimCalls: change(calls.claimCalls),
    returnCalls: change(calls.returnCalls),
    returnAllCalls: change(calls.returnAllCalls),
    dueOrders: guard(orders.dueOrders),
    nextWake: guard(orders.nextWake),
    markUnreadable: change(changes.markUnreadable),
    clearUnreadable: change(changes.clearUnreadable),
    list: guard(orders.list),
    received: guard(others.received),
    events: guard(others.events),
    lastPosition: guard(others.lastPosition),
    owners: guard(others.owners),
    epochs: guard(() => epochs),
    restored: guard(() => undefined),
    noteResumed: change(() => undefined),
    idempotencyRecord: guard(others.idempotencyRecord),
    updateIdempotencyAnswer: guard((scope, key, answer) => amend({ scope, key, ...answer })),
    forgetKeys: change(changes.forgetKeys),
    chartVersions: guard(others.chartVersions),
    unreadable: guard(others.unreadable),
    figures: guard(others.figures),
    backlog: guard(others.backlog),
    row: guard(others.row),
    rows: guard(others.rows),
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
    check: change(() => undefined),
    close: () => close(() => batches.change(() => undefined)),
  };
};

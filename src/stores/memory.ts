// The store that forgets everything when the process ends: the contract of store.ts on maps. It never shares
// a value with its callers. It exists for trying things out, and for tests that are about something else.
import { AppError } from '../errors.ts';
import type { Call, EventFilter, JournalEvent, OrderFilter, Store, StoredOrder } from '../store.ts';
import { createDoor } from './closing.ts';
import { createCommit } from './memory-commit.ts';
import { createStockRows } from './memory-stock.ts';
import { copy, createLayer, createMaps, type Maps, type OrderRow, toKey } from './memory-tables.ts';
import { createQueue } from './queue.ts';
import { setProduct } from './stock.ts';

const toStoredOrder = ({ orderId, version, system, unreadable }: OrderRow): StoredOrder => ({
  orderId,
  version,
  system,
  ...(unreadable === null ? {} : { unreadable }),
});

const compare = <T extends number | string>(one: T, other: T): number =>
  one < other ? -1 : Number(one > other);
const newestFirst = (one: OrderRow, other: OrderRow): number =>
  compare(other.summary.createdAt, one.summary.createdAt) || compare(other.orderId, one.orderId);

const matches = ({ summary, unreadable }: OrderRow, filter: OrderFilter): boolean => {
  const parked = summary.incident || unreadable !== null;
  return (
    summary.state === (filter.state ?? summary.state) &&
    summary.settled === (filter.settled ?? summary.settled) &&
    parked === (filter.incident ?? parked) &&
    summary.customerId === (filter.customerId ?? summary.customerId) &&
    summary.createdAt >= (filter.createdFrom ?? summary.createdAt) &&
    summary.createdAt < (filter.createdBefore ?? Number.POSITIVE_INFINITY)
  );
};

const findWaking = ({ orders }: Maps): { orderId: string; wakeAt: number }[] =>
  [...orders.values()]
    .flatMap(({ orderId, wakeAt, unreadable }) =>
      wakeAt === null || unreadable !== null ? [] : [{ orderId, wakeAt }],
    )
    .sort((one, other) => one.wakeAt - other.wakeAt);

const createOrderReads = (maps: Maps) => ({
  load: (orderIds: readonly string[]): ReadonlyMap<string, StoredOrder> => {
    const rows = orderIds.flatMap((orderId) => maps.orders.get(orderId) ?? []);
    return new Map(rows.map((row) => [row.orderId, toStoredOrder(row)]));
  },
  list: (filter: OrderFilter): readonly StoredOrder[] => {
    const cursor = filter.after === undefined ? undefined : maps.orders.get(filter.after);
    if (filter.after !== undefined && cursor === undefined) {
      throw new AppError('invalid-request', `There is no order ${filter.after} to continue after.`);
    }
    return [...maps.orders.values()]
      .filter((row) => matches(row, filter) && (cursor === undefined || newestFirst(cursor, row) < 0))
      .sort(newestFirst)
      .slice(0, filter.limit)
      .map(toStoredOrder);
  },
  dueOrders: (now: number, limit: number): readonly string[] =>
    findWaking(maps)
      .filter(({ wakeAt }) => wakeAt <= now)
      .slice(0, limit)
      .map(({ orderId }) => orderId),
  nextWake: (): number | undefined => findWaking(maps)[0]?.wakeAt,
});

const createOtherReads = (maps: Maps, journal: readonly JournalEvent[]) => ({
  received: (orderId: string, after: number, limit: number) =>
    copy((maps.received.get(orderId) ?? []).filter(({ version }) => version > after).slice(0, limit)),
  events: ({ orderId, types, after, limit }: EventFilter): readonly JournalEvent[] =>
    copy(
      journal
        .slice(Math.max(0, after))
        .filter(
          (event) => event.orderId === (orderId ?? event.orderId) && (types?.includes(event.type) ?? true),
        )
        .slice(0, limit),
    ),
  lastPosition: (): number => journal.length,
  idempotencyRecord: (scope: string, key: string) => {
    const record = maps.idempotency.get(toKey(scope, key));
    return record && copy(record);
  },
  figures: () => {
    const rows = [...maps.orders.values()];
    const ordersByState: Record<string, number> = {};
    for (const { summary } of rows) ordersByState[summary.state] = (ordersByState[summary.state] ?? 0) + 1;
    return {
      ordersByState,
      incidents: rows.filter(({ summary }) => summary.incident).length,
      unreadable: rows.filter(({ unreadable }) => unreadable !== null).length,
      pendingCalls: maps.calls.size,
    };
  },
  product: (productId: string) => {
    const product = maps.products.get(productId);
    return product && copy(product);
  },
  products: ({ after, limit }: { readonly after?: string; readonly limit: number }) =>
    [...maps.products.values()]
      .filter(({ productId }) => productId > (after ?? ''))
      .sort((one, other) => compare(one.productId, other.productId))
      .slice(0, limit)
      .map(copy),
});

const createCallChanges = ({ orders, calls }: Maps) => {
  const lease = (callId: string, owner: string, until: number): void => {
    const row = calls.get(callId);
    if (row !== undefined) calls.set(callId, { ...row, owner, until });
  };
  return {
    claimCalls: ({ owner, now, until, limit }: Parameters<Store['claimCalls']>[0]): readonly Call[] => {
      const claimed = [...calls.values()]
        .filter((row) => row.until <= now && (orders.get(row.call.orderId)?.unreadable ?? null) === null)
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

const createOrderChanges = ({ orders, idempotency }: Maps) => ({
  markUnreadable: (orderId: string, reason: string): void => {
    const row = orders.get(orderId);
    if (row !== undefined) orders.set(orderId, { ...row, unreadable: reason });
  },
  clearUnreadable: (): void => {
    for (const [orderId, row] of orders) orders.set(orderId, { ...row, unreadable: null });
  },
  updateIdempotencyAnswer: (scope: string, key: string, status: number, body: string): void => {
    const record = idempotency.get(toKey(scope, key));
    if (record !== undefined) idempotency.set(toKey(scope, key), { ...record, status, body });
  },
});

const createCatalogueChanges = (maps: Maps): Pick<Store, 'putProduct' | 'seedProducts'> => {
  /** Keeps all that `change` did, or nothing where it throws. */
  const atOnce = <T>(change: (rows: ReturnType<typeof createStockRows>) => T): T => {
    const { tables, keep } = createLayer(maps);
    const result = change(createStockRows(tables));
    keep();
    return result;
  };
  return {
    putProduct: async (productId, setting, at) =>
      copy(atOnce((rows) => setProduct(rows, productId, setting, { why: 'set', at }))),
    seedProducts: async (products, at) => {
      if (maps.products.size > 0) return false;
      atOnce((rows) => {
        for (const product of products) setProduct(rows, product.productId, product, { why: 'seeded', at });
      });
      return true;
    },
  };
};

export const createMemoryStore = (): Store => {
  const maps = createMaps();
  const journal: JournalEvent[] = [];
  const { guard, close } = createDoor();
  const enqueue = createQueue();
  /** A change waits for the commit under way, or the commit would write over it. */
  const change = <Given extends readonly unknown[], T>(method: (...given: Given) => T | Promise<T>) =>
    guard((...given: Given) => enqueue(async () => method(...given)));
  const orders = createOrderReads(maps);
  const others = createOtherReads(maps, journal);
  const calls = createCallChanges(maps);
  const changes = createOrderChanges(maps);
  const catalogue = createCatalogueChanges(maps);

  return {
    load: guard(orders.load),
    commit: guard(createCommit(maps, journal, enqueue)),
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
    idempotencyRecord: guard(others.idempotencyRecord),
    updateIdempotencyAnswer: change(changes.updateIdempotencyAnswer),
    figures: guard(others.figures),
    products: guard(others.products),
    product: guard(others.product),
    putProduct: change(catalogue.putProduct),
    seedProducts: change(catalogue.seedProducts),
    check: guard(() => enqueue(async () => undefined)),
    close: () => close(() => enqueue(async () => undefined)),
  };
};

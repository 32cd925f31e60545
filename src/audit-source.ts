// What a store shows to an examiner: one consistent picture of it, taken without stopping the writer. It is raw:
// text stays text, and nothing is refused because it is wrong, since that is what the examiner looks for.

/** Data of which nothing is known but that it has names: a row, or the payload of a message. */
export type Fields = Readonly<Record<string, unknown>>;

/** One order's row. Times are ms since 1970. */
export interface OrderRow {
  readonly orderId: string;
  readonly version: number;
  readonly lastSeq: number;
  readonly owner: string;
  readonly state: string;
  readonly settled: boolean;
  readonly incident: boolean;
  readonly chartVersion: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly wakeAt: number | null;
  readonly unreadable: string | null;
  /** The serialised order system. */
  readonly system: string;
}

/** A recorded message; `data` is its payload as JSON. */
export interface ReceivedRow {
  readonly version: number;
  readonly messageId: string;
  readonly kind: string;
  readonly to: string;
  readonly type: string;
  readonly data: string;
  readonly causationId: string | null;
  readonly correlationId: string;
  readonly disposition: string;
  readonly reason: string | null;
  readonly at: number;
}

/** A domain event; `data` is its payload as JSON. */
export interface EventRow {
  readonly position: number;
  readonly seq: number;
  readonly eventId: string;
  readonly actor: string;
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: string;
  readonly causationId: string;
  readonly correlationId: string;
  readonly at: number;
}

/** A pending call; `command` is JSON. */
export interface CallRow {
  readonly callId: string;
  readonly service: string;
  readonly actor: string;
  readonly command: string;
  readonly causationId: string;
  readonly correlationId: string;
  readonly at: number;
  readonly keyFirstUsedAt: number;
}

export interface KeyRow {
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly orderId: string;
  readonly status: number;
  /** Whether there is such an order, and whether the kept answer names it. */
  readonly orderExists: boolean;
  readonly bodyNamesOrder: boolean;
}

/** All that there is of one order. Without `order` these are traces of an order that does not exist. */
export interface OrderRecords {
  readonly orderId: string;
  readonly order?: OrderRow;
  /** By version. */
  readonly received: readonly ReceivedRow[];
  /** By seq. */
  readonly events: readonly EventRow[];
  readonly calls: readonly CallRow[];
  /** Rows of the application's tables, and what is kept elsewhere, by the name under which they are read. */
  readonly rows: Readonly<Record<string, readonly Fields[]>>;
}

/** One check of how the store itself is kept, with its problems in words. */
export interface StorageCheck {
  readonly about: string;
  readonly problems: readonly string[];
}

export interface LatestOrders {
  readonly limit: number;
  /** Only orders on this version. */
  readonly chartVersion?: string;
}

/** One consistent picture of a store. Everything is read in pages, so that memory does not grow with it. */
export interface AuditSource {
  /** What was committed before this time (ms since 1970) is in the picture. */
  readonly takenAt: number;
  orderCount(): Promise<number>;
  storage(): AsyncIterable<StorageCheck>;
  /** By order id, as `compareIds` sorts them. */
  orders(): AsyncIterable<readonly OrderRecords[]>;
  /** The orders that were placed last, the newest first, without rows of the application. */
  latest(wanted: LatestOrders): AsyncIterable<OrderRecords>;
  /** The rows of one of the tables that the application names for audits. */
  table(name: string): AsyncIterable<readonly Fields[]>;
  /** By scope and key. */
  idempotencyKeys(): AsyncIterable<readonly KeyRow[]>;
  close(): Promise<void>;
}

/** What is kept elsewhere of the orders, such as a gateway's ledger: by order id, as `compareIds` sorts them. */
export interface OutsideRecords {
  entries(): Iterable<{ readonly orderId: string }>;
}

const surrogates = /[\ud800-\udfff]/;

/** The order of ids in an audit: that of their UTF-8 bytes. */
export const compareIds = (one: string, other: string): number => {
  if (one === other) return 0;
  if (surrogates.test(one) || surrogates.test(other)) {
    return Buffer.compare(Buffer.from(one), Buffer.from(other));
  }
  return one < other ? -1 : 1;
};

/** Reads what is sorted by order id, one order after the other. */
export interface OrderCursor<T> {
  /** The order of the next item; undefined at the end. */
  next(): string | undefined;
  /** The items of this order, if they come next. */
  take(orderId: string): readonly T[];
}

export const createOrderCursor = <Item, T>(
  items: Iterable<Item>,
  orderIdOf: (item: Item) => string,
  convert: (item: Item) => T,
): OrderCursor<T> => {
  const iterator = items[Symbol.iterator]();
  const read = () => {
    const { done, value } = iterator.next();
    return done ? undefined : { orderId: orderIdOf(value), item: value };
  };
  let head = read();
  return {
    next: () => head?.orderId,
    take: (orderId) => {
      const taken: T[] = [];
      for (; head?.orderId === orderId; head = read()) taken.push(convert(head.item));
      return taken;
    },
  };
};

/** The order that comes first of those that the cursors are at. */
export const findNextOrder = (cursors: readonly OrderCursor<unknown>[]): string | undefined => {
  let first: string | undefined;
  for (const cursor of cursors) {
    const next = cursor.next();
    if (next !== undefined && (first === undefined || compareIds(next, first) < 0)) first = next;
  }
  return first;
};

// The tables of the memory store: maps, and layers over maps that are kept as a whole or forgotten. They
// never hand out what they hold without `copy`. They exist so that a commit in memory is as atomic as one on
// a disk: nothing of it is seen, or left behind, before it is kept.
import type { Call, IdempotencyRecord, OrderSummary, Product, Received, Share } from '../store.ts';
import type { ReservationStatus } from './stock.ts';

export interface OrderRow {
  readonly orderId: string;
  readonly version: number;
  readonly lastSeq: number;
  readonly system: string;
  readonly summary: OrderSummary;
  readonly wakeAt: number | null;
  readonly unreadable: string | null;
}

interface CallRow {
  readonly sequence: number;
  readonly call: Call;
  readonly owner: string;
  readonly until: number;
}

interface ReservationRow {
  readonly status: ReservationStatus;
  readonly shares: readonly Share[];
}

interface Table<Row> {
  get(key: string): Row | undefined;
  set(key: string, row: Row): void;
  delete(key: string): void;
}

/** What every table has, whatever it is kept in. Received messages are rows of their order. */
export interface Tables {
  readonly orders: Table<OrderRow>;
  readonly received: Table<readonly Received[]>;
  readonly calls: Table<CallRow>;
  readonly idempotency: Table<IdempotencyRecord>;
  readonly products: Table<Product>;
  readonly reservations: Table<ReservationRow>;
}

export const createMaps = () => ({
  orders: new Map<string, OrderRow>(),
  received: new Map<string, readonly Received[]>(),
  calls: new Map<string, CallRow>(),
  idempotency: new Map<string, IdempotencyRecord>(),
  products: new Map<string, Product>(),
  reservations: new Map<string, ReservationRow>(),
});
export type Maps = ReturnType<typeof createMaps>;

/** The same value with nothing shared, and with whatever JSON can't carry lost, as on a disk. */
export const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value));

const createTableLayer = <Row>(below: Table<Row>) => {
  const changes = new Map<string, { readonly row: Row | undefined }>();
  return {
    get: (key: string): Row | undefined => {
      const change = changes.get(key);
      return change === undefined ? below.get(key) : change.row;
    },
    set: (key: string, row: Row): void => {
      changes.set(key, { row });
    },
    delete: (key: string): void => {
      changes.set(key, { row: undefined });
    },
    keep: (): void => {
      for (const [key, { row }] of changes) {
        if (row === undefined) below.delete(key);
        else below.set(key, row);
      }
    },
  };
};

/** Tables that read through to those below and write to themselves, until `keep` writes it all down. */
export const createLayer = (below: Tables) => {
  const tables = {
    orders: createTableLayer(below.orders),
    received: createTableLayer(below.received),
    calls: createTableLayer(below.calls),
    idempotency: createTableLayer(below.idempotency),
    products: createTableLayer(below.products),
    reservations: createTableLayer(below.reservations),
  };
  return {
    tables,
    keep: (): void => {
      for (const table of Object.values(tables)) table.keep();
    },
  };
};

export const toKey = (scope: string, key: string): string => JSON.stringify([scope, key]);

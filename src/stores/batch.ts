// A batch of a store that one process has to itself: it takes its turn when it is opened, so that nothing it loaded can
// change before it is written. Each store brings how rows are read and written.
import type { Row } from '../application.ts';
import {
  type Batch,
  type BatchWrite,
  type IdempotencyRecord,
  type Loaded,
  type LoadedOrder,
  type Needs,
  RefusedWrite,
  StaleBatch,
} from '../store.ts';
import type { TakeTurn } from '../turns.ts';
import { requireContinuation } from './continuation.ts';

/** How one store reads and writes a batch. */
export interface BatchAccess {
  orders(needed: Needs['orders']): ReadonlyMap<string, LoadedOrder>;
  /** Those of `messages` that are recorded. */
  received(messages: Needs['received']): Needs['received'];
  records(keys: Needs['keys']): readonly IdempotencyRecord[];
  rows(keys: readonly string[]): ReadonlyMap<string, Row>;
  /** Stores everything in one durable transaction or nothing. @throws RefusedWrite. */
  write(write: BatchWrite): void;
}

const toName = (one: string, other: string): string => JSON.stringify([one, other]);

/** Everything that was loaded, over one load or several. */
class LoadedRows implements Loaded {
  readonly orders = new Map<string, LoadedOrder>();
  readonly rows = new Map<string, Row>();
  readonly #received = new Set<string>();
  readonly #records = new Map<string, IdempotencyRecord>();

  hasReceived(orderId: string, messageId: string): boolean {
    return this.#received.has(toName(orderId, messageId));
  }

  record(scope: string, key: string): IdempotencyRecord | undefined {
    return this.#records.get(toName(scope, key));
  }

  add(store: BatchAccess, needs: Needs): void {
    if (needs.orders.size > 0) {
      for (const [orderId, order] of store.orders(needs.orders)) this.orders.set(orderId, order);
    }
    if (needs.received.length > 0) {
      for (const { orderId, messageId } of store.received(needs.received)) {
        this.#received.add(toName(orderId, messageId));
      }
    }
    if (needs.keys.length > 0) {
      for (const record of store.records(needs.keys)) {
        this.#records.set(toName(record.scope, record.key), record);
      }
    }
    if (needs.rows.length > 0) {
      for (const [key, row] of store.rows(needs.rows)) this.rows.set(key, row);
    }
  }
}

/** @throws StaleBatch, or RefusedWrite for orders that do not continue without a gap. */
const requireContinuations = ({ orders }: Loaded, write: BatchWrite): void => {
  try {
    for (const order of write.orders) requireContinuation(orders.get(order.orderId), order);
  } catch (error) {
    throw error instanceof StaleBatch ? error : new RefusedWrite(error);
  }
};

/** Opens a batch when its turn comes. */
export const openBatch = async (store: BatchAccess, takeTurn: TakeTurn, needs: Needs): Promise<Batch> => {
  const loaded = new LoadedRows();
  const endTurn = await takeTurn();
  let isOpen = true;
  const release = () => {
    isOpen = false;
    endTurn();
  };
  const requireOpen = () => {
    if (!isOpen) throw new StaleBatch('A batch was released, and what it loaded');
  };
  try {
    loaded.add(store, needs);
  } catch (error) {
    release();
    throw error;
  }
  return {
    loaded,
    load: async (more) => {
      requireOpen();
      loaded.add(store, more);
    },
    write: async (write) => {
      requireOpen();
      try {
        requireContinuations(loaded, write);
        store.write(write);
      } finally {
        release();
      }
    },
    release,
  };
};

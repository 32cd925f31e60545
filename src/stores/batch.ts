// Batches of a store. Each takes its turn when it is opened, so that nothing it loaded can
// change in this process before it is handed over; the next one is opened on top of it, while it is being written. What is handed over is
// written in that order, and nothing that was decided on a batch outlives its failure.
import type { Row } from '../application.ts';
import { limits } from '../limits.ts';
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
import { inTurn, type TakeTurn } from '../turns.ts';
import { type BatchAccess, type BatchReads, toName } from './batch-access.ts';
import { requireContinuation } from './continuation.ts';
import { UnderWay } from './under-way.ts';

export interface Batches {
  /** Opens a batch when its turn comes. */
  open(needs: Needs): Promise<Batch>;
  /** Makes another change: in its turn, and when no batch is under way. */
  change<T>(task: () => T | Promise<T>): Promise<T>;
}

/** Everything that was loaded, over one load or several. */
class LoadedRows implements Loaded {
  readonly #store: BatchReads;
  readonly orders = new Map<string, LoadedOrder>();
  readonly rows = new Map<string, Row>();
  readonly asked = { keys: new Set<string>(), messages: new Set<string>() };
  readonly #received = new Set<string>();
  readonly #records = new Map<string, IdempotencyRecord>();

  constructor(store: BatchReads) {
    this.#store = store;
  }

  /** Of `rows`, those that are as this node remembers them. */
  readonly #unsure = new Set<string>();

  isUnsure(key: string): boolean {
    return this.rows.has(key) ? this.#unsure.has(key) : this.#store.isShared;
  }

  rowAtHand(key: string): Row | undefined {
    return this.#store.rowAtHand(key);
  }

  hasReceived(orderId: string, messageId: string): boolean {
    return this.#received.has(toName(orderId, messageId));
  }

  record(scope: string, key: string): IdempotencyRecord | undefined {
    return this.#records.get(toName(scope, key));
  }

  async add(needs: Needs): Promise<void> {
    for (const { scope, key } of needs.keys) this.asked.keys.add(toName(scope, key));
    for (const { orderId, messageId } of needs.received) this.asked.messages.add(toName(orderId, messageId));
    const { orders, received, records, rows, unsure } = await this.#store.load(needs);
    for (const [orderId, order] of orders) this.orders.set(orderId, order);
    for (const { orderId, messageId } of received) this.#received.add(toName(orderId, messageId));
    for (const record of records) this.#records.set(toName(record.scope, record.key), record);
    for (const [key, row] of rows) {
      this.rows.set(key, row);
      if (unsure?.has(key)) this.#unsure.add(key);
      else this.#unsure.delete(key);
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

export const createBatches = (access: BatchAccess, takeTurn: TakeTurn): Batches => {
  const underWay = new UnderWay(access);

  const open = async (needs: Needs): Promise<Batch> => {
    const endTurn = await takeTurn();
    let isOpen = true;
    const release = (): void => {
      isOpen = false;
      endTurn();
    };
    const requireOpen = (): void => {
      if (!isOpen) throw new StaleBatch('A batch was released, and what it loaded');
    };
    const loaded = new LoadedRows(underWay);
    let requireGround: () => void;
    try {
      await underWay.atMost(limits.batchesUnderWay - 1);
      requireGround = underWay.stand();
      await loaded.add(needs);
    } catch (error) {
      release();
      throw error;
    }
    return {
      loaded,
      load: async (more) => {
        requireOpen();
        await loaded.add(more);
      },
      write: async (write) => {
        requireOpen();
        try {
          requireGround();
          requireContinuations(loaded, write);
          return underWay.add(write, loaded.asked);
        } finally {
          release();
        }
      },
      confirm: async () => {
        requireOpen();
        const ground = underWay.newest();
        release();
        await ground;
        requireGround();
      },
      release,
    };
  };

  const change = <T>(task: () => T | Promise<T>): Promise<T> =>
    inTurn(takeTurn, async () => {
      await underWay.atMost(0);
      return task();
    });

  return { open, change };
};

// How one store reads what is committed, and writes a batch: all that differs between the stores of one process.
import type { Row } from '../application.ts';
import type { BatchWrite, IdempotencyRecord, LoadedOrder, Needs } from '../store.ts';

/** What is known of the store, as decisions ask for it. */
export interface BatchReads {
  orders(needed: Needs['orders']): ReadonlyMap<string, LoadedOrder>;
  /** Those of `messages` that are recorded. */
  received(messages: Needs['received']): Needs['received'];
  records(keys: Needs['keys']): readonly IdempotencyRecord[];
  rows(keys: readonly string[]): ReadonlyMap<string, Row>;
  /** A row that is in memory. */
  rowAtHand(key: string): Row | undefined;
}

/** How one store reads what is committed, and writes a batch. */
export interface BatchAccess extends BatchReads {
  /**
   * Puts together what `write` stores. The returned function stores it, in one durable transaction or not at all: batches are
   * put together while others are being stored. @throws RefusedWrite, as the function does.
   */
  prepare(write: BatchWrite): () => Promise<void>;
}

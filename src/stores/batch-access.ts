// How one store reads what is committed, and writes a batch: all that differs between the stores.
import type { Row, RowChange } from '../application.ts';
import type { BatchWrite, IdempotencyRecord, LoadedOrder, Needs } from '../store.ts';

/** What a store found of what a decision needs. */
export interface Found {
  readonly orders: ReadonlyMap<string, LoadedOrder>;
  /** Those of the messages that are recorded. */
  readonly received: Needs['received'];
  readonly records: readonly IdempotencyRecord[];
  readonly rows: ReadonlyMap<string, Row>;
  /** Rows as this node remembers them: other nodes may have changed them since. */
  readonly unsure?: ReadonlySet<string>;
  /** How many of the batches that were prepared are in it already, the first ones. Left out: all that are durable. */
  readonly includes?: number;
}

/** What is known of the store, as decisions ask for it. */
export interface BatchReads {
  /** All of one moment. */
  load(needs: Needs): Found | Promise<Found>;
  /** A row that is in memory. */
  rowAtHand(key: string): Row | undefined;
  /** Other nodes write to the same store: what is in memory may be older than what is stored. */
  readonly isShared: boolean;
}

/** What a batch asked for before its decision, by `toName`: if it was not found then and is there now, somebody was faster. */
export interface Asked {
  readonly keys: ReadonlySet<string>;
  readonly messages: ReadonlySet<string>;
}

/** How one store reads what is committed, and writes a batch. */
export interface BatchAccess extends BatchReads {
  /**
   * Puts together what `write` stores. The returned function stores it, in one durable transaction or not at all: batches are
   * put together while others are being stored. @throws RefusedWrite, as the function does; the function StaleBatch, too.
   */
  prepare(write: BatchWrite, asked: Asked): () => Promise<void>;
  /** A row as it will be after `change`, if it is `current` now. Left out: as the change says, whatever it is now. */
  merge?(change: RowChange, current: Row | undefined): Row;
}

/** A name for a pair. */
export const toName = (one: string, other: string): string => JSON.stringify([one, other]);

export const nothingFound: Found = { orders: new Map(), received: [], records: [], rows: new Map() };

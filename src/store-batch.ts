// One batch of a store: what is loaded for its decision, what it writes, and why it can be refused. It is the path of all
// that is decided (store.ts has the rest of the contract).
import type { Row, RowChanges } from './application.ts';
import type { Lease } from './call-claims.ts';
import type { Call, NewEvent, Received } from './step/effect.ts';

/** What is kept beside the system so that orders can be listed without reading it. */
export interface OrderSummary {
  /** Whose the order is; it never changes. */
  readonly owner: string;
  /** The main actor's top-level state. */
  readonly state: string;
  readonly settled: boolean;
  readonly incident: boolean;
  readonly chartVersion: string;
  /** ms since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** The stored answer for an idempotency key. `scope` keeps routes apart; `orderId` is empty if it is about no order. */
export interface IdempotencyRecord {
  readonly scope: string;
  readonly key: string;
  /** Hash of the request body. */
  readonly fingerprint: string;
  readonly orderId: string;
  readonly status: number;
  readonly body: string;
  /** The order's version that `body` shows, or the revision of what else it shows. */
  readonly version: number;
  readonly at: number;
}

/** What a batch's decision needs, named before it is decided. */
export interface Needs {
  /** Orders by id, with the version that the caller has in memory: their systems need not be read. */
  readonly orders: ReadonlyMap<string, number | undefined>;
  /** Messages that may have been recorded before. */
  readonly received: readonly { readonly orderId: string; readonly messageId: string }[];
  readonly keys: readonly { readonly scope: string; readonly key: string }[];
  /** Keys of the application's rows. */
  readonly rows: readonly string[];
  /** Rows as the store has them now, and not as this node remembers them. */
  readonly isFresh?: boolean;
}

export interface LoadedOrder {
  readonly version: number;
  /** `seq` of its last event. */
  readonly lastSeq: number;
  /** Left out when `version` is the one that the caller has. */
  readonly system?: string;
}

export interface Loaded {
  /** Orders that exist. */
  readonly orders: ReadonlyMap<string, LoadedOrder>;
  hasReceived(orderId: string, messageId: string): boolean;
  record(scope: string, key: string): IdempotencyRecord | undefined;
  /** Rows that were asked for and exist, by key. */
  readonly rows: ReadonlyMap<string, Row>;
  /** A row that the store has in memory, although nobody asked for it. Undefined says nothing: it has to be loaded. */
  rowAtHand(key: string): Row | undefined;
  /**
   * Whether a row is as this node remembers it, where other nodes may have changed it since. A change of it is safe, as the
   * store checks it against the row; a decision that only reads it has to load it again.
   */
  isUnsure(key: string): boolean;
}

/** Everything that is written for one order in one batch. */
export interface OrderWrite {
  readonly orderId: string;
  /** The version that the decision started from; 0 places a new order. */
  readonly baseVersion: number;
  /** `baseVersion` plus the number of `received`. */
  readonly version: number;
  /** `seq` of its last event, those in `events` included. */
  readonly lastSeq: number;
  readonly system: string;
  readonly summary: OrderSummary;
  /** When the order's next deadline is due (ms since 1970), or null. */
  readonly wakeAt: number | null;
  readonly received: readonly Received[];
  readonly events: readonly NewEvent[];
  readonly calls: readonly Call[];
  /** Calls that were answered, or are no longer wanted: their rows go. */
  readonly finishedCalls: readonly string[];
  readonly idempotency: readonly IdempotencyRecord[];
}

/** What a key that is taken is answered from now on. */
export type AmendedAnswer = Pick<IdempotencyRecord, 'scope' | 'key' | 'status' | 'body' | 'version'>;

export interface BatchWrite {
  readonly orders: readonly OrderWrite[];
  readonly rows: RowChanges;
  /** Answers about no order. */
  readonly idempotency?: readonly IdempotencyRecord[];
  /** For keys that are not taken, nothing. */
  readonly amended?: readonly AmendedAnswer[];
  /** Of new calls. */
  readonly lease: Lease;
}

/**
 * One open batch. What it loaded stays valid until it is written, confirmed or released. It may include what earlier
 * batches are about to store: until those are durable too, no answer that rests on it may leave.
 */
export interface Batch {
  readonly loaded: Loaded;
  /** Loads more: what the decision turned out to need. `loaded` then has both. */
  load(needs: Needs): Promise<void>;
  /**
   * Stores all of `write` in one durable transaction, and ends the batch. The next batch can be opened on top of it at once;
   * the promise resolves when it is durable, with everything that it was decided on.
   * @throws StaleBatch when what was loaded has changed meanwhile, or was never stored; RefusedWrite when its values
   * cannot be stored; any other error means that the store cannot write now. Nothing was stored, unless the answer was lost.
   */
  write(write: BatchWrite): Promise<void>;
  /**
   * Ends the batch without a write. Resolves when everything that was loaded is durable.
   * @throws StaleBatch when some of it was never stored.
   */
  confirm(): Promise<void>;
  /** Ends the batch without a write, and without an answer; after `write` or `confirm` it does nothing. */
  release(): void;
}

/** What a batch was decided on is no longer true: nothing was written; open it and decide again. */
export class StaleBatch extends Error {
  constructor(what: string) {
    super(`${what} changed while a batch was decided`);
    this.name = 'StaleBatch';
  }
}

/** A batch that this one was decided on could not be stored: this one was dropped with it. */
export class DroppedBatch extends StaleBatch {
  constructor() {
    super('The outcome of an earlier batch');
    this.name = 'DroppedBatch';
  }
}

/** The store works, and the values of a batch cannot be stored: nothing was written. `cause` says why. */
export class RefusedWrite extends Error {
  constructor(cause: unknown) {
    super('the store refuses what a batch would write', { cause });
    this.name = 'RefusedWrite';
  }
}

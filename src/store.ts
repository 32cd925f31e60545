// Who remembers: the contract of the stores. One atomic `commit` writes everything that a step decided;
// work that must happen after it (calls, deadlines) is rows. Nothing here assumes one process, or that an
// answer comes at once: an order whose version moved on meanwhile is reported stale and left out of the
// batch, and its caller loads and steps again. Nobody needs to own an order for this to be correct.
import type { Call, NewEvent, Received } from './step/effect.ts';

export type { Call, Disposition, NewEvent, Received } from './step/effect.ts';

/** What a store hands back for one order. */
export interface StoredOrder {
  readonly orderId: string;
  /** Number of messages recorded for the order so far; 1 after it was placed. */
  readonly version: number;
  /** The serialised order system (`src/step/snapshot.ts` reads it). */
  readonly system: string;
  /** Why the host could not read `system`, where that happened. Such an order is left alone. */
  readonly unreadable?: string;
}

/** What is kept beside the system so that orders can be listed without reading it. */
export interface OrderSummary {
  readonly customerId: string;
  /** The order chart's top-level state. */
  readonly state: string;
  readonly settled: boolean;
  readonly incident: boolean;
  readonly chartVersion: string;
  /** ms since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A domain event as the journal keeps it. `position` orders the events of all orders; it only grows. */
export interface JournalEvent extends NewEvent {
  readonly orderId: string;
  readonly position: number;
}

/** The answer that an idempotency key stands for. `scope` keeps routes apart. */
export interface IdempotencyRecord {
  readonly scope: string;
  readonly key: string;
  /** Hash of the request body. */
  readonly fingerprint: string;
  readonly orderId: string;
  readonly status: number;
  readonly body: string;
  readonly at: number;
}

/** Everything that is written for one order in one commit. */
export interface OrderWrite {
  /** The version after this write: the base version plus the number of `received`. */
  readonly version: number;
  readonly system: string;
  readonly summary: OrderSummary;
  /** When the order's next deadline is due (ms since 1970), or null. */
  readonly wakeAt: number | null;
  readonly received: readonly Received[];
  readonly events: readonly NewEvent[];
  readonly calls: readonly Call[];
  /** Calls that were answered (or are not wanted any more): their rows go. */
  readonly finishedCalls: readonly string[];
  readonly idempotency?: IdempotencyRecord;
}

/** What `decide` may ask inside the transaction. */
export interface DecisionContext {
  readonly stock: Stock;
  /** Whether the order has recorded a message with this id before. */
  hasReceived(messageId: string): Promise<boolean>;
}

/** One order's part of a commit. */
export interface OrderWork {
  readonly orderId: string;
  /** The version that `decide` starts from; 0 places a new order. */
  readonly baseVersion: number;
  /**
   * Runs inside the transaction and returns what to write, or null for nothing. When it throws, this
   * order's stock changes are undone and the others are written. It must ask the store for nothing but
   * what `context` offers: the store waits for it.
   */
  decide(context: DecisionContext): Promise<OrderWrite | null>;
}

export type CommitResult =
  | { readonly outcome: 'committed' }
  /** `decide` returned null. */
  | { readonly outcome: 'unchanged' }
  /** The stored version is not `baseVersion`. Nothing of this order was written. */
  | { readonly outcome: 'stale' }
  /** The idempotency key is taken. Nothing of this order was written. */
  | { readonly outcome: 'replayed'; readonly record: IdempotencyRecord }
  /** `decide` threw. Nothing of this order was written. */
  | { readonly outcome: 'failed'; readonly error: unknown };

/** Quantity of a product, summed over an order's lines. */
export interface Share {
  readonly productId: string;
  readonly quantity: number;
}
export interface Shortage extends Share {
  readonly available: number;
}

/** The stock as a commit sees and changes it. A reservation belongs to an order and ends once. */
export interface Stock {
  products(productIds: readonly string[]): Promise<ReadonlyMap<string, Product>>;
  /** All shares or none. Repeating it for an order that already holds changes nothing. */
  hold(
    orderId: string,
    shares: readonly Share[],
    expiresAt: number,
    at: number,
  ): Promise<{ outcome: 'held' | 'ended' } | { outcome: 'insufficient'; shortages: readonly Shortage[] }>;
  /** Gives a held reservation back. `committed`: it was sold and stays so. `nothing`: there is none. */
  release(orderId: string, at: number): Promise<'released' | 'committed' | 'nothing'>;
  /** Turns a held reservation into a sale. `not-held`: there is none, or it was given back. */
  sell(orderId: string, at: number): Promise<'sold' | 'not-held'>;
}

export interface Product {
  readonly productId: string;
  readonly name: string;
  /** Minor units of `currency`. */
  readonly unitPrice: number;
  readonly currency: string;
  /** In the building and not sold. */
  readonly onHand: number;
  /** Promised to orders, still in the building. `available` = onHand − held. */
  readonly held: number;
  /** Sold since the beginning. */
  readonly sold: number;
  readonly available: number;
}

/** What a product is, as a person sets it. */
export interface ProductSetting {
  readonly name: string;
  readonly unitPrice: number;
  readonly currency: string;
  readonly onHand: number;
}

export interface Catalogue {
  /** By product id, after `after`, at most `limit`. */
  products(page: { readonly after?: string; readonly limit: number }): Promise<readonly Product[]>;
  product(productId: string): Promise<Product | undefined>;
  /**
   * Sets what a product is and how much is on hand.
   * @throws AppError `stock-below-held` where orders hold more than `onHand`; nothing is changed.
   */
  putProduct(productId: string, setting: ProductSetting, at: number): Promise<Product>;
  /** Puts these products into a catalogue that has none; otherwise changes nothing. Says which it was. */
  seedProducts(
    products: readonly (ProductSetting & { readonly productId: string })[],
    at: number,
  ): Promise<boolean>;
}

export interface OrderFilter {
  readonly state?: string;
  readonly settled?: boolean;
  /** Waits for a person: it has an incident, or cannot be read. */
  readonly incident?: boolean;
  readonly customerId?: string;
  /** ms since 1970; `createdFrom` inclusive, `createdBefore` exclusive. */
  readonly createdFrom?: number;
  readonly createdBefore?: number;
  /** Continue after this order (newest first). */
  readonly after?: string;
  readonly limit: number;
}

export interface EventFilter {
  readonly orderId?: string;
  readonly types?: readonly string[];
  /** Only events behind this position. */
  readonly after: number;
  readonly limit: number;
}

export interface StoreFigures {
  readonly ordersByState: Readonly<Record<string, number>>;
  readonly incidents: number;
  readonly unreadable: number;
  readonly pendingCalls: number;
}

export interface Store extends Catalogue {
  load(orderIds: readonly string[]): Promise<ReadonlyMap<string, StoredOrder>>;
  /**
   * Writes a batch in one durable transaction; one result for each entry, in order. Calls in it are
   * leased to `owner` until `leaseUntil` (0: free for whoever claims them).
   */
  commit(
    work: readonly OrderWork[],
    lease: { readonly owner: string; readonly until: number },
  ): Promise<readonly CommitResult[]>;

  /** Takes calls whose lease has ended, oldest first, and leases them to `owner`. */
  claimCalls(claim: {
    readonly owner: string;
    readonly now: number;
    readonly until: number;
    readonly limit: number;
  }): Promise<readonly Call[]>;
  /** Gives calls back before their lease ends. Calls that are not `owner`'s are left alone. */
  returnCalls(owner: string, callIds: readonly string[]): Promise<void>;
  /** Gives back the calls of every owner: for a store that only one process can have open. */
  returnAllCalls(): Promise<void>;
  /** Orders with a deadline due at `now`, the longest overdue first. */
  dueOrders(now: number, limit: number): Promise<readonly string[]>;
  /** When the next deadline of any order is due, or undefined. */
  nextWake(): Promise<number | undefined>;
  /** Sets an order aside because its system cannot be read; its calls and deadlines rest. */
  markUnreadable(orderId: string, reason: string): Promise<void>;
  /** Lets every order that was set aside be tried again. */
  clearUnreadable(): Promise<void>;

  list(filter: OrderFilter): Promise<readonly StoredOrder[]>;
  received(orderId: string, after: number, limit: number): Promise<readonly Received[]>;
  events(filter: EventFilter): Promise<readonly JournalEvent[]>;
  lastPosition(): Promise<number>;
  idempotencyRecord(scope: string, key: string): Promise<IdempotencyRecord | undefined>;
  /** Replaces the answer that a key stands for, where the first one was still on its way. */
  updateIdempotencyAnswer(scope: string, key: string, status: number, body: string): Promise<void>;
  figures(): Promise<StoreFigures>;
  /** Resolves when the store can write; rejects with the reason where it cannot. */
  check(): Promise<void>;
  close(): Promise<void>;
}

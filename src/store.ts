// The contract of the stores. A batch of orders takes one path: `open` loads everything that its
// decision needs, the caller decides in memory, and `write` stores all of it durably or nothing. Work that must
// happen afterwards (calls, deadlines) is rows. Nothing here assumes one process, or that an answer comes at
// once: a batch whose orders changed meanwhile is refused as stale, and its caller opens and decides again.
import type { KeyStore } from './access.ts';
import type { Row } from './application.ts';
import type { Claim } from './call-claims.ts';
import type { NodeStore, OnChange } from './nodes.ts';
import type { HoldStore } from './service-holds.ts';
import type { ServiceIncidentStore } from './service-incidents.ts';
import type { Call, NewEvent, Received } from './step/effect.ts';
import type { Batch, IdempotencyRecord, Needs, OrderSummary } from './store-batch.ts';
import type { WebhookStore } from './webhooks.ts';

export type { Call, NewEvent, Received } from './step/effect.ts';
export * from './store-batch.ts';

/** What a store returns for one order. */
export interface StoredOrder {
  readonly orderId: string;
  /** Number of messages recorded for the order so far; 1 after it was placed. */
  readonly version: number;
  /** The serialised order system (`src/step/snapshot.ts` reads it). */
  readonly system: string;
  readonly summary: OrderSummary;
  /** Why the host could not read `system`. Such an order is left alone. */
  readonly unreadable?: string;
}

/** A domain event as the journal keeps it. `position` orders the events of all orders; it only grows. */
export interface JournalEvent extends NewEvent {
  readonly orderId: string;
  readonly position: number;
}

/**
 * A stretch of the journal whose positions were given out under one name. A restored copy goes on with a new one, so that
 * positions which the copy never had can be told from its own.
 */
export interface Epoch {
  readonly name: string;
  /** Where it ended; null for the present one. */
  readonly lastPosition: number | null;
}

/** What is known of a copy that this store began with, until a host has started on it. */
export interface Restored {
  /** The position of its newest event. */
  readonly lastPosition: number;
  /** When its newest event was recorded (ms since 1970); null without any. */
  readonly lastEventAt: number | null;
  /** Calls that were pending in it, and may have been made since. */
  readonly doubtfulCalls: number;
}

export interface OrderFilter {
  readonly state?: string;
  readonly settled?: boolean;
  /** It has an incident, or cannot be read. */
  readonly incident?: boolean;
  readonly owner?: string;
  /** Only orders on one of these chart versions. */
  readonly chartVersions?: readonly string[];
  /** No order on this chart version. */
  readonly notChartVersion?: string;
  /** ms since 1970; `createdFrom` inclusive, `createdBefore` exclusive. */
  readonly createdFrom?: number;
  readonly createdBefore?: number;
  /** Continue after this order (newest first). */
  readonly after?: string;
  readonly limit: number;
}

/** What a host asks its store for. */
export interface StoredOrderFilter extends OrderFilter {
  /** Chart versions that the host knows: orders on others count as incidents. Left out: it knows all. */
  readonly knownVersions?: readonly string[];
}

export interface EventFilter {
  readonly orderId?: string;
  readonly types?: readonly string[];
  /** Only events of this owner's orders. */
  readonly owner?: string;
  /** Only events behind this position. */
  readonly after: number;
  /** Only events up to this position: what comes later is not looked at. Left out: all. */
  readonly upTo?: number;
  readonly limit: number;
}

/** The number of orders on each chart version; versions without any are left out. */
export type OrdersByVersion = Readonly<Record<string, number>>;

/** What waits, and for how long. Unreadable orders and those on other versions are left out. */
export interface Backlog {
  /** Orders with a deadline that is due. */
  readonly overdue: number;
  /** When the one that has been due for longest fell due (ms since 1970), or null. */
  readonly dueSince: number | null;
  /** When the oldest order was placed that is neither settled nor has an incident (ms since 1970), or null. */
  readonly unsettledSince: number | null;
}

export interface StoreFigures {
  readonly ordersByState: Readonly<Record<string, number>>;
  readonly ordersByVersion: OrdersByVersion;
  readonly incidents: number;
  /** As `Store.unreadable` counts them. */
  readonly unreadable: OrdersByVersion;
  readonly pendingCalls: number;
}

/** The application's rows as they are committed. */
interface RowReads {
  row(key: string): Promise<Row | undefined>;
  /** By key, after `after`, at most `limit`. */
  rows(table: string, page: { readonly after?: string; readonly limit: number }): Promise<readonly Row[]>;
}

/** What a person wrote down about an order: a remark, or who takes care of its incidents (empty: nobody). */
export interface OrderNote {
  readonly orderId: string;
  readonly kind: 'note' | 'assignment';
  readonly text: string;
  /** Who wrote it; undefined: nobody was named. */
  readonly principal: string | undefined;
  /** ms since 1970. */
  readonly at: number;
}

export interface Store extends RowReads, KeyStore, WebhookStore, HoldStore, ServiceIncidentStore, NodeStore {
  /**
   * Calls `listener` soon after another node changed something, and when it is not known whether one did; the returned function
   * ends that. Left out: the store belongs to one process. Of `events` and `calls` it may say nothing: whoever needs them looks
   * for them now and then. What it says of the others arrives within seconds while the store can be read.
   */
  readonly onChange?: OnChange;
  /** Loads what a batch needs, on top of what earlier batches are about to store. */
  open(needs: Needs): Promise<Batch>;
  load(orderIds: readonly string[]): Promise<ReadonlyMap<string, StoredOrder>>;

  /** Takes calls whose lease has ended, oldest first, and leases them to `owner`. */
  claimCalls(claim: Claim): Promise<readonly Call[]>;
  /** Gives calls back before their lease ends. Calls that are not `owner`'s are left alone. */
  returnCalls(owner: string, callIds: readonly string[]): Promise<void>;
  /** Gives back the calls of every owner: for a store that only one process can have open. */
  returnAllCalls(): Promise<void>;
  /** Orders on `versions` with a deadline due at `now`, the longest overdue first. */
  dueOrders(now: number, limit: number, versions: readonly string[]): Promise<readonly string[]>;
  /** When the next deadline of any order on `versions` is due, or undefined. */
  nextWake(versions: readonly string[]): Promise<number | undefined>;
  /** Marks an order whose system cannot be read; its calls and deadlines rest. */
  markUnreadable(orderId: string, reason: string): Promise<void>;
  /** Lets the orders on `versions` that were marked unreadable be tried again. */
  clearUnreadable(versions: readonly string[]): Promise<void>;

  list(filter: StoredOrderFilter): Promise<readonly StoredOrder[]>;
  received(orderId: string, after: number, limit: number): Promise<readonly Received[]>;
  events(filter: EventFilter): Promise<readonly JournalEvent[]>;
  lastPosition(): Promise<number>;
  /** Whose these orders are; it never changes. Orders that do not exist are left out. */
  owners(orderIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Oldest first; the last one is the present one. They change only when a copy is opened. */
  epochs(): Promise<readonly Epoch[]>;
  /** Undefined if the store is no copy, or a host has noted that it started on it. */
  restored(): Promise<Restored | undefined>;
  noteResumed(): Promise<void>;
  idempotencyRecord(scope: string, key: string): Promise<IdempotencyRecord | undefined>;
  /** Replaces a key's answer before the first one was sent. */
  updateIdempotencyAnswer(
    scope: string,
    key: string,
    answer: { readonly status: number; readonly body: string; readonly version: number },
  ): Promise<void>;
  /**
   * Forgets answers of idempotency keys that were stored before `before` (ms since 1970): their keys are as new. Looks at
   * the `limit` that were stored first, and returns how many of them it forgot.
   */
  forgetKeys(before: number, limit: number): Promise<number>;
  addNote(note: OrderNote): Promise<void>;
  /** Of these orders, the oldest first. */
  notes(orderIds: readonly string[]): Promise<readonly OrderNote[]>;
  chartVersions(): Promise<OrdersByVersion>;
  /** Orders that a host cannot read if it knows `versions`: those that are marked, and those on other versions. */
  unreadable(versions: readonly string[]): Promise<OrdersByVersion>;
  /** `versions`: those that the host knows; left out: all. Counting all orders of a large store takes its time. */
  figures(versions?: readonly string[]): Promise<StoreFigures>;
  /** What waits at `now`, of orders on `versions`. */
  backlog(now: number, versions: readonly string[]): Promise<Backlog>;
  /**
   * Resolves when the store can write, tried by writing as much as a large order; rejects with the reason when it cannot
   * (`store-unavailable`, if everyone may read it). `writes` false: only what is known without writing.
   */
  check(writes?: boolean): Promise<void>;
  close(): Promise<void>;
}

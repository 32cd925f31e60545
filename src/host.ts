// The promise: who runs an actor. `place` and `send` answer after the commit, and only then; what an order
// was told is never lost, and every message gets a defined answer. The API and the inspector see only this.
// Implementations are in hosts/; they never show how they keep the promise.
import type { ActorName, Item, Message } from '../machines/messages.ts';
import type { SystemState } from './step/snapshot.ts';
import type { Passed } from './step/trace.ts';
import type { OrderView } from './step/view.ts';
import type { Disposition, IdempotencyRecord, JournalEvent, OrderFilter, Received } from './store.ts';

export { type MoveName, moveNames } from '../machines/system.ts';
export type { Incident, Move, OrderView } from './step/view.ts';

/** An idempotency key, and how the answer that it will stand for is made from the order's view. */
export interface Idempotency {
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
  respond(view: OrderView): { readonly status: number; readonly body: string };
}

export interface Placement {
  /** Left out: a new UUIDv7. */
  readonly orderId?: string;
  readonly customerId: string;
  readonly email: string;
  readonly currency: string;
  /** Names, unit prices and line totals as in the catalogue (minor units). */
  readonly items: readonly Item[];
  readonly amount: number;
}

export interface Delivery {
  readonly orderId: string;
  readonly to: ActorName;
  readonly message: Message;
  /** A message with an id that the order has recorded before changes nothing. Left out: a new UUIDv7. */
  readonly messageId?: string;
  /** Refused unless the order has this version. */
  readonly ifVersion?: number;
  /**
   * `refuse` (moves): a message that the chart does not take leaves no trace and throws
   * `move-not-allowed`. `record` (facts from services): it is kept as ignored, with the reason.
   */
  readonly otherwise: 'refuse' | 'record';
  readonly idempotency?: Idempotency;
}

export interface Receipt {
  readonly disposition: Disposition | 'duplicate';
  readonly reason: string | null;
  readonly view: OrderView;
}

/** What a request with an idempotency key came to: done now, or done before. */
export type Outcome<T> =
  | { readonly outcome: 'done'; readonly result: T }
  | { readonly outcome: 'replayed'; readonly record: IdempotencyRecord };

/** What one commit made of an order. */
export interface OrderChange {
  readonly orderId: string;
  /** ms since 1970. */
  readonly at: number;
  readonly state: SystemState;
  /** Empty where the commit began before somebody looked. */
  readonly passed: readonly Passed[];
}

/** Looks on as a host commits, in the host's own process. While it does not look, it costs nothing. */
export interface Onlooker {
  isLooking(): boolean;
  /** Told after the commit; nothing of it is stored. It must be quick, and must not throw. */
  note(change: OrderChange): void;
}

export interface HostHealth {
  readonly ready: boolean;
  /** Why it is not ready. */
  readonly reason: string | null;
}

export interface Host {
  /** Somebody has connected: a busy host listens for a moment before it goes on. */
  knock(): void;
  /**
   * False where a message would wait longer than `MAX_WAIT_MS` for its commit: whoever stands at the door refuses
   * then. It costs nothing to ask. `place` and `send` themselves take as much as there is room for.
   */
  isPrompt(): boolean;
  /**
   * Takes an order in. Resolves after the commit.
   * @throws AppError `overloaded` or `closing`; then nothing was stored.
   */
  place(placement: Placement, idempotency?: Idempotency): Promise<Outcome<OrderView>>;
  /**
   * Gives a message to one actor of an order. Resolves after the commit.
   * @throws AppError `order-not-found`, `order-unreadable`, `version-mismatch`, `move-not-allowed` (with
   * `details.allowed`), `overloaded` or `closing`; then nothing was stored.
   */
  send(delivery: Delivery): Promise<Outcome<Receipt>>;
  get(orderId: string): Promise<OrderView | undefined>;
  /** Newest first. */
  list(filter: OrderFilter): Promise<readonly OrderView[]>;
  /** The domain events of one order, behind `after` (a position), oldest first. */
  history(orderId: string, after: number, limit: number): Promise<readonly JournalEvent[]>;
  /** Every message that the order received, and what became of it. */
  received(orderId: string, after: number, limit: number): Promise<readonly Received[]>;
  /** The domain events of all orders by position. */
  events(filter: {
    readonly types?: readonly string[];
    readonly after: number;
    readonly limit: number;
  }): Promise<readonly JournalEvent[]>;
  /**
   * The journal behind `after` (a position), then every event as it is committed, until `signal` is
   * aborted or the host closes. It reads the journal and keeps nothing: a slow reader costs no memory.
   */
  watch(watching: {
    readonly orderId?: string;
    readonly types?: readonly string[];
    readonly after: number;
    readonly signal: AbortSignal;
  }): AsyncIterable<JournalEvent>;
  /** The position of the newest event. */
  lastPosition(): Promise<number>;
  /** Resolves when the order is settled (or parked for a person), or `withinMs` later, with its view. */
  waitUntilSettled(orderId: string, withinMs: number, signal?: AbortSignal): Promise<OrderView | undefined>;
  /** What the key stands for, where it was used before. */
  recall(scope: string, key: string): Promise<IdempotencyRecord | undefined>;
  /** Replaces the answer of a key whose first request is still being answered. */
  amend(scope: string, key: string, status: number, body: string): Promise<void>;
  health(): Promise<HostHealth>;
  /** Takes nothing new, finishes what is under way (for a bounded time), then stops. */
  close(): Promise<void>;
}

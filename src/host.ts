// The promise: who runs order systems. `place` and `send` answer after the commit, and only then; what an order
// received is never lost, and every message gets a defined answer. The API and the inspector see only this.
// Implementations are in hosts/; they never show how they keep the promise.
import type { AnyEventObject } from 'xstate';
import type { Rows } from './application.ts';
import type { NodeInfo } from './nodes.ts';
import type { ServiceControl } from './service-holds.ts';
import type { Disposition, Received } from './step/effect.ts';
import type { SystemState } from './step/system-state.ts';
import type { Delivery } from './step/trace.ts';
import type { SystemView } from './step/view.ts';
import type { Epoch, IdempotencyRecord, JournalEvent, OrderFilter, OrderNote, Restored } from './store.ts';

export type { Incident, Move, SystemView } from './step/view.ts';

/** An answer to a caller, as it is stored for its idempotency key, byte for byte. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** An idempotency key, and how its stored answer is made from what was changed, such as an order's view. */
export interface Idempotency<View = SystemView> {
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
  /** Called once, when it is decided what will be stored. */
  respond(view: View): Answer;
}

/** A key whose answer waits for an order: `respond` is called with each view whose commit stores what it makes of it. */
export type AwaitedAnswer<View = SystemView> = Pick<Idempotency<View>, 'scope' | 'key' | 'respond'>;

/** A new order: the first message of its system. */
export interface Placement {
  readonly orderId: string;
  readonly message: AnyEventObject;
  /** The named caller who asks; recorded with the message. */
  readonly principal?: string | undefined;
  /** Changes rows of the application in the same commit. An AppError refuses the order. */
  readonly alongside?: ((rows: Rows) => void) | undefined;
}

export interface Sending<View extends SystemView = SystemView> {
  readonly orderId: string;
  /** The actor that gets it. */
  readonly to: string;
  readonly message: AnyEventObject;
  /** A message with an id that the order has recorded before changes nothing. Left out: a new UUIDv7. */
  readonly messageId?: string;
  /** Refused unless the order has this version. */
  readonly ifVersion?: number;
  /**
   * `refuse` (moves): a message that the chart does not accept leaves no trace and throws
   * `move-not-allowed`. `record` (facts from services): it is kept as ignored, with the reason.
   */
  readonly otherwise: 'refuse' | 'record';
  readonly idempotency?: Idempotency<View>;
  /** The named caller who asks; recorded with the message. */
  readonly principal?: string | undefined;
  /**
   * Changes rows of the application in the same commit, if the message is applied; given the view before it. An AppError
   * refuses the message.
   */
  readonly alongside?: ((rows: Rows, before: View) => void) | undefined;
}

export interface Receipt<View extends SystemView = SystemView> {
  readonly disposition: Disposition | 'duplicate';
  readonly reason: string | null;
  readonly view: View;
  /** The answer that is stored for the request's idempotency key; undefined without a key. */
  readonly answer: Answer | undefined;
}

/** The outcome of a request: done now, or done before under the same idempotency key. */
export type Outcome<T> =
  | { readonly outcome: 'done'; readonly result: T }
  | { readonly outcome: 'replayed'; readonly record: IdempotencyRecord };

/** A recorded message and what it changed; the views are undefined where its charts are not known here. */
export interface TrailEntry<View extends SystemView = SystemView> {
  readonly received: Received;
  readonly before: View | undefined;
  readonly after: View | undefined;
}

/** One try of a call. Times are ms since 1970. */
export interface CallRecord {
  /** 1, 2, 3, … within the order, in the order in which they were decided. */
  readonly number: number;
  readonly callId: string;
  readonly service: string;
  readonly actor: string;
  readonly command: string;
  readonly key: string;
  /** Undefined for a command without attempts. */
  readonly attempt: number | undefined;
  readonly decidedAt: number;
  /** What came back; undefined: nothing yet, or nothing any more (`droppedAt`). */
  readonly reply: CallReply | undefined;
  /** When a migration dropped it. */
  readonly droppedAt: number | undefined;
}

export interface CallReply {
  readonly type: string;
  readonly at: number;
  /** A fixed word; undefined: the reply has none. */
  readonly reason: string | undefined;
  readonly code: string | undefined;
  readonly disposition: Disposition;
}

/** What one commit made of an order. */
export interface OrderChange {
  readonly orderId: string;
  /** ms since 1970. */
  readonly at: number;
  readonly state: SystemState;
  /** Empty when the commit began before anybody observed. */
  readonly deliveries: readonly Delivery[];
}

/** Observes commits in the host's own process. While it observes nothing, it costs nothing. */
export interface CommitObserver {
  isObserving(): boolean;
  /** Called after the commit; nothing of it is stored. It must be quick, and must not throw. */
  note(change: OrderChange): void;
  /** Another node committed to these orders, or (undefined) to any. What it led to is in the store. */
  noteElsewhere?(orderIds: readonly string[] | undefined): void;
}

/** What a start found: calls to make again, deadlines that fell due meanwhile, open incidents. */
export interface Recovery {
  readonly resumed: number;
  readonly overdue: number;
  readonly incidents: number;
  /** The number of stored orders on each chart version. */
  readonly versions: Readonly<Record<string, number>>;
  /** The store is a copy that was restored, and this is the first start on it. */
  readonly restored?: Restored;
}

/** A wish to move one order to another chart version. */
export interface OrderMigration {
  readonly orderId: string;
  /** The version to move to. */
  readonly to: string;
  readonly why: string;
  readonly who: string;
  /** The named caller who asks; recorded with the message. */
  readonly principal?: string | undefined;
  /** Undoes the last migration instead: only if nothing has happened to the order since. */
  readonly back?: boolean;
}

/** What a migration led to, or would lead to. */
export type MigrationOutcome = Readonly<
  /** `changes`: what changes of its deadlines, calls and incidents, in words. */
  | { kind: 'moved'; from: string; changes: readonly string[] }
  | { kind: 'already-there' }
  /** Its states are not in the other charts, and no rule says where they are. */
  | { kind: 'needs-rule'; text: string }
  /** It cannot be moved: pending work would be lost, nothing would move it, or its rule refuses. */
  | { kind: 'stuck'; text: string }
  | { kind: 'unreadable'; text: string }
  /** There is nothing to undo: it was never migrated from the version that it would go back to. */
  | { kind: 'not-migrated' }
>;

/** One order of a rehearsal. */
export interface RehearsedOrder {
  readonly orderId: string;
  readonly chartVersion: string;
  readonly state: string;
  readonly outcome: MigrationOutcome;
}

export interface HostHealth {
  readonly ready: boolean;
  /** Why it is not ready. */
  readonly reason: string | null;
  /** Orders that cannot be read, which are left alone. Absent if the store cannot be asked. */
  readonly unreadable?: number;
}

export interface Host<View extends SystemView = SystemView> extends ServiceControl {
  /** A client has connected: a busy host accepts connections before it continues. */
  noteConnection(): void;
  /**
   * False when a message would wait longer than `MAX_WAIT_MS` for its commit: the network's edge refuses it then.
   * It costs nothing to ask. `place` and `send` themselves accept as much as there is room for.
   */
  acceptsWrites(): boolean;
  /**
   * Stores a new order. Resolves after the commit.
   * @throws AppError `overloaded`, `closing`, or what `alongside` throws; then nothing was stored.
   */
  place(placement: Placement, idempotency?: Idempotency<View>): Promise<Outcome<Receipt<View>>>;
  /**
   * Delivers a message to one actor of an order. Resolves after the commit.
   * @throws AppError `order-not-found`, `order-unreadable`, `version-mismatch`, `move-not-allowed` (with
   * `details.moves`), `overloaded` or `closing`; then nothing was stored.
   */
  send(sending: Sending<View>): Promise<Outcome<Receipt<View>>>;
  /**
   * Moves an order to another chart version, or says why not. Resolves after the commit.
   * @throws AppError `invalid-request` for a version that is not known here, `order-not-found`, `overloaded`, `closing`.
   */
  migrate(migration: OrderMigration): Promise<MigrationOutcome>;
  /**
   * What migrating a page of orders (newest first) would lead to, or, with `back`, undoing their last migration. Nothing
   * is stored.
   */
  rehearse(to: string, filter: OrderFilter, back?: boolean): Promise<readonly RehearsedOrder[]>;
  get(orderId: string): Promise<View | undefined>;
  /** Newest first. */
  list(filter: OrderFilter): Promise<readonly View[]>;
  /** The domain events of one order, behind `after` (a position), oldest first. */
  history(orderId: string, after: number, limit: number): Promise<readonly JournalEvent[]>;
  /** Every message that the order received, with its disposition. */
  received(orderId: string, after: number, limit: number): Promise<readonly Received[]>;
  /**
   * What each message changed: messages behind `after` (a version), oldest first, with the views before and after.
   * @throws AppError `order-not-found`.
   */
  trail(orderId: string, after: number, limit: number): Promise<readonly TrailEntry<View>[]>;
  /**
   * Every call that was decided for an order and what it came to, as its recorded messages say: calls behind `after` (a
   * number), the oldest first. Empty where its charts are not known.
   * @throws AppError `order-not-found`.
   */
  calls(orderId: string, after: number, limit: number): Promise<readonly CallRecord[]>;
  /**
   * Writes a remark about an order, or who takes care of it. It changes nothing of the order.
   * @throws AppError `order-not-found`, or `too-many-notes`.
   */
  addNote(note: Omit<OrderNote, 'at'>): Promise<OrderNote>;
  /** Of these orders, the oldest first. */
  notes(orderIds: readonly string[]): Promise<readonly OrderNote[]>;
  /** The domain events of all orders by position. */
  events(filter: {
    readonly types?: readonly string[];
    /** Only events of this owner's orders. */
    readonly owner?: string;
    readonly after: number;
    /** Only events up to this position: what comes later is not looked at. Left out: all. */
    readonly upTo?: number;
    readonly limit: number;
  }): Promise<readonly JournalEvent[]>;
  /**
   * The journal behind `after` (a position), then every event as it is committed, until `signal` is
   * aborted or the host closes: oldest first, never an empty array. Watchers that are at the head of the journal and want
   * the same get the same array, so that what is made of it can be shared. A slow one reads for itself and costs no memory.
   */
  watch(watching: {
    readonly orderId?: string;
    readonly types?: readonly string[];
    /** Only events of this owner's orders. */
    readonly owner?: string;
    readonly after: number;
    readonly signal: AbortSignal;
  }): AsyncIterable<readonly JournalEvent[]>;
  /** The position of the newest event. */
  lastPosition(): Promise<number>;
  /** Under which names its positions were given out, oldest first. */
  epochs(): Promise<readonly Epoch[]>;
  /**
   * Resolves when the order is settled, has an incident, or waits for who asked (`Application.awaitsCaller`), or `withinMs` later,
   * with its view. If `answer` was asked to respond to that very view, the commit stored the key's answer: there is nothing to
   * amend.
   */
  waitUntilSettled(
    orderId: string,
    withinMs: number,
    signal?: AbortSignal,
    answer?: AwaitedAnswer<View>,
  ): Promise<View | undefined>;
  /** What is stored for the key, if it was used before. */
  recall(scope: string, key: string): Promise<IdempotencyRecord | undefined>;
  /** Replaces the answer of a key whose first request is still being answered. */
  amend(scope: string, key: string, answer: Answer & { readonly version: number }): Promise<void>;
  health(): Promise<HostHealth>;
  /** Those that run over the same store, this one among them. */
  nodes(): Promise<readonly NodeInfo[]>;
  /** Accepts nothing new, finishes running work (for a bounded time), then stops. */
  close(): Promise<void>;
}

/** A host without `place`, for which an application may have its own form. */
export type OrderAccess<View extends SystemView = SystemView> = Omit<Host<View>, 'place'>;

// The effects of a step, as data: the record of the message, the domain events to keep, the calls to make. It
// does nothing itself: the step stays pure, and a commit gets everything that it must write.

/** The outcome of a message that reached an order. Duplicates of a recorded message are not recorded. */
export type Disposition = 'applied' | 'ignored' | 'dead';

/** The type of the message that a migration is recorded as (migration.ts). No actor receives it. */
export const migrated = 'system.migrated';

/** The type of the message that sets a deadline anew (postponement.ts). No actor receives it. */
export const postponed = 'deadline.postponed';

/** One message that an order received. Folded by `version`, these give the order's system. */
export interface Received {
  /** The order's version that this message made: 1, 2, 3, … without gaps. */
  readonly version: number;
  readonly messageId: string;
  /** How it came: from outside, as the reply to a call, or as a deadline of the order's own. */
  readonly kind: 'message' | 'reply' | 'deadline';
  readonly to: string;
  readonly type: string;
  /** The message's payload, as JSON. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly causationId: string | null;
  readonly correlationId: string;
  readonly disposition: Disposition;
  /** Why it was ignored, or the error that it caused. */
  readonly reason: string | null;
  /** ms since 1970. */
  readonly at: number;
  /** The named caller who asked for it; absent: nobody was named, or nobody asked. */
  readonly principal?: string;
}

/** A domain event as a commit writes it. */
export interface NewEvent {
  readonly eventId: string;
  /** 1, 2, 3, … without gaps within the order. */
  readonly seq: number;
  readonly actor: string;
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly causationId: string;
  readonly correlationId: string;
  readonly at: number;
}

/** A call to a service that has been decided and has no reply yet. */
export interface Call {
  readonly callId: string;
  readonly orderId: string;
  /** The version of the charts whose command it is. */
  readonly chartVersion: string;
  readonly service: string;
  /** The actor that sent the command and receives the reply. */
  readonly actor: string;
  /** The command: its type, idempotency key, attempt and payload. */
  readonly command: Readonly<Record<string, unknown>> & { readonly type: string; readonly key: string };
  /** The message whose step decided this call. */
  readonly causationId: string;
  readonly correlationId: string;
  /** When it was decided, and when its idempotency key was first decided on (ms since 1970). */
  readonly at: number;
  readonly keyFirstUsedAt: number;
  /** It was pending in a copy that was restored: it may have been made since, and is not made again. */
  readonly isDoubtful?: true;
}

// An order system between two messages, in memory: the snapshots of its actors, its deadlines, its calls without a
// reply, its quarantined messages. It is immutable, and what of it is stored is described by schemas.
import type { AnyMachineSnapshot } from 'xstate';
import { z } from 'zod';

const message = z.looseObject({ type: z.string() });

export const deadline = z.strictObject({
  source: z.string(),
  to: z.string(),
  event: message,
  dueAt: z.number(),
  /** The message whose step set it. */
  causationId: z.string(),
  /** The key that it was set under, if its id belongs to a newer deadline now. */
  setAs: z.string().optional(),
  /** When it was due before it was postponed for the first time. */
  firstDueAt: z.number().optional(),
});
export const pendingCall = z.strictObject({
  actor: z.string(),
  service: z.string(),
  command: z.looseObject({ type: z.string(), key: z.string() }),
  at: z.number(),
  causationId: z.string(),
});
export const quarantined = z.strictObject({
  messageId: z.string(),
  to: z.string(),
  message,
  reason: z.string(),
  /** The invariant that the message would break, if that is the reason. */
  violated: z.string().optional(),
  at: z.number(),
});
export type Deadline = Readonly<z.infer<typeof deadline>>;
export type PendingCall = Readonly<z.infer<typeof pendingCall>>;
export type Quarantined = Readonly<z.infer<typeof quarantined>>;

export interface ActorState {
  readonly snapshot: AnyMachineSnapshot;
  /** Since when the actor is in its present state (ms since 1970). */
  readonly since: number;
}

/** Immutable: a step makes a new one. */
export interface SystemState {
  /** The version of its charts. */
  readonly charts: string;
  /** Messages recorded so far; 0 before the first. */
  readonly version: number;
  /** Domain events so far. */
  readonly events: number;
  readonly correlationId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly actors: ReadonlyMap<string, ActorState>;
  /** By `source:id`, in the order in which they were set. */
  readonly deadlines: ReadonlyMap<string, Deadline>;
  readonly calls: ReadonlyMap<string, PendingCall>;
  /** The idempotency key that each actor used last, and when it used that key first. */
  readonly keys: ReadonlyMap<string, { readonly key: string; readonly at: number }>;
  readonly quarantined: Quarantined[];
}

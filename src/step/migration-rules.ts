// The rules of an application that say how a system of one chart version is one of another. Types alone: `migration.ts`
// applies them.
import type { AnyStateMachine, ContextFrom, StateValueFrom } from 'xstate';
import type { Deadline, PendingCall, Quarantined } from './system-state.ts';

type Charts = Readonly<Record<string, AnyStateMachine>>;
type Named<T> = Readonly<Record<string, T>>;

/** One actor as it is stored. Ids of states are those of its chart, such as `order.paying.charging`. */
interface MovingActor<Value, Context> {
  readonly value: Value;
  readonly context: Context;
  /** Since when it is in its state (ms since 1970). */
  readonly since: number;
  /** By the id of a history state, the ids of the states that it restores. */
  readonly history?: Named<readonly string[]> | undefined;
  readonly done?: { readonly output?: unknown } | undefined;
  /** With parallel states: ids of the active ones, in the order in which they were entered. */
  readonly entered?: readonly string[] | undefined;
}

interface PendingWork {
  /** By `ACTOR:ID`. The id of an `after` is `xstate.after.DELAY.STATE`. */
  readonly deadlines: Named<Deadline>;
  /** By id, in the words of the charts. */
  readonly calls: Named<PendingCall>;
  /** The idempotency key that each actor used last, and when it used that key first. */
  readonly keys: Named<{ readonly key: string; readonly at: number }>;
  readonly quarantined: readonly Quarantined[];
}

/** A system as a rule gets it: plain JSON, a copy. */
export interface MovingSystem<From extends Charts = Charts> extends PendingWork {
  readonly actors: {
    readonly [Name in keyof From]: MovingActor<StateValueFrom<From[Name]>, ContextFrom<From[Name]>>;
  };
}

/** What a migration leaves behind on purpose. */
export interface Drops {
  /** Keys of deadlines. */
  readonly deadlines?: readonly string[];
  /** Ids of calls. */
  readonly calls?: readonly string[];
  /** Actors whose incident ends, and ids of quarantined messages. */
  readonly incidents?: readonly string[];
}

/** A system as a rule returns it. */
export interface MovedSystem<To extends Charts = Charts> extends PendingWork {
  /** An actor that is left out starts in its initial state. */
  readonly actors: {
    readonly [Name in keyof To]?: MovingActor<StateValueFrom<To[Name]>, ContextFrom<To[Name]>>;
  };
  /** What is left behind on purpose: everything else that is pending has to be carried over. */
  readonly drops?: Drops;
}

export interface MigrationContext {
  readonly orderId: string;
  /** ms since 1970. */
  readonly at: number;
  readonly from: string;
  readonly to: string;
}

/** How a system of one version is one of another. It must be pure; it throws an Error with the reason if it is not. */
export type Migration<From extends Charts = Charts, To extends Charts = Charts> = (
  system: MovingSystem<From>,
  context: MigrationContext,
) => MovedSystem<To>;

/** Rules by `FROM→TO`. Without a rule, a system is moved as it is, if the other charts have its states. */
export type Migrations = Readonly<Record<`${string}→${string}`, Migration>>;

/** A rule that is typed by the charts of both versions. */
export const defineMigration = <From extends Charts, To extends Charts>(
  rule: Migration<From, To>,
): Migration =>
  // The engine gives it systems of `From` alone: it reads them with those charts.
  rule as unknown as Migration;

// The invariants that every commit is checked against, and the error that says which one something would break.
// The engine has one of its own; the others are the application's. It checks nothing itself.
import type { AnyEventObject } from 'xstate';
import type { Call } from './effect.ts';
import type { SystemState } from './system-state.ts';

/** What an application requires of its systems at every step. */
export interface Invariants {
  /** What must hold, in words, by the name under which a violation is shown and counted. */
  readonly descriptions: Readonly<Record<string, string>>;
  /**
   * Checks one step's result before anything of it is kept or leaves. `delivered` is the message that an actor
   * took: for the retry of a quarantined message, that one. Its time must not depend on the order's history.
   * @throws InvariantViolation.
   */
  check(before: SystemState, after: SystemState, calls: readonly Call[], delivered: AnyEventObject): void;
}

/** What the engine itself requires. */
export const engineInvariants: Invariants['descriptions'] = {
  numbering: "an order's messages and events are numbered without a gap",
};

/** What a step, or the commit around it, would break. `problem` names no person. */
export class InvariantViolation extends Error {
  readonly invariant: string;

  constructor(invariant: string, problem: string) {
    super(`${invariant}: ${problem}`);
    this.name = 'InvariantViolation';
    this.invariant = invariant;
  }
}

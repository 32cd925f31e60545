// How replays share the event loop: each works for a few ms and then waits for a turn, and no two work in the same turn.
// A replay may also have a budget. It knows nothing of orders.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../../clock.ts';
import { limits } from '../../limits.ts';

export interface ReplayBudget {
  readonly messages: number;
  /** ms of work, without the waiting for turns. */
  readonly ms: number;
}

/** A replay stopped before its end: what it reached is kept, and the next one goes on from there. */
export class BudgetSpent extends Error {}

/** Whoever asked for a replay has left. */
export class ReaderLeft extends Error {}

let lastTurn: Promise<unknown> = Promise.resolve();
/** Resolves in a turn of the event loop that no other replay has. There is one event loop, so one queue for it. */
const takeTurn = (): Promise<unknown> => {
  lastTurn = lastTurn.then(() => nextTurn());
  return lastTurn;
};

const unlimited: ReplayBudget = { messages: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY };

/** The pace of one reader, which may replay several orders. The event loop is measured in real time, not in the orders'. */
export class Pace {
  readonly #budget: ReplayBudget;
  readonly #signal: AbortSignal | undefined;
  /** When the present slice of work began; undefined: it has not. */
  #begun: number | undefined;
  #workedMs = 0;
  #messages = 0;

  constructor(budget = unlimited, signal?: AbortSignal) {
    this.#budget = budget;
    this.#signal = signal;
  }

  /** Whether the next message, or page of them, has to wait for a turn. */
  get isDue(): boolean {
    return this.#begun === undefined || systemClock.now() - this.#begun >= limits.replaySliceMs;
  }

  /**
   * Waits for a turn.
   * @throws BudgetSpent or ReaderLeft
   */
  async turn(): Promise<void> {
    this.#endSlice();
    this.#check();
    await takeTurn();
    this.#begun = systemClock.now();
    this.#check();
  }

  /** @throws BudgetSpent */
  noteMessage(): void {
    this.#messages += 1;
    if (this.#messages > this.#budget.messages) this.#check();
  }

  /** The reader does something else now: it works again with its next turn. */
  pause(): void {
    this.#endSlice();
  }

  #endSlice(): void {
    if (this.#begun !== undefined) this.#workedMs += systemClock.now() - this.#begun;
    this.#begun = undefined;
  }

  #check(): void {
    if (this.#signal?.aborted) throw new ReaderLeft('The reader has left.');
    const { messages, ms } = this.#budget;
    if (this.#messages > messages) throw new BudgetSpent(`${messages} messages were replayed`);
    if (this.#workedMs > ms) throw new BudgetSpent(`replaying took ${ms} ms`);
  }
}

// How replays share the event loop: each works for a few ms and then waits for a turn, no two work in the same turn, and after
// each the others come first, until the loop has nothing to do or they had their time. A replay may also have a budget. It knows nothing of orders.
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

/** ms that the event loop had nothing to do so far. */
const readIdle = (): number => performance.eventLoopUtilization().idle;

/** How long others come first, unless the loop was idle meanwhile. */
let rest = { until: 0, idle: 0 };
const restAfter = (workedMs: number): void => {
  const ms = Math.min(workedMs * limits.replayRest, limits.longestReplayRestMs);
  rest = { until: systemClock.now() + ms, idle: readIdle() };
};
const mustRest = (): boolean =>
  systemClock.now() < rest.until && readIdle() - rest.idle < limits.replayIdleMs;
const untilRested = async (): Promise<void> => {
  await nextTurn();
  while (mustRest()) await new Promise<void>((resolve) => systemClock.schedule(resolve, 1));
};

let lastTurn: Promise<unknown> = Promise.resolve();
/** Resolves in a turn of the event loop that no other replay has. There is one event loop, so one queue for it. */
const takeTurn = (): Promise<unknown> => {
  lastTurn = lastTurn.then(untilRested);
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
    await this.#untilTurn();
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

  /** Whoever leaves does not wait for it. */
  async #untilTurn(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const leave = (): void => resolve();
    this.#signal?.addEventListener('abort', leave, { once: true });
    await Promise.race([takeTurn(), promise]);
    this.#signal?.removeEventListener('abort', leave);
  }

  #endSlice(): void {
    if (this.#begun === undefined) return;
    const ms = systemClock.now() - this.#begun;
    this.#workedMs += ms;
    this.#begun = undefined;
    restAfter(ms);
  }

  #check(): void {
    if (this.#signal?.aborted) throw new ReaderLeft('The reader has left.');
    const { messages, ms } = this.#budget;
    if (this.#messages > messages) throw new BudgetSpent(`${messages} messages were replayed`);
    if (this.#workedMs > ms) throw new BudgetSpent(`replaying took ${ms} ms`);
  }
}

// Counts how many orders left their states in the time of the objectives in the charts, over the last hour. It knows nothing of
// why an order is slow.
import type { AnyStateMachine } from 'xstate';
import type { Clock } from './clock.ts';
import { limits } from './limits.ts';
import { type Slo, type SloFigures, sloOf, toPath, within } from './slo.ts';

/** What is measured: the charts of each version, the newest first, and the actor whose states count. */
interface Measured {
  readonly mainActor: string;
  readonly versions: ReadonlyMap<string, { readonly charts: Readonly<Record<string, AnyStateMachine>> }>;
}

const bucketMs = 60_000;

/** Counts what left the states that have an objective. Memory grows with the number of states alone. */
export class SloTracker {
  readonly #clock: Clock;
  readonly #slos = new Map<string, ReadonlyMap<string, Slo>>();
  readonly #newest: ReadonlyMap<string, Slo>;
  readonly #listeners = new Set<(state: string, isWithin: boolean) => void>();
  /** By minute, then by state. */
  readonly #minutes = new Map<number, Map<string, { left: number; within: number }>>();

  constructor({ versions, mainActor }: Measured, clock: Clock) {
    this.#clock = clock;
    for (const [version, { charts }] of versions) {
      const root = charts[mainActor]?.root;
      const slos = (root ? within(root) : []).flatMap((node) => {
        const slo = sloOf(node);
        return slo === undefined ? [] : [[toPath(node), slo] as const];
      });
      this.#slos.set(version, new Map(slos));
    }
    this.#newest = this.#slos.values().next().value ?? new Map();
  }

  /** The objectives of the newest charts, by state. */
  get targets(): ReadonlyMap<string, Slo> {
    return this.#newest;
  }

  /** Calls `listener` for each order that leaves a state with an objective. */
  observe(listener: (state: string, isWithin: boolean) => void): void {
    this.#listeners.add(listener);
  }

  /** An order on `version` left a state, after so long. */
  note(version: string, { state, ms }: { readonly state: string; readonly ms: number }): void {
    const slo = this.#slos.get(version)?.get(state);
    if (slo === undefined) return;
    const isWithin = ms <= slo.withinMs;
    const counts = this.#present(state);
    counts.left += 1;
    if (isWithin) counts.within += 1;
    for (const listener of this.#listeners) listener(state, isWithin);
  }

  /** How each state of the newest charts kept to its objective in the last hour. */
  read(): readonly SloFigures[] {
    this.#forget();
    return [...this.#newest].map(([state, slo]) => {
      const counts = [...this.#minutes.values()].flatMap((minute) => minute.get(state) ?? []);
      return {
        ...{ state, ...slo },
        left: counts.reduce((sum, each) => sum + each.left, 0),
        within: counts.reduce((sum, each) => sum + each.within, 0),
      };
    });
  }

  #present(state: string): { left: number; within: number } {
    const minute = Math.floor(this.#clock.now() / bucketMs);
    let states = this.#minutes.get(minute);
    if (states === undefined) {
      this.#forget();
      states = new Map();
      this.#minutes.set(minute, states);
    }
    const counts = states.get(state) ?? { left: 0, within: 0 };
    states.set(state, counts);
    return counts;
  }

  #forget(): void {
    const oldest = (this.#clock.now() - limits.sloWindowMs) / bucketMs;
    for (const minute of this.#minutes.keys()) if (minute < oldest) this.#minutes.delete(minute);
  }
}

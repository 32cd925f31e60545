// What became of offered requests, and how long each took: counted, never sampled. It exists so that every
// request that was offered is found again in exactly one column.

/** In the order of a report. `broken`: the connection ended without an answer; `unsent`: no connection was free. */
const columns = ['accepted', 'refused', 'otherRefusals', 'failed', 'timeouts', 'broken', 'unsent'] as const;
type Column = (typeof columns)[number];

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}
export interface TallyReport extends Readonly<Record<Column, number>> {
  readonly offered: number;
  /** Refusals (429, 503) that do not say when to come again. */
  readonly withoutRetryAfter: number;
  /** ms from when it was to be sent to the answer. */
  readonly acceptedMs: Percentiles;
  readonly refusedMs: Percentiles;
  /** The same of those that were offered in the second half, when all connections are open. */
  readonly refusedLaterMs: Percentiles;
}

export class Tally {
  offered = 0;
  withoutRetryAfter = 0;
  readonly #counts = new Map<Column, number>(columns.map((column) => [column, 0]));
  readonly #acceptedMs: number[] = [];
  readonly #refusedMs: number[] = [];
  readonly #refusedLaterMs: number[] = [];

  count(column: Column, ms: number, isLater = false): void {
    this.#counts.set(column, this.#of(column) + 1);
    if (column === 'accepted') this.#acceptedMs.push(ms);
    if (column === 'refused') this.#refusedMs.push(ms);
    if (column === 'refused' && isLater) this.#refusedLaterMs.push(ms);
  }

  #of(column: Column): number {
    return this.#counts.get(column) ?? 0;
  }

  report(): TallyReport {
    return {
      offered: this.offered,
      accepted: this.#of('accepted'),
      refused: this.#of('refused'),
      otherRefusals: this.#of('otherRefusals'),
      failed: this.#of('failed'),
      timeouts: this.#of('timeouts'),
      broken: this.#of('broken'),
      unsent: this.#of('unsent'),
      withoutRetryAfter: this.withoutRetryAfter,
      acceptedMs: toPercentiles(this.#acceptedMs),
      refusedMs: toPercentiles(this.#refusedMs),
      refusedLaterMs: toPercentiles(this.#refusedLaterMs),
    };
  }
}

const toPercentiles = (all: readonly number[]): Percentiles => {
  const sorted = [...all].sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
  return { p50: at(0.5), p99: at(0.99), most: at(1) };
};

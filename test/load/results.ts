// The results of the load generator: the outcome of every request and how long it took, counted and never sampled. Each
// request that was offered is in exactly one column.

/** `broken`: the connection ended without an answer; `unsent`: no connection was free. */
const columns = ['accepted', 'refused', 'otherRefusals', 'failed', 'timeouts', 'broken', 'unsent'] as const;
type Column = (typeof columns)[number];

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}
export interface ResultsReport extends Readonly<Record<Column, number>> {
  readonly offered: number;
  /** Refusals (429, 503) without Retry-After. */
  readonly withoutRetryAfter: number;
  /** ms from when it was due to the answer. */
  readonly acceptedMs: Percentiles;
  readonly refusedMs: Percentiles;
  /** The same for the second half of the run, when all connections are open. */
  readonly refusedLaterMs: Percentiles;
}

export class Results {
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

  report(): ResultsReport {
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
  const at = (fraction: number) => Math.round(sorted[Math.floor((sorted.length - 1) * fraction)] ?? 0);
  return { p50: at(0.5), p99: at(0.99), most: at(1) };
};

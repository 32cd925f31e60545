// How the calls to one service went lately, in this process: for people who look. It decides nothing, and keeps no texts.
import { limits } from '../limits.ts';
import type { CallFigures, FailedTry } from '../service-holds.ts';

interface Sample {
  readonly at: number;
  readonly ms: number;
  readonly isFailed: boolean;
}

const { windowMs, calls: mostCalls, errors: mostErrors } = limits.callFigures;

export class CallWindow {
  #samples: Sample[] = [];
  #errors: readonly FailedTry[] = [];

  note(sample: Sample, failed: FailedTry | undefined): void {
    this.#samples.push(sample);
    if (this.#samples.length > 2 * mostCalls) this.#samples = this.#samples.slice(-mostCalls);
    if (failed !== undefined) this.#errors = [failed, ...this.#errors].slice(0, mostErrors);
  }

  read(now: number): CallFigures {
    const samples = this.#samples.slice(-mostCalls).filter(({ at }) => at > now - windowMs);
    const times = samples.map(({ ms }) => ms).sort((one, other) => one - other);
    const quantile = (share: number): number | null =>
      times[Math.min(times.length - 1, Math.ceil(share * times.length) - 1)] ?? null;
    return {
      windowMs,
      calls: samples.length,
      failed: samples.filter(({ isFailed }) => isFailed).length,
      p50Ms: quantile(0.5),
      p95Ms: quantile(0.95),
      lastErrors: this.#errors,
    };
  }
}

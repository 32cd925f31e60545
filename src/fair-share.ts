// How much that stays open one caller may have at the same time: streams, and requests that wait. It knows nothing of what is
// streamed or waited for.
import type { ServerResponse } from 'node:http';
import type { Caller } from './access.ts';
import { isLoopback, toNetwork } from './callers.ts';
import { AppError } from './errors.ts';

interface Asking {
  readonly caller: Caller;
  readonly ip: string;
}

interface FairShareParts {
  /** Of one key, or of one address where no key is asked for. This machine has as many as it likes without a key. */
  readonly most: number;
  /** What is counted, for the refusal: `event streams`. */
  readonly what: string;
}

export class FairShare {
  readonly #parts: FairShareParts;
  readonly #counts = new Map<string, number>();

  constructor(parts: FairShareParts) {
    this.#parts = parts;
  }

  /** A place until it is disposed of. @throws AppError `rate-limited` if the caller has as many as it may have. */
  take({ caller, ip }: Asking): Disposable {
    const { most, what } = this.#parts;
    const who = caller.limitedAs ?? (isLoopback(ip) ? undefined : toNetwork(ip));
    if (who === undefined) return { [Symbol.dispose]: () => {} };
    const count = this.#counts.get(who) ?? 0;
    if (count >= most) {
      const whose = caller.limitedAs === undefined ? 'from this address' : 'of this key';
      const text = `${most} ${what} ${whose} are open, the most that there may be at once.`;
      throw new AppError('rate-limited', text);
    }
    this.#counts.set(who, count + 1);
    return { [Symbol.dispose]: () => this.#leave(who) };
  }

  /** A place until `raw` closes. @throws AppError as `take`. */
  takeUntilClosed(asking: Asking, raw: ServerResponse): void {
    const place = this.take(asking);
    // Whoever has left already says so no more.
    if (raw.closed) place[Symbol.dispose]();
    else raw.once('close', () => place[Symbol.dispose]());
  }

  #leave(who: string): void {
    const left = (this.#counts.get(who) ?? 1) - 1;
    if (left === 0) this.#counts.delete(who);
    else this.#counts.set(who, left);
  }
}

// How much that stays open one caller may have at the same time: streams, and requests that wait. A stream does not outlive
// the key that opened it. It knows nothing of what is streamed or waited for.
import type { ServerResponse } from 'node:http';
import type { Caller, Keys } from './access.ts';
import { isLoopback, toNetwork } from './callers.ts';
import type { Clock } from './clock.ts';
import { limits } from './config.ts';
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
  readonly keys: Pick<Keys, 'isValid' | 'firstMadeAt'>;
  readonly clock: Clock;
}

interface OpenStream {
  readonly raw: ServerResponse;
  readonly mayGoOn: () => boolean;
}

export class FairShare {
  readonly #parts: FairShareParts;
  readonly #counts = new Map<string, number>();
  readonly #streams = new Set<OpenStream>();
  #stopLooking: (() => void) | undefined;

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
      throw new AppError(
        'rate-limited',
        `${most} ${what} ${whose} are open, the most that there may be at once.`,
      );
    }
    this.#counts.set(who, count + 1);
    return { [Symbol.dispose]: () => this.#leave(who) };
  }

  /** A place for a stream until `raw` closes; and closes it soon after the key has ended. @throws AppError as `take`. */
  openStream(asking: Asking, raw: ServerResponse): void {
    const place = this.take(asking);
    const stream = { raw, mayGoOn: this.#whileOpenTo(asking.caller) };
    this.#streams.add(stream);
    this.#stopLooking ??= this.#lookLater();
    const end = (): void => {
      if (!this.#streams.delete(stream)) return;
      place[Symbol.dispose]();
      if (this.#streams.size > 0) return;
      this.#stopLooking?.();
      this.#stopLooking = undefined;
    };
    raw.once('close', end);
    // Whoever has left already says so no more.
    if (raw.closed) end();
  }

  /** Whoever came in without a key does so only until there is one. */
  #whileOpenTo({ keyId }: Caller): () => boolean {
    const { keys } = this.#parts;
    if (keyId !== undefined) return () => keys.isValid(keyId);
    const before = keys.firstMadeAt();
    return () => keys.firstMadeAt() === before;
  }

  #lookLater(): () => void {
    return this.#parts.clock.schedule(() => {
      for (const { raw, mayGoOn } of this.#streams) if (!mayGoOn()) raw.destroy();
      this.#stopLooking = this.#streams.size === 0 ? undefined : this.#lookLater();
    }, limits.lookAtKeysMs);
  }

  #leave(who: string): void {
    const left = (this.#counts.get(who) ?? 1) - 1;
    if (left === 0) this.#counts.delete(who);
    else this.#counts.set(who, left);
  }
}

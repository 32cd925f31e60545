// Lets readers wait for "something was committed", for one order or for any. It carries no data: whoever is
// woken reads the store again, so that a slow reader costs no memory and a missed signal no event.
import type { Clock } from '../clock.ts';

export class SignalBoard {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Wakes whoever waits for `topic`. */
  raise(topic: string): void {
    const waiting = this.#waiting.get(topic);
    this.#waiting.delete(topic);
    for (const wake of waiting ?? []) wake();
  }

  /** Wakes everybody. */
  raiseAll(): void {
    for (const topic of [...this.#waiting.keys()]) this.raise(topic);
  }

  /** Resolves at the next `raise(topic)`, after `withinMs`, or when `signal` is aborted. */
  wait(topic: string, withinMs: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(topic) ?? new Set();
    this.#waiting.set(topic, waiting.add(resolve));
    const cancel = this.#clock.schedule(resolve, withinMs);
    const wake = () => resolve();
    signal?.addEventListener('abort', wake, { once: true });
    if (signal?.aborted) resolve();
    return promise.finally(() => {
      cancel();
      signal?.removeEventListener('abort', wake);
      waiting.delete(resolve);
      if (waiting.size === 0 && this.#waiting.get(topic) === waiting) this.#waiting.delete(topic);
    });
  }
}

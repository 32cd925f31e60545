// Lets readers wait for news of a topic: "something was committed", or "this order is settled". News is handed to
// those who wait and never kept, so that a slow reader costs no memory: one who may have missed some reads the
// store again.
import type { Clock } from '../clock.ts';

export class Notifier<News = void> {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<(news?: News) => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether anybody waits for `topic`. */
  isAwaited(topic: string): boolean {
    return this.#waiting.has(topic);
  }

  /** Wakes everybody who waits for `topic`. */
  notify(topic: string, news?: News): void {
    const waiting = this.#waiting.get(topic);
    if (waiting === undefined) return;
    this.#waiting.delete(topic);
    for (const wake of waiting) wake(news);
  }

  /** Wakes everybody, without news. */
  notifyAll(): void {
    for (const topic of [...this.#waiting.keys()]) this.notify(topic);
  }

  /** Resolves at the next `notify(topic)` with its news; without, after `withinMs` or when `signal` is aborted. */
  wait(topic: string, withinMs: number, signal?: AbortSignal): Promise<News | undefined> {
    const { promise, resolve } = Promise.withResolvers<News | undefined>();
    const waiting = this.#waiting.get(topic) ?? new Set();
    const wake = (news?: News) => {
      cancel();
      signal?.removeEventListener('abort', giveUp);
      waiting.delete(wake);
      if (waiting.size === 0 && this.#waiting.get(topic) === waiting) this.#waiting.delete(topic);
      resolve(news);
    };
    const giveUp = () => wake();
    const cancel = this.#clock.schedule(giveUp, withinMs);
    this.#waiting.set(topic, waiting.add(wake));
    signal?.addEventListener('abort', giveUp, { once: true });
    if (signal?.aborted) wake();
    return promise;
  }
}

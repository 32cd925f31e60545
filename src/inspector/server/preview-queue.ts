// In which order previews and what-ifs run: one of each caller at a time and a few of all, the others wait in line. Somebody
// with several tabs asks for several at once and wants them all, so the next one waits; only a line that is too long is
// refused. It knows nothing of what it runs.

import { AppError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { ReaderLeft } from './pace.ts';

interface Waiting {
  readonly caller: string;
  start(): void;
}

interface Bounds {
  readonly running: number;
  readonly waiting: number;
  readonly waitingOfOne: number;
}

export class PreviewQueue {
  readonly #bounds: Bounds;
  readonly #running = new Set<string>();
  readonly #line = new Set<Waiting>();

  constructor(bounds: Bounds = limits.previewsAtOnce) {
    this.#bounds = bounds;
  }

  /** @throws AppError `busy` when too many wait; ReaderLeft when `signal` is aborted while it waits. */
  async run<T>(caller: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (!this.#hasRoom(caller)) await this.#wait(caller, signal);
    else this.#running.add(caller);
    try {
      return await work();
    } finally {
      this.#running.delete(caller);
      this.#startNext();
    }
  }

  #hasRoom(caller: string): boolean {
    return this.#running.size < this.#bounds.running && !this.#running.has(caller);
  }

  async #wait(caller: string, signal: AbortSignal): Promise<void> {
    const { waiting, waitingOfOne } = this.#bounds;
    const ofCaller = [...this.#line].filter((each) => each.caller === caller).length;
    if (ofCaller >= waitingOfOne) {
      throw new AppError('busy', `${ofCaller} previews and what-ifs of yours wait, the most for one caller.`);
    }
    if (this.#line.size >= waiting) {
      throw new AppError('busy', `${waiting} previews and what-ifs wait, the most for all callers.`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const own: Waiting = { caller, start: resolve };
    this.#line.add(own);
    const leave = (): void => {
      if (this.#line.delete(own)) reject(new ReaderLeft('The reader has left.'));
    };
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  /** Starts whoever waits longest and has nothing running. Its place is taken at once. */
  #startNext(): void {
    for (const waiting of this.#line) {
      if (!this.#hasRoom(waiting.caller)) continue;
      this.#line.delete(waiting);
      this.#running.add(waiting.caller);
      waiting.start();
    }
  }
}

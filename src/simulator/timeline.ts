// Virtual time: what is to happen, in the order in which it happens. Nothing here waits for real time; what is due at
// the same moment happens in a random order, so that every interleaving is tried.
import type { SeededRandom } from './random.ts';

export interface Timeline {
  /** ms since 1970. */
  now(): number;
  /** Calls `callback` once, `delayMs` from now; the returned function cancels that. */
  after(delayMs: number, callback: () => void): () => void;
  wait(delayMs: number): Promise<void>;
  /** Lets time pass until `isOver`, until nothing is left to happen, or until `until` (ms since 1970). */
  run(isOver: () => boolean, until: number): Promise<void>;
}

interface Entry {
  readonly at: number;
  readonly tie: number;
  readonly callback: () => void;
  isCancelled: boolean;
}

const isBefore = (one: Entry, other: Entry): boolean =>
  one.at < other.at || (one.at === other.at && one.tie < other.tie);

/** `rest` calls back when every promise has settled that can settle without further time. */
export const createTimeline = (
  start: number,
  random: SeededRandom,
  rest: (callback: () => void) => void,
): Timeline => {
  let now = start;
  const heap = createHeap();
  const after: Timeline['after'] = (delayMs, callback) => {
    const entry = { at: now + Math.max(0, delayMs), tie: random.fraction(), callback, isCancelled: false };
    heap.push(entry);
    return () => {
      entry.isCancelled = true;
    };
  };
  return {
    now: () => now,
    after,
    wait: (delayMs) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      after(delayMs, resolve);
      return promise;
    },
    run: async (isOver, until) => {
      const settle = () => new Promise<void>((resolve) => rest(resolve));
      await settle();
      while (!isOver()) {
        const entry = heap.pop();
        if (entry === undefined) return;
        if (entry.isCancelled) continue;
        if (entry.at > until) {
          heap.push(entry);
          return;
        }
        now = Math.max(now, entry.at);
        entry.callback();
        await settle();
      }
    },
  };
};

/** A binary heap: the earliest first. */
const createHeap = () => {
  const entries: Entry[] = [];
  const swap = (one: number, other: number, a: Entry, b: Entry) => {
    entries[one] = b;
    entries[other] = a;
  };
  const rise = (from: number): void => {
    for (let at = from; at > 0; ) {
      const above = (at - 1) >> 1;
      const [entry, parent] = [entries[at], entries[above]];
      if (!entry || !parent || !isBefore(entry, parent)) return;
      swap(at, above, entry, parent);
      at = above;
    }
  };
  const sink = (from: number): void => {
    for (let at = from; ; ) {
      const entry = entries[at];
      let least = at;
      for (const below of [2 * at + 1, 2 * at + 2]) {
        const [child, best] = [entries[below], entries[least]];
        if (child && best && isBefore(child, best)) least = below;
      }
      const child = entries[least];
      if (least === at || !entry || !child) return;
      swap(at, least, entry, child);
      at = least;
    }
  };
  return {
    push: (entry: Entry): void => {
      entries.push(entry);
      rise(entries.length - 1);
    },
    pop: (): Entry | undefined => {
      const [first] = entries;
      const last = entries.pop();
      if (last !== undefined && entries.length > 0) {
        entries[0] = last;
        sink(0);
      }
      return first;
    },
  };
};

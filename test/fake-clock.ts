// A clock that stands still until a test moves it. It never waits for real time: it exists so that tests
// of deadlines, delays and retries are quick and always go the same way.
import type { Clock } from '../src/clock.ts';

interface FakeClock extends Clock {
  /** Timers that are scheduled and neither due nor cancelled. */
  timers(): number;
  /** Resolves as soon as at least `count` timers are scheduled. */
  untilScheduled(count: number): Promise<void>;
  /** Moves time on and runs what becomes due, in order, also what that schedules in turn. */
  advance(milliseconds: number): Promise<void>;
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** @param start ms since 1970; 2026-01-01 unless told */
export const createFakeClock = (start = Date.UTC(2026, 0, 1)): FakeClock => {
  let now = start;
  const timers = new Set<Timer>();
  let waiting: readonly { readonly count: number; readonly resolve: () => void }[] = [];

  const takeDue = (until: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of timers) if (timer.at <= until && (!next || timer.at < next.at)) next = timer;
    if (next) timers.delete(next);
    return next;
  };

  return {
    now: () => now,
    schedule: (callback, delayMs) => {
      const timer = { at: now + Math.max(0, delayMs), callback };
      timers.add(timer);
      for (const { count, resolve } of waiting) if (timers.size >= count) resolve();
      waiting = waiting.filter(({ count }) => timers.size < count);
      return () => timers.delete(timer);
    },
    soon: (callback) => {
      setImmediate(callback);
    },
    timers: () => timers.size,
    untilScheduled: async (count) => {
      if (timers.size >= count) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting = [...waiting, { count, resolve }];
      await promise;
    },
    advance: async (milliseconds) => {
      const until = now + milliseconds;
      await settle();
      for (let timer = takeDue(until); timer; timer = takeDue(until)) {
        now = Math.max(now, timer.at);
        timer.callback();
        await settle();
      }
      now = until;
    },
  };
};

/** A turn of the event loop: every promise that is already resolved has told whoever waited for it. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

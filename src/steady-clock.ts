// A clock that never goes back while the program runs. It starts at the machine's time and counts on with its monotonic
// clock, so that a wait is as long as it was meant to be, whatever becomes of the machine's time meanwhile. It knows no
// ambient time itself: src/clock.ts hands it in.

/** The machine's time was set, or the machine slept. */
export interface ClockJump {
  /** How far the machine's time is from where it was expected, ms: negative if it was set back. */
  readonly byMs: number;
  /** How far this clock went ahead with it, ms: 0 if the machine's time was set back, or caught up again. */
  readonly followedMs: number;
  /** When it was noticed, ms since 1970, as this clock counted until then. */
  readonly at: number;
}

/** What became of the time that a clock follows, since the start: the machine's, or that of a database which nodes share. */
export interface ClockJumps {
  readonly of?: 'database';
  last(): ClockJump | undefined;
  /** How far this clock is ahead of the machine's, ms: 0 unless that was set back. */
  aheadMs(): number;
  /** Calls `listener` at each jump from now on. */
  observe(listener: (jump: ClockJump) => void): void;
}

export interface SteadyTime {
  now(): number;
  readonly jumps: ClockJumps;
}

/** Smaller steps are what keeping the time right takes. */
export const jumpMs = 1000;

/** @param wall the machine's time, ms since 1970 @param monotonic ms since any moment; never set */
export const createSteadyTime = (wall: () => number, monotonic: () => number): SteadyTime => {
  const listeners = new Set<(jump: ClockJump) => void>();
  let start = wall() - monotonic();
  let aheadMs = 0;
  let last: ClockJump | undefined;

  /** How far the machine's time is ahead of ours. Two readings: the process may be stopped between the halves of one. */
  const readDrift = (): number => {
    const drift = wall() - (start + monotonic());
    if (Math.abs(drift + aheadMs) < jumpMs) return drift;
    const again = wall() - (start + monotonic());
    return Math.abs(again + aheadMs) < Math.abs(drift + aheadMs) ? again : drift;
  };
  const note = (byMs: number, drift: number, at: number): void => {
    const followedMs = Math.round(Math.max(0, drift));
    last = { byMs: Math.round(byMs), followedMs, at: Math.round(at) };
    for (const listener of listeners) listener(last);
  };
  const now = (): number => {
    const drift = readDrift();
    const expected = start + monotonic();
    const byMs = drift + aheadMs;
    // Ahead: the machine slept, or its time was behind. Either way it is that late.
    if (drift > 0) start += drift;
    aheadMs = Math.max(0, -drift);
    if (Math.abs(byMs) >= jumpMs) note(byMs, drift, expected);
    return Math.floor(start + monotonic());
  };
  return {
    now,
    jumps: {
      last: () => last,
      aheadMs: () => {
        now();
        return aheadMs < jumpMs ? 0 : Math.round(aheadMs);
      },
      observe: (listener) => {
        listeners.add(listener);
      },
    },
  };
};

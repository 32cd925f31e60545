// Time, identifiers and chance, as arguments: the one file that may touch the ambient ones. Everything
// else is handed a `Clock` and `Ids`, so that tests and simulations decide what time it is.
import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import { type ClockJumps, createSteadyTime } from './steady-clock.ts';

export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. It never goes back while the program runs. */
  now(): number;
  /** What became of the machine's time; absent for a clock that is not the machine's. */
  readonly jumps?: ClockJumps;
  /** Calls `callback` once, `delayMs` from now; the returned function cancels that. */
  schedule(callback: () => void, delayMs: number): () => void;
  /** Calls `callback` once, after the input that is ready now has been taken in. */
  soon(callback: () => void): void;
}

export interface Ids {
  /** A new UUIDv7 (RFC 9562): sortable by the time at which it was made. */
  next(): string;
}

/** Node clamps longer timers to 1 ms; a wait that is longer wakes early and is scheduled again. */
const longestTimerMs = 2_147_483_647;

/** The machine's time and timers. `wall`: its time, if not the system's (ms since 1970). */
export const createSystemClock = (wall: () => number = () => Date.now()): Clock => ({
  ...createSteadyTime(wall, () => performance.now()),
  schedule: (callback, delayMs) => {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), longestTimerMs));
    return () => clearTimeout(timer);
  },
  soon: (callback) => {
    setImmediate(callback);
  },
});

export const systemClock: Clock = createSystemClock();

/** Milliseconds of the machine's monotonic clock: for how long something took, never for a time of day. */
export const monotonicMs = (): number => performance.now();

/** What secrets are made of: always the system's own chance, in tests too. */
export const drawSecret = (bytes: number): Buffer => randomBytes(bytes);

/** A number from 0 up to 1, by chance. */
export const drawShare = (): number => randomBytes(6).readUIntBE(0, 6) / 2 ** 48;

/** Bytes that are drawn from the system at a time: a draw costs as much as the rest of an identifier. */
const drawnBytes = 4096;

/** Draws from the system for many identifiers at a time. No byte is given out twice. */
const createBytePool = (): ((count: number) => Uint8Array) => {
  let pool = Buffer.alloc(0);
  let next = 0;
  return (count) => {
    if (next + count > pool.length) [pool, next] = [randomBytes(Math.max(count, drawnBytes)), 0];
    next += count;
    return pool.subarray(next - count, next);
  };
};

/** Identifiers whose time part follows `clock`; their random part comes from the system by default. */
export const createIds = (
  clock: Clock,
  drawBytes: (count: number) => Uint8Array = createBytePool(),
): Ids => ({
  next: () => v7({ msecs: clock.now(), random: drawBytes(16) }),
});

/** A name for positions that are given out from now on, unlike any before. */
export const drawEpoch = (): string => randomBytes(4).toString('hex');

/** UTC ISO 8601 with milliseconds, such as `2026-01-31T23:59:59.123Z`. */
export const toIsoTime = (milliseconds: number): string => new Date(milliseconds).toISOString();

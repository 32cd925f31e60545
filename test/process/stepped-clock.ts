// A clock that differs from the system's by an offset in a file, which is read each time: so it can be stepped while
// the service runs, and stays stepped after a restart. As with the system's clock, a step does not affect timers.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Clock, systemClock } from '../../src/clock.ts';

/** The system's clock if `path` is undefined. The offset is 0 if there is no such file. */
export const createSteppedClock = (path: string | undefined): Clock =>
  path === undefined ? systemClock : { ...systemClock, now: () => systemClock.now() + readOffset(path) };

/** @param offsetMs from now on, how far the clock is ahead of the system's */
export const stepClock = (path: string, offsetMs: number): void => {
  writeFileSync(`${path}.next`, String(offsetMs));
  renameSync(`${path}.next`, path);
};

const readOffset = (path: string): number => {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return 0;
  }
};

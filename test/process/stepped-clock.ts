// A clock that is off from the system's by what a file says, read at every look: so it can be stepped while the
// service runs, and stays so over its restarts. Like the system's own, it steps and its timers do not: they
// wait for as long as they were told.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Clock, systemClock } from '../../src/clock.ts';

/** The system's clock where `path` is undefined. Where there is no such file, it is not off. */
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

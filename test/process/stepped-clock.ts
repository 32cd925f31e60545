// The clock of a machine whose time differs by an offset in a file, which is read each time: so it can be stepped while
// the service runs, and stays stepped after a restart. As with the system's time, a step does not affect timers.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Clock, createSystemClock, systemClock } from '../../src/clock.ts';

/** The system's clock if `path` is undefined. The offset is 0 if there is no such file. */
export const createSteppedClock = (path: string | undefined): Clock =>
  path === undefined ? systemClock : createSystemClock(() => Date.now() + readOffset(path));

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

// The disk below the store of a simulation: a batch takes its time to become durable, while the next one is decided on top of
// it, and the disk may turn out to be full.
import type { FaultRates } from './fault-rates.ts';
import type { SeededRandom } from './random.ts';
import type { Timeline } from './timeline.ts';

/** SQLITE_FULL, as the driver reports it. */
export class DiskFull extends Error {
  readonly errcode = 13;
}

export interface Disk {
  /** Resolves when a batch may be written. @throws whatever keeps it from being written. */
  untilWritable(): Promise<void>;
  /** Nothing is written any more: no time passes in which it could be. */
  end(): void;
}

const mostFlushMs = 20;

export const createDisk = (timeline: Timeline, random: SeededRandom, rates: FaultRates): Disk => {
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {});
  return {
    untilWritable: async () => {
      await Promise.race([timeline.wait(random.between(0, mostFlushMs)), ended.promise]);
      if (random.happens(rates.storeFull)) throw new DiskFull('database or disk is full');
    },
    end: () => ended.reject(new Error('the simulation is over')),
  };
};

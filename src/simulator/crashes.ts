// Where processes die: at the commit points that a plan names, or at any that chance picks. It kills nobody
// itself; it is asked at each point whether this is the one.
import type { FaultPoint } from '../faults.ts';
import type { CrashSite } from '../simulation.ts';
import type { SeededRandom } from './random.ts';
import type { Weather } from './scenario.ts';

/** Thrown through the process that dies. A store that it passes through undoes the transaction under way. */
export class CrashSignal extends Error {
  /** SQLITE_ABORT: to the SQLite store this is the end of the transaction and not the fault of one order. */
  readonly errcode = 4;
}

export interface CrashPlan {
  /** Whether the process that passes here dies here. */
  strikes(point: FaultPoint, about: string | undefined): boolean;
}

export const toSiteName = ({ point, about }: CrashSite): string =>
  about === undefined ? point : `${point} ${about}`;

/** Dies at each of `sites`, one after the other. */
export const planCrashes = (sites: readonly CrashSite[]): CrashPlan => {
  const left = [...sites];
  return {
    strikes: (point, about) => {
      const [next] = left;
      if (next?.point !== point || (next.about ?? about) !== about) return false;
      left.shift();
      return true;
    },
  };
};

/** Dies anywhere. */
export const chanceCrashes = (chance: SeededRandom, weather: Weather): CrashPlan => ({
  strikes: () => chance.happens(weather.crash),
});

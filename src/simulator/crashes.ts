// Where processes crash: at the commit points that a plan names, or at random ones. It ends no process itself; it is
// asked at each point whether the process crashes there.
import type { FaultPoint } from '../faults.ts';
import type { CrashSite } from '../simulation.ts';
import type { FaultRates } from './fault-rates.ts';
import type { SeededRandom } from './random.ts';

/** Thrown through the process that crashes. */
export class CrashSignal extends Error {}

export interface CrashPlan {
  /** Whether the process that reaches this point crashes there. */
  crashesAt(point: FaultPoint, about: string | undefined): boolean;
}

export const toSiteName = ({ point, about }: CrashSite): string =>
  about === undefined ? point : `${point} ${about}`;

/** Crashes at each of `sites`, one after the other. */
export const planCrashes = (sites: readonly CrashSite[]): CrashPlan => {
  const left = [...sites];
  return {
    crashesAt: (point, about) => {
      const [next] = left;
      if (next?.point !== point || (next.about ?? about) !== about) return false;
      left.shift();
      return true;
    },
  };
};

/** Crashes anywhere. */
export const randomCrashes = (random: SeededRandom, rates: FaultRates): CrashPlan => ({
  crashesAt: () => random.happens(rates.crash),
});

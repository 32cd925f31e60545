// The place where a test process kills itself, from `CRASH_AT=name:count`. The names are those of the simulator's crash
// sites; the product knows nothing of it.
import { AppError } from '../../src/errors.ts';
import type { FaultPoint, Faults } from '../../src/faults.ts';
import type { CrashSite } from '../../src/simulation.ts';
import { crashSites } from '../../src/simulator/shop/sites.ts';

export const crashPoints: readonly FaultPoint[] = [...new Set(crashSites.map(({ point }) => point))];

/** Such as `recover.after` or `call.before:gateway.charge`. */
export const toName = ({ point, about }: CrashSite): string =>
  about === undefined ? point : `${point}:${about}`;

/** By name; a point that is about a command also stands for any command. */
const sites = new Map<string, CrashSite>([
  ...crashPoints.map((point) => [point, { point }] as const),
  ...crashSites.map((site) => [toName(site), site] as const),
]);

export interface CrashAt extends CrashSite {
  /** At which time that it is reached, from 1. */
  readonly count: number;
}

/** @throws AppError `invalid-setting` that lists the names. */
export const readCrashAt = (text: string): CrashAt => {
  const [, name = '', count] = /^(.+):([1-9]\d{0,8})$/.exec(text) ?? [];
  const site = sites.get(name);
  if (site) return { ...site, count: Number(count) };
  const wanted = `name:count, with a name of ${[...sites.keys()].join(', ')}`;
  throw new AppError('invalid-setting', `Invalid CRASH_AT=${text}: expected ${wanted}`);
};

/** Calls `die` when the place in `at` is reached for the `count`th time. */
export const createCrash = (at: CrashAt, die: () => void): Faults => {
  let reached = 0;
  return {
    reach: (point, about) => {
      if (point !== at.point || (at.about !== undefined && at.about !== about)) return;
      reached += 1;
      if (reached === at.count) die();
    },
  };
};

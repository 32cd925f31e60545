// Where a process of the tests ends itself: `CRASH_AT=name:count`, read and carried out. The names are those of the
// simulator's crash sites; the product knows nothing of it.
import { AppError } from '../../src/errors.ts';
import type { FaultPoint, Faults } from '../../src/faults.ts';
import { type CrashSite, crashSites } from '../../src/simulation.ts';

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
  /** Which passing, from 1. */
  readonly count: number;
}

/** @throws AppError `invalid-setting` that lists the names. */
export const readCrashAt = (text: string): CrashAt => {
  const [, name = '', count] = /^(.+):([1-9]\d{0,8})$/.exec(text) ?? [];
  const site = sites.get(name);
  if (site) return { ...site, count: Number(count) };
  const wanted = `name:count, with a name of ${[...sites.keys()].join(', ')}`;
  throw new AppError('invalid-setting', `CRASH_AT=${text} is not usable: it must be ${wanted}`);
};

/** Calls `die` at the passing that `at` names. */
export const createCrash = (at: CrashAt, die: () => void): Faults => {
  let passed = 0;
  return {
    reach: (point, about) => {
      if (point !== at.point || (at.about !== undefined && at.about !== about)) return;
      passed += 1;
      if (passed === at.count) die();
    },
  };
};

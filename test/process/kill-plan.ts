// How the processes of a kill round end: killed at a random time, or at a commit point by name. The same seed makes
// the same plan.
import type { FaultPoint } from '../../src/faults.ts';
import type { CrashSite } from '../../src/simulation.ts';
import { createRandom, type SeededRandom } from '../../src/simulator/random.ts';
import { crashSites } from '../../src/simulator/shop/sites.ts';
import type { Capture } from './clients.ts';
import { toName } from './crash-points.ts';

export type Kill =
  | { readonly kind: 'random'; readonly afterMs: number }
  | { readonly kind: 'site'; readonly site: CrashSite; readonly count: number };

/** Reached once in a process; all others again and again. */
const reachedOnce: readonly FaultPoint[] = [
  'recover.before',
  'recover.after',
  'drain.before',
  'drain.after',
  'claim.after',
];
/** Commands that are sent only if money is captured later than it is authorised. */
const captureLaterCommands: readonly (string | undefined)[] = ['gateway.capture', 'gateway.void'];

export const randomKill = (random: SeededRandom): Kill => ({
  kind: 'random',
  afterMs: random.between(30, 430),
});

/** Every place where a process can die: commit points, and commands at those that are about one. */
export const everySite = (capture: Capture): readonly CrashSite[] =>
  crashSites.filter(({ about }) => capture === 'later' || !captureLaterCommands.includes(about));

/** @param latest the process dies at the first time that it reaches the site, or at one up to this */
export const siteKill = (site: CrashSite, latest: number, random: SeededRandom): Kill => ({
  kind: 'site',
  site,
  count: reachedOnce.includes(site.point) ? 1 : random.between(1, latest),
});

/** `number` kills: every second at a random time, the others at each site in turn from `first` on. */
export const planKills = (number: number, seed: string, first: number, capture: Capture): readonly Kill[] => {
  const sites = everySite(capture);
  return Array.from({ length: number }, (_, index) => {
    const random = createRandom(seed, 'kill', index);
    const site = sites[(first + Math.floor(index / 2)) % sites.length];
    return index % 2 === 0 || site === undefined ? randomKill(random) : siteKill(site, 3, random);
  });
};

/** `CRASH_AT` of the process; undefined for a random time. */
export const toCrashAt = (kill: Kill): string | undefined =>
  kill.kind === 'site' ? `${toName(kill.site)}:${kill.count}` : undefined;

export const describeKill = (kill: Kill): string =>
  kill.kind === 'site' ? toName(kill.site) : `random after ${kill.afterMs} ms`;

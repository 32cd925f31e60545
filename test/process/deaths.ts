// How the lives of a kill round end: at random times, or at a commit point by name. A plan is made by seed, so
// that it can be made again.
import type { FaultPoint } from '../../src/faults.ts';
import { type CrashSite, crashSites } from '../../src/simulation.ts';
import { toChoice, toShare } from './chance.ts';
import { crashPoints, toName } from './crash-points.ts';
import type { Capture } from './shopper.ts';

export type Death =
  | { readonly kind: 'random'; readonly afterMs: number }
  | { readonly kind: 'site'; readonly site: CrashSite; readonly count: number };

/** Passed once in a life, or only where the life before left something; all others again and again. */
const seldom: readonly FaultPoint[] = [
  'recover.before',
  'recover.after',
  'drain.before',
  'drain.after',
  'claim.after',
];
/** Commands that are given only where money is taken later than it is authorised. */
const later: readonly (string | undefined)[] = ['gateway.capture', 'gateway.void'];
const longestLifeMs = 400;

export const randomDeath = (...about: readonly (string | number)[]): Death => ({
  kind: 'random',
  afterMs: Math.round(30 + toShare(...about) * longestLifeMs),
});

/** Every commit point, in an order in which each life leaves to the next what that one needs. */
export const everyPoint: readonly CrashSite[] = crashPoints
  .filter((point) => point !== 'claim.after')
  .flatMap((point): readonly CrashSite[] =>
    point === 'call.before' ? [{ point }, { point: 'claim.after' }] : [{ point }],
  );

/** Every place where a process can die: commit points, and commands at those that are about one. */
export const everySite = (capture: Capture): readonly CrashSite[] =>
  crashSites.filter(({ about }) => capture === 'later' || !later.includes(about));

/** @param mostPassings it ends the life at one of its first passings, at most this one */
export const siteDeath = (
  site: CrashSite,
  mostPassings: number,
  ...about: readonly (string | number)[]
): Death => ({
  kind: 'site',
  site,
  count: seldom.includes(site.point) ? 1 : 1 + toChoice(mostPassings, ...about, toName(site)),
});

/** `number` deaths: every second at a random time, the others at each site in turn from `first` on. */
export const planDeaths = (
  number: number,
  seed: string,
  first: number,
  capture: Capture,
): readonly Death[] => {
  const sites = everySite(capture);
  return Array.from({ length: number }, (_, index) => {
    const site = sites[(first + Math.floor(index / 2)) % sites.length];
    return index % 2 === 0 || site === undefined
      ? randomDeath(seed, 'death', index)
      : siteDeath(site, 3, seed, 'death', index);
  });
};

/** As it is set in the environment of a life; undefined for a random time. */
export const toCrashAt = (death: Death): string | undefined =>
  death.kind === 'site' ? `${toName(death.site)}:${death.count}` : undefined;

export const nameOf = (death: Death): string =>
  death.kind === 'site' ? toName(death.site) : `random after ${death.afterMs} ms`;

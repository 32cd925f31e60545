// Checks what power cuts left: nothing acknowledged is lost, everything else is whole or absent, and every order settles.
// It cuts the power itself only while a shop recovers from a cut.
import { describeError } from '../../src/errors.ts';
import type { SeededRandom } from '../../src/simulator/random.ts';
import { createFakeClock } from '../fake-clock.ts';
import { type Acknowledged, copyAcknowledged, toText } from './acknowledged.ts';
import { createDisk, type Disk, type Folder } from './disk.ts';
import type { FaultyBank } from './faulty-bank.ts';
import { findLosses, findUnreadable, hashContents, recover } from './recovery.ts';
import type { Outside, ShopSettings } from './shop-on-disk.ts';

/** What a cut left, and what must be found in it. */
export interface Cut {
  readonly about: string;
  readonly left: Folder;
  readonly acknowledged: Acknowledged;
  readonly bank: FaultyBank;
  /** ms since 1970. */
  readonly at: number;
  /** How often the shop was opened before. */
  readonly openings: number;
}

/** The results of all cuts. */
export interface CutResults {
  readonly cuts: number;
  /** Cuts while a shop recovered from a cut. */
  readonly cutsInRecovery: number;
  /** Different contents, each of which was recovered. */
  readonly contents: number;
  /** Cuts that lost something that was acknowledged. */
  readonly losing: number;
  /** What was lost, and other violations, with the cut that they follow. */
  readonly problems: readonly string[];
}

interface CutChecksPlan {
  /** The fraction of a recovering shop's operations before which its power is cut. */
  readonly shareInRecovery: number;
}

const downtimeMs = 60_000;

/** Collects cuts while a disk is in use; `take` returns and forgets them. */
export const collectCuts = (
  disk: Disk,
  random: SeededRandom,
  share: number,
  { acknowledged, bank, clock, openings }: Outside,
  about: string,
) => {
  let cuts: Cut[] = [];
  let operations = 0;
  disk.failureOf = ({ kind, file }) => {
    if (kind === 'read') return undefined;
    operations += 1;
    if (!random.happens(share)) return undefined;
    cuts.push({
      about: `${about}, cut before operation ${operations} (${kind} ${file})`,
      left: disk.afterPowerCut(random),
      acknowledged: copyAcknowledged(acknowledged),
      bank: bank.recovered(),
      at: clock.now(),
      openings,
    });
    return undefined;
  };
  return {
    operations: () => operations,
    take: (): readonly Cut[] => {
      const taken = cuts;
      cuts = [];
      return taken;
    },
  };
};

/** Keeps answers, so that the same question is asked once. */
const createCache = () => {
  const known = new Map<string, Promise<readonly string[]>>();
  return {
    size: () => known.size,
    get: (key: string, ask: () => Promise<readonly string[]>): Promise<readonly string[]> => {
      const answer = known.get(key) ?? ask();
      known.set(key, answer);
      return answer;
    },
  };
};

/**
 * Checks cuts. What the product finds depends only on what is committed: the same contents, with the same bank at the
 * same time, are recovered once.
 */
export const createCutChecks = (
  settings: ShopSettings,
  random: SeededRandom,
  { shareInRecovery }: CutChecksPlan,
) => {
  const recoveries = createCache();
  const searches = createCache();
  const problems: string[] = [];
  let cuts = 0;
  let cutsInRecovery = 0;
  let losing = 0;

  const recoverFrom = async ({ about, left, acknowledged, bank, at, openings }: Cut, isAgain: boolean) => {
    const outside = {
      bank: bank.recovered(),
      acknowledged: copyAcknowledged(acknowledged),
      clock: createFakeClock(at + downtimeMs),
      openings: openings + 1,
    };
    const disk = createDisk(random.between(0, 2 ** 32 - 1), left);
    const share = isAgain ? 0 : shareInRecovery;
    const more = collectCuts(disk, random, share, outside, about);
    const found = await recover(disk, settings, outside);
    for (const cut of more.take()) await check(cut, true);
    return found;
  };

  const check = async (cut: Cut, isAgain: boolean): Promise<void> => {
    const { about, left, acknowledged, bank, at } = cut;
    cuts += 1;
    if (isAgain) cutsInRecovery += 1;
    const report = (found: readonly string[]) => {
      problems.push(...found.map((problem) => `${about}: ${problem}`));
    };
    report(await findUnreadable(left, acknowledged));
    let contents: string;
    try {
      contents = hashContents(left);
    } catch (error) {
      report([`it cannot be opened: ${describeError(error)}`]);
      return;
    }
    const expected = toText(acknowledged);
    const losses = await searches.get(`${contents} ${expected}`, () => findLosses(left, acknowledged));
    if (losses.length > 0) losing += 1;
    report(losses);
    // The setting that must lose data is not recovered.
    if (settings.synchronous) return;
    const world = `${contents} ${at} ${bank.lines.length} ${acknowledged.isOpen}`;
    report(await recoveries.get(world, () => recoverFrom(cut, isAgain)));
  };
  return {
    check: (cut: Cut): Promise<void> => check(cut, false),
    report: (): CutResults => ({ cuts, cutsInRecovery, contents: recoveries.size(), losing, problems }),
  };
};

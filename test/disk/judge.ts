// Holds what power cuts left against what was promised: nothing acknowledged is lost, everything else is whole or
// absent, and every order comes to its end. It cuts no power itself, except once more while a shop recovers.
import { describeError } from '../../src/errors.ts';
import type { SeededRandom } from '../../src/simulator/random.ts';
import { createFakeClock } from '../fake-clock.ts';
import { createDisk, type Disk, type Folder } from './disk.ts';
import type { FaultyBank } from './faulty-bank.ts';
import type { Outside, ShopSettings } from './shop.ts';
import { findLosses, nameContents, recover } from './survivor.ts';
import { type Acknowledged, copyOf, toText } from './witness.ts';

/** What a cut leaves, and what must be found in it. */
export interface Cut {
  readonly about: string;
  readonly left: Folder;
  readonly acknowledged: Acknowledged;
  readonly bank: FaultyBank;
  /** ms since 1970. */
  readonly at: number;
  /** How often the shop had been opened. */
  readonly openings: number;
}

/** What came of all the cuts. */
export interface Verdict {
  readonly cuts: number;
  /** Cuts while a shop recovered from a cut. */
  readonly cutsInRecovery: number;
  /** Contents that differed, and so were recovered each. */
  readonly contents: number;
  /** Cuts that took something that had been acknowledged. */
  readonly losing: number;
  /** What was lost, and whatever else is not as it must be: after which cut, and in words. */
  readonly problems: readonly string[];
}

interface JudgePlan {
  /** Share of the operations of a shop that recovers before which its power is cut. */
  readonly shareInRecovery: number;
}

const downtimeMs = 60_000;

/** Puts cuts aside while a disk is at work, as long as somebody takes them. */
export const collectCuts = (
  disk: Disk,
  random: SeededRandom,
  share: number,
  { acknowledged, bank, clock, openings }: Outside,
  about: string,
) => {
  let cuts: Cut[] = [];
  let operations = 0;
  disk.trouble = ({ kind, file }) => {
    if (kind === 'read') return undefined;
    operations += 1;
    if (!random.happens(share)) return undefined;
    cuts.push({
      about: `${about}, cut before operation ${operations} (${kind} ${file})`,
      left: disk.afterPowerCut(random),
      acknowledged: copyOf(acknowledged),
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

/** Remembers what came of the same question. */
const createMemory = () => {
  const known = new Map<string, Promise<readonly string[]>>();
  return {
    size: () => known.size,
    recall: (key: string, ask: () => Promise<readonly string[]>): Promise<readonly string[]> => {
      const answer = known.get(key) ?? ask();
      known.set(key, answer);
      return answer;
    },
  };
};

/**
 * Holds cuts against what was promised. What the product finds in what is left depends on nothing but what is
 * committed in it: the same contents, with the same bank at the same time, are recovered once.
 */
export const createJudge = (settings: ShopSettings, random: SeededRandom, { shareInRecovery }: JudgePlan) => {
  const recoveries = createMemory();
  const searches = createMemory();
  const problems: string[] = [];
  let cuts = 0;
  let cutsInRecovery = 0;
  let losing = 0;

  const recoverFrom = async ({ about, left, acknowledged, bank, at, openings }: Cut, isAgain: boolean) => {
    const outside = {
      bank: bank.recovered(),
      acknowledged: copyOf(acknowledged),
      clock: createFakeClock(at + downtimeMs),
      openings: openings + 1,
    };
    const disk = createDisk(random.between(0, 2 ** 32 - 1), left);
    const share = isAgain ? 0 : shareInRecovery;
    const more = collectCuts(disk, random, share, outside, about);
    const found = await recover(disk, settings, outside);
    for (const cut of more.take()) await judge(cut, true);
    return found;
  };

  const judge = async (cut: Cut, isAgain: boolean): Promise<void> => {
    const { about, left, acknowledged, bank, at } = cut;
    cuts += 1;
    if (isAgain) cutsInRecovery += 1;
    const report = (found: readonly string[]) => {
      problems.push(...found.map((problem) => `${about}: ${problem}`));
    };
    let contents: string;
    try {
      contents = nameContents(left);
    } catch (error) {
      report([`it can't be opened: ${describeError(error)}`]);
      return;
    }
    const told = toText(acknowledged);
    const losses = await searches.recall(`${contents} ${told}`, () => findLosses(left, acknowledged));
    if (losses.length > 0) losing += 1;
    report(losses);
    // What must lose is only asked what it lost.
    if (settings.synchronous) return;
    const world = `${contents} ${at} ${bank.lines.length} ${acknowledged.isOpen}`;
    report(await recoveries.recall(world, () => recoverFrom(cut, isAgain)));
  };
  return {
    judge: (cut: Cut): Promise<void> => judge(cut, false),
    report: (): Verdict => ({ cuts, cutsInRecovery, contents: recoveries.size(), losing, problems }),
  };
};

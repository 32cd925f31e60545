// Power cuts in a shop. Before an operation of its disk that changes something, what a cut at that moment would
// leave is put aside, with all that had been acknowledged; then it is held against what was promised. The day
// itself goes on, so that one day shows many cuts. A shop that recovers from a cut may meet the next one.
import { describeError } from '../../src/errors.ts';
import { createFakeClock } from '../fake-clock.ts';
import { type Bank, createBank } from './bank.ts';
import { type Chance, createChance } from './chance.ts';
import { planDay } from './day.ts';
import { createDisk, type Disk, type Folder } from './disk.ts';
import { type Outside, openShop, type ShopSettings } from './shop.ts';
import { examineFolder, findLosses, nameContents, recover } from './survivor.ts';
import { type Acknowledged, copyOf, nothingYet, toText } from './witness.ts';

/** How the power of one day is cut. */
export interface CutPlan {
  readonly seed: number;
  /** Share of the operations before which the power is cut; 1: before every one. */
  readonly share: number;
  /** Share of the operations of a shop that recovers. */
  readonly shareInRecovery: number;
  /** The setting that must lose. Then nothing is recovered: it is only asked what was lost. */
  readonly synchronous?: 'NORMAL';
}

export interface CutReport {
  readonly seed: number;
  /** Operations that change something, of the day itself. */
  readonly operations: number;
  readonly cuts: number;
  /** Cuts while a shop recovered from a cut. */
  readonly cutsInRecovery: number;
  /** Contents that differed, and so were recovered each. */
  readonly contents: number;
  /** Cuts that took something that had been acknowledged. */
  readonly losing: number;
  /** What was lost, and whatever else is not as it must be: the seed, the operation, and the words. */
  readonly problems: readonly string[];
}

/** What a cut leaves, and what must be found in it. */
interface Cut {
  readonly about: string;
  readonly left: Folder;
  readonly acknowledged: Acknowledged;
  readonly bank: Bank;
  /** ms since 1970. */
  readonly at: number;
  /** How often the shop had been opened. */
  readonly openings: number;
}

const downtimeMs = 60_000;

/** Puts cuts aside while a disk is at work, as long as somebody takes them. */
const collectCuts = (
  disk: Disk,
  chance: Chance,
  share: number,
  { acknowledged, bank, clock, openings }: Outside,
  about: string,
) => {
  let cuts: Cut[] = [];
  let operations = 0;
  disk.trouble = ({ kind, file }) => {
    if (kind === 'read') return undefined;
    operations += 1;
    if (!chance.happens(share)) return undefined;
    cuts.push({
      about: `${about}, cut before operation ${operations} (${kind} ${file})`,
      left: disk.afterPowerCut(chance),
      acknowledged: copyOf(acknowledged),
      bank: bank.healed(),
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
const createJudge = (plan: CutPlan, settings: ShopSettings, chance: Chance) => {
  const recoveries = createMemory();
  const searches = createMemory();
  const problems: string[] = [];
  let cuts = 0;
  let cutsInRecovery = 0;
  let losing = 0;

  const recoverFrom = async ({ about, left, acknowledged, bank, at, openings }: Cut, isAgain: boolean) => {
    const outside = {
      bank: bank.healed(),
      acknowledged: copyOf(acknowledged),
      clock: createFakeClock(at + downtimeMs),
      openings: openings + 1,
    };
    const disk = createDisk(chance.below(2 ** 32), left);
    const share = isAgain ? 0 : plan.shareInRecovery;
    const more = collectCuts(disk, chance, share, outside, about);
    const found = await recover(disk, settings, outside);
    for (const cut of more.take()) await judge(cut, true);
    return found;
  };

  const judge = async (cut: Cut, isAgain: boolean): Promise<void> => {
    const { about, left, acknowledged, bank, at } = cut;
    cuts += 1;
    if (isAgain) cutsInRecovery += 1;
    const report = (found: readonly string[]) => {
      problems.push(...found.map((problem) => `seed ${plan.seed}, ${about}: ${problem}`));
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
    const world = `${contents} ${at} ${bank.length()} ${acknowledged.isOpen}`;
    report(
      await recoveries.recall(world, () =>
        plan.synchronous ? examineFolder(left, {}) : recoverFrom(cut, isAgain),
      ),
    );
  };
  return {
    judge,
    report: () => ({ cuts, cutsInRecovery, contents: recoveries.size(), losing, problems }),
  };
};

/** One day in a shop, with its power cut. */
export const cutPower = async (plan: CutPlan): Promise<CutReport> => {
  const chance = createChance(plan.seed);
  const settings: ShopSettings = {
    capture: chance.happens(0.5) ? 'at-once' : 'later',
    logPages: 20 + chance.below(60),
    ...(plan.synchronous && { synchronous: plan.synchronous }),
  };
  const { judge, report } = createJudge(plan, settings, chance.fork());
  const disk = createDisk(plan.seed);
  const bank = createBank();
  const acknowledged = nothingYet();
  const clock = createFakeClock();
  let operations = 0;
  for (const [openings, half] of planDay(chance.fork(), settings.capture).entries()) {
    const outside = { bank, acknowledged, clock, openings };
    const about = openings === 0 ? 'the first half' : 'the second half';
    const cuts = collectCuts(disk, chance.fork(), plan.share, outside, about);
    const judgeAll = async () => {
      for (const cut of cuts.take()) await judge(cut, false);
    };
    const shop = await openShop(disk, settings, outside);
    for (const happening of half) {
      await judgeAll();
      await happening(shop, acknowledged);
    }
    await shop.close();
    await judgeAll();
    operations += cuts.operations();
  }
  return { seed: plan.seed, operations, ...report() };
};

// Power cuts in a shop. Before an operation of its disk that changes something, what a cut at that moment would
// leave is put aside, with all that had been acknowledged; then it is held against what was promised. The day
// itself goes on, so that one day shows many cuts.

import { createRandom } from '../../src/simulator/random.ts';
import { createFakeClock } from '../fake-clock.ts';
import { planDay } from './day.ts';
import { createDisk } from './disk.ts';
import { createFaultyBank } from './faulty-bank.ts';
import { collectCuts, createJudge, type Verdict } from './judge.ts';
import { openShop, type ShopSettings } from './shop.ts';
import { nothingYet } from './witness.ts';

/** How the power of one day is cut. */
export interface CutPlan {
  readonly seed: number;
  /** Share of the operations before which the power is cut; 1: before every one. */
  readonly share: number;
  /** The morning has the making of the file, and a stop; the afternoon what follows a start. */
  readonly hours: 'morning' | 'day';
  /** Share of the operations of a shop that recovers. */
  readonly shareInRecovery: number;
  /** The setting that must lose. Then nothing is recovered: it is only asked what was lost. */
  readonly synchronous?: 'NORMAL';
}

interface CutReport extends Verdict {
  /** Operations of the day that change something. */
  readonly operations: number;
}

/** One day in a shop, with its power cut. */
export const cutPower = async (plan: CutPlan): Promise<CutReport> => {
  const random = createRandom(plan.seed);
  const settings: ShopSettings = {
    capture: random.happens(0.5) ? 'at-once' : 'later',
    logPages: random.between(20, 79),
    ...(plan.synchronous && { synchronous: plan.synchronous }),
  };
  const { judge, report } = createJudge(settings, random.fork(), plan);
  const disk = createDisk(plan.seed);
  const bank = createFaultyBank();
  const acknowledged = nothingYet();
  const clock = createFakeClock();
  let operations = 0;
  const halves = planDay(random.fork(), settings.capture);
  for (const [openings, half] of halves.slice(0, plan.hours === 'morning' ? 1 : 2).entries()) {
    const outside = { bank, acknowledged, clock, openings };
    const about = `seed ${plan.seed}, ${openings === 0 ? 'morning' : 'afternoon'}`;
    const cuts = collectCuts(disk, random.fork(), plan.share, outside, about);
    const judgeAll = async () => {
      for (const cut of cuts.take()) await judge(cut);
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
  return { operations, ...report() };
};

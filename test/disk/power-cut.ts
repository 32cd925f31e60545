// Power cuts under a workload. Before an operation that changes the disk, it keeps what a cut at that moment would leave,
// with all that was acknowledged, and checks it later. The workload itself continues, so that one run shows many cuts.

import { createRandom } from '../../src/simulator/random.ts';
import { createFakeClock } from '../fake-clock.ts';
import { createAcknowledged } from './acknowledged.ts';
import { type CutResults, collectCuts, createCutChecks } from './cut-checks.ts';
import { createDisk } from './disk.ts';
import { createFaultyBank } from './faulty-bank.ts';
import { openShop, type ShopSettings } from './shop-on-disk.ts';
import { planWorkload } from './workload.ts';

/** How the power is cut during one workload. */
export interface CutPlan {
  readonly seed: number;
  /** The fraction of operations before which the power is cut; 1: before every one. */
  readonly share: number;
  /** The first part creates the file and ends with a stop; the second follows a start. */
  readonly parts: 'first' | 'both';
  /** The same, of a shop that recovers. */
  readonly shareInRecovery: number;
  /** The setting that must lose data. Then nothing is recovered, only losses are counted. */
  readonly synchronous?: 'NORMAL';
}

interface CutReport extends CutResults {
  /** Operations of the workload that change the disk. */
  readonly operations: number;
}

/** Runs one workload with power cuts. */
export const cutPower = async (plan: CutPlan): Promise<CutReport> => {
  const random = createRandom(plan.seed);
  const settings: ShopSettings = {
    capture: random.happens(0.5) ? 'at-once' : 'later',
    logPages: random.between(20, 79),
    ...(plan.synchronous && { synchronous: plan.synchronous }),
  };
  const { check, report } = createCutChecks(settings, random.fork(), plan);
  const disk = createDisk(plan.seed);
  const bank = createFaultyBank();
  const acknowledged = createAcknowledged();
  const clock = createFakeClock();
  let operations = 0;
  const parts = planWorkload(random.fork(), settings.capture);
  for (const [openings, part] of parts.slice(0, plan.parts === 'first' ? 1 : 2).entries()) {
    const outside = { bank, acknowledged, clock, openings };
    const about = `seed ${plan.seed}, part ${openings + 1}`;
    const cuts = collectCuts(disk, random.fork(), plan.share, outside, about);
    const checkAll = async () => {
      for (const cut of cuts.take()) await check(cut);
    };
    const shop = await openShop(disk, settings, outside);
    for (const step of part) {
      await checkAll();
      await step(shop, acknowledged);
    }
    await shop.close();
    await checkAll();
    operations += cuts.operations();
  }
  return { operations, ...report() };
};

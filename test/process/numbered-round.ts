// A kill round by its number: the same seed and number plan the same kills. Its folder is kept only if it has violations,
// with the command that repeats it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeKill, planKills } from './kill-plan.ts';
import { type RoundReport, runRound } from './kill-round.ts';

interface NumberedRound {
  readonly seed: string;
  /** Every second round captures money later than it is authorised. */
  readonly round: number;
  readonly kills: number;
  /** New orders for each kill. */
  readonly orders: number;
  log(line: string): void;
}

export const toRepeatCommand = ({ seed, round, kills, orders }: Omit<NumberedRound, 'log'>): string =>
  `npm run kills -- --seed ${seed} --from ${round} --rounds 1 --kills ${kills} --orders ${orders}`;

export const runNumbered = async (numbered: NumberedRound): Promise<RoundReport> => {
  const { seed, round, kills, orders, log } = numbered;
  const startedAt = performance.now();
  const capture = round % 2 === 0 ? 'at-once' : 'later';
  const folder = await mkdtemp(join(tmpdir(), 'orderchart-kills-'));
  const kept = `  kept: ${folder}\n  again: ${toRepeatCommand(numbered)}`;
  // A round continues with the sites where the round before the last one stopped.
  const first = Math.floor(round / 2) * Math.floor(kills / 2);
  const ownSeed = `${seed}/${round}`;
  const plan = planKills(kills, ownSeed, first, capture);
  let done = 0;
  const onKill: NonNullable<Parameters<typeof runRound>[0]['onKill']> = (kill) => {
    done += 1;
    if (done % 10 === 0) log(`  round ${round}: ${done} of ${kills} kills (${describeKill(kill)})`);
  };
  try {
    const report = await runRound({
      ...{ folder, seed: ownSeed, kills: plan, ordersPerProcess: orders, capture, onKill },
    });
    const { violations, missed, requests } = report;
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    log(
      `round ${round}: ${done} kills, ${report.orders} orders, ${requests} requests, ${seconds} s, ` +
        `${violations.length} violations${missed.length > 0 ? `; not reached: ${missed.join(', ')}` : ''}`,
    );
    for (const { invariant, about, problem } of violations) log(`  ${invariant}  ${about}  ${problem}`);
    if (violations.length > 0) log(kept);
    else await rm(folder, { recursive: true });
    return report;
  } catch (error) {
    log(`round ${round} failed\n${kept}`);
    throw error;
  }
};

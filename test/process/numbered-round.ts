// A kill round by its number: the same seed and number plan the same deaths. Its folder stays only where something
// is wrong with it, with the words that repeat it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nameOf, planDeaths } from './deaths.ts';
import { type RoundReport, runRound } from './kill-round.ts';

interface NumberedRound {
  readonly seed: string;
  /** Every second takes the money later than it is authorised. */
  readonly round: number;
  readonly kills: number;
  /** New orders for each kill. */
  readonly orders: number;
  say(line: string): void;
}

export const toRepeat = ({ seed, round, kills, orders }: Omit<NumberedRound, 'say'>): string =>
  `npm run kills -- --seed ${seed} --from ${round} --rounds 1 --kills ${kills} --orders ${orders}`;

export const runNumbered = async (numbered: NumberedRound): Promise<RoundReport> => {
  const { seed, round, kills, orders, say } = numbered;
  const startedAt = performance.now();
  const capture = round % 2 === 0 ? 'at-once' : 'later';
  const folder = await mkdtemp(join(tmpdir(), 'orderchart-kills-'));
  const kept = `  kept: ${folder}\n  again: ${toRepeat(numbered)}`;
  // A round and the next but one go on with the sites where the other stopped.
  const first = Math.floor(round / 2) * Math.floor(kills / 2);
  const ownSeed = `${seed}/${round}`;
  const deaths = planDeaths(kills, ownSeed, first, capture);
  let done = 0;
  const onKill: NonNullable<Parameters<typeof runRound>[0]['onKill']> = (death) => {
    done += 1;
    if (done % 10 === 0) say(`  round ${round}: ${done} of ${kills} kills (${nameOf(death)})`);
  };
  try {
    const report = await runRound({ folder, seed: ownSeed, deaths, ordersPerLife: orders, capture, onKill });
    const { violations, missed, requests } = report;
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    say(
      `round ${round}: ${done} kills, ${report.orders} orders, ${requests} requests, ${seconds} s, ` +
        `${violations.length} violations${missed.length > 0 ? `; not reached: ${missed.join(', ')}` : ''}`,
    );
    for (const { invariant, about, problem } of violations) say(`  ${invariant}  ${about}  ${problem}`);
    if (violations.length > 0) say(kept);
    else await rm(folder, { recursive: true });
    return report;
  } catch (error) {
    say(`round ${round} broke\n${kept}`);
    throw error;
  }
};

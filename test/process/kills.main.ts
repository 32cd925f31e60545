// `npm run kills`: kills a real service again and again, at random times and at every crash site of the simulator, and
// audits each folder. It prints the command that repeats a round; a round with a violation keeps its folder.
import { parseArgs } from 'node:util';
import { toWholeOption } from '../support/whole-option.ts';
import { toName } from './crash-points.ts';
import { everySite } from './kill-plan.ts';
import type { RoundReport } from './kill-round.ts';
import { runNumbered } from './numbered-round.ts';

const help = `Usage: npm run kills -- [--rounds 20] [--kills 50] [--orders 5] [--seed 1] [--from 0] [--workers 1]

Kills the service with kill -9, half of the times at random and half at the sites of simulate --crash-at, in rounds.
Each round has its own folder, gateway and mailer. After a round every order must be settled, and doctor, clients'
history and mail ledger must agree. Progress and counts go to standard error, one line of JSON to standard output.
Exit code: 0 no violation, 1 violations.

  --rounds   how many; every second round captures money later than it is authorised
  --kills    kills per round
  --orders   new orders per kill
  --seed     the same seed makes the same plan (what a random kill interrupts depends on the machine)
  --from     the first round
  --workers  rounds at the same time`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    kills: { type: 'string', default: '50' },
    orders: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    workers: { type: 'string', default: '1' },
    help: { type: 'boolean', short: 'h' },
  },
});

const toCount = (name: 'rounds' | 'kills' | 'orders' | 'from' | 'workers'): number =>
  toWholeOption(name, values[name]);
const log = (line: string): void => console.error(line);
const toSeconds = (since: number): number => Math.round((performance.now() - since) / 1000);

const runNumber = (round: number): Promise<RoundReport> =>
  runNumbered({ seed: values.seed, round, kills: toCount('kills'), orders: toCount('orders'), log });

const add = (totals: Record<string, number>, more: Readonly<Record<string, number>>): void => {
  for (const [name, number] of Object.entries(more)) totals[name] = (totals[name] ?? 0) + number;
};

const runAll = async (): Promise<readonly RoundReport[]> => {
  const [from, rounds] = [toCount('from'), toCount('rounds')];
  const reports: RoundReport[] = [];
  let next = from;
  const work = async (): Promise<void> => {
    while (next < from + rounds) {
      next += 1;
      reports.push(await runNumber(next - 1));
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, toCount('workers')) }, work));
  return reports;
};

const campaign = async (): Promise<void> => {
  const startedAt = performance.now();
  const reports = await runAll();
  const kills: Record<string, number> = {};
  const states: Record<string, number> = {};
  for (const report of reports) {
    add(kills, report.kills);
    add(states, report.states);
  }
  const sum = (what: (report: RoundReport) => number) =>
    reports.reduce((total, each) => total + what(each), 0);
  const result = {
    seed: values.seed,
    rounds: reports.length,
    kills: Object.values(kills).reduce((total, number) => total + number, 0),
    orders: sum(({ orders }) => orders),
    requests: sum(({ requests }) => requests),
    seconds: toSeconds(startedAt),
    states,
    bySite: kills,
    never: everySite('later')
      .map(toName)
      .filter((name) => kills[name] === undefined),
    violations: reports.flatMap(({ violations }) => violations),
  };
  for (const [name, number] of Object.entries(kills).sort()) log(`  ${name.padEnd(40)}${number}`);
  if (result.never.length > 0) log(`  never: ${result.never.join(', ')}`);
  log(`${result.kills} kills, ${result.orders} orders: ${result.violations.length} violations`);
  console.log(JSON.stringify(result));
  process.exitCode = result.violations.length === 0 ? 0 : 1;
};

if (values.help) console.log(help);
else await campaign();

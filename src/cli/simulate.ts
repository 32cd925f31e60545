// `orderchart simulate`: runs simulations and prints what they report. One seed is one simulation, and gives the same
// trace whenever and wherever it runs. Exit code 0: no violations; 1: violations.
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { faultPoints, isFaultPoint } from '../faults.ts';
import { type CrashSite, nodesOf, type Simulate, type SimulationReport, sightings } from '../simulation.ts';

const help = `Usage: orderchart simulate [--seed N] [--seeds COUNT] [--orders M] [--nodes K] [--upgrade]
                           [--crash-at SITE[,SITE …]] [--trace] [--json] [--list-sites]

Runs the production step, host and store on a virtual clock, with customers, a bank, a mailer, a network and
crashes that the seed decides. Every commit is checked as it happens. At the end the faults stop, everything must
be at rest within ten virtual minutes, and the doctor examines the store.

  --seed        the first seed [1]
  --seeds       how many seeds, one after the other [1]
  --orders      orders in each [25]
  --nodes       processes over the same tables, whose commits interleave [1 to 3, as the seed decides]
  --upgrade     the nodes start with the earlier release; in the middle all but the last are upgraded, and
                orders are moved to the new charts
  --crash-at    crash there instead of anywhere: a commit point, and after a colon the command that it is
                about (call.before:gateway.refund); with several: one after the other
  --trace       prints every commit, effect and crash
  --json        prints the reports as JSON, one per line
  --list-sites  lists the commit points, and runs nothing

Exit code: 0 no violations, 1 violations.`;

const options = {
  seed: { type: 'string', default: '1' },
  seeds: { type: 'string', default: '1' },
  orders: { type: 'string', default: '25' },
  nodes: { type: 'string' },
  upgrade: { type: 'boolean', default: false },
  'crash-at': { type: 'string' },
  trace: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  'list-sites': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const progressEveryMs = 1000;

/**
 * Runs the command with the arguments that follow its name. Sets the process's exit code.
 * @throws AppError `invalid-setting` for an invalid number or an unknown commit point.
 */
export const simulateSeeds = async (
  given: readonly string[],
  simulate: Simulate,
  clock: Clock,
): Promise<void> => {
  const { values } = parseArgs({ args: [...given], options });
  if (values.help || values['list-sites']) {
    console.log(values.help ? help : toSiteList());
    return;
  }
  const seed = toNumber('seed', values.seed, 0);
  const seeds = toNumber('seeds', values.seeds, 1);
  const orders = toNumber('orders', values.orders, 1);
  const nodes = values.nodes === undefined ? undefined : toNumber('nodes', values.nodes, 1);
  const crashAt = values['crash-at']?.split(',').map(toSite);
  const reports: SimulationReport[] = [];
  let printedAt = clock.now();
  for (let next = seed; next < seed + seeds; next += 1) {
    const report = await simulate({
      seed: next,
      orders,
      nodes: nodes ?? (values.upgrade ? 3 : nodesOf(next)),
      ...(values.upgrade && { upgrade: true }),
      ...(crashAt && { crashAt }),
      ...(values.trace && { onTrace: (line: string) => console.log(line) }),
    });
    reports.push(report);
    if (values.json) console.log(JSON.stringify(report));
    else if (report.violations.length > 0) console.log(toText(report));
    if (seeds === 1 || clock.now() - printedAt < progressEveryMs) continue;
    printedAt = clock.now();
    console.error(`${reports.length} of ${seeds} seeds`);
  }
  if (!values.json) console.log(toSummary(reports));
  process.exitCode = reports.every(({ violations }) => violations.length === 0) ? 0 : 1;
};

const toNumber = (name: string, given: string, least: number): number => {
  const number = z.coerce
    .number()
    .int()
    .min(least)
    .max(2 ** 31)
    .safeParse(given);
  if (number.success) return number.data;
  throw new AppError(
    'invalid-setting',
    `Invalid --${name}=${given}: it must be a whole number from ${least}`,
  );
};

const toSite = (name: string): CrashSite => {
  const [point = '', about] = name.split(':');
  if (isFaultPoint(point)) return { point, ...(about !== undefined && { about }) };
  throw new AppError('invalid-setting', `Invalid --crash-at=${name}. The commit points:\n${toSiteList()}`);
};

const toSiteList = (): string =>
  Object.entries(faultPoints)
    .map(([name, meaning]) => `  ${name.padEnd(22)} ${meaning}`)
    .join('\n');

const toText = ({ seed, orders, nodes, violations }: SimulationReport): string =>
  [
    `seed ${seed} (--orders ${orders} --nodes ${nodes}):`,
    ...violations.slice(0, 20).map((each) => `  ${each}`),
  ].join('\n');

const toSummary = (reports: readonly SimulationReport[]): string => {
  const sum = (read: (report: SimulationReport) => number) =>
    reports.reduce((total, report) => total + read(report), 0);
  const sumOf = (read: (report: SimulationReport) => Readonly<Record<string, number>>) => {
    const sums: Record<string, number> = {};
    for (const report of reports)
      for (const [name, number] of Object.entries(read(report))) sums[name] = (sums[name] ?? 0) + number;
    return sums;
  };
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .sort()
      .map(([name, number]) => `${name} ${number}`)
      .join(', ');
  const seen = sumOf((report) => report.sightings);
  const crashes = sumOf((report) => report.crashes);
  const hours = sum(({ virtualMs }) => virtualMs) / 3_600_000;
  return [
    `${reports.length} seeds, ${sum(({ orders }) => orders)} orders, ${sum(({ commits }) => commits)} commits, ${hours.toFixed(1)} virtual hours`,
    `states: ${list(sumOf(({ states }) => states))}`,
    `crashes: ${list(crashes) || 'none'}`,
    'seen:',
    ...Object.entries(sightings).map(([name, what]) => `  ${String(seen[name] ?? 0).padStart(7)}  ${what}`),
    ...(reports.length === 1 ? [`trace ${reports[0]?.hash}`] : []),
    `${sum(({ violations }) => violations.length)} violations`,
  ].join('\n');
};

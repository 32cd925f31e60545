// A task of a campaign: some seeds, crashes, power cuts, kills or a planted bug; small enough to be repeated if it was
// interrupted.
import { z } from 'zod';
import type { CrashSite, Sighting, SimulationReport } from '../../src/simulation.ts';
import { cutPower } from '../disk/power-cut.ts';
import { plant, readBugs } from '../planted/bugs.ts';
import { runCheck } from '../planted/checks.ts';
import { runNumbered, toRepeatCommand } from '../process/numbered-round.ts';
import {
  addSightings,
  crashAt,
  simulateSeed,
  simulateUpgrade,
  toFindings,
  toWords,
} from '../simulator/campaigning.ts';

interface SeedsTask {
  readonly kind: 'seeds';
  readonly seed: number;
  readonly count: number;
  readonly orders: number;
  /** The nodes are upgraded in the middle. */
  readonly upgrade?: boolean;
}
interface CrashesTask {
  readonly kind: 'crashes';
  readonly name: string;
  readonly sites: readonly (readonly CrashSite[])[];
}
/** A workload on a simulated disk. */
interface PowerCutsTask {
  readonly kind: 'power-cuts';
  readonly seed: number;
}
interface PlantedTask {
  readonly kind: 'planted';
  readonly bug: string;
}
/** A real service that is killed again and again. */
interface KillsTask {
  readonly kind: 'kills';
  readonly round: number;
}
export type Task = SeedsTask | CrashesTask | PowerCutsTask | PlantedTask | KillsTask;

/** The result of a task, as it is recorded in the file. */
export const taskResult = z.object({
  name: z.string(),
  /** Counts by name; those of all tasks are added up. */
  counts: z.record(z.string(), z.number()),
  /** Sites that no simulation reached one after the other. */
  unreached: z.array(z.string()),
  sightings: z.record(z.string(), z.number()),
  /** Violations, each with the command that repeats it. */
  findings: z.array(z.string()),
});
export type TaskResult = Readonly<z.infer<typeof taskResult>>;

export const toTaskName = (task: Task): string => {
  switch (task.kind) {
    case 'seeds':
      return `${task.upgrade ? 'upgrades' : 'seeds'}-${task.seed}-${task.count}-${task.orders}`;
    case 'crashes':
      return task.name;
    case 'power-cuts':
      return `power-cuts-${task.seed}`;
    case 'planted':
      return `planted-${task.bug}`;
    case 'kills':
      return `kills-${task.round}`;
  }
};

export const runTask = async (task: Task): Promise<TaskResult> => {
  const empty = { name: toTaskName(task), unreached: [], sightings: {} };
  switch (task.kind) {
    case 'seeds':
      return { ...empty, ...(await runSeeds(task)) };
    case 'crashes':
      return { ...empty, ...(await runCrashes(task)) };
    case 'power-cuts':
      return { ...empty, ...(await runPowerCuts(task)) };
    case 'planted':
      return { ...empty, ...(await runPlanted(task)) };
    case 'kills':
      return { ...empty, ...(await runKills(task)) };
  }
};

const runSeeds = async ({ seed: first, count, orders, upgrade }: SeedsTask) => {
  const reports: SimulationReport[] = [];
  for (let seed = first; seed < first + count; seed += 1) {
    reports.push(await (upgrade ? simulateUpgrade : simulateSeed)(seed, orders));
  }
  const more = upgrade ? ' --upgrade' : '';
  return { ...toSums(reports), findings: reports.flatMap((report) => toFindings(report, more)) };
};

const ordersPerCrash = 8;

const runCrashes = async ({ sites: all }: CrashesTask) => {
  const reports: SimulationReport[] = [];
  const findings: string[] = [];
  const unreached: string[] = [];
  for (const sites of all) {
    const tried = await crashAt(sites, ordersPerCrash);
    reports.push(...tried.reports);
    findings.push(...tried.findings);
    if (!tried.isReached) unreached.push(sites.map(toWords).join());
  }
  return { ...toSums(reports), findings, unreached };
};

const toSums = (reports: readonly SimulationReport[]) => {
  const sightings: Partial<Record<Sighting, number>> = {};
  for (const report of reports) addSightings(sightings, report);
  const sum = (read: (report: SimulationReport) => number) =>
    reports.reduce((total, report) => total + read(report), 0);
  const counts = {
    simulations: reports.length,
    'simulated orders': sum(({ orders }) => orders),
    'simulated commits': sum(({ commits }) => commits),
    'simulated crashes': sum(({ crashes }) =>
      Object.values(crashes).reduce((all, number) => all + number, 0),
    ),
    'virtual hours': sum(({ virtualMs }) => virtualMs) / 3_600_000,
  };
  return { counts, sightings };
};

/** Every tenth seed has cuts everywhere; the others at random, and again during recovery. */
const runPowerCuts = async ({ seed }: PowerCutsTask) => {
  const shares = seed % 10 === 0 ? { share: 1, shareInRecovery: 0 } : { share: 0.2, shareInRecovery: 0.001 };
  const { cuts, cutsInRecovery, losing, problems } = await cutPower({ seed, parts: 'both', ...shares });
  const counts = {
    'power cuts': cuts,
    'power cuts during recovery': cutsInRecovery,
    'power cuts that lost': losing,
  };
  return { counts, findings: problems.map((problem) => `npm run power-cuts -- --seed ${seed}: ${problem}`) };
};

const runPlanted = async ({ bug: name }: PlantedTask) => {
  const bug = (await readBugs()).find((each) => each.name === name);
  if (bug === undefined) throw new Error(`no planted bug is called ${name}`);
  await using copy = await plant(bug);
  const isFound = (await runCheck(bug.expectedBy, copy.path)) !== undefined;
  return {
    counts: { 'planted bugs': 1, 'planted bugs found': Number(isFound) },
    findings: isFound ? [] : [`npm run planted -- ${name}: not found by ${bug.expectedBy}`],
  };
};

const killsPerRound = 52;

const runKills = async ({ round }: KillsTask) => {
  const plan = { seed: 'campaign', round, kills: killsPerRound, orders: 4 };
  const { kills, orders, violations } = await runNumbered({ ...plan, log: () => undefined });
  const counts = {
    'real kills': Object.values(kills).reduce((all, number) => all + number, 0),
    'orders under real kills': orders,
  };
  const toFinding = ({ invariant, about, problem }: (typeof violations)[number]) =>
    `${toRepeatCommand(plan)}: ${invariant} ${about} ${problem}`;
  return { counts, findings: violations.map(toFinding) };
};

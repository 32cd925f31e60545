// A piece of a campaign: some seeds, some deaths, some power cuts, some kills, a planted bug; small enough to be done again
// where it was interrupted.
import { z } from 'zod';
import type { CrashSite, Sighting, SimulationReport } from '../../src/simulation.ts';
import { cutPower } from '../disk/power-cut.ts';
import { plant, readBugs } from '../planted/bugs.ts';
import { runCheck } from '../planted/checks.ts';
import { runNumbered, toRepeatCommand } from '../process/numbered-round.ts';
import { addSightings, crashAt, simulateSeed, toFindings, toWords } from '../simulator/campaigning.ts';

interface SeedsPiece {
  readonly kind: 'seeds';
  readonly seed: number;
  readonly count: number;
  readonly orders: number;
}
interface DeathsPiece {
  readonly kind: 'deaths';
  readonly name: string;
  readonly sites: readonly (readonly CrashSite[])[];
}
/** A day in a shop on a simulated disk. */
interface PowerCutsPiece {
  readonly kind: 'power-cuts';
  readonly seed: number;
}
interface PlantedPiece {
  readonly kind: 'planted';
  readonly bug: string;
}
/** A real service that is killed again and again. */
interface KillsPiece {
  readonly kind: 'kills';
  readonly round: number;
}
export type Piece = SeedsPiece | DeathsPiece | PowerCutsPiece | PlantedPiece | KillsPiece;

/** What a piece came to, as it is noted in the file. */
export const pieceResult = z.object({
  name: z.string(),
  /** Counts by what was counted; those of all pieces are added up. */
  figures: z.record(z.string(), z.number()),
  /** Sites that no shop came by one after the other. */
  unreached: z.array(z.string()),
  sightings: z.record(z.string(), z.number()),
  /** What did not hold, each with the words that repeat it. */
  findings: z.array(z.string()),
});
export type PieceResult = Readonly<z.infer<typeof pieceResult>>;

export const toPieceName = (piece: Piece): string => {
  switch (piece.kind) {
    case 'seeds':
      return `seeds-${piece.seed}-${piece.count}-${piece.orders}`;
    case 'deaths':
      return piece.name;
    case 'power-cuts':
      return `power-cuts-${piece.seed}`;
    case 'planted':
      return `planted-${piece.bug}`;
    case 'kills':
      return `kills-${piece.round}`;
  }
};

export const runPiece = async (piece: Piece): Promise<PieceResult> => {
  const nothing = { name: toPieceName(piece), unreached: [], sightings: {} };
  switch (piece.kind) {
    case 'seeds':
      return { ...nothing, ...(await runSeeds(piece)) };
    case 'deaths':
      return { ...nothing, ...(await runDeaths(piece)) };
    case 'power-cuts':
      return { ...nothing, ...(await runPowerCuts(piece)) };
    case 'planted':
      return { ...nothing, ...(await runPlanted(piece)) };
    case 'kills':
      return { ...nothing, ...(await runKills(piece)) };
  }
};

const runSeeds = async ({ seed: first, count, orders }: SeedsPiece) => {
  const reports: SimulationReport[] = [];
  for (let seed = first; seed < first + count; seed += 1) reports.push(await simulateSeed(seed, orders));
  return { ...toSums(reports), findings: reports.flatMap((report) => toFindings(report)) };
};

const ordersInDeaths = 8;

const runDeaths = async ({ sites: all }: DeathsPiece) => {
  const reports: SimulationReport[] = [];
  const findings: string[] = [];
  const unreached: string[] = [];
  for (const sites of all) {
    const tried = await crashAt(sites, ordersInDeaths);
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
  const figures = {
    simulations: reports.length,
    'simulated orders': sum(({ orders }) => orders),
    'simulated commits': sum(({ commits }) => commits),
    'simulated deaths': sum(({ crashes }) => Object.values(crashes).reduce((all, number) => all + number, 0)),
    'virtual hours': sum(({ virtualMs }) => virtualMs) / 3_600_000,
  };
  return { figures, sightings };
};

/** Every tenth day is cut everywhere; the others at random, and again while they recover. */
const runPowerCuts = async ({ seed }: PowerCutsPiece) => {
  const shares = seed % 10 === 0 ? { share: 1, shareInRecovery: 0 } : { share: 0.2, shareInRecovery: 0.001 };
  const { cuts, cutsInRecovery, losing, problems } = await cutPower({ seed, hours: 'day', ...shares });
  const figures = {
    'power cuts': cuts,
    'power cuts in a recovery': cutsInRecovery,
    'power cuts that lost': losing,
  };
  return { figures, findings: problems.map((problem) => `npm run power-cuts -- --seed ${seed}: ${problem}`) };
};

const runPlanted = async ({ bug: name }: PlantedPiece) => {
  const bug = (await readBugs()).find((each) => each.name === name);
  if (bug === undefined) throw new Error(`there is no planted bug ${name}`);
  await using copy = await plant(bug);
  const isFound = (await runCheck(bug.expectedBy, copy.path)) !== undefined;
  return {
    figures: { 'planted bugs': 1, 'planted bugs found': Number(isFound) },
    findings: isFound ? [] : [`npm run planted -- ${name}: not found by ${bug.expectedBy}`],
  };
};

const killsInRound = 52;

const runKills = async ({ round }: KillsPiece) => {
  const plan = { seed: 'campaign', round, kills: killsInRound, orders: 4 };
  const { kills, orders, violations } = await runNumbered({ ...plan, log: () => undefined });
  const figures = {
    'real kills': Object.values(kills).reduce((all, number) => all + number, 0),
    'orders under real kills': orders,
  };
  const toFinding = ({ invariant, about, problem }: (typeof violations)[number]) =>
    `${toRepeatCommand(plan)}: ${invariant} ${about} ${problem}`;
  return { figures, findings: violations.map(toFinding) };
};

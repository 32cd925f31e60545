// Runs of many simulations, shared by the tests and the campaign: sightings add up, and each violation names the command
// that repeats it.
import { simulate } from '../../src/main.ts';
import {
  type CrashSite,
  isSighting,
  nodesOf,
  type Sighting,
  type SimulationReport,
} from '../../src/simulation.ts';

/** Violations, each with the command that repeats its simulation. */
export const toFindings = ({ seed, orders, nodes, violations }: SimulationReport, more = ''): string[] =>
  violations.map(
    (violation) => `simulate --seed ${seed} --orders ${orders} --nodes ${nodes}${more}: ${violation}`,
  );

/** A seed with its default number of nodes. */
export const simulateSeed = (seed: number, orders: number): Promise<SimulationReport> =>
  simulate({ seed, orders, nodes: nodesOf(seed) });

/** A seed whose nodes are upgraded in the middle, all but the last. */
export const simulateUpgrade = (seed: number, orders: number): Promise<SimulationReport> =>
  simulate({ seed, orders, nodes: 3, upgrade: true });

export const addSightings = (
  seen: Partial<Record<Sighting, number>>,
  { sightings }: SimulationReport,
): void => {
  for (const [name, number] of Object.entries(sightings)) {
    if (isSighting(name)) seen[name] = (seen[name] ?? 0) + number;
  }
};

export const toWords = ({ point, about }: CrashSite): string =>
  about === undefined ? point : `${point}:${about}`;

/** Seeds that reach the rare sites, then others for pairs of sites that few seeds reach. */
const seeds = [1, 2, 3, 7, 8, 10, ...Array.from({ length: 30 }, (_, index) => 11 + index)];

/** Crashes at the sites, one after the other, in the first simulation that reaches them all, if there is one. */
export const crashAt = async (
  sites: readonly CrashSite[],
  orders: number,
): Promise<{ isReached: boolean; findings: string[]; reports: SimulationReport[] }> => {
  const findings: string[] = [];
  const reports: SimulationReport[] = [];
  for (const seed of seeds) {
    const report = await simulate({ seed, orders, nodes: nodesOf(seed), crashAt: sites });
    reports.push(report);
    findings.push(...toFindings(report, ` --crash-at ${sites.map(toWords).join()}`));
    const crashes = Object.values(report.crashes).reduce((sum, number) => sum + number, 0);
    if (crashes === sites.length) return { isReached: true, findings, reports };
  }
  return { isReached: false, findings, reports };
};

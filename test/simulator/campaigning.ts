// Runs of many simulations, as the tests and the campaign share them: what was seen adds up, and a violation
// names the command that repeats it.
import { simulate } from '../../src/main.ts';
import {
  type CrashSite,
  isSighting,
  nodesOf,
  type Sighting,
  type SimulationReport,
} from '../../src/simulation.ts';

/** Violations, each with the words that repeat its simulation. */
export const toFindings = (
  { seed, orders, nodes, violations }: SimulationReport,
  crashAt?: string,
): string[] =>
  violations.map((violation) => {
    const at = crashAt === undefined ? '' : ` --crash-at ${crashAt}`;
    return `simulate --seed ${seed} --orders ${orders} --nodes ${nodes}${at}: ${violation}`;
  });

/** A seed with as many nodes as it is tried with everywhere. */
export const simulateSeed = (seed: number, orders: number): Promise<SimulationReport> =>
  simulate({ seed, orders, nodes: nodesOf(seed) });

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

/** Seeds whose shops come by the seldom places, the common ones first; then others, for what few shops come by. */
const telling = [1, 2, 3, 7, 8, 10, ...Array.from({ length: 30 }, (_, index) => 11 + index)];

/**
 * Dies at the sites, one after the other, in the first of a few shops that comes by all of them.
 * `isReached`: there was one.
 */
export const crashAt = async (
  sites: readonly CrashSite[],
  orders: number,
): Promise<{ isReached: boolean; findings: string[]; reports: SimulationReport[] }> => {
  const findings: string[] = [];
  const reports: SimulationReport[] = [];
  for (const seed of telling) {
    const report = await simulate({ seed, orders, nodes: nodesOf(seed), crashAt: sites });
    reports.push(report);
    findings.push(...toFindings(report, sites.map(toWords).join()));
    const deaths = Object.values(report.crashes).reduce((sum, number) => sum + number, 0);
    if (deaths === sites.length) return { isReached: true, findings, reports };
  }
  return { isReached: false, findings, reports };
};

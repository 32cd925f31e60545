// A piece of a campaign: some seeds, or some deaths, small enough to be done again where it was interrupted.
import type { CrashSite, Sighting, SimulationReport } from '../../src/simulation.ts';
import { addSightings, crashAt, simulateSeed, toFindings, toWords } from '../simulator/campaigning.ts';

export type Piece =
  | { readonly kind: 'seeds'; readonly seed: number; readonly count: number; readonly orders: number }
  | { readonly kind: 'deaths'; readonly name: string; readonly sites: readonly (readonly CrashSite[])[] };

export interface PieceResult {
  readonly name: string;
  readonly simulations: number;
  readonly orders: number;
  readonly commits: number;
  readonly deaths: number;
  readonly virtualHours: number;
  /** Sites that no shop came by one after the other. */
  readonly unreached: readonly string[];
  readonly sightings: Readonly<Partial<Record<string, number>>>;
  readonly findings: readonly string[];
}

export const toPieceName = (piece: Piece): string =>
  piece.kind === 'seeds' ? `seeds-${piece.seed}-${piece.count}-${piece.orders}` : piece.name;

const ordersInDeaths = 8;

export const runPiece = async (piece: Piece): Promise<PieceResult> => {
  const reports: SimulationReport[] = [];
  const findings: string[] = [];
  const unreached: string[] = [];
  if (piece.kind === 'seeds') {
    for (let seed = piece.seed; seed < piece.seed + piece.count; seed += 1) {
      const report = await simulateSeed(seed, piece.orders);
      reports.push(report);
      findings.push(...toFindings(report));
    }
  } else {
    for (const sites of piece.sites) {
      const tried = await crashAt(sites, ordersInDeaths);
      reports.push(...tried.reports);
      findings.push(...tried.findings);
      if (!tried.isReached) unreached.push(sites.map(toWords).join());
    }
  }
  const seen: Partial<Record<Sighting, number>> = {};
  for (const report of reports) addSightings(seen, report);
  const sum = (read: (report: SimulationReport) => number) =>
    reports.reduce((total, report) => total + read(report), 0);
  return {
    name: toPieceName(piece),
    simulations: reports.length,
    orders: sum(({ orders }) => orders),
    commits: sum(({ commits }) => commits),
    deaths: sum(({ crashes }) => Object.values(crashes).reduce((all, number) => all + number, 0)),
    virtualHours: sum(({ virtualMs }) => virtualMs) / 3_600_000,
    unreached,
    sightings: seen,
    findings,
  };
};

// What was covered of charts, counted and as text: states, transitions, deadlines, and both results of every guard. It
// lists what is missing and judges nothing.
import type { Item } from './chart-observer.ts';

export interface CoverageRow {
  readonly what: string;
  readonly tested: number;
  readonly possible: number;
}
export interface CoverageTable {
  readonly rows: readonly CoverageRow[];
  /** Names of what can be covered and was not. */
  readonly missing: readonly string[];
}

const itemKinds = ['state', 'transition', 'deadline', 'guard'] as const;
const plural = {
  state: 'states',
  transition: 'transitions',
  deadline: 'deadlines',
  guard: "guards' answers",
} as const;

export type NamedGroup = readonly [what: string, names: readonly string[]];

/** The items of each chart in groups of one kind, without those that are impossible. */
export const groupItems = (
  charts: readonly string[],
  items: readonly Item[],
  impossible: ReadonlySet<string>,
): readonly NamedGroup[] =>
  charts.flatMap((chart) =>
    itemKinds.map((kind): NamedGroup => {
      const names = items.filter((item) => item.chart === chart && item.kind === kind);
      const possible = names.map(({ name }) => name).filter((name) => !impossible.has(name));
      return [`${chart}: ${plural[kind]}`, possible];
    }),
  );

export const toTable = (groups: readonly NamedGroup[], met: ReadonlySet<string>): CoverageTable => ({
  rows: groups.map(([what, names]) => ({
    what,
    tested: names.filter((name) => met.has(name)).length,
    possible: names.length,
  })),
  missing: groups.flatMap(([, names]) => names.filter((name) => !met.has(name))),
});

/** For the output of a test. */
export const toText = ({ rows, missing }: CoverageTable): string =>
  [
    'tested / possible',
    ...rows.map(({ what, tested, possible }) => `  ${what.padEnd(36)} ${tested} / ${possible}`),
    ...(missing.length > 0 ? ['not tested:', ...missing.map((name) => `  ${name}`)] : []),
  ].join('\n');

/** How much of one kind was covered. */
export interface Covered {
  readonly covered: number;
  readonly all: number;
  /** Names, such as `parcel: collecting, courier.busy → waiting`. */
  readonly missing: readonly string[];
}

export interface ChartCoverage {
  readonly states: Covered;
  readonly transitions: Covered;
  /** Each guard counts twice: it said yes, and it said no. */
  readonly guards: Covered;
  readonly deadlines: Covered;
  /** Of every kind. */
  readonly missing: readonly string[];
  /** Names that were given as unreachable, and were reached or do not exist. */
  readonly wronglyUnreachable: readonly string[];
  /** A table for people, with the names of what is missing. */
  describe(): string;
}

export const toChartCoverage = (
  items: readonly Item[],
  met: ReadonlySet<string>,
  unreachable: readonly string[],
): ChartCoverage => {
  const impossible = new Set(unreachable);
  const possible = items.filter(({ name }) => !impossible.has(name));
  const count = (kind: Item['kind']): Covered => {
    const names = possible.filter((item) => item.kind === kind).map(({ name }) => name);
    const missing = names.filter((name) => !met.has(name));
    return { covered: names.length - missing.length, all: names.length, missing };
  };
  const charts = [...new Set(items.map(({ chart }) => chart))];
  const table = toTable(groupItems(charts, items, impossible), met);
  const known = new Set(items.map(({ name }) => name));
  return {
    states: count('state'),
    transitions: count('transition'),
    guards: count('guard'),
    deadlines: count('deadline'),
    missing: table.missing,
    wronglyUnreachable: unreachable.filter((name) => met.has(name) || !known.has(name)),
    describe: () => toText(table),
  };
};

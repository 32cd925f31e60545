// What the driven paths covered: of each chart its states, transitions, deadlines and both results of every
// guard, and of the whole its states and steps. It lists what is missing and judges nothing.
import { actorNames } from '../../machines/messages.ts';
import type { Item } from './chart-observer.ts';
import type { Graph } from './graph.ts';
import { unreachable } from './unreachable.ts';

export interface Coverage {
  readonly rows: readonly {
    readonly what: string;
    readonly tested: number;
    readonly possible: number;
  }[];
  /** Names of what can be covered and was not. */
  readonly missing: readonly string[];
  /** Names of what counts as unreachable, and was covered. */
  readonly surprising: readonly string[];
}

const kinds = ['state', 'transition', 'deadline', 'guard'] as const;
const plural = {
  state: 'states',
  transition: 'transitions',
  deadline: 'deadlines',
  guard: "guards' answers",
} as const;

export const toCoverage = (
  items: readonly Item[],
  graphs: readonly Graph[],
  met: ReadonlySet<string>,
): Coverage => {
  const impossible = new Set(unreachable.map(({ name }) => name));
  const groups: readonly (readonly [string, readonly string[]])[] = [
    ...actorNames.flatMap((chart) =>
      kinds.map((kind) => {
        const names = items.filter((item) => item.chart === chart && item.kind === kind);
        const possible = names.map(({ name }) => name).filter((name) => !impossible.has(name));
        return [`${chart}: ${plural[kind]}`, possible] as const;
      }),
    ),
    ['the whole: states', [...new Set(graphs.flatMap(({ whole }) => [...whole.states]))]],
    ['the whole: steps', [...new Set(graphs.flatMap(({ whole }) => [...whole.steps]))]],
  ];
  return {
    rows: groups.map(([what, names]) => ({
      what,
      tested: names.filter((name) => met.has(name)).length,
      possible: names.length,
    })),
    missing: groups.flatMap(([, names]) => names.filter((name) => !met.has(name))),
    surprising: [...impossible].filter((name) => met.has(name)),
  };
};

/** The same as text, for the output of a test. */
export const toText = ({ rows, missing }: Coverage): string =>
  [
    'tested / possible',
    ...rows.map(({ what, tested, possible }) => `  ${what.padEnd(36)} ${tested} / ${possible}`),
    ...(missing.length > 0 ? ['not tested:', ...missing.map((name) => `  ${name}`)] : []),
  ].join('\n');

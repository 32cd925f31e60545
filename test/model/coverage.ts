// What the driven paths covered: of each chart its states, transitions, deadlines and both results of every
// guard, and of the whole its states and steps. It lists what is missing and judges nothing.
import { actorNames } from '../../machines/messages.ts';
import type { Item } from '../../src/testing/chart-observer.ts';
import { type CoverageTable, groupItems, toTable } from '../../src/testing/coverage.ts';
import type { Graph } from './graph.ts';
import { unreachable } from './unreachable.ts';

export interface Coverage extends CoverageTable {
  /** Names of what counts as unreachable, and was covered. */
  readonly surprising: readonly string[];
}

export const toCoverage = (
  items: readonly Item[],
  graphs: readonly Graph[],
  met: ReadonlySet<string>,
): Coverage => {
  const impossible = new Set(unreachable.map(({ name }) => name));
  const groups = [
    ...groupItems(actorNames, items, impossible),
    ['the whole: states', [...new Set(graphs.flatMap(({ whole }) => [...whole.states]))]],
    ['the whole: steps', [...new Set(graphs.flatMap(({ whole }) => [...whole.steps]))]],
  ] as const;
  return { ...toTable(groups, met), surprising: [...impossible].filter((name) => met.has(name)) };
};

// Finds the edges of a chart that an actor took between two snapshots: the first by its message, those after it by
// what is always checked. It does not guess when the chart has no such path.
import type { Chart, ChartEdge } from './protocol.ts';

const isInside = (path: string, outer: string): boolean =>
  outer === '' || path === outer || path.startsWith(`${outer}.`);

/** Longest path through states that are left without a message. */
const mostHops = 4;

/**
 * The ids of the edges between the leaf states `before` and `after`.
 * @param on the message's type; a deadline's is `xstate.after.NAME.…`
 */
export const findTaken = (
  chart: Chart,
  before: readonly string[],
  after: readonly string[],
  on: string,
): readonly string[] => {
  const left = before.filter((path) => !after.includes(path));
  const entered = after.filter((path) => !before.includes(path));
  // One edge enters all regions of a parallel state.
  return [...new Set(entered.flatMap((to) => findPath(chart, left, to, toCause(on)) ?? []))];
};

const toCause = (on: string): string => /^xstate\.after\.([^.]+)/.exec(on)?.[1] ?? on;

const findPath = (
  chart: Chart,
  from: readonly string[],
  to: string,
  on: string,
): readonly string[] | undefined => {
  const first = chart.edges.filter(
    (edge) => from.some((path) => isInside(path, edge.from)) && edge.causes.some((cause) => cause.on === on),
  );
  let paths: readonly (readonly ChartEdge[])[] = first.map((edge) => [edge]);
  for (let hop = 0; hop < mostHops && paths.length > 0; hop += 1) {
    const found = paths.find((path) => isInside(to, path.at(-1)?.to ?? to));
    if (found) return found.map(({ id }) => id);
    paths = paths.flatMap((path) => findNext(chart, path).map((edge) => [...path, edge]));
  }
  return undefined;
};

const findNext = (chart: Chart, path: readonly ChartEdge[]): readonly ChartEdge[] => {
  const at = path.at(-1)?.to ?? '';
  return chart.edges.filter(
    (edge) =>
      !path.includes(edge) &&
      (isInside(at, edge.from) || isInside(edge.from, at)) &&
      edge.causes.some(({ kind }) => kind === 'always'),
  );
};

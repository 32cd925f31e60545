// Finds the edges of a chart that an actor took between two snapshots: the first by the message that it was
// given, those after it by what is always checked. It guesses nothing where the chart has no such way.

import { toDeadlineName } from '../step/deadline-name.ts';
import type { Chart, ChartEdge } from './shapes.ts';

const isInside = (path: string, outer: string): boolean =>
  outer === '' || path === outer || path.startsWith(`${outer}.`);

/** Longest way through states that are passed without a message. */
const mostHops = 4;

/**
 * The ids of the edges between the leaf states `was` and `is`.
 * @param on the message's type; a deadline's is `xstate.after.NAME.…`
 */
export const findTaken = (
  chart: Chart,
  was: readonly string[],
  is: readonly string[],
  on: string,
): readonly string[] => {
  const left = was.filter((path) => !is.includes(path));
  const entered = is.filter((path) => !was.includes(path));
  // Regions that are entered side by side are entered by one edge.
  return [...new Set(entered.flatMap((to) => findWay(chart, left, to, toCause(on)) ?? []))];
};

const toCause = (on: string): string => toDeadlineName(on) ?? on;

const findWay = (
  chart: Chart,
  from: readonly string[],
  to: string,
  on: string,
): readonly string[] | undefined => {
  const first = chart.edges.filter(
    (edge) => from.some((path) => isInside(path, edge.from)) && edge.causes.some((cause) => cause.on === on),
  );
  let ways: readonly (readonly ChartEdge[])[] = first.map((edge) => [edge]);
  for (let hop = 0; hop < mostHops && ways.length > 0; hop += 1) {
    const found = ways.find((way) => isInside(to, way.at(-1)?.to ?? to));
    if (found) return found.map(({ id }) => id);
    ways = ways.flatMap((way) => goOn(chart, way).map((edge) => [...way, edge]));
  }
  return undefined;
};

const goOn = (chart: Chart, way: readonly ChartEdge[]): readonly ChartEdge[] => {
  const at = way.at(-1)?.to ?? '';
  return chart.edges.filter(
    (edge) =>
      !way.includes(edge) &&
      (isInside(at, edge.from) || isInside(edge.from, at)) &&
      edge.causes.some(({ kind }) => kind === 'always'),
  );
};

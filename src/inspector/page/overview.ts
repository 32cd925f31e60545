// A chart for many orders: deeply nested states are folded into the state around them, so that the main path stays
// visible. No count is lost: the counts are folded in the same way.
import type { Chart, ChartEdge, ChartNode } from '../server/protocol.ts';

const deepest = 2;

/** Compound states are shown open while their inner states are steps of the main path: not parallel, not settled. */
const isClosed = (chart: Chart, node: ChartNode): boolean => {
  const inner = chart.nodes.filter(({ parent }) => parent === node.path);
  return (
    node.kind === 'parallel' ||
    node.path.split('.').length >= deepest ||
    inner.some(({ isSettled }) => isSettled)
  );
};

/** The state that stands for `path` in the overview. */
export const createFold = (chart: Chart): ((path: string) => string) => {
  const known = new Map(chart.nodes.map((node) => [node.path, node]));
  return (path) => {
    const names = path.split('.');
    for (let length = 1; length < names.length; length += 1) {
      const outer = names.slice(0, length).join('.');
      const node = known.get(outer);
      if (node && isClosed(chart, node)) return outer;
    }
    return path;
  };
};

export const toOverview = (chart: Chart): Chart => {
  const fold = createFold(chart);
  const edges = new Map<string, ChartEdge>();
  for (const { from, to, causes } of chart.edges) {
    const ends = { from: fold(from), to: fold(to) };
    if (ends.from === ends.to) continue;
    const id = `${ends.from}>${ends.to}`;
    edges.set(id, { id, ...ends, causes: [...(edges.get(id)?.causes ?? []), ...causes] });
  }
  return {
    ...chart,
    nodes: chart.nodes
      .filter(({ path }) => fold(path) === path)
      .map((node) => (node.path !== '' && isClosed(chart, node) ? { ...node, kind: 'atomic' } : node)),
    edges: [...edges.values()],
  };
};

/** The top-level states in which an order can end. */
export const findEnds = (chart: Chart): readonly ChartNode[] =>
  chart.nodes.filter(
    ({ path, parent, isSettled }) =>
      parent === '' &&
      (isSettled || chart.nodes.some((inner) => inner.isSettled && inner.path.startsWith(`${path}.`))),
  );

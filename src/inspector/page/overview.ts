// A chart for looking at many orders: what lies deep inside is folded into the state around it, so that the
// story stays in sight. Nothing is left out of the counts: they are folded the same way.
import type { Chart, ChartEdge, ChartNode } from '../shapes.ts';

const deepest = 2;

/** Opened are compounds whose inner states are steps on the way: not parallel ones, not settled ones. */
const isClosed = (chart: Chart, node: ChartNode): boolean => {
  const inner = chart.nodes.filter(({ parent }) => parent === node.path);
  return (
    node.kind === 'parallel' ||
    node.path.split('.').length >= deepest ||
    inner.some(({ tags }) => tags.includes('settled'))
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

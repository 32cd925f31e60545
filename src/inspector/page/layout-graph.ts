// Where the states and edges of a chart are drawn, as ELK lays them out. It draws nothing and needs no browser: the
// layouts of the shipped charts are computed when the page is built.
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { Chart, ChartEdge, ChartNode } from '../server/protocol.ts';

export interface Box {
  readonly node: ChartNode;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export interface Route {
  readonly edge: ChartEdge;
  /** SVG path data. */
  readonly path: string;
  readonly label: { readonly text: string; readonly x: number; readonly y: number };
}
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly routes: readonly Route[];
}
export interface Sizing {
  readonly direction: 'RIGHT' | 'DOWN';
  readonly leafHeight: number;
  readonly leafWidth: number;
  /** `words`: what causes the transition. `count`: room for a number. */
  readonly labels: 'words' | 'count';
}

const options = ({ direction }: Sizing): Record<string, string> => ({
  'elk.algorithm': 'layered',
  'elk.direction': direction,
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.json.edgeCoords': 'ROOT',
  'elk.json.shapeCoords': 'ROOT',
  'elk.layered.spacing.nodeNodeBetweenLayers': '26',
  'elk.layered.spacing.edgeNodeBetweenLayers': '12',
  'elk.spacing.nodeNode': '18',
  'elk.spacing.edgeNode': '12',
  'elk.spacing.edgeEdge': '9',
  'elk.spacing.edgeLabel': '3',
  'elk.layered.considerModelOrder.strategy': 'PREFER_NODES',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.edgeLabels.inline': 'false',
});

const nameWidth = (name: string): number => name.length * 7.4 + 30;
const longestLabel = 22;
/** What causes a transition, short enough for a picture; the rest is in its title. */
const toLabel = ({ causes }: ChartEdge): string => {
  const names = [...new Set(causes.map(({ on, kind }) => (kind === 'always' ? on || 'always' : on)))];
  const [first = '', ...others] = names;
  const short = first.length > longestLabel ? `${first.slice(0, longestLabel)}…` : first;
  return others.length === 0 ? short : `${short} +${others.length}`;
};

const toElkNode = (chart: Chart, node: ChartNode, sizing: Sizing): ElkNode => {
  const children = chart.nodes.filter(({ parent }) => parent === node.path);
  if (children.length === 0) {
    const width = Math.max(sizing.leafWidth, nameWidth(node.name));
    return { id: `#${node.path}`, width, height: sizing.leafHeight };
  }
  return {
    id: `#${node.path}`,
    layoutOptions: { 'elk.padding': '[top=34,left=14,bottom=14,right=14]' },
    children: children.map((child) => toElkNode(chart, child, sizing)),
  };
};

const toElkEdge = (edge: ChartEdge, { labels }: Sizing): ElkExtendedEdge => {
  const text = labels === 'words' ? toLabel(edge) : '000';
  return {
    id: edge.id,
    sources: [`#${edge.from}`],
    targets: [`#${edge.to}`],
    labels: [{ text, width: text.length * 5.6 + 4, height: 13 }],
  };
};

const toPath = ({ sections = [] }: ElkExtendedEdge): string =>
  sections
    .map(({ startPoint, bendPoints = [], endPoint }) => toRounded([startPoint, ...bendPoints, endPoint]))
    .join(' ');

interface Place {
  readonly x: number;
  readonly y: number;
}
const corner = 6;
/** A line with its corners rounded. */
const toRounded = (places: readonly Place[]): string =>
  places
    .map((place, index) => {
      const before = places[index - 1];
      const after = places[index + 1];
      if (before === undefined) return `M${place.x} ${place.y}`;
      if (after === undefined) return `L${place.x} ${place.y}`;
      const [start, end] = [toward(place, before), toward(place, after)];
      return `L${start.x} ${start.y}Q${place.x} ${place.y} ${end.x} ${end.y}`;
    })
    .join('');
const toward = (from: Place, to: Place): Place => {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const part = Math.min(corner, length / 2) / length;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
};

const collect = (chart: Chart, node: ElkNode, boxes: Box[], edges: ElkExtendedEdge[]): void => {
  edges.push(...(node.edges ?? []));
  for (const child of node.children ?? []) {
    const found = chart.nodes.find(({ path }) => `#${path}` === child.id);
    const { x = 0, y = 0, width = 0, height = 0 } = child;
    if (found) boxes.push({ x, y, width, height, node: found });
    collect(chart, child, boxes, edges);
  }
};

/** ELK, in this thread or in a worker. */
interface Engine {
  layout(graph: ElkNode): Promise<ElkNode>;
}

/** Where everything of `chart` is drawn. */
export const computeLayout = async (elk: Engine, chart: Chart, sizing: Sizing): Promise<Layout> => {
  const tops = chart.nodes.filter(({ parent }) => parent === '');
  const drawn = chart.edges.filter(({ from, to }) => from !== '' && to !== '');
  const graph = await elk.layout({
    id: 'root',
    layoutOptions: options(sizing),
    children: tops.map((node) => toElkNode(chart, node, sizing)),
    edges: drawn.map((edge) => toElkEdge(edge, sizing)),
  });
  const boxes: Box[] = [];
  const edges: ElkExtendedEdge[] = [];
  collect(chart, graph, boxes, edges);
  return {
    width: graph.width ?? 0,
    height: graph.height ?? 0,
    boxes,
    routes: edges.flatMap((route) => {
      const edge = drawn.find(({ id }) => id === route.id);
      const [label] = route.labels ?? [];
      const { x = 0, y = 0, width = 0, height = 0 } = label ?? {};
      const place = { x: x + width / 2, y: y + height / 2 };
      return edge ? [{ edge, path: toPath(route), label: { text: toLabel(edge), ...place } }] : [];
    }),
  };
};

/** The charts in full, with the words at their edges. */
export const withWords: Sizing = { direction: 'DOWN', leafHeight: 34, leafWidth: 74, labels: 'words' };
/** The flow, with counts in the states and at the edges. */
export const withCounts = (direction: Sizing['direction']): Sizing => ({
  ...{ direction, leafHeight: 64, leafWidth: 112, labels: 'count' },
});

/** A layout that was computed before, and its key. */
export interface Kept {
  readonly about: string;
  readonly layout: Layout;
}
/** The same text for the same picture. */
export const toAbout = ({ nodes, edges }: Chart, sizing: Sizing): string =>
  JSON.stringify([nodes, edges, sizing]);

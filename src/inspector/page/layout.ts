// Where the states and edges of a chart are drawn: computed by ELK, in a worker, once for each chart and size.
// It draws nothing itself.
import ELK, { type ElkExtendedEdge, type ElkNode } from 'elkjs/lib/elk-api.js';
import workerUrl from 'elkjs/lib/elk-worker.min.js?url';
import { useEffect, useState } from 'react';
import type { Chart, ChartEdge, ChartNode } from '../shapes.ts';

interface Box {
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
  readonly boxes: ReadonlyMap<string, Box & { readonly node: ChartNode }>;
  readonly routes: readonly Route[];
}
export interface Sizing {
  readonly direction: 'RIGHT' | 'DOWN';
  readonly leafHeight: number;
  readonly leafWidth: number;
  /** `words`: what leads from one state to the next. `count`: room for a number. */
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
/** What leads along an edge, short enough for a picture; the rest is in its title. */
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

const collect = (
  chart: Chart,
  node: ElkNode,
  boxes: Map<string, Box & { node: ChartNode }>,
  edges: ElkExtendedEdge[],
): void => {
  edges.push(...(node.edges ?? []));
  for (const child of node.children ?? []) {
    const found = chart.nodes.find(({ path }) => `#${path}` === child.id);
    const { x = 0, y = 0, width = 0, height = 0 } = child;
    if (found) boxes.set(found.path, { x, y, width, height, node: found });
    collect(chart, child, boxes, edges);
  }
};

interface Kept {
  /** The chart that it was computed for. */
  readonly chart: string;
  readonly size: readonly [width: number, height: number];
  readonly boxes: readonly (readonly [string, Box & { readonly node: ChartNode }])[];
  readonly routes: readonly Route[];
}

/** What the browser keeps from the last visit, as long as the chart is the same. */
const recall = (key: string, chart: Chart): Layout | undefined => {
  const text = localStorage.getItem(`layout ${key}`);
  if (text === null) return undefined;
  const kept: Kept = JSON.parse(text);
  if (kept.chart !== JSON.stringify([chart.nodes, chart.edges])) return undefined;
  const [width, height] = kept.size;
  return { width, height, boxes: new Map(kept.boxes), routes: kept.routes };
};

const keep = (key: string, chart: Chart, { width, height, boxes, routes }: Layout): void => {
  const about = JSON.stringify([chart.nodes, chart.edges]);
  const kept: Kept = { chart: about, size: [width, height], boxes: [...boxes], routes };
  localStorage.setItem(`layout ${key}`, JSON.stringify(kept));
};

let elk: InstanceType<typeof ELK> | undefined;
const cache = new Map<string, Promise<Layout>>();

const compute = async (chart: Chart, sizing: Sizing): Promise<Layout> => {
  elk ??= new ELK({ workerUrl });
  const tops = chart.nodes.filter(({ parent }) => parent === '');
  const drawn = chart.edges.filter(({ from, to }) => from !== '' && to !== '');
  const graph: ElkNode = await elk.layout({
    id: 'root',
    layoutOptions: options(sizing),
    children: tops.map((node) => toElkNode(chart, node, sizing)),
    edges: drawn.map((edge) => toElkEdge(edge, sizing)),
  });
  const boxes = new Map<string, Box & { node: ChartNode }>();
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

export const useLayout = (chart: Chart | undefined, sizing: Sizing): Layout | undefined => {
  const [layout, setLayout] = useState<Layout>();
  const { direction, leafHeight, leafWidth, labels } = sizing;
  useEffect(() => {
    if (!chart) return;
    const key = [
      chart.name,
      chart.version,
      chart.nodes.length,
      direction,
      leafHeight,
      leafWidth,
      labels,
    ].join();
    const kept = recall(key, chart);
    const known =
      cache.get(key) ??
      (kept ? Promise.resolve(kept) : compute(chart, { direction, leafHeight, leafWidth, labels }));
    cache.set(key, known);
    let left = false;
    known.then((found) => {
      if (!kept) keep(key, chart, found);
      if (!left) setLayout(found);
    });
    return () => {
      left = true;
    };
  }, [chart, direction, leafHeight, leafWidth, labels]);
  return layout;
};

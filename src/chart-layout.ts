// Where the states and edges of a chart are drawn, as ELK lays them out: the inspector's page, and the picture of what
// differs between two versions. It draws nothing, needs no browser, and knows only sizes and what lies in what.
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';

/** A state; `parent` is the path of the one that it lies in. Without one among the nodes, it lies in none. */
interface Node {
  readonly path: string;
  readonly parent: string | null;
}
interface Edge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
}
interface Size {
  readonly width: number;
  readonly height: number;
}
export interface Placed<N> extends Size {
  readonly node: N;
  readonly x: number;
  readonly y: number;
}
export interface Routed<E> {
  readonly edge: E;
  /** SVG path data. */
  readonly path: string;
  /** The middle of its label. */
  readonly label: { readonly x: number; readonly y: number };
}
export interface ChartLayout<N, E> extends Size {
  readonly boxes: readonly Placed<N>[];
  readonly routes: readonly Routed<E>[];
}
export interface Measures<N, E> {
  readonly direction: 'RIGHT' | 'DOWN';
  /** Of a state without others inside. */
  measureInner(node: N): Size;
  /** Of the room above what is inside a state; the state is at least as wide. */
  measureHead(node: N): Size;
  measureLabel(edge: E): Size;
}

const options = (direction: string): Record<string, string> => ({
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

const toElkNode = <N extends Node>(node: N, nodes: readonly N[], measures: Measures<N, never>): ElkNode => {
  const children = nodes.filter(({ parent }) => parent === node.path);
  if (children.length === 0) return { id: `#${node.path}`, ...measures.measureInner(node) };
  const { width, height } = measures.measureHead(node);
  return {
    id: `#${node.path}`,
    layoutOptions: {
      'elk.padding': `[top=${height},left=14,bottom=14,right=14]`,
      ...(width > 0 && {
        'elk.nodeSize.constraints': 'MINIMUM_SIZE',
        // ELK lays out from left to right, and turns the result with all sizes but this one.
        'elk.nodeSize.minimum':
          measures.direction === 'DOWN' ? `(${height},${width})` : `(${width},${height})`,
      }),
    },
    children: children.map((child) => toElkNode(child, nodes, measures)),
  };
};

const toElkEdge = <E extends Edge>(edge: E, { measureLabel }: Pick<Measures<never, E>, 'measureLabel'>) => ({
  id: edge.id,
  sources: [`#${edge.from}`],
  targets: [`#${edge.to}`],
  labels: [{ text: edge.id, ...measureLabel(edge) }],
});

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

/** Everything inside `node`, with the outer states first. */
const collect = (node: ElkNode): { boxes: readonly ElkNode[]; edges: readonly ElkExtendedEdge[] } => {
  const inside = (node.children ?? []).map((child) => ({ child, ...collect(child) }));
  return {
    boxes: inside.flatMap(({ child, boxes }) => [child, ...boxes]),
    edges: [...(node.edges ?? []), ...inside.flatMap(({ edges }) => edges)],
  };
};

/** ELK, in this thread or in a worker. */
export interface Engine {
  layout(graph: ElkNode): Promise<ElkNode>;
}

/** Where everything of a chart is drawn. */
export const layOut = async <N extends Node, E extends Edge>(
  elk: Engine,
  { nodes, edges }: { readonly nodes: readonly N[]; readonly edges: readonly E[] },
  measures: Measures<N, E>,
): Promise<ChartLayout<N, E>> => {
  const paths = new Set<string | null>(nodes.map(({ path }) => path));
  const tops = nodes.filter(({ parent }) => !paths.has(parent));
  const graph = await elk.layout({
    id: 'root',
    layoutOptions: options(measures.direction),
    children: tops.map((node) => toElkNode(node, nodes, measures)),
    edges: edges.map((edge) => toElkEdge(edge, measures)),
  });
  const found = collect(graph);
  return {
    width: graph.width ?? 0,
    height: graph.height ?? 0,
    boxes: found.boxes.flatMap(({ id, x = 0, y = 0, width = 0, height = 0 }) => {
      const node = nodes.find(({ path }) => `#${path}` === id);
      return node ? [{ x, y, width, height, node }] : [];
    }),
    routes: found.edges.flatMap((route) => {
      const edge = edges.find(({ id }) => id === route.id);
      const { x = 0, y = 0, width = 0, height = 0 } = route.labels?.[0] ?? {};
      return edge ? [{ edge, path: toPath(route), label: { x: x + width / 2, y: y + height / 2 } }] : [];
    }),
  };
};

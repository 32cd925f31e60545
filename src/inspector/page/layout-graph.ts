// How the page's charts are measured for their layout: with the words at their edges, or with room for counts. The layouts
// of the shipped charts are computed when the page is built.
import {
  type ChartLayout,
  type Engine,
  layOut,
  type Measures,
  type Placed,
  type Routed,
} from '../../chart-layout.ts';
import type { Chart, ChartEdge, ChartNode } from '../server/protocol.ts';

export type Box = Placed<ChartNode>;
export interface Route extends Routed<ChartEdge> {
  readonly label: Routed<ChartEdge>['label'] & { readonly text: string };
}
export interface Layout extends ChartLayout<ChartNode, ChartEdge> {
  readonly routes: readonly Route[];
}
export interface Sizing {
  readonly direction: 'RIGHT' | 'DOWN';
  readonly leafHeight: number;
  readonly leafWidth: number;
  /** `words`: what causes the transition. `count`: room for a number. */
  readonly labels: 'words' | 'count';
}

const nameWidth = (name: string): number => name.length * 7.4 + 30;
const longestLabel = 22;
/** Room for the line of a state's objective. */
const sloHeight = 15;
const sloWidth = 132;
/** What causes a transition, short enough for a picture; the rest is in its title. */
const toLabel = ({ causes }: ChartEdge): string => {
  const names = [...new Set(causes.map(({ on, kind }) => (kind === 'always' ? on || 'always' : on)))];
  const [first = '', ...others] = names;
  const short = first.length > longestLabel ? `${first.slice(0, longestLabel)}…` : first;
  return others.length === 0 ? short : `${short} +${others.length}`;
};

const toMeasures = ({
  direction,
  leafWidth,
  leafHeight,
  labels,
}: Sizing): Measures<ChartNode, ChartEdge> => ({
  direction,
  measureInner: ({ name, slo }) => {
    const hasLine = labels === 'count' && slo !== null;
    const width = Math.max(leafWidth, nameWidth(name), hasLine ? sloWidth : 0);
    return { width, height: leafHeight + (hasLine ? sloHeight : 0) };
  },
  measureHead: () => ({ width: 0, height: 34 }),
  measureLabel: (edge) => {
    const text = labels === 'words' ? toLabel(edge) : '000';
    return { width: text.length * 5.6 + 4, height: 13 };
  },
});

/** Where everything of `chart` is drawn, but the frame around it and the edges that leave or enter that. */
export const computeLayout = async (elk: Engine, chart: Chart, sizing: Sizing): Promise<Layout> => {
  const layout = await layOut(
    elk,
    {
      nodes: chart.nodes.filter(({ parent }) => parent !== null),
      edges: chart.edges.filter(({ from, to }) => from !== '' && to !== ''),
    },
    toMeasures(sizing),
  );
  return {
    ...layout,
    routes: layout.routes.map((route) => ({
      ...route,
      label: { text: toLabel(route.edge), ...route.label },
    })),
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

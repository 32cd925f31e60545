// Reads the charts that run as pictures can be drawn of them: states, and the transitions between them, those
// with the same ends as one edge. It knows nothing of orders, and keeps no second copy of a chart.
import type { AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { typesTo } from '../../machines/messages.ts';
import { orderSystem } from '../../machines/system.ts';
import { toDeadlineName } from '../step/deadline-name.ts';
import { toMatrix, toWords } from '../step/matrix.ts';
import type { Chart, ChartEdge, ChartNode } from './shapes.ts';

type Cause = ChartEdge['causes'][number];

const toPath = (node: AnyStateNode): string => node.path.join('.');

const toKind = ({ type }: AnyStateNode): ChartNode['kind'] =>
  type === 'compound' || type === 'parallel' || type === 'final' ? type : 'atomic';

const toNode = (node: AnyStateNode): ChartNode => ({
  path: toPath(node),
  parent: node.parent === undefined ? null : toPath(node.parent),
  name: node.parent === undefined ? node.machine.id : node.key,
  kind: toKind(node),
  description: node.description ?? '',
  tags: node.tags,
  isInitial: node.parent?.type === 'compound' && node.parent.initial.target.includes(node),
});

const within = (node: AnyStateNode): AnyStateNode[] => [node, ...Object.values(node.states).flatMap(within)];

const toCause = ({ eventType, guard }: AnyTransitionDefinition): Cause => {
  const words = guard === undefined ? '' : toWords(guard);
  const delay = toDeadlineName(eventType);
  if (delay !== undefined) return { on: delay, kind: 'deadline', guard: words };
  if (eventType === '') return { on: '', kind: 'always', guard: words };
  if (eventType.startsWith('xstate.done')) return { on: 'all done', kind: 'always', guard: words };
  return { on: eventType, kind: 'message', guard: words };
};

const transitionsOf = (node: AnyStateNode): AnyTransitionDefinition[] => [
  ...[...node.transitions.values()].flat(),
  ...(node.always ?? []),
];

/** Transitions that stay where they are change no picture, and are left to the matrix. */
const toEdges = (root: AnyStateNode): ChartEdge[] => {
  const edges = new Map<string, { from: string; to: string; causes: Cause[] }>();
  for (const node of within(root)) {
    for (const transition of transitionsOf(node)) {
      for (const target of transition.target ?? []) {
        if (target === node) continue;
        const [from, to] = [toPath(node), toPath(target)];
        const id = `${from}>${to}`;
        const edge = edges.get(id) ?? { from, to, causes: [] };
        edge.causes.push(toCause(transition));
        edges.set(id, edge);
      }
    }
  }
  return [...edges].map(([id, edge]) => ({ id, ...edge }));
};

/** The four charts of the version that runs. */
export const readCharts = (): readonly Chart[] =>
  Object.values(orderSystem.charts).map((machine) => ({
    name: machine.id,
    version: orderSystem.version,
    nodes: within(machine.root).map(toNode),
    edges: toEdges(machine.root),
    matrix: toMatrix(
      machine,
      Object.entries(orderSystem.charts).flatMap(([name, each]) =>
        each.id === machine.id && isActor(name) ? typesTo(name) : [],
      ),
    ),
    definition: machine.config,
  }));

type Actor = keyof typeof orderSystem.charts;
const isActor = (name: string): name is Actor => Object.hasOwn(orderSystem.charts, name);

// Reads an application's charts so that they can be drawn: states, and the transitions between them, those with the
// same ends as one edge. It knows no orders, and keeps no second copy of a chart.
import type { AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { type Application, versionsOf } from '../../application.ts';
import type { Display, Tone } from '../../display.ts';
import { sloOf } from '../../slo.ts';
import { toGuardText, toMatrix } from '../../step/matrix.ts';
import type { Chart, ChartEdge, ChartNode } from './protocol.ts';

type Cause = ChartEdge['causes'][number];

const toPath = (node: AnyStateNode): string => node.path.join('.');

const toKind = ({ type }: AnyStateNode): ChartNode['kind'] =>
  type === 'compound' || type === 'parallel' || type === 'final' ? type : 'atomic';

const isSettled = ({ tags, type, parent }: AnyStateNode): boolean =>
  tags.includes('settled') || (type === 'final' && parent?.parent === undefined);

const toSentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** While a state awaits something, its description names just that. */
const toText = (node: AnyStateNode, display: Display | undefined): string => {
  const { description, meta } = node;
  const incident = meta?.incident;
  if (incident) return toSentence(display?.incidents?.[incident.reason] ?? incident.text);
  if (description === undefined) return '';
  return isSettled(node) ? toSentence(description) : `Waiting for ${description}`;
};

/** The tone of the state itself, or of the nearest state around it that has one. */
const findTone = (node: AnyStateNode | undefined, tones: Display['tones']): Tone | undefined =>
  node && (tones?.[toPath(node)] ?? findTone(node.parent, tones));

const toTone = (node: AnyStateNode, tones: Display['tones']): Tone => {
  if (node.tags.includes('incident')) return 'incident';
  return findTone(node, tones) ?? (isSettled(node) ? 'settled' : 'doing');
};

const toNode = (actor: string, node: AnyStateNode, { mainActor, display }: Application): ChartNode => ({
  path: toPath(node),
  parent: node.parent === undefined ? null : toPath(node.parent),
  name: node.parent === undefined ? actor : node.key,
  kind: toKind(node),
  text: display?.states?.[actor]?.[toPath(node)] ?? toText(node, display),
  tone: toTone(node, actor === mainActor ? display?.tones : undefined),
  isSettled: isSettled(node),
  isInitial: node.parent?.type === 'compound' && node.parent.initial.target.includes(node),
  slo: sloOf(node) ?? null,
});

const within = (node: AnyStateNode): AnyStateNode[] => [node, ...Object.values(node.states).flatMap(within)];

const toCause = (
  { eventType, guard }: AnyTransitionDefinition,
  { messages = {}, deadlines = {} }: Pick<Display, 'messages' | 'deadlines'>,
): Cause => {
  const words = guard === undefined ? '' : toGuardText(guard);
  const delay = /^xstate\.after\.([^.]+)/.exec(eventType)?.[1];
  if (delay !== undefined) {
    const ended = deadlines[delay];
    const text = ended === undefined ? '' : `The ${ended} is over`;
    return { on: delay, kind: 'deadline', guard: words, text };
  }
  if (eventType === '') return { on: '', kind: 'always', guard: words, text: '' };
  if (eventType.startsWith('xstate.done')) return { on: 'all done', kind: 'always', guard: words, text: '' };
  return { on: eventType, kind: 'message', guard: words, text: messages[eventType] ?? '' };
};

const transitionsOf = (node: AnyStateNode): AnyTransitionDefinition[] => [
  ...[...node.transitions.values()].flat(),
  ...(node.always ?? []),
];

/** Transitions that do not leave their state change no picture, and are left to the matrix. */
const toEdges = (root: AnyStateNode, { display = {} }: Application): ChartEdge[] => {
  const edges = new Map<string, { from: string; to: string; causes: Cause[] }>();
  for (const node of within(root)) {
    for (const transition of transitionsOf(node)) {
      for (const target of transition.target ?? []) {
        if (target === node) continue;
        const [from, to] = [toPath(node), toPath(target)];
        const id = `${from}>${to}`;
        const edge = edges.get(id) ?? { from, to, causes: [] };
        edge.causes.push(toCause(transition, display));
        edges.set(id, edge);
      }
    }
  }
  return [...edges].map(([id, edge]) => ({ id, ...edge }));
};

/** The charts of every version, the newest first: one for each actor. */
export const readCharts = (application: Application): readonly Chart[] =>
  [...versionsOf(application)].flatMap(([version, { charts, messages }]) =>
    Object.entries(charts).map(([name, machine]) => ({
      name,
      version,
      nodes: within(machine.root).map((node) => toNode(name, node, application)),
      edges: toEdges(machine.root, application),
      matrix: toMatrix(
        machine,
        Object.keys(messages).filter((type) => messages[type]?.to.includes(name)),
      ),
      definition: machine.config,
    })),
  );

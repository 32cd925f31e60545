// Both versions of an actor's chart as one, to be drawn: every state and transition of either, with what became of it and
// the lines that say so. It knows no sizes, places or colours.
import type { AnyStateMachine } from 'xstate';
import { toDifference, toMark } from '../version-diff.ts';
import { readChart, type StateModel, type TransitionModel } from './chart-model.ts';
import { type ChartPair, pairCharts, type StatePair } from './chart-pair.ts';
import { compareImplementations, compareStarts, usesOf } from './compare-implementations.ts';
import { compareNotes, compareState } from './compare-states.ts';
import { compareOrders, compareTransition, type Found } from './compare-transitions.ts';
import { pairTransitions, type TransitionPair } from './pair-transitions.ts';

export type Status = 'same' | 'added' | 'removed' | 'changed';

/** What a picture says of one change. */
export interface Line {
  readonly status: Status;
  readonly text: string;
  /** A text for people: it alters nothing. */
  readonly isNote?: boolean;
}

export interface MergedNode {
  readonly path: string;
  readonly parent: string | null;
  readonly name: string;
  readonly status: Status;
  readonly isInitial: boolean;
  readonly lines: readonly Line[];
}

/** All transitions between two states to which the same happened. */
export interface MergedEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly status: Status;
  readonly lines: readonly Line[];
}

export interface MergedChart {
  readonly actor: string;
  readonly nodes: readonly MergedNode[];
  readonly edges: readonly MergedEdge[];
}

export const mergeCharts = (
  actor: string,
  older: AnyStateMachine | undefined,
  newer: AnyStateMachine | undefined,
): MergedChart => {
  if (older && newer) {
    const pair = pairCharts(actor, older, newer);
    return merge(actor, pair.states, findBehindNames(pair), pair);
  }
  const states = [...readAll(older, 'before'), ...readAll(newer, 'after')];
  return merge(actor, states, { lines: [], names: new Set() }, undefined);
};

/** The states of an actor that only one version has. */
const readAll = (machine: AnyStateMachine | undefined, side: 'before' | 'after'): StatePair[] =>
  machine
    ? [...readChart(machine).states.values()].map((state) => ({
        path: state.path,
        before: side === 'before' ? state : undefined,
        after: side === 'after' ? state : undefined,
        isMet: side === 'before',
      }))
    : [];

/** Changes that have no place in a chart, and the names behind which something changed. */
interface BehindNames {
  readonly lines: readonly Line[];
  readonly names: ReadonlySet<string>;
}

const findBehindNames = (pair: ChartPair): BehindNames => {
  const implementations = compareImplementations(pair);
  const changed = implementations.filter(({ change }) => change === 'changed');
  return {
    lines: [...compareStarts(pair).map(toNamedLine), ...implementations.map(toBehindLine)],
    names: new Set(changed.map(({ kind, where }) => `${kind} ${where}`)),
  };
};

const merge = (
  actor: string,
  states: readonly StatePair[],
  behind: BehindNames,
  pair: ChartPair | undefined,
): MergedChart => {
  const edges = new Map<string, MergedEdge>();
  const nodes = states.map((state) => {
    const drawn = pairTransitions(state.before, state.after).map((each) =>
      drawTransition(each, state, behind),
    );
    for (const edge of drawn.flatMap((each) => each.edges)) {
      const known = edges.get(edge.id);
      edges.set(edge.id, known ? { ...edge, lines: [...known.lines, ...edge.lines] } : edge);
    }
    const lines = [
      ...(state.path === '' ? behind.lines : []),
      ...describeState(state, behind, pair),
      ...drawn.flatMap((each) => each.lines),
    ];
    return toNode(actor, state, lines, states);
  });
  return { actor, nodes, edges: [...edges.values()] };
};

const toNode = (
  actor: string,
  { path, before, after }: StatePair,
  lines: readonly Line[],
  states: readonly StatePair[],
): MergedNode => {
  const parent = (after ?? before)?.parent;
  const outer = states.find((each) => each.path === parent);
  const around = (after && outer?.after) ?? outer?.before;
  const isOneRegion = around?.type === 'parallel';
  return {
    path: toId(path),
    parent: parent === undefined ? null : toId(parent),
    name: path === '' ? actor : path.slice(path.lastIndexOf('.') + 1),
    status: toStatus({ before, after }, lines),
    isInitial: !isOneRegion && around?.initial.includes(path) === true,
    lines,
  };
};

/** A state's path as an id that is never empty. */
const toId = (path: string): string => `/${path}`;

const describeState = (
  state: StatePair,
  behind: BehindNames,
  pair: ChartPair | undefined,
): readonly Line[] => {
  const { before, after } = state;
  if (before === undefined || after === undefined || pair === undefined) return [];
  const transitions = pairTransitions(before, after);
  const used = usesOf({ entry: after.entry, exit: after.exit, transitions: [] }, 'action');
  return [
    ...[...compareState(state, pair), ...compareOrders(state, transitions), ...compareNotes(state)].map(
      toNamedLine,
    ),
    ...behindUses('action', used, behind).map((name) => toUseLine(state, '', name)),
  ];
};

const behindUses = (kind: string, used: Iterable<string>, { names }: BehindNames): readonly string[] =>
  [...used].filter((name) => names.has(`${kind} ${name}`));

const toUseLine = ({ isMet }: StatePair, on: string, name: string): Line => ({
  status: 'changed',
  text: `~${isMet ? '!' : ''} ${on === '' ? '' : `${on}: `}implementation of ${name} changed`,
});

interface Drawn {
  readonly edges: readonly MergedEdge[];
  /** Of a transition that leaves no state. */
  readonly lines: readonly Line[];
}

const drawTransition = (pair: TransitionPair, state: StatePair, behind: BehindNames): Drawn => {
  const { before, after } = pair;
  const one = after ?? before;
  if (one === undefined) return { edges: [], lines: [] };
  const targets = findOtherStates(one);
  const lines = describeTransition(pair, one, state, behind);
  const shown = lines.length > 0 ? lines : [{ status: 'same' as const, text: one.on }];
  const left = before && after ? findOtherStates(before).filter((path) => !targets.includes(path)) : [];
  const gone: Line = { status: 'removed', text: `-${state.isMet ? '!' : ''} ${one.on}, until now` };
  return {
    edges: [
      ...targets.map((to) => toEdge(one.source, to, toStatus(pair, lines), shown)),
      ...left.map((to) => toEdge(one.source, to, 'removed', [gone])),
    ],
    lines: targets.length === 0 ? lines : [],
  };
};

/** What became of something that is in at least one version, and of which `lines` say what differs. */
const toStatus = (
  { before, after }: { readonly before?: unknown; readonly after?: unknown },
  lines: readonly Line[],
): Status => {
  if (after === undefined) return 'removed';
  if (before === undefined) return 'added';
  return lines.some(({ isNote }) => isNote !== true) ? 'changed' : 'same';
};

/** Only these are drawn as lines between states. */
const findOtherStates = ({ source, targets }: TransitionModel): readonly string[] =>
  targets.filter((path) => path !== source);

const toEdge = (from: string, to: string, status: Status, lines: readonly Line[]): MergedEdge => ({
  id: `${from}>${to}>${status}`,
  ...{ from: toId(from), to: toId(to), status, lines },
});

const describeTransition = (
  pair: TransitionPair,
  one: TransitionModel,
  state: StatePair,
  behind: BehindNames,
): readonly Line[] => {
  const lines = compareTransition(pair, state).map((found) => toTransitionLine(one, found));
  if (pair.before === undefined || pair.after === undefined) return lines;
  const none: StateModel['entry'] = { text: '', same: '', uses: [] };
  const alone = { entry: none, exit: none, transitions: [one] };
  const used = (['guard', 'action', 'deadline'] as const).flatMap((kind) =>
    behindUses(kind, usesOf(alone, kind), behind),
  );
  return [...lines, ...used.map((name) => toUseLine(state, one.on, name))];
};

/** Where a transition alone leads is seen in the picture. */
const toTransitionLine = (transition: TransitionModel, found: Found): Line => {
  const { on, guard, actions } = transition;
  const isSeen =
    found.change !== 'changed' && found.kind !== 'note' && findOtherStates(transition).length > 0;
  const seen = [...(guard ? [`[${guard.text}]`] : []), ...(actions.text === '' ? [] : [`/ ${actions.text}`])];
  const text = [toMark(found), on, ...(isSeen ? seen : [toDifference(found)])].join(' ');
  return { status: found.change, text };
};

const toNamedLine = (found: Found): Line => {
  const kind = found.kind === 'state' ? '' : `${found.kind === 'actor' ? found.where : found.kind} `;
  const text = `${toMark(found)} ${kind}${toDifference(found)}`;
  return { status: found.change, text, isNote: found.kind === 'note' };
};

const toBehindLine = (found: Found): Line => ({
  status: found.change,
  text: `${toMark(found)} ${found.kind} ${found.where}: ${found.change === 'changed' ? found.about : found.change}`,
});

// What differs between the transitions and deadlines of a state in two versions of a chart, and how a transition is written.
// It knows the charts only as texts.
import type { Change } from '../version-diff.ts';
import { type Part, type StateModel, type TransitionModel, toStateName } from './chart-model.ts';
import type { StatePair } from './chart-pair.ts';
import { findReordered, isSameTransition, pairTransitions, type TransitionPair } from './pair-transitions.ts';
import { isShadowed } from './reachable.ts';

/** A change of an actor that is known. */
export type Found = Omit<Change, 'actor'>;

export const compareTransitions = (state: StatePair): Found[] => {
  const pairs = pairTransitions(state.before, state.after);
  return [...pairs.flatMap((pair) => compareTransition(pair, state)), ...compareOrders(state, pairs)];
};

/** The first transition whose guard says yes is taken. */
export const compareOrders = (state: StatePair, pairs: readonly TransitionPair[]): Found[] =>
  (state.before ? findReordered(pairs, state.before) : []).map((on) => ({
    kind: on.startsWith('after ') ? ('deadline' as const) : ('transition' as const),
    change: 'changed' as const,
    where: toPlace(state.path, on),
    about: 'order',
    before: listRanked(state.before, on),
    after: listRanked(state.after, on),
    alters: state.isMet,
  }));

const toPlace = (path: string, on: string): string =>
  `${toStateName(path)} ${on === 'always' || on === 'done' || on.startsWith('after ') ? on : `on ${on}`}`;

const listRanked = (state: StateModel | undefined, on: string): string =>
  state?.transitions
    .filter((each) => each.on === on)
    .map(toTransitionText)
    .join('; then ') ?? '';

const toTargetText = (targets: readonly string[], reenters: boolean): string =>
  `${targets.length === 0 ? 'stays' : targets.map(toStateName).join(' + ')}${reenters ? ' (entered again)' : ''}`;

/** A transition without what it is taken on: `[isCurrent] → charged / noteCapture`. */
const toTransitionText = ({ guard, targets, actions, reenters }: TransitionModel): string =>
  [
    ...(guard ? [`[${guard.text}]`] : []),
    `→ ${toTargetText(targets, reenters)}`,
    ...(actions.text === '' ? [] : [`/ ${actions.text}`]),
  ].join(' ');

export const compareTransition = ({ before, after }: TransitionPair, state: StatePair): Found[] => {
  const one = after ?? before;
  if (one === undefined) return [];
  const kind = one.kind === 'deadline' ? 'deadline' : 'transition';
  const where = toPlace(one.source, one.on);
  const isMet = [before, after].some((each) => each && isTried(each, state));
  const found = { kind, where, alters: state.isMet && isMet } as const;
  if (before === undefined) return [{ ...found, change: 'added', after: toTransitionText(one) }];
  if (after === undefined) return [{ ...found, change: 'removed', before: toTransitionText(one) }];
  const changed = { ...found, change: 'changed' } as const;
  return [
    ...(before.on === after.on ? [] : [{ ...changed, about: 'delay', before: before.on, after: after.on }]),
    ...(isSameTransition(before, after) ? [] : [{ ...changed, ...compareParts(before, after) }]),
    ...toNoteChange(where, 'description', before.description || undefined, after.description || undefined),
  ];
};

/** Whether it can be taken at all in its version. */
const isTried = (transition: TransitionModel, { before, after }: StatePair): boolean =>
  [before, after].some(
    (each) => each?.transitions.includes(transition) && !isShadowed(transition, each.transitions),
  );

/** The one part that differs alone; if there are more, the transitions as a whole. */
const compareParts = (before: TransitionModel, after: TransitionModel) => {
  const toTarget = ({ targets, reenters }: TransitionModel) => {
    const text = toTargetText(targets, reenters);
    return { text, same: text };
  };
  const parts = [
    { about: 'guard', before: before.guard, after: after.guard },
    { about: 'target', before: toTarget(before), after: toTarget(after) },
    { about: 'actions', before: before.actions, after: after.actions },
  ].filter((part) => part.before?.same !== part.after?.same);
  const [only] = parts;
  if (parts.length === 1 && only) return { about: only.about, ...toTexts(only.before, only.after) };
  return {
    about: parts.map(({ about }) => about).join(', '),
    before: toTransitionText(before),
    after: toTransitionText(after),
  };
};

/** Two parts that differ in words: in those of the chart, or where these are the same in those of their functions. */
export const toTexts = (
  before: Pick<Part, 'text' | 'same'> | undefined,
  after: Pick<Part, 'text' | 'same'> | undefined,
) => {
  const words = before?.text === after?.text ? 'same' : 'text';
  return { before: before?.[words] || 'none', after: after?.[words] || 'none' };
};

export const toNoteChange = (
  where: string,
  about: string,
  before: string | undefined,
  after: string | undefined,
): Found[] => {
  if (before === after) return [];
  const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  const texts = { ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
  return [{ kind: 'note', change, where, about, ...texts, alters: false }];
};

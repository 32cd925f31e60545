// What differs between the transitions and deadlines of a state in two versions of a chart, and how a transition is written.
// It knows the charts only as texts.
import type { Change } from '../version-diff.ts';
import { type StateModel, type TransitionModel, toStateName } from './chart-model.ts';
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

/** A transition without what it is taken on: `[isCurrent] → charged / noteCapture`. */
const toTransitionText = ({ guard, targets, actions, reenters }: TransitionModel): string =>
  [
    ...(guard ? [`[${guard.text}]`] : []),
    `→ ${targets.length === 0 ? 'stays' : targets.map(toStateName).join(' + ')}`,
    ...(reenters ? ['(entered again)'] : []),
    ...(actions.text === '' ? [] : [`/ ${actions.text}`]),
  ].join(' ');

export const compareTransition = ({ before, after }: TransitionPair, state: StatePair): Found[] => {
  const one = after ?? before;
  if (one === undefined) return [];
  const kind = one.kind === 'deadline' ? 'deadline' : 'transition';
  const where = toPlace(one.source, one.on);
  const texts = {
    ...(before && { before: toTransitionText(before) }),
    ...(after && { after: toTransitionText(after) }),
  };
  if (before === undefined || after === undefined) {
    const all = (after ? state.after : state.before)?.transitions ?? [];
    const alters = state.isMet && !isShadowed(one, all);
    return [{ kind, change: after ? 'added' : 'removed', where, ...texts, alters }];
  }
  return [
    ...(before.on === after.on
      ? []
      : [
          {
            kind,
            change: 'changed',
            where,
            about: 'delay',
            ...toDelays(before, after),
            alters: state.isMet,
          } as const,
        ]),
    ...(isSameTransition(before, after)
      ? []
      : [
          {
            kind,
            change: 'changed',
            where,
            about: toParts(before, after),
            ...texts,
            alters: state.isMet,
          } as const,
        ]),
    ...compareDescriptions(before, after, where),
  ];
};

const toDelays = (before: TransitionModel, after: TransitionModel) => ({
  before: before.on,
  after: after.on,
});

const toParts = (before: TransitionModel, after: TransitionModel): string =>
  [
    ...(before.guard?.same === after.guard?.same ? [] : ['guard']),
    ...(before.targets.join() === after.targets.join() && before.reenters === after.reenters
      ? []
      : ['target']),
    ...(before.actions.same === after.actions.same ? [] : ['actions']),
  ].join(', ');

const compareDescriptions = (before: TransitionModel, after: TransitionModel, where: string): Found[] =>
  toNoteChange(where, 'description', before.description || undefined, after.description || undefined);

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

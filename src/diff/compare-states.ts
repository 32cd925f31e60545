// What differs between the states of two versions of a chart: what they are, the messages that they accept, and their
// notes. It knows the charts only as texts.
import { type StateModel, type TransitionModel, toStateName } from './chart-model.ts';
import type { ChartPair, StatePair } from './chart-pair.ts';
import { compareTransitions, type Found, toNoteChange, toTexts } from './compare-transitions.ts';

/** Every change of the states, state by state. */
export const compareStates = (pair: ChartPair): Found[] =>
  pair.states.flatMap((state) => [
    ...compareState(state, pair),
    ...compareTransitions(state),
    ...compareMessages(state, pair),
    ...compareNotes(state),
  ]);

/** What a state itself is, without its transitions and notes. */
export const compareState = (state: StatePair, { states, oldPaths }: ChartPair): Found[] => {
  const { path, before, after, isMet } = state;
  const where = toStateName(path);
  if (before === undefined) {
    // A stored order is in every region of a parallel state, and cannot be in one that it does not know.
    const outer = states.find((each) => each.path === after?.parent);
    const isNewRegion = outer?.before?.type === 'parallel' && outer.isMet;
    const about = isNewRegion ? { about: 'a new region' } : {};
    return [{ kind: 'state', change: 'added', where, ...about, alters: isNewRegion }];
  }
  if (after === undefined) return [{ kind: 'state', change: 'removed', where, alters: isMet }];
  const change = { kind: 'state', change: 'changed', where, alters: isMet } as const;
  const oldPath = oldPaths.get(path);
  const isRenamed = oldPath !== undefined && !oldPaths.has(before.parent ?? '');
  return [
    ...(isRenamed ? [{ ...change, about: 'renamed', before: oldPath, after: path }] : []),
    ...compareFields(before, after).map((differing) => ({ ...change, ...differing })),
  ];
};

/** What else differs in a state that both versions have. */
const compareFields = (
  before: StateModel,
  after: StateModel,
): Pick<Found, 'about' | 'before' | 'after'>[] => [
  ...Object.keys(before.fields)
    .filter((name) => before.fields[name] !== after.fields[name] && isTelling(name, before, after))
    .map((name) => ({
      about: name,
      before: before.fields[name] || 'none',
      after: after.fields[name] || 'none',
    })),
  ...(['entry', 'exit'] as const)
    .filter((name) => before[name].same !== after[name].same)
    .map((name) => ({ about: name, ...toTexts(before[name], after[name]) })),
];

/** Regions that come or go change their order, and are reported themselves; so does another type. */
const isTelling = (name: string, before: StateModel, after: StateModel): boolean => {
  if (name !== 'order of regions') return true;
  const common = after.initial.filter((path) => before.initial.includes(path));
  return before.initial.filter((path) => common.includes(path)).join() !== common.join();
};

type States = ReadonlyMap<string, StateModel>;

/** The types of messages that a state has a transition for, itself or a state around it. */
const findAccepted = (path: string | undefined, states: States): ReadonlySet<string> => {
  const state = path === undefined ? undefined : states.get(path);
  if (state === undefined) return new Set();
  const accepted = new Set(findAccepted(state.parent, states));
  for (const transition of state.transitions.filter(({ kind }) => kind === 'message')) {
    if (isForbidden(transition)) accepted.delete(transition.on);
    else accepted.add(transition.on);
  }
  return accepted;
};

/** Says that a message is not taken here, whatever the states around say. */
const isForbidden = ({ guard, targets, actions }: TransitionModel): boolean =>
  guard === undefined && targets.length === 0 && actions.same === '';

/** Said of the outermost state that accepts a message now, or no longer: it holds for those inside. */
const compareMessages = ({ before, after, isMet }: StatePair, pair: ChartPair): Found[] => {
  if (before === undefined || after === undefined) return [];
  const older = findAccepted(before.path, pair.before.states);
  const newer = findAccepted(after.path, pair.after.states);
  const olderAround = findAccepted(before.parent, pair.before.states);
  const newerAround = findAccepted(after.parent, pair.after.states);
  const isNew = (on: string) => !older.has(on) && (olderAround.has(on) || !newerAround.has(on));
  const isGone = (on: string) => !newer.has(on) && (newerAround.has(on) || !olderAround.has(on));
  const found = { kind: 'message', where: toStateName(after.path), about: 'accepts', alters: isMet } as const;
  return [
    ...[...newer].filter(isNew).map((on) => ({ ...found, change: 'added', after: on }) as const),
    ...[...older].filter(isGone).map((on) => ({ ...found, change: 'removed', before: on }) as const),
  ];
};

export const compareNotes = ({ path, before, after }: StatePair): Found[] => {
  // The notes of a state that is new or gone come and go with it.
  if (before === undefined || after === undefined) return [];
  const names = [...new Set([...Object.keys(after.notes), ...Object.keys(before.notes)])];
  return names.flatMap((name) =>
    toNoteChange(toStateName(path), name, before.notes[name], after.notes[name]),
  );
};

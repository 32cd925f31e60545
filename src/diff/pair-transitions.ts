// Which transition of one version is which of the other: within a state and for the same message, by what they have in
// common. It does not say what a difference means.
import type { StateModel, TransitionModel } from './chart-model.ts';

export interface TransitionPair {
  readonly before?: TransitionModel;
  readonly after?: TransitionModel;
}

/** Pairs the transitions of a state in both versions; undefined: the state is not in that version. */
export const pairTransitions = (
  before: StateModel | undefined,
  after: StateModel | undefined,
): readonly TransitionPair[] => {
  const [older, newer] = [before?.transitions ?? [], after?.transitions ?? []];
  const occasions = [...new Set([...newer, ...older].map(({ on }) => on))];
  const pairs = occasions.flatMap((on) =>
    pairAlike(
      older.filter((each) => each.on === on),
      newer.filter((each) => each.on === on),
    ),
  );
  return joinDelays(pairs);
};

type Likeness = (one: TransitionModel, other: TransitionModel) => boolean;

const hasSameGuard: Likeness = (one, other) => one.guard?.same === other.guard?.same;
const hasSameTargets: Likeness = (one, other) => one.targets.join() === other.targets.join();
const hasSameEffect: Likeness = (one, other) =>
  hasSameTargets(one, other) && one.actions.same === other.actions.same && one.reenters === other.reenters;

/** Whether both do the same when they are taken, and are taken under the same condition. */
export const isSameTransition: Likeness = (one, other) =>
  hasSameGuard(one, other) && hasSameEffect(one, other);

/** The surest likeness first: each transition is paired once. */
const likenesses: readonly Likeness[] = [isSameTransition, hasSameGuard, hasSameEffect, hasSameTargets];

const pairAlike = (
  older: readonly TransitionModel[],
  newer: readonly TransitionModel[],
): TransitionPair[] => {
  const found = new Map<TransitionModel, TransitionModel>();
  const taken = new Set<TransitionModel>();
  for (const isAlike of likenesses) {
    for (const after of newer) {
      if (found.has(after)) continue;
      const before = older.find((each) => !taken.has(each) && isAlike(each, after));
      if (before === undefined) continue;
      found.set(after, before);
      taken.add(before);
    }
  }
  const removed = older.filter((each) => !taken.has(each));
  const added = newer.filter((each) => !found.has(each));
  const [onlyBefore] = removed;
  const [onlyAfter] = added;
  if (removed.length === 1 && added.length === 1 && onlyBefore && onlyAfter) found.set(onlyAfter, onlyBefore);
  return [
    ...newer.map((after) => {
      const before = found.get(after);
      return before ? { before, after } : { after };
    }),
    ...removed
      .filter((each) => !found.values().some((before) => before === each))
      .map((before) => ({ before })),
  ];
};

/** A deadline whose delay alone is another one has another name, and is the same deadline nevertheless. */
const joinDelays = (pairs: readonly TransitionPair[]): readonly TransitionPair[] => {
  const deadlines = (pair: TransitionPair) => (pair.after ?? pair.before)?.kind === 'deadline';
  const removed = pairs.filter((pair) => deadlines(pair) && pair.after === undefined);
  const added = pairs.filter((pair) => deadlines(pair) && pair.before === undefined);
  const [before] = removed.map((pair) => pair.before);
  const [after] = added.map((pair) => pair.after);
  if (removed.length !== 1 || added.length !== 1 || !before || !after || !isSameTransition(before, after)) {
    return pairs;
  }
  return pairs.flatMap((pair) => {
    if (pair === removed[0]) return [];
    return pair === added[0] ? [{ before, after }] : [pair];
  });
};

/** Messages for which the transitions that both versions have are tried in another order. */
export const findReordered = (pairs: readonly TransitionPair[], before: StateModel): readonly string[] => {
  const reordered = new Set<string>();
  const lastRank = new Map<string, number>();
  for (const pair of pairs) {
    if (pair.before === undefined || pair.after === undefined) continue;
    const { on } = pair.after;
    const rank = before.transitions.indexOf(pair.before);
    if (rank < (lastRank.get(on) ?? -1)) reordered.add(on);
    lastRank.set(on, rank);
  }
  return [...reordered];
};

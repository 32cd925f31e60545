// States that only have another name in the new version: in the same place, with the same inside, the same ways in and
// out, and no second state that could be meant. Whatever is less certain counts as removed and added.
import type { ChartModel, StateModel, TransitionModel } from './chart-model.ts';

type States = ChartModel['states'];

/** The old paths of renamed states, those inside them included, with their new ones. */
export const findRenames = (before: ChartModel, after: ChartModel): ReadonlyMap<string, string> => {
  const removed = topmost(before.states, after.states);
  const added = topmost(after.states, before.states);
  const renames = new Map<string, string>();
  for (const old of removed) {
    const shape = toShape(old, before.states);
    const same = added.filter((each) => toShape(each, after.states) === shape);
    const rivals = removed.filter((each) => toShape(each, before.states) === shape);
    const [match] = same;
    if (same.length !== 1 || rivals.length !== 1 || match === undefined) continue;
    for (const path of before.states.keys()) {
      if (isWithin(path, old.path)) renames.set(path, `${match.path}${path.slice(old.path.length)}`);
    }
  }
  return renames;
};

/** The chart as if its states had their new names already. */
export const rename = (chart: ChartModel, renames: ReadonlyMap<string, string>): ChartModel => {
  const toNew = (path: string): string => renames.get(path) ?? path;
  const states = [...chart.states.values()].map(
    (state): StateModel => ({
      ...state,
      path: toNew(state.path),
      parent: state.parent === undefined ? undefined : toNew(state.parent),
      initial: state.initial.map(toNew),
      fields: {
        ...state.fields,
        'initial state': state.type === 'parallel' ? '' : state.initial.map(toNew).join(' + '),
        'order of regions':
          state.type === 'parallel' ? state.initial.map((each) => lastOf(toNew(each))).join(', ') : '',
      },
      transitions: state.transitions.map((each) => ({
        ...each,
        source: toNew(each.source),
        targets: each.targets.map(toNew),
      })),
    }),
  );
  return { ...chart, states: new Map(states.map((state) => [state.path, state])) };
};

const lastOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

const isWithin = (path: string, outer: string): boolean => path === outer || path.startsWith(`${outer}.`);

/** States that only `states` has, without those inside them. */
const topmost = (states: States, others: States): StateModel[] =>
  [...states.values()].filter(
    ({ path, parent }) => !others.has(path) && (parent === undefined || others.has(parent)),
  );

/** All of a state but its name: its place, its inside, its ways out, and the ways in from elsewhere. */
const toShape = (top: StateModel, states: States): string => {
  const toRelative = (path: string): string =>
    isWithin(path, top.path) ? `~${path.slice(top.path.length)}` : path;
  const inside = [...states.values()].filter(({ path }) => isWithin(path, top.path));
  const waysIn = [...states.values()]
    .filter(({ path }) => !isWithin(path, top.path))
    .flatMap(({ transitions }) => transitions)
    .filter(({ targets }) => targets.some((target) => isWithin(target, top.path)));
  const describe = ({ source, on, guard, targets, actions, reenters }: TransitionModel) => [
    toRelative(source),
    on,
    guard?.same,
    targets.map(toRelative),
    actions.same,
    reenters,
  ];
  const isInitial = top.parent !== undefined && states.get(top.parent)?.initial.includes(top.path);
  return JSON.stringify([
    top.parent,
    isInitial,
    inside.map(({ path, initial, entry, exit, fields, transitions }) => [
      toRelative(path),
      initial.map(toRelative),
      [entry.same, exit.same, fields['type'], fields['tags'], fields['output'], fields['history']],
      transitions.map(describe),
    ]),
    waysIn.map(describe).toSorted(),
  ]);
};

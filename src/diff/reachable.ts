// The states that an order can be in, as far as a chart alone can say: whatever guards may answer. It runs nothing.
import type { StateModel, TransitionModel } from './chart-model.ts';

/** Paths of the states of a chart that can be active, those around them included. */
export const findReachable = (states: ReadonlyMap<string, StateModel>): ReadonlySet<string> => {
  const active = new Set<string>();
  const entered = new Set<string>();

  const enter = (path: string): void => {
    if (entered.has(path)) return;
    entered.add(path);
    activate(path);
    for (const inner of states.get(path)?.initial ?? []) enter(inner);
  };
  const activate = (path: string): void => {
    const state = states.get(path);
    if (state === undefined || active.has(path)) return;
    active.add(path);
    if (state.parent !== undefined) activate(state.parent);
    // The regions beside it are entered too.
    if (state.type === 'parallel') state.initial.forEach(enter);
    for (const target of findTargets(state)) enter(target);
  };

  enter('');
  return active;
};

const findTargets = ({ transitions }: StateModel): string[] =>
  transitions.filter((each) => !isShadowed(each, transitions)).flatMap(({ targets }) => targets);

/** Whether `transition` can never be taken, because one before it always applies. */
export const isShadowed = (transition: TransitionModel, all: readonly TransitionModel[]): boolean =>
  all.slice(0, all.indexOf(transition)).some(({ on, guard }) => on === transition.on && guard === undefined);

// The plan of a transition from a configuration: its actions in order, the done events between them, and the next
// configuration. It is made once. What depends on history or ends the chart has no plan; what starts actors is refused when
// a chart is registered.
import type { AnyStateNode, AnyTransitionDefinition } from 'xstate';
import type { Configuration, Configurations, Done, Part, Plan } from './configurations.ts';
import { planActions } from './planned-action.ts';
import { type Entered, findDomain, findEntered, findExited, hasHistory, isCompleted } from './state-sets.ts';
import type { ChartAction } from './xstate-internals.ts';

/** The plan of `transition` from `from`, made if there is none yet. Undefined if it cannot be planned. */
export const planOf = (
  configurations: Configurations,
  from: Configuration,
  transition: AnyTransitionDefinition,
): Plan | undefined => {
  const known = from.plans.get(transition);
  if (known !== undefined || from.plans.has(transition)) return known;
  const plan = makePlan(configurations, from, transition);
  from.plans.set(transition, plan);
  return plan;
};

const makePlan = (
  configurations: Configurations,
  from: Configuration,
  transition: AnyTransitionDefinition,
): Plan | undefined => {
  const { machine } = configurations;
  const { target = [], actions } = transition;
  if (target.length === 0) {
    const planned = planActions(machine, actions);
    return planned && { parts: [{ actions: planned, done: [] }], next: from };
  }
  const domain = findDomain(transition);
  const exited = findExited(from.nodes, domain);
  const entered = findEntered(transition, domain);
  if (entered.needsHistory || exited.some(hasHistory)) return undefined;
  const active = new Set(from.nodes);
  for (const state of exited) active.delete(state);
  const leaving = planActions(machine, [...exited.flatMap(({ exit }) => exit), ...actions]);
  const arriving = planEntries(configurations, active, entered);
  const next = isSame(from.nodes, active) ? from : configurations.of([...active]);
  if (leaving === undefined || arriving === undefined || next === undefined) return undefined;
  return { parts: [{ actions: leaving, done: [] }, ...arriving], next };
};

/** Enters the states into `active`, outermost first. */
const planEntries = (
  { machine }: Configurations,
  active: Set<AnyStateNode>,
  { states, byDefault }: Entered,
): Part[] | undefined => {
  const completed = new Set<AnyStateNode>();
  const parts: Part[] = [];
  for (const state of [...states].sort((a, b) => a.order - b.order)) {
    active.add(state);
    const initial: readonly ChartAction[] = byDefault.has(state) ? state.initial.actions : [];
    const actions = planActions(machine, [...state.entry, ...initial]);
    const done = state.type === 'final' ? findDone(active, completed, state) : [];
    if (actions === undefined || done === undefined) return undefined;
    if (actions.length > 0 || done.length > 0) parts.push({ actions, done });
  }
  return parts;
};

/** What is done when the final state `state` is entered. Undefined if the chart itself is. */
const findDone = (
  active: ReadonlySet<AnyStateNode>,
  completed: Set<AnyStateNode>,
  { parent, output }: AnyStateNode,
): Done[] | undefined => {
  // XState warns of objects with functions in them.
  if (typeof output === 'object' && output !== null) return undefined;
  const done: Done[] = parent?.type === 'compound' ? [{ type: toDoneType(parent), output }] : [];
  let around = parent?.type === 'parallel' ? parent : parent?.parent;
  while (around?.type === 'parallel' && !completed.has(around) && isCompleted(active, around)) {
    completed.add(around);
    done.push({ type: toDoneType(around), output: undefined });
    around = around.parent;
  }
  return around === undefined ? undefined : done;
};

const toDoneType = ({ id }: AnyStateNode): string => `xstate.done.state.${id}`;

/** XState keeps the configuration, and its order, if the same states are active as before. */
const isSame = (before: readonly AnyStateNode[], active: ReadonlySet<AnyStateNode>): boolean =>
  before.length === active.size && before.every((state) => active.has(state));

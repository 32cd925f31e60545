// One message through planned transitions, as XState takes it: first the transition that the message enables, then the
// eventless ones and the events that the chart raised, until nothing is left. It changes nothing but its own attempt.
import type {
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyTransitionDefinition,
  ExecutableActionObject,
} from 'xstate';
import { evaluateGuard } from 'xstate/guards';
import type { Configurations } from './configurations.ts';
import { planOf } from './plan.ts';
import { type Attempt, changeSnapshot, runActions } from './planned-action.ts';
import type { RegisteredChart } from './register.ts';
import { isFunction } from './xstate-internals.ts';

/** What a message led to. */
export interface Taken {
  readonly snapshot: AnyMachineSnapshot;
  readonly effects: readonly ExecutableActionObject[];
}

/**
 * What `event` leads to. Undefined if a part of it is not planned (history, several transitions at once, the end of the
 * chart, more microsteps than the chart may take): then XState takes the event, and nothing of this is used.
 */
export const takePlanned = (
  { machine, scope }: Pick<RegisteredChart, 'machine' | 'scope'>,
  configurations: Configurations,
  from: AnyMachineSnapshot,
  event: AnyEventObject,
): Taken | undefined => {
  if (from.machine !== machine || from.status !== 'active' || isSpecial(event)) return undefined;
  const configuration = configurations.of(from._nodes);
  if (configuration === undefined) return undefined;
  const attempt: Attempt = {
    scope,
    queue: [],
    effects: [],
    configuration,
    snapshot: from,
    isCopy: false,
    isChanged: false,
  };
  if (!takeEvent(attempt, configurations, event)) return undefined;
  if (!comeToRest(attempt, configurations, event)) return undefined;
  return { snapshot: attempt.snapshot, effects: attempt.effects };
};

/** XState has rules of its own for these. */
const isSpecial = ({ type }: AnyEventObject): boolean =>
  type === '*' || type === 'xstate.init' || type === 'xstate.stop' || type.startsWith('xstate.error.actor');

const takeEvent = (attempt: Attempt, configurations: Configurations, event: AnyEventObject): boolean =>
  takeEnabled(attempt, configurations, findEnabled(attempt, event), event);

/** Asks the states from the active leaf outwards; several leaves, and a guard that throws, are XState's to deal with. */
const findEnabled = (
  { configuration: { path }, snapshot }: Attempt,
  event: AnyEventObject,
): readonly AnyTransitionDefinition[] => {
  const machine: AnyStateMachine = snapshot.machine;
  if (path === undefined) return machine.getTransitionData(snapshot, event);
  try {
    for (const { transitions } of path) {
      const enabled = transitions
        .get(event.type)
        ?.find((each) => !each.guard || isEnabled(each, snapshot, event));
      if (enabled !== undefined) return [enabled];
    }
    return [];
  } catch {
    return machine.getTransitionData(snapshot, event);
  }
};

const isEnabled = (
  { guard }: AnyTransitionDefinition,
  snapshot: AnyMachineSnapshot,
  event: AnyEventObject,
): boolean => guard === undefined || evaluateGuard(guard, snapshot.context, event, snapshot);

const takeEnabled = (
  attempt: Attempt,
  configurations: Configurations,
  [transition, ...others]: readonly AnyTransitionDefinition[],
  event: AnyEventObject,
): boolean => {
  if (transition === undefined) return true;
  return others.length === 0 && takeTransition(attempt, configurations, transition, event);
};

const takeTransition = (
  attempt: Attempt,
  configurations: Configurations,
  transition: AnyTransitionDefinition,
  event: AnyEventObject,
): boolean => {
  const plan = planOf(configurations, attempt.configuration, transition);
  if (plan === undefined) return false;
  for (const { actions, done } of plan.parts) {
    if (!runActions(attempt, actions, event)) return false;
    for (const { type, output } of done) {
      const { context } = attempt.snapshot;
      const { self } = attempt.scope;
      attempt.queue.push({ type, output: isFunction(output) ? output({ context, event, self }) : output });
    }
  }
  if (plan.next === attempt.configuration) return true;
  attempt.configuration = plan.next;
  const { nodes, value, tags } = plan.next;
  Object.assign(changeSnapshot(attempt), { _nodes: nodes, value, tags });
  return true;
};

/** Returns false if it meets what is not planned. */
const comeToRest = (attempt: Attempt, configurations: Configurations, first: AnyEventObject): boolean => {
  const { maxIterations } = configurations.machine.options;
  let event = first;
  let mayBeEnabled = true;
  for (let count = 0; count !== maxIterations; count += 1) {
    const eventless = mayBeEnabled ? findEventless(attempt, event) : [];
    attempt.isChanged = false;
    if (eventless.length > 0) {
      if (!takeEnabled(attempt, configurations, eventless, event)) return false;
      // As in XState: an eventless transition that changes nothing is not taken again and again.
      mayBeEnabled = attempt.isChanged;
      continue;
    }
    const raised = attempt.queue.shift();
    if (raised === undefined) return true;
    event = raised;
    if (!takeEvent(attempt, configurations, event)) return false;
    mayBeEnabled = true;
  }
  return false;
};

const findEventless = (
  { configuration, snapshot }: Attempt,
  event: AnyEventObject,
): readonly AnyTransitionDefinition[] => {
  if (configuration.eventless.length === 0) return [];
  const enabled = new Set<AnyTransitionDefinition>();
  for (const transitions of configuration.eventless) {
    const first = transitions.find((each) => isEnabled(each, snapshot, event));
    if (first !== undefined) enabled.add(first);
  }
  return [...enabled];
};

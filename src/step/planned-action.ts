// The actions of a plan. XState resolves each of them as ever, except `assign`: XState would compute the snapshot's value
// and tags again. Only actions that a step can carry out are planned.
import type {
  AnyActorScope,
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  ExecutableActionObject,
} from 'xstate';
import type { Configuration, PlannedAction } from './configurations.ts';
import {
  type AssignAction,
  type ChartAction,
  isAssign,
  isFunction,
  isKnownAction,
} from './xstate-internals.ts';

/** A message on its way through planned transitions. */
export interface Attempt {
  readonly scope: AnyActorScope;
  /** Events that the chart raised, in order. */
  readonly queue: AnyEventObject[];
  readonly effects: ExecutableActionObject[];
  configuration: Configuration;
  snapshot: AnyMachineSnapshot;
  /** Whether the snapshot is not the one that the message met: it belongs to the attempt, which may change it. */
  isCopy: boolean;
  /** Whether the snapshot was changed since this was last cleared. */
  isChanged: boolean;
}

/** Undefined if one of them is none that a plan carries out. */
export const planActions = (
  machine: AnyStateMachine,
  actions: readonly ChartAction[],
): PlannedAction[] | undefined => {
  const planned: PlannedAction[] = [];
  for (const each of actions) {
    const action: unknown = typeof each === 'function' ? each : machine.implementations.actions[nameOf(each)];
    if (!isKnownAction(action)) return undefined;
    planned.push({ action, params: typeof each === 'object' && 'params' in each ? each.params : undefined });
  }
  return planned;
};

const nameOf = (action: string | { readonly type: string }): string =>
  typeof action === 'string' ? action : action.type;

/** Returns false if one of them turns out not to be plannable. */
export const runActions = (
  attempt: Attempt,
  actions: readonly PlannedAction[],
  event: AnyEventObject,
): boolean => {
  for (const planned of actions) if (!runAction(attempt, planned, event)) return false;
  return true;
};

const runAction = (attempt: Attempt, { action, params }: PlannedAction, event: AnyEventObject): boolean => {
  const { scope, snapshot, queue } = attempt;
  const { context, machine } = snapshot;
  const given = isFunction(params) ? params({ context, event }) : params;
  if (isAssign(action)) return runAssign(attempt, action, given, event);
  const args = { context, event, self: scope.self, system: scope.system };
  const extra = { internalQueue: queue, deferredActorIds: undefined };
  const [, resolved, more] = action.resolve(scope, snapshot, args, given, action, extra);
  if (action.execute !== undefined)
    attempt.effects.push({ type: action.type, info: args, params: resolved, exec: undefined });
  if (more === undefined) return true;
  const planned = planActions(machine, more);
  return planned !== undefined && runActions(attempt, planned, event);
};

const runAssign = (
  attempt: Attempt,
  { assignment }: AssignAction,
  params: unknown,
  event: AnyEventObject,
): boolean => {
  const { scope, snapshot } = attempt;
  const { context } = snapshot;
  let isSpawning = false;
  const spawn = () => {
    isSpawning = true;
    throw new Error('a planned transition spawns no actor');
  };
  const args = { context, event, spawn, self: scope.self, system: scope.system };
  let update: unknown;
  try {
    update = isFunction(assignment) ? assignment(args, params) : assignEach(assignment, args, params);
  } catch (error) {
    if (!isSpawning) throw error;
  }
  if (isSpawning) return false;
  changeSnapshot(attempt).context = Object.assign({ ...context }, update);
  return true;
};

const assignEach = (
  assignment: Readonly<Record<string, unknown>>,
  args: object,
  params: unknown,
): Record<string, unknown> => {
  const update: Record<string, unknown> = {};
  for (const key of Object.keys(assignment)) {
    const value = assignment[key];
    update[key] = isFunction(value) ? value(args, params) : value;
  }
  return update;
};

/** The attempt's own snapshot, with what XState renews whenever it copies one. */
export const changeSnapshot = (attempt: Attempt): AnyMachineSnapshot => {
  attempt.isChanged = true;
  if (attempt.isCopy) return attempt.snapshot;
  const { value, tags } = attempt.configuration;
  attempt.isCopy = true;
  attempt.snapshot = { ...attempt.snapshot, value, tags };
  return attempt.snapshot;
};

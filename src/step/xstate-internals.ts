// What planned transitions need of XState beyond its public types: how it resolves the actions that its own creators make.
// It is typed here alone, and checked against the installed version when charts are registered. Nothing is run here.
import {
  type AnyActorScope,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  assign,
  cancel,
  createMachine,
  emit,
  enqueueActions,
  log,
  type MachineContext,
  raise,
  sendTo,
} from 'xstate';

/** An action as a chart has it: by name, by name with parameters, or in place. */
export type ChartAction = AnyStateNode['entry'][number];

interface ActionArgs {
  readonly context: MachineContext;
  readonly event: AnyEventObject;
  readonly self: AnyActorScope['self'];
  readonly system: AnyActorScope['system'];
}

/** What an action is resolved with besides: a raise without a delay joins the queue. No actor is ever deferred here. */
interface Extra {
  readonly internalQueue: AnyEventObject[];
  readonly deferredActorIds: undefined;
}

/** An action that one of XState's creators made. Resolving it gives the next snapshot, its parameters and more actions. */
export interface BuiltInAction {
  readonly type: string;
  readonly execute?: unknown;
  resolve(
    scope: AnyActorScope,
    snapshot: AnyMachineSnapshot,
    args: ActionArgs,
    params: unknown,
    action: BuiltInAction,
    extra: Extra,
  ): readonly [AnyMachineSnapshot, unknown, readonly ChartAction[] | undefined];
}

type Compute = (...given: readonly unknown[]) => unknown;

export interface AssignAction extends BuiltInAction {
  readonly assignment: Compute | Readonly<Record<string, unknown>>;
}

export const isFunction = (value: unknown): value is Compute => typeof value === 'function';

const isBuiltIn = (value: unknown): value is BuiltInAction =>
  typeof value === 'function' && 'resolve' in value && isFunction(value.resolve) && 'type' in value;

/** One of each kind of action that a plan carries out. None of them is ever run. */
const samples: readonly unknown[] = [
  assign({}),
  raise({ type: '' }),
  sendTo('', { type: '' }),
  emit({ type: '' }),
  cancel(''),
  log(''),
  enqueueActions(String),
];
const known: ReadonlySet<unknown> = new Set(samples.filter(isBuiltIn).map(({ resolve }) => resolve));
const assigning = samples.find(isBuiltIn);

/** Whether it is an action of the kinds in `samples`, with XState's own way to resolve it. */
export const isKnownAction = (action: unknown): action is BuiltInAction =>
  isBuiltIn(action) && known.has(action.resolve);

export const isAssign = (action: BuiltInAction): action is AssignAction =>
  action.resolve === assigning?.resolve && 'assignment' in action;

/** The snapshot as XState makes it anew from its `_nodes`: the value, with its keys in XState's order, and the tags. */
export const renew = (scope: AnyActorScope, snapshot: AnyMachineSnapshot): AnyMachineSnapshot | undefined => {
  const { context } = snapshot;
  const args = { context, event: { type: '' }, self: scope.self, system: scope.system };
  const extra = { internalQueue: [], deferredActorIds: undefined };
  return assigning?.resolve(scope, snapshot, args, undefined, assigning, extra)[0];
};

/** What a planned transition reads of snapshots, states and machines. */
const read = {
  snapshot: ['_nodes', 'value', 'tags', 'context', 'children', 'historyValue', 'status', 'machine'],
  state: ['parent', 'states', 'order', 'entry', 'exit', 'always', 'initial', 'output', 'invoke', 'type'],
  machine: ['getTransitionData', 'implementations', 'options', 'root'],
};

/**
 * Whether XState has all that planned transitions need.
 * @throws Error that names what it lacks, and the setting that does without.
 */
export const requireKnownXState = (
  machine: AnyStateMachine = createMachine({}),
  actions: readonly unknown[] = samples,
): void => {
  const root: object = machine.root;
  const snapshot: object = machine.resolveState({ value: {}, context: {} });
  const missing = [
    ...actions.flatMap((action, index) =>
      isKnownAction(action) ? [] : [`how action ${index + 1} is resolved`],
    ),
    ...read.snapshot.filter((name) => !(name in snapshot)).map((name) => `a snapshot's ${name}`),
    ...read.state.filter((name) => !(name in root)).map((name) => `a state's ${name}`),
    ...read.machine.filter((name) => !(name in machine)).map((name) => `a machine's ${name}`),
  ];
  if (missing.length === 0) return;
  throw new Error(
    `this version of XState lacks ${missing.join(', ')}, which planned transitions need: install the version that Orderchart names, or set STEP_PLANS=0`,
  );
};

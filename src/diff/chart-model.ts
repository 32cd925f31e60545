// A chart as it is compared: plain texts for its states, transitions, notes and implementations. What XState makes of a
// definition (events and timers of deadlines, ids) is turned back into the words of the chart. It compares nothing.
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { toGuardText } from '../step/matrix.ts';
import { toComparable, toSource } from './source-text.ts';

/** Guards or actions at one place. */
export interface Part {
  /** In the chart's own words. */
  readonly text: string;
  /** The same for the same. */
  readonly same: string;
  /** Names of the implementations that it uses. */
  readonly uses: readonly string[];
}

export interface TransitionModel {
  readonly source: string;
  /** A message's type, `after NAME`, `always`, or `done`. */
  readonly on: string;
  readonly kind: 'message' | 'deadline' | 'always';
  readonly guard: Part | undefined;
  /** Dotted paths; none if it stays. */
  readonly targets: readonly string[];
  readonly actions: Part;
  readonly reenters: boolean;
  readonly description: string;
}

export interface StateModel {
  /** Dotted path; empty for the chart itself. */
  readonly path: string;
  readonly parent: string | undefined;
  readonly type: AnyStateNode['type'];
  /** Paths of the states that are entered with it. */
  readonly initial: readonly string[];
  readonly entry: Part;
  readonly exit: Part;
  /** Whatever else of it decides what orders do, by name. */
  readonly fields: Readonly<Record<string, string>>;
  readonly notes: Readonly<Record<string, string>>;
  readonly transitions: readonly TransitionModel[];
}

export type ImplementationKind = 'guard' | 'action' | 'deadline';

export interface ChartModel {
  readonly id: string;
  /** In the order of the chart. */
  readonly states: ReadonlyMap<string, StateModel>;
  readonly implementations: Readonly<Record<ImplementationKind, Readonly<Record<string, unknown>>>>;
  readonly context: unknown;
}

export const readChart = ({ root, implementations, config }: AnyStateMachine): ChartModel => ({
  id: root.id,
  states: new Map(within(root).map((node) => [toPath(node), toState(node)])),
  implementations: {
    guard: implementations.guards,
    action: implementations.actions,
    deadline: implementations.delays,
  },
  context: config.context,
});

/** How a state is called in a text. */
export const toStateName = (path: string): string => (path === '' ? 'the chart itself' : path);

const within = (node: AnyStateNode): AnyStateNode[] => [node, ...Object.values(node.states).flatMap(within)];

const toPath = (node: AnyStateNode): string => node.path.join('.');

const asList = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

const toState = (node: AnyStateNode): StateModel => ({
  path: toPath(node),
  parent: node.parent && toPath(node.parent),
  type: node.type,
  initial: findInitial(node).map(toPath),
  entry: toActions(asList(node.config.entry)),
  exit: toActions(asList(node.config.exit)),
  fields: toFields(node),
  notes: toNotes(node),
  transitions: [...[...node.transitions.values()].flat(), ...(node.always ?? [])].map((each) =>
    toTransition(node, each),
  ),
});

const findInitial = (node: AnyStateNode): readonly AnyStateNode[] => {
  if (node.type === 'parallel') return Object.values(node.states);
  if (node.type === 'compound') return node.initial.target;
  return node.type === 'history' ? findRecalled(node) : [];
};

/** Where a history state leads when there is nothing to recall. */
const findRecalled = ({ config, parent, machine }: AnyStateNode): readonly AnyStateNode[] => {
  const targets = asList(config.target).map(String);
  if (targets.length === 0) return parent ? findInitial(parent) : [];
  return within(machine.root).filter(({ id, path }) =>
    targets.some((target) =>
      target.startsWith('#')
        ? id === target.slice(1)
        : path.join('.') === [...(parent?.path ?? []), target].join('.'),
    ),
  );
};

const toFields = (node: AnyStateNode): Readonly<Record<string, string>> => ({
  type: node.type,
  'initial state': node.type === 'parallel' ? '' : findInitial(node).map(toPath).join(' + '),
  'actions with the initial state': node.type === 'compound' ? toActions(node.initial.actions).text : '',
  'order of regions': node.type === 'parallel' ? Object.keys(node.states).join(', ') : '',
  tags: node.tags.toSorted().join(', '),
  history: node.history === false ? '' : node.history,
  output: node.output === undefined ? '' : toSource(node.output),
  id: node.parent && node.config.id !== undefined ? node.config.id : '',
});

const toNotes = ({ description, meta }: AnyStateNode): Readonly<Record<string, string>> =>
  Object.fromEntries([
    ...(description === undefined ? [] : [['description', description] as const]),
    ...flatten('', meta ?? {}),
  ]);

/** The texts of a `meta`, each under its path. */
const flatten = (path: string, value: unknown): (readonly [string, string])[] => {
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  if (Array.isArray(value)) return [[path, value.map(String).join(', ')]];
  return Object.entries(value).flatMap(([name, inner]) =>
    flatten(path === '' ? name : `${path} ${name}`, inner),
  );
};

const toTransition = (node: AnyStateNode, transition: AnyTransitionDefinition): TransitionModel => {
  const { guard, target = [], actions, reenter, description = '' } = transition;
  return {
    source: toPath(node),
    ...toOccasion(node, transition),
    guard: guard === undefined ? undefined : toGuard(guard),
    targets: target.map(toPath),
    actions: toActions(actions),
    reenters: reenter === true,
    description,
  };
};

const toOccasion = (
  node: AnyStateNode,
  { eventType }: AnyTransitionDefinition,
): Pick<TransitionModel, 'on' | 'kind'> => {
  const deadline = node.after.find((each) => each.eventType === eventType);
  if (deadline) return { on: `after ${toDelayName(deadline.delay)}`, kind: 'deadline' };
  if (eventType === '') return { on: 'always', kind: 'always' };
  if (eventType.startsWith('xstate.done')) return { on: 'done', kind: 'always' };
  return { on: eventType, kind: 'message' };
};

const toDelayName = (delay: unknown): string => {
  if (typeof delay === 'number' || /^\d+$/.test(String(delay))) return `${delay} ms`;
  return typeof delay === 'string' ? delay : toSource(delay);
};

const toGuard = (guard: unknown): Part => ({
  text: toGuardText(guard),
  same: toComparable(guard),
  uses: namesIn(guard),
});

/** A guard may be made of others (`and`, `or`, `not`). */
const namesIn = (part: unknown): string[] => {
  if (typeof part === 'string') return [part];
  if ((typeof part !== 'object' && typeof part !== 'function') || part === null) return [];
  if ('guards' in part) return asList(part.guards).flatMap(namesIn);
  return typeof part === 'object' && 'type' in part ? [String(part.type)] : [];
};

const toActions = (actions: readonly unknown[]): Part => ({
  text: actions.map(toActionText).join(', '),
  same: actions.map(toComparable).join('; '),
  uses: actions.flatMap(namesIn),
});

const toActionText = (action: unknown): string => {
  if (typeof action === 'string') return action;
  if (typeof action === 'function') return `an unnamed ${action.name || 'action'}`;
  if (typeof action !== 'object' || action === null || !('type' in action)) return toSource(action);
  const params = 'params' in action ? action.params : undefined;
  if (params === undefined) return String(action.type);
  return typeof params === 'object' && params !== null
    ? `${action.type}(${Object.values(params).map(toSource).join(', ')})`
    : `${action.type}(${toSource(params)})`;
};

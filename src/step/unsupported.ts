// Finds what a chart uses that a pure step does not support, such as promises, spawned actors and custom actions,
// and says what to use instead. It reads the chart's definition only: what its functions do is checked when they
// run.
import type { AnyStateMachine, AnyStateNode } from 'xstate';

/** The actions of XState that a step carries out. */
export const supportedActions: ReadonlySet<string> = new Set([
  'xstate.assign',
  'xstate.raise',
  'xstate.sendTo',
  'xstate.emit',
  'xstate.cancel',
  'xstate.enqueueActions',
  'xstate.log',
]);

const instead: Readonly<Record<string, string>> = {
  'xstate.spawnChild': 'spawns an actor: add it to the system as a chart of its own, and send to it',
  'xstate.stopChild':
    'stops an actor: the actors of a system live as long as the system; send it a message instead',
};

/** The problem with an action of `type`, and what to use instead. */
export const cannotRun = (type: string): string =>
  instead[type] ??
  `runs a custom action ('${type}'): emit a domain event or send a command to a service instead`;

/** One line for each unsupported thing that `chart` uses: in which state, and what to use instead. */
export const findUnsupported = (chart: string, { root, implementations }: AnyStateMachine): string[] => [
  ...Object.keys(implementations.actors).map(
    (actor) =>
      `${chart} declares the actor '${actor}', which only invoke and spawn can use: add it to the system as a chart of its own, or use a service`,
  ),
  ...findInState(chart, root),
];

const findInState = (chart: string, node: AnyStateNode): string[] => {
  const { machine } = node;
  const transitions = [...node.transitions.values()].flat().concat(node.always ?? []);
  const actions = [
    node.entry,
    node.exit,
    ...transitions.map((each) => each.actions),
    node.initial.actions,
  ].flat();
  const problems = [
    ...node.invoke.map(
      ({ src }) =>
        `invokes ${String(src).startsWith('xstate.') ? 'an actor' : `'${src}'`}: send a command to a service instead, and wait for its reply in a state with a deadline`,
    ),
    ...(node.config.route === undefined ? [] : ['has a route: use an event with a name of its own instead']),
    ...actions.flatMap((action) => findInAction(machine, action)),
    ...transitions.flatMap(({ guard }) => findInGuard(machine, guard)),
  ];
  const state = `${chart}, state '${node.path.join('.') || '(root)'}'`;
  return [
    ...new Set(problems.map((problem) => `${state} ${problem}`)),
    ...Object.values(node.states).flatMap((child) => findInState(chart, child)),
  ];
};

const findInAction = ({ implementations }: AnyStateMachine, action: string | object): string[] => {
  const name = nameOf(action);
  const implementation: object | undefined =
    typeof action === 'function' ? action : implementations.actions[name];
  if (implementation === undefined) return [`uses the action '${name}', which has no implementation`];
  const builtIn = nameOf(implementation);
  if (!supportedActions.has(builtIn)) return [cannotRun(builtIn in instead ? builtIn : name)];
  const to = read(implementation, 'to');
  const delay = read(implementation, 'delay');
  return [
    ...(typeof to === 'string' && to !== '#_internal'
      ? [
          `sends to '${to}': send to ({ system }) => system.get(…) one of the actors or services of the system`,
        ]
      : []),
    ...(typeof delay === 'string' && implementations.delays[delay] === undefined
      ? [`uses the delay '${delay}', which has no implementation`]
      : []),
  ];
};

const findInGuard = (machine: AnyStateMachine, guard: string | object | undefined): string[] => {
  if (guard === undefined) return [];
  if (typeof guard === 'function') {
    const inner = read(guard, 'guards');
    return Array.isArray(inner) ? inner.flatMap((each) => findInGuard(machine, each)) : [];
  }
  const name = nameOf(guard);
  const implementation: object | undefined = machine.implementations.guards[name];
  return implementation === undefined
    ? [`uses the guard '${name}', which has no implementation`]
    : findInGuard(machine, implementation);
};

const nameOf = (value: string | object): string =>
  typeof value === 'string' ? value : String(read(value, 'type') ?? '(inline)');

const read = (value: object, key: string): unknown =>
  Object.entries(value).find(([name]) => name === key)?.[1];

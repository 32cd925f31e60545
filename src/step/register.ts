// Prepares charts for the step: checks that they use only what a pure step supports, and registers each version's charts
// with the scope that their transitions run in. It never runs a message.
import type {
  AnyActorRef,
  AnyActorScope,
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyStateNode,
  ExecutableActionObject,
} from 'xstate';
import { AppError, describeError } from '../errors.ts';
import { Configurations } from './configurations.ts';
import type { Invariants } from './invariants.ts';
import type { Migrations } from './migration-rules.ts';
import { isWhole } from './notes.ts';
import { copyPlain, keepPlain, keepPlainValue, NotPlainData } from './plain-data.ts';
import { makeReferences, makeScope } from './scope.ts';
import { cannotRun, findUnsupported, supportedActions } from './unsupported.ts';
import { requireKnownXState } from './xstate-internals.ts';

/** Between the messages of a version's charts and those of today. People and services know only today's. */
export interface Translator {
  /** A message of today (from people, or the reply to a call) as these charts know it. */
  toCharts(message: AnyEventObject): AnyEventObject;
  /** A message of these charts (a command to a service, or one that was recorded) as it is today. */
  fromCharts<M extends AnyEventObject>(message: M): M;
}

/** Charts that run together as one unit, and their messages. */
export interface ChartVersion {
  readonly charts: Readonly<Record<string, AnyStateMachine>>;
  /** Versions of the messages' schemas by type; 1 for a type that is not named. */
  readonly schemaVersions?: Readonly<Record<string, number>>;
  /** Left out: their messages are those of today. */
  readonly translator?: Translator;
}

/** The charts of every version, and the names of the services that they may send commands to. */
export interface ChartSystem extends ChartVersion {
  /** Of these charts: new systems start on it. */
  readonly version: string;
  readonly services: readonly string[];
  readonly invariants?: Invariants;
  /** By version: systems that are stored on one of them go on with it. */
  readonly otherVersions?: Readonly<Record<string, ChartVersion>>;
  readonly migrations?: Migrations;
}

/** A chart with the scope that its transitions run in. */
export interface RegisteredChart {
  readonly name: string;
  readonly machine: AnyStateMachine;
  readonly scope: AnyActorScope;
  /** Returns the actions that were collected since the last `take`, in order. */
  take(): ExecutableActionObject[];
  /** Whether somebody inspects what XState does in the scope: then all of it is left to XState. */
  isInspected(): boolean;
  /** With the plans of its transitions. Undefined if XState takes every transition. */
  readonly configurations: Configurations | undefined;
  readonly initial: AnyMachineSnapshot;
  readonly initialEffects: readonly ExecutableActionObject[];
  /** Whether it has history states. */
  readonly hasHistory: boolean;
  /** Every state by its id. */
  readonly nodes: ReadonlyMap<string, AnyStateNode>;
  /** The snapshots that `fromStored` has restored, without contexts, by their state value as JSON. */
  readonly restored: Map<string, AnyMachineSnapshot>;
}

export interface RegisteredSystem {
  readonly version: string;
  readonly names: readonly string[];
  readonly charts: ReadonlyMap<string, RegisteredChart>;
  readonly services: ReadonlySet<string>;
  readonly schemaVersions: Readonly<Record<string, number>>;
  readonly translator: Translator | undefined;
  readonly invariants: Invariants | undefined;
  /** Messages between the actors in one step, at most. */
  readonly longestStep: number;
  /** Whether steps note what is delivered within them. */
  isObserved(): boolean;
  readonly migrations: Migrations;
  /** Every version that systems may be stored on, itself included. */
  readonly versions: ReadonlyMap<string, RegisteredSystem>;
}

/** @throws Error for a version that is not registered: a system on it can neither be made nor loaded. */
export const ofVersion = ({ versions }: RegisteredSystem, version: string): RegisteredSystem => {
  const found = versions.get(version);
  if (found) return found;
  throw new Error(`there are no charts of version ${version}; there are ${[...versions.keys()].join(', ')}`);
};

/**
 * Registers `system`. Its steps note what is delivered within them while `isObserved` says so: never, when it is left
 * out.
 * @throws AppError `chart-unsupported` that names every state with something a step does not support (promise,
 * callback and observable actors, `spawn`, custom actions) and what to use instead.
 */
export const registerSystem = (
  system: ChartSystem,
  limits: Limits,
  isObserved: () => boolean = () => false,
): RegisteredSystem => {
  const versions = new Map<string, RegisteredSystem>();
  const { services, invariants, migrations = {} } = system;
  for (const [version, other] of Object.entries(system.otherVersions ?? {})) {
    const whole = { ...other, version, services, migrations, ...(invariants && { invariants }) };
    versions.set(version, registerVersion(whole, limits, isObserved, versions));
  }
  const newest = registerVersion(system, limits, isObserved, versions);
  versions.set(system.version, newest);
  return newest;
};

interface Limits {
  readonly microsteps: number;
  readonly messagesPerStep: number;
  /** Configurations of one chart whose transitions are planned. Left out or 0: XState takes every transition. */
  readonly plannedConfigurations?: number;
}

const registerVersion = (
  system: ChartSystem,
  limits: Limits,
  isObserved: () => boolean,
  versions: ReadonlyMap<string, RegisteredSystem>,
): RegisteredSystem => {
  const names = Object.keys(system.charts);
  const taken = names.filter((name) => system.services.includes(name));
  const problems = [
    ...taken.map((name) => `${name} is the name of an actor and of a service: rename one`),
    ...Object.entries(system.charts).flatMap(([name, machine]) => problemsOf(machine, name)),
  ];
  if (problems.length > 0) refuse(problems);

  const references = makeReferences([...names, ...system.services]);
  const charts = new Map(
    Object.entries(system.charts).map(([name, machine]) => [
      name,
      registerChart(name, machine, references, limits),
    ]),
  );
  return {
    version: system.version,
    names,
    charts,
    services: new Set(system.services),
    schemaVersions: system.schemaVersions ?? {},
    translator: system.translator,
    invariants: system.invariants,
    longestStep: limits.messagesPerStep,
    isObserved,
    migrations: system.migrations ?? {},
    versions,
  };
};

const refuse = (problems: readonly string[]): never => {
  throw new AppError('chart-unsupported', `These charts cannot be run durably:\n  ${problems.join('\n  ')}`, {
    problems,
  });
};

/** A machine never changes, so the result of `make` for it and `key` is kept. */
const oncePerMachine = <K, V>(make: (machine: AnyStateMachine, key: K) => V) => {
  const made = new WeakMap<AnyStateMachine, Map<K, V>>();
  return (machine: AnyStateMachine, key: K): V => {
    const known = made.get(machine) ?? new Map<K, V>();
    made.set(machine, known);
    const value = known.get(key) ?? make(machine, key);
    known.set(key, value);
    return value;
  };
};

const problemsOf = oncePerMachine((machine, name: string) => findUnsupported(name, machine));

/** A copy of the chart that fails after so many microsteps for one message, and that has its own context. */
const prepare = oncePerMachine((given, microsteps: number): AnyStateMachine => {
  const machine = given.provide({});
  machine.options = {
    ...machine.options,
    maxIterations: Math.min(machine.options.maxIterations ?? microsteps, microsteps),
  };
  const { context } = machine.config;
  // All orders share the initial context, so entry actions may not change it in place either.
  if (typeof context === 'object' && context !== null) {
    machine.config = { ...machine.config, context: () => copyPlain(context, 'context') };
  }
  return machine;
});

const registerChart = (
  name: string,
  given: AnyStateMachine,
  references: ReadonlyMap<string, AnyActorRef>,
  { microsteps, plannedConfigurations = 0 }: Limits,
): RegisteredChart => {
  const machine = prepare(given, microsteps);
  const { scope, take, isInspected } = makeScope(name, references);
  const initial: AnyMachineSnapshot = machine.getInitialSnapshot(scope);
  const initialEffects = take();
  let problems = findProblems(initial, initialEffects);
  if (initial.error instanceof TypeError && readsInput(machine, scope)) problems = [noInput];
  if (problems.length === 0) problems = freezeData(initial);
  if (problems.length === 0 && !isWhole(initial)) problems = [notWhole];
  if (problems.length > 0) refuse(problems.map((problem) => `${name}, in its initial state: ${problem}`));
  const nodes = new Map(toNodes(machine.root));
  const hasHistory = nodes.values().some(({ type }) => type === 'history');
  if (plannedConfigurations > 0) requireKnownXState();
  const configurations =
    plannedConfigurations > 0 ? new Configurations(scope, initial, plannedConfigurations) : undefined;
  return {
    ...{ name, machine, scope, take, isInspected, configurations },
    ...{ initial, initialEffects, hasHistory, nodes, restored: new Map() },
  };
};

/** Problems that show only when a chart starts: the results of its own functions. */
const findProblems = (
  { status, error, children }: AnyMachineSnapshot,
  effects: readonly ExecutableActionObject[],
): string[] => {
  if (status === 'error') return [error instanceof NotPlainData ? toNotPlain(error) : String(error)];
  const unsupported = effects.filter(({ type }) => !supportedActions.has(type));
  return [
    ...unsupported.map(({ type }) => cannotRun(type)),
    ...(Object.keys(children).length > 0 && unsupported.length === 0 ? [cannotRun('xstate.spawnChild')] : []),
    ...effects.flatMap(findInMessage),
  ];
};

interface Saying extends ExecutableActionObject {
  params: { event: AnyEventObject };
}
const isSaying = (effect: ExecutableActionObject): effect is Saying =>
  typeof effect.params === 'object' && effect.params !== null && 'event' in effect.params;

const findInMessage = (effect: ExecutableActionObject): string[] => {
  if (!isSaying(effect)) return [];
  const { event } = effect.params;
  try {
    keepPlain(event, 'message');
    return [];
  } catch (error) {
    return [`says ${event.type} with something that is not plain JSON data: ${describeError(error)}`];
  }
};

/** All orders start from this one snapshot. A change in place would show up in the next order. */
const freezeData = (initial: AnyMachineSnapshot): string[] => {
  try {
    initial.context = keepPlain(initial.context, 'context');
    initial.output = keepPlainValue(initial.output, 'output');
    return [];
  } catch (error) {
    return [toNotPlain(error)];
  }
};

const noInput =
  'reads `input`, which the actors of a system do not get: put it into the first message, and keep it with assign';

/** Starts the chart once more, with an input that notices when it is read. */
const readsInput = (machine: AnyStateMachine, scope: AnyActorScope): boolean => {
  let isRead = false;
  const input = new Proxy(
    {},
    {
      get: () => {
        isRead = true;
      },
    },
  );
  machine.getInitialSnapshot(scope, input);
  return isRead;
};

const notWhole =
  'only a part of it is active, so it could not be loaded: enter a history state from outside its parallel state only';

const toNotPlain = (error: unknown): string =>
  `the context and the output must be plain JSON data, because they are stored: ${describeError(error)}`;

const toNodes = (node: AnyStateNode): [string, AnyStateNode][] => [
  [node.id, node],
  ...Object.values(node.states).flatMap(toNodes),
];

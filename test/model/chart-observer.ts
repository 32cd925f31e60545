// The charts, registered as a host registers them, with an observer on every state, transition, deadline and
// guard: it counts what a run covers. It never changes a result.
import {
  type AnyStateMachine,
  type AnyStateNode,
  type AnyTransitionDefinition,
  type EventObject,
  type GuardArgs,
  isMachineSnapshot,
  type MachineContext,
} from 'xstate';
import { limits } from '../../src/config.ts';
import { toDeadlineName } from '../../src/step/deadline-name.ts';
import { toGuardText } from '../../src/step/matrix.ts';
import { type ChartSystem, type RegisteredSystem, registerSystem } from '../../src/step/register.ts';

/**
 * An item of a chart that a test can cover: a leaf state, a transition, a deadline, or one result of a
 * guard.
 */
export interface Item {
  readonly chart: string;
  readonly kind: 'state' | 'transition' | 'deadline' | 'guard';
  readonly name: string;
  /** The transition of a guard or a deadline; the state or transition itself otherwise. */
  readonly of: AnyTransitionDefinition | AnyStateNode;
}

export interface ChartObserver {
  readonly system: RegisteredSystem;
  readonly items: readonly Item[];
  /** Names of the items covered since it was last cleared. */
  readonly met: Set<string>;
  /** Names of the items that the initial states cover. */
  readonly initial: readonly string[];
}

/** Registers copies of `charts` whose guards report their results. */
export const observeCharts = ({ charts, ...rest }: ChartSystem): ChartObserver => {
  const copies = Object.entries(charts).map(([name, machine]) => [name, machine.provide({})]);
  const system = registerSystem({ ...rest, charts: Object.fromEntries(copies) }, limits);
  const met = new Set<string>();
  const items: Item[] = [];
  const starts: string[] = [];
  for (const [chart, { machine, scope, initial }] of system.charts) {
    const meets = new Map<object, readonly string[]>();
    const add = (kind: Item['kind'], name: string, of: Item['of']) => {
      items.push({ chart, kind, name, of });
      return name;
    };
    for (const node of nodesOf(machine.root)) {
      const path = `${chart}: ${node.path.join('.') || 'anywhere'}`;
      if (isLeaf(node)) meets.set(node, [add('state', path, node)]);
      for (const transition of transitionsOf(node)) {
        const deadline = toDeadlineName(transition.eventType);
        const fires = deadline && `${path}, deadline ${deadline}`;
        if (fires && !items.some(({ name }) => name === fires)) add('deadline', fires, transition);
        const name = add('transition', `${path}, ${toArrow(transition)}`, transition);
        meets.set(transition, [name, ...(fires ? [fires] : [])]);
        if (transition.guard === undefined) continue;
        transition.guard = observeGuard(machine, transition.guard, (guard) => {
          const yes = add('guard', `${name}: ${guard} says yes`, transition);
          const no = add('guard', `${name}: ${guard} says no`, transition);
          return (answer) => met.add(answer ? yes : no);
        });
      }
    }
    const meet = (things: Iterable<object>) => {
      for (const thing of things) for (const name of meets.get(thing) ?? []) met.add(name);
    };
    starts.push(...initial._nodes.flatMap((node) => meets.get(node) ?? []));
    scope.system.inspect((inspected) => {
      if (inspected.type !== '@xstate.microstep') return;
      meet(inspected._transitions);
      if (isMachineSnapshot(inspected.snapshot)) meet(inspected.snapshot._nodes);
    });
  }
  return { system, items, met, initial: starts };
};

export const nodesOf = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states).flatMap(nodesOf),
];
export const isLeaf = ({ states }: AnyStateNode): boolean => Object.keys(states).length === 0;

const transitionsOf = (node: AnyStateNode): AnyTransitionDefinition[] => [
  ...[...node.transitions.values()].flat(),
  ...(node.always ?? []),
];

/** `gateway.failed if isCurrent and mayTryAgain → backingOff`. */
export const toArrow = (transition: AnyTransitionDefinition): string => {
  const { eventType, target } = transition;
  const to = target?.map(({ path }) => path.join('.')).join(' + ') ?? 'stays';
  return `${toCause(eventType)}${toCondition(transition)} → ${to}`;
};

const toCause = (eventType: string): string => {
  const deadline = toDeadlineName(eventType);
  if (deadline !== undefined) return `after ${deadline}`;
  if (eventType.startsWith('xstate.done.')) return 'all done';
  return eventType === '' ? 'at once' : eventType;
};

const toCondition = ({ guard }: AnyTransitionDefinition): string =>
  guard === undefined ? '' : ` if ${toGuardText(guard)}`;

/** A guard made by `and`, `or` or `not`: XState evaluates it through its `check`. */
interface Combined {
  readonly name: string;
  readonly check: unknown;
  readonly guards: readonly unknown[];
}
const isCombined = (guard: unknown): guard is Combined =>
  typeof guard === 'function' && 'check' in guard && 'guards' in guard;

/** The same guard, whose inner guards report their results. XState still combines them. */
const observeGuard = (
  machine: AnyStateMachine,
  guard: unknown,
  hear: (guard: string) => (answer: boolean) => void,
): ObservedGuard => {
  if (isCombined(guard)) {
    const guards = guard.guards.map((inner) => observeGuard(machine, inner, hear));
    const combined = Object.assign(() => false, { check: guard.check, guards });
    // `toGuardText` reads its name: `and`, `or`, `not`.
    return Object.defineProperty(combined, 'name', { value: guard.name });
  }
  const { type, params } = toNamed(guard);
  const implementation = machine.implementations.guards[type];
  if (typeof implementation !== 'function') throw new Error(`${type} is no guard with a name of its own`);
  const words = toGuardText(guard);
  const withReport = hear(words);
  const named: ObservedGuard = (given) => {
    const answer: boolean = implementation(given, params);
    withReport(answer);
    return answer;
  };
  return Object.defineProperty(named, 'name', { value: words });
};
type ObservedGuard = (given: GuardArgs<MachineContext, EventObject>) => boolean;

const toNamed = (guard: unknown): { readonly type: string; readonly params?: unknown } => {
  if (typeof guard === 'string') return { type: guard };
  if (typeof guard !== 'object' || guard === null || !('type' in guard))
    throw new Error('a guard has a name');
  return { params: undefined, ...guard, type: String(guard.type) };
};

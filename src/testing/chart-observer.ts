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
import { limits } from '../limits.ts';
import { toDeadlineName } from '../step/deadline-name.ts';
import { toGuardText } from '../step/matrix.ts';
import { type ChartSystem, type RegisteredSystem, registerSystem } from '../step/register.ts';

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
        const name = add('transition', toFreeName(items, `${path}, ${toArrow(transition)}`), transition);
        meets.set(transition, [name, ...(fires ? [fires] : [])]);
        if (transition.guard === undefined) continue;
        const observed = observeGuard(machine, transition.guard, (words) => {
          const yes = add('guard', `${name}: ${words} says yes`, transition);
          const no = add('guard', `${name}: ${words} says no`, transition);
          return (answer) => met.add(answer ? yes : no);
        });
        Object.assign(transition, { guard: observed });
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

/** Two transitions may read the same; each is an item of its own. */
const toFreeName = (items: readonly Item[], wanted: string): string => {
  const isTaken = (name: string) => items.some((item) => item.kind === 'transition' && item.name === name);
  let name = wanted;
  for (let number = 2; isTaken(name); number += 1) name = `${wanted} (${number})`;
  return name;
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

/** A guard of XState's own (`and`, `or`, `not`, `stateIn`): XState evaluates it through its `check`. */
interface BuiltIn {
  readonly name: string;
  readonly check: (...given: never[]) => boolean;
  readonly guards?: readonly unknown[];
}
const isBuiltIn = (guard: unknown): guard is BuiltIn => typeof guard === 'function' && 'check' in guard;

type Report = (answer: boolean) => unknown;

/** The same guard, whose inner guards report their results. XState still combines them. */
const observeGuard = (machine: AnyStateMachine, guard: unknown, hear: (words: string) => Report): unknown => {
  const words = toGuardText(guard);
  if (isBuiltIn(guard)) return observeBuiltIn(machine, guard, words, hear);
  const implementation = toImplementation(machine, guard);
  if (isBuiltIn(implementation)) return observeBuiltIn(machine, implementation, words, hear);
  if (typeof implementation !== 'function') return observeGuard(machine, implementation, hear);
  const report = hear(words);
  const observed = (given: GuardArgs<MachineContext, EventObject>): boolean => {
    const answer: boolean = implementation(given, toParams(guard, given));
    report(answer);
    return answer;
  };
  return Object.defineProperty(observed, 'name', { value: words });
};

const observeBuiltIn = (
  machine: AnyStateMachine,
  guard: BuiltIn,
  words: string,
  hear: (words: string) => Report,
): unknown => {
  const guards = guard.guards?.map((inner) => observeGuard(machine, inner, hear));
  const report = guards ? undefined : hear(words);
  const check = (...given: never[]): boolean => {
    const answer = guard.check(...given);
    report?.(answer);
    return answer;
  };
  const combined = Object.assign(() => false, guard, { check }, guards && { guards });
  // `toGuardText` reads its name: `and`, `or`, `not`.
  return Object.defineProperty(combined, 'name', { value: guard.name });
};

const toImplementation = (machine: AnyStateMachine, guard: unknown): unknown => {
  if (typeof guard === 'function') return guard;
  const name = typeof guard === 'object' && guard !== null && 'type' in guard ? guard.type : guard;
  const found = machine.implementations.guards[String(name)];
  if (found === undefined) throw new Error(`${machine.id} was registered without its guard ${name}`);
  return found;
};

const toParams = (guard: unknown, given: GuardArgs<MachineContext, EventObject>): unknown => {
  if (typeof guard !== 'object' || guard === null || !('params' in guard)) return undefined;
  return typeof guard.params === 'function' ? guard.params(given) : guard.params;
};

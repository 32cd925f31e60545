// Makes a chart with one more state out of another: whatever led to a certain state leads to the new one first. A chart is
// data, so nothing of it is copied by hand. It knows no order, and never changes the chart that it is given.
import {
  type AnyStateMachine,
  type AnyStateNode,
  type AnyStateNodeConfig,
  type ContextFrom,
  type EventObject,
  type ParameterizedObject,
  type ProvidedActor,
  StateMachine,
  type StateNodeConfig,
  type StateValue,
} from 'xstate';
import type { ChartNotes } from './chart.ts';

type AddedState<Context extends object, Received extends EventObject> = StateNodeConfig<
  Context & Record<string, unknown>,
  Received,
  ProvidedActor,
  ParameterizedObject,
  ParameterizedObject,
  string,
  'settled' | 'incident',
  unknown,
  EventObject,
  ChartNotes<string>
>;

/** The state's value: its name, or its name with that of an inner state. */
type ValueOf<Name extends string, State> = State extends { readonly states: infer Inner }
  ? { [N in Name]: keyof Inner & string }
  : Name;

/** The type of a chart with more messages and one more state. */
type Inserted<Chart extends AnyStateMachine, Received extends EventObject, Value extends StateValue> =
  Chart extends StateMachine<
    infer Context,
    infer _Received,
    infer Children,
    infer Actor,
    infer Action,
    infer Guard,
    infer Delay,
    infer Values,
    infer Tag,
    infer Input,
    infer Output,
    infer Emitted,
    infer Meta,
    infer Schema
  >
    ? StateMachine<
        Context,
        Received,
        Children,
        Actor,
        Action,
        Guard,
        Delay,
        Values | Value,
        Tag,
        Input,
        Output,
        Emitted,
        Meta,
        Schema
      >
    : never;

interface Insertion<Context extends object, Received extends EventObject, Name extends string, State> {
  /** The messages that the new chart receives: those of the given one, and more. */
  readonly types: { readonly events: Received };
  readonly name: Name;
  /** The top-level state that the new one comes before. */
  readonly before: string;
  readonly state: State & AddedState<Context, Received>;
  /** The named delays of the new state: ms, or how they follow from the context. */
  readonly delays?: Readonly<Record<string, number | ((given: { readonly context: Context }) => number)>>;
  /** Why a message is ignored in states that do not expect it. Recorded: never change a text. */
  readonly ignores?: ChartNotes<string>['ignores'];
}

/**
 * A chart with the new top-level state `name`. Every transition from elsewhere to `before` leads to it instead.
 * @throws Error if there is no state `before`, there is one with this name already, or nothing leads to `before`.
 */
export const insertState = <
  Chart extends AnyStateMachine,
  Received extends EventObject,
  const Name extends string,
  const State,
>(
  chart: Chart,
  insertion: Insertion<ContextFrom<Chart>, Received, Name, State>,
): Inserted<Chart, Received, ValueOf<Name, State>> => {
  const { name, before, state, delays, ignores } = insertion;
  const { config, implementations, root } = chart;
  const next = findNext(root, name, before);
  let redirected = 0;
  const replace = (target: string, depth: number): string => {
    const isBare = (depth === 0 && target === `.${before}`) || (depth === 1 && target === before);
    if (target !== `#${next.id}` && !isBare) return target;
    redirected += 1;
    return `#${root.id}.${name}`;
  };
  const { states, initial, meta, ...rest } = config;
  const others = Object.entries({ ...states }).map(([key, inner]): [string, AnyStateNodeConfig] => [
    key,
    key === before ? inner : redirect(inner, replace, 1),
  ]);
  const place = others.findIndex(([key]) => key === before);
  const extended = {
    ...redirect(rest, replace, 0),
    initial: initial === before ? name : initial,
    meta: { ...meta, ignores: { ...meta?.ignores, ...ignores } },
    states: Object.fromEntries(others.toSpliced(place, 0, [name, state])),
  };
  if (redirected === 0 && initial !== before) {
    throw new Error(`Nothing in the chart '${root.id}' leads to '${before}': insert '${name}' elsewhere.`);
  }
  const made = new StateMachine(extended, {
    ...implementations,
    delays: { ...implementations.delays, ...delays },
  });
  // What is typed above is what was added; XState cannot follow that to the whole.
  return made as unknown as Inserted<Chart, Received, ValueOf<Name, State>>;
};

const findNext = (root: AnyStateNode, name: string, before: string): AnyStateNode => {
  const found = root.states[before];
  const names = Object.keys(root.states).join(', ');
  if (!found) throw new Error(`The chart '${root.id}' has no top-level state '${before}'; it has ${names}.`);
  if (root.states[name]) throw new Error(`The chart '${root.id}' has a state '${name}': take another name.`);
  return found;
};

type Replace = (target: string, depth: number) => string;
type Part = Readonly<Record<string, unknown>>;
const isPart = (value: unknown): value is Part =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whatever has no parts stays as it is. */
const mapPart = (value: unknown, change: (inner: unknown, key: string) => unknown): unknown =>
  isPart(value)
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, change(inner, key)]))
    : value;

/** A state's configuration with other targets. `depth` is 0 for the chart itself. */
const redirect = <Config>(config: Config, replace: Replace, depth: number): Config => {
  const aim = (transition: unknown): unknown => {
    if (typeof transition === 'string') return replace(transition, depth);
    if (Array.isArray(transition)) return transition.map(aim);
    return isPart(transition) && 'target' in transition
      ? { ...transition, target: aim(transition['target']) }
      : transition;
  };
  const changes: Readonly<Record<string, (value: unknown) => unknown>> = {
    on: (value) => mapPart(value, aim),
    after: (value) => mapPart(value, aim),
    always: aim,
    onDone: aim,
    states: (value) => mapPart(value, (inner) => redirect(inner, replace, depth + 1)),
  };
  // Only strings are replaced by strings, so it is of the same type.
  return mapPart(config, (value, key) => changes[key]?.(value) ?? value) as Config;
};

// A message taken twice by the same chart, through its plans and through XState as a whole, and everything that a step could
// notice of the results. It has no expectations but that the two are the same.
import { isDeepStrictEqual } from 'node:util';
import type { AnyEventObject, AnyMachineSnapshot, AnyStateMachine, ExecutableActionObject } from 'xstate';
import { type Taken, takePlanned } from '../../src/step/planned-transition.ts';
import { type RegisteredChart, type RegisteredSystem, registerSystem } from '../../src/step/register.ts';
import { fromStored, newSystem, toStored } from '../../src/step/snapshot.ts';
import { limits } from './equivalence.ts';

/** Through XState as a whole. */
const takeWhole = (chart: RegisteredChart, from: AnyMachineSnapshot, event: AnyEventObject): Taken => {
  const snapshot: AnyMachineSnapshot = chart.machine.transition(from, event, chart.scope);
  return { snapshot, effects: chart.take() };
};

const toIds = (nodes: AnyMachineSnapshot['_nodes']) => nodes.map(({ id }) => id);

/** As text where the order of keys counts: they are stored, and XState walks the regions of a value in their order. */
const toComparable = (from: AnyMachineSnapshot, { snapshot, effects }: Taken) => ({
  value: JSON.stringify(snapshot.value),
  context: JSON.stringify(snapshot.context),
  active: toIds(snapshot._nodes),
  tags: [...snapshot.tags],
  history: Object.entries(snapshot.historyValue).map(([id, nodes]) => [id, toIds(nodes)]),
  rest: [
    snapshot.status,
    snapshot.output,
    snapshot.error,
    Object.keys(snapshot),
    Object.keys(snapshot.children),
  ],
  isUnchanged: snapshot === from,
  effects: effects.map(toComparableEffect),
});

const toComparableEffect = ({ type, params, info }: ExecutableActionObject) => {
  const { to }: { readonly to?: unknown } = { ...params };
  const receiver = typeof to === 'object' && to !== null && 'id' in to ? to.id : undefined;
  return { type, params: { ...params, to: receiver }, event: info.event, context: info.context };
};

/**
 * Whether the message was planned.
 * @throws Error with both results, if they differ.
 */
export const comparePlanned = (
  chart: RegisteredChart,
  from: AnyMachineSnapshot,
  event: AnyEventObject,
): boolean => {
  if (chart.configurations === undefined) throw new Error(`${chart.name} has no plans`);
  const planned = takePlanned(chart, chart.configurations, from, event);
  if (chart.take().length > 0) throw new Error('a planned transition left effects behind');
  if (planned === undefined) return false;
  const [ours, theirs] = [planned, takeWhole(chart, from, event)].map((taken) => toComparable(from, taken));
  if (isDeepStrictEqual(ours, theirs)) return true;
  const where = `${chart.name} in ${JSON.stringify(from.value)} by ${JSON.stringify(event)}`;
  throw new Error(`${where}\nplanned: ${JSON.stringify(ours)}\nXState:  ${JSON.stringify(theirs)}`);
};

/** The snapshot after it was stored and loaded. */
export const reload = (
  system: RegisteredSystem,
  { name }: RegisteredChart,
  snapshot: AnyMachineSnapshot,
): AnyMachineSnapshot => {
  const state = newSystem(system, 0, 'correlation');
  const actors = new Map(state.actors).set(name, { snapshot, since: 0 });
  const loaded = fromStored(system, toStored({ ...state, actors })).actors.get(name);
  if (loaded === undefined) throw new Error(`${name} was not loaded`);
  return loaded.snapshot;
};

export const registerToy = (toy: AnyStateMachine, plannedConfigurations = 100): RegisteredChart => {
  const { charts } = registerSystem(
    { version: '1', charts: { toy }, services: ['world'] },
    { ...limits, plannedConfigurations },
  );
  const registered = charts.get('toy');
  if (registered === undefined) throw new Error('there is no toy');
  return registered;
};

/** Takes events one after the other, compares each with XState, and says which were planned. */
export const walk = (toy: AnyStateMachine, types: string): string => {
  const registered = registerToy(toy);
  let from: AnyMachineSnapshot = registered.initial;
  const planned: string[] = [];
  for (const type of types.split(' ')) {
    if (comparePlanned(registered, from, { type })) planned.push(type);
    from = takeWhole(registered, from, { type }).snapshot;
  }
  return planned.join(' ');
};

// The scope that is made by hand for a chart's transitions (src/step/register.ts) against XState's own:
// `initialTransition` and `transition`, which make a throw-away actor each time. Same states, same actions. Over the same
// paths, planned transitions against both.

import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type ExecutableActionObject, initialTransition, transition } from 'xstate';
import { orderSystem } from '../../machines/system.ts';
import { ofVersion, type RegisteredChart } from '../../src/step/register.ts';
import { type Edge, explore } from './explore.ts';
import { comparePlanned, reload } from './planned.ts';
import { orders } from './stories.ts';
import { registerToys } from './toy-bench.ts';
import { toySystems } from './toy-charts.ts';

/** Type and parameters. Whom a message is for is left out: XState's throw-away actor knows nobody. */
const toComparable = (actions: readonly ExecutableActionObject[]) =>
  actions.map(({ type, params }) => ({ type, params: { ...params, to: undefined } }));

/** Whom an action sends something to. */
const toListeners = ({ type, params }: ExecutableActionObject): readonly string[] =>
  type === 'xstate.sendTo' ? [{ to: { id: '' }, ...params }.to.id] : [];

/** Messages that are taken without a plan: two regions take each of them at once. */
const unplanned: Readonly<Record<string, readonly string[]>> = { order: ['incident.retry'] };

const itsPlansAreXStates = (version: string, chart: RegisteredChart, edges: readonly Edge[]) => {
  const system = ofVersion(orders, version);
  const whole = new Set<string>();
  for (const { from, event } of edges) {
    if (!comparePlanned(chart, from, event)) whole.add(event.type);
    comparePlanned(chart, reload(system, chart, from), event);
  }
  expect([...whole]).toEqual(unplanned[chart.name] ?? []);
  expect(edges.length).toBeGreaterThan(50);
};

describe.each([...orders.charts.values()])('the chart $name', (chart) => {
  const { states, edges } = explore(chart, 1500);

  test('is planned as XState takes it, from every state, also when that was stored and loaded', () => {
    itsPlansAreXStates(orders.version, chart, edges);
  });

  test('starts as under initialTransition', () => {
    const [snapshot, actions] = initialTransition(chart.machine);
    expect({ value: chart.initial.value, context: chart.initial.context }).toEqual({
      value: snapshot.value,
      context: snapshot.context,
    });
    expect(toComparable(chart.initialEffects)).toEqual(toComparable(actions));
  });

  test('goes on as under transition, from every state by every message and deadline', () => {
    const known = new Set([...orders.names, ...orders.services]);
    for (const { from, event } of edges) {
      const next = chart.machine.transition(from, event, chart.scope);
      const effects = chart.take();
      const [snapshot, actions] = transition(chart.machine, from, event);
      const ours = [next.value, next.context, next.status, toComparable(effects)];
      const theirs = [snapshot.value, snapshot.context, snapshot.status, toComparable(actions)];
      if (!isDeepStrictEqual(ours, theirs)) expect(ours).toEqual(theirs);
      for (const to of effects.flatMap(toListeners)) if (!known.has(to)) expect(known).toContain(to);
    }
    expect(edges.length).toBeGreaterThan(50);
  });

  test('is walked through all of its states', () => {
    const reached = new Set(states.flatMap((snapshot) => snapshot._nodes.map(({ id }) => id)));
    expect([...chart.nodes.keys()].filter((id) => !reached.has(id))).toEqual([]);
  });
});

test.each([...ofVersion(orders, '1').charts.values()])('$name of version 1 is planned, too', (chart) => {
  itsPlansAreXStates('1', chart, explore(chart, 1500).edges);
});

test('the scope leaves nothing behind: what one transition asked for is not in the next', () => {
  const chart = orders.charts.get('order');
  if (chart === undefined) throw new Error('there is no order chart');
  const [edge] = explore(chart, 5).edges;
  if (edge === undefined) throw new Error('the order chart takes nothing');
  const first = chart.machine.transition(edge.from, edge.event, chart.scope);
  expect(chart.take().length).toBeGreaterThan(0);
  expect(chart.take()).toEqual([]);
  expect(first.value).not.toEqual(edge.from.value);
});

test('the registered charts are the shipped ones, with a limit of microsteps', () => {
  for (const [name, { machine }] of orders.charts) {
    expect(Object.keys(orderSystem.charts)).toContain(name);
    expect(machine.options.maxIterations).toBe(1000);
  }
});

describe.each(toySystems)('the toy charts of $name', ({ charts, services }) => {
  test('start as under initialTransition', () => {
    for (const chart of registerToys(charts, services).charts.values()) {
      const [snapshot, actions] = initialTransition(chart.machine);
      expect([chart.initial.value, chart.initial.context]).toEqual([snapshot.value, snapshot.context]);
      expect(toComparable(chart.initialEffects)).toEqual(toComparable(actions));
    }
  });
});

// Storing and loading an order system: the same system from every state, or a refusal that says what is wrong.
// Never a part of a system.

import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type AnyMachineSnapshot, getNextTransitions } from 'xstate';
import { AppError } from '../../src/errors.ts';
import { registerSystem } from '../../src/step/register.ts';
import { fromStored, newSystem, nextDueAt, toStored } from '../../src/step/snapshot.ts';
import type { SystemState } from '../../src/step/system-state.ts';
import { limits } from './equivalence.ts';
import { explore } from './explore.ts';
import { newYear, orders, stories, untilBothParked, untilPaying } from './stories.ts';
import { createBench, registerToys } from './toy-bench.ts';
import { chart, says } from './toy-words.ts';

/** A snapshot without its machine and functions. */
const toFacts = (snapshot: AnyMachineSnapshot | undefined) => {
  if (snapshot === undefined) throw new Error('there is no such actor');
  const { value, context, status, output, tags, historyValue, _nodes } = snapshot;
  return {
    value: JSON.stringify(value),
    context,
    status,
    output,
    tags: [...tags].sort(),
    history: Object.entries(historyValue).map(([id, nodes]) => [id, nodes.map((node) => node.id)]),
    leaves: _nodes.filter(({ states }) => Object.keys(states).length === 0).map(({ id }) => id),
    next: getNextTransitions(snapshot).map(({ eventType, source }) => `${source.id} ${eventType}`),
  };
};

describe('stored and loaded', () => {
  test.each([...orders.charts.values()])(
    'the chart $name is the same from every state that it can reach',
    (chartOf) => {
      const { states } = explore(chartOf, 600);
      const fresh = newSystem(orders, newYear, 'correlation-1');
      for (const snapshot of states) {
        const state = { ...fresh, actors: new Map(fresh.actors).set(chartOf.name, { snapshot, since: 7 }) };
        const loaded = fromStored(orders, toStored(state)).actors.get(chartOf.name);
        expect(toFacts(loaded?.snapshot)).toEqual(toFacts(snapshot));
        expect(loaded?.since).toBe(7);
      }
    },
  );

  test.each(stories)('an order that is %s is the same before each of its messages', (_, tellStory) => {
    for (const { state } of tellStory().results) {
      const loaded = fromStored(orders, toStored(state));
      const { actors, ...rest } = state;
      expect(loaded).toMatchObject(rest);
      expect([...loaded.deadlines.keys()]).toEqual([...state.deadlines.keys()]);
      expect([...loaded.calls.keys()]).toEqual([...state.calls.keys()]);
      for (const [name, { snapshot, since }] of actors) {
        expect(toFacts(loaded.actors.get(name)?.snapshot)).toEqual(toFacts(snapshot));
        expect(loaded.actors.get(name)?.since).toBe(since);
      }
    }
  });

  test('an actor that ended is ended, with or without an output', () => {
    const bench = createBench({
      toy: chart({ initial: 'a', states: { a: { type: 'final' } } }),
      rich: chart({ initial: 'a', output: { sum: [1, null] }, states: { a: { type: 'final' } } }),
    });
    bench.send('WHAT');
    const { actors } = fromStored(bench.system, toStored(bench.state()));
    expect(actors.get('toy')?.snapshot).toMatchObject({ status: 'done', output: undefined });
    expect(actors.get('rich')?.snapshot).toMatchObject({ status: 'done', output: { sum: [1, null] } });
  });

  test('it keeps what its history states restore, also for states with unusual ids', () => {
    const toy = chart({
      id: 'toy',
      initial: 'on',
      states: {
        on: {
          initial: 'a',
          on: { OFF: 'off' },
          states: { a: { on: { GO: 'b' } }, b: { id: 'odd.id' }, back: { type: 'history' } },
        },
        off: { on: { ON: 'on.back' } },
      },
    });
    const bench = createBench({ toy });
    bench.send('GO');
    bench.send('OFF');
    const loaded = fromStored(bench.system, toStored(bench.state()));
    expect(toFacts(loaded.actors.get('toy')?.snapshot).history).toEqual([['toy.on.back', ['odd.id']]]);
  });

  test('it keeps which of its parallel states was entered first', () => {
    const region = (go: string) => ({ initial: 'x', states: { x: { on: { [go]: 'y' } }, y: {} } });
    const bench = createBench({
      toy: chart({ id: 'toy', type: 'parallel', states: { a: region('A'), b: region('B') } }),
    });
    for (const type of ['B', 'A']) bench.send(type);
    const loaded = fromStored(bench.system, toStored(bench.state()));
    expect(toFacts(loaded.actors.get('toy')?.snapshot).leaves).toEqual(['toy.b.y', 'toy.a.y']);
  });

  test('before its first message it is a new system', () => {
    const fresh = newSystem(orders, newYear, 'correlation-1');
    const loaded = fromStored(orders, toStored(fresh));
    expect({ ...loaded, actors: 0 }).toEqual({ ...fresh, actors: 0 });
    expect(loaded).toMatchObject({ version: 0, events: 0, createdAt: newYear, updatedAt: newYear });
  });
});

describe('the next deadline', () => {
  test('is the earliest one', () => {
    const state = untilPaying().state();
    const due = [...state.deadlines.values()].map(({ dueAt }) => dueAt);
    expect(due.length).toBeGreaterThan(1);
    expect(nextDueAt(state)).toBe(Math.min(...due));
  });

  test('is null if none is set', () => {
    expect(nextDueAt(newSystem(orders, newYear, 'correlation-1'))).toBeNull();
  });
});

describe('a stored system that cannot be read is refused', () => {
  // XState warns of states that it cannot find; it must not be reached.
  const warn = vi.spyOn(console, 'warn');
  beforeEach(() => {
    warn.mockClear();
  });

  const regions = chart({
    id: 'toy',
    type: 'parallel',
    states: {
      a: { initial: 'x', states: { x: {}, y: {}, back: { type: 'history' } } },
      b: { initial: 'x', on: { GO: { actions: says('go') } }, states: { x: {}, y: {} } },
    },
  });
  const system = registerToys({
    toy: regions,
    other: chart({ id: 'other', initial: 'one', states: { one: {}, two: {} } }),
  });
  type Json = Record<string, unknown>;
  const stored = (): Json => JSON.parse(toStored(newSystem(system, 1, 'c')));
  const withToy = (more: Json): Json => {
    const text = JSON.stringify(more);
    return JSON.parse(toStored(newSystem(system, 1, 'c')), (key, value) => {
      return key === 'toy' ? { ...value, ...JSON.parse(text) } : value;
    });
  };
  const refusalOf = (text: string): string => {
    try {
      fromStored(system, text);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      expect(error.code).toBe('order-unreadable');
      expect(warn).not.toHaveBeenCalled();
      return error.message.replace(/^The stored order system cannot be read: /, '');
    }
    throw new Error('it was loaded');
  };
  const withActors = (more: (actors: Json) => Json): Json =>
    JSON.parse(JSON.stringify(stored()), (key, value) => (key === 'actors' ? more(value) : value));

  test.each([
    ['no JSON', '{"charts":', 'it is not JSON.'],
    ['nothing', '', 'it is not JSON.'],
    ['JSON of something else', '[]', ': Invalid input: expected object, received array.'],
    ['null', 'null', ': Invalid input: expected object, received null.'],
  ])('%s', (_, text, message) => {
    expect(refusalOf(text)).toBe(message);
  });

  test.each<[string, () => Json, string]>([
    [
      'another version of the charts',
      () => ({ ...stored(), charts: '0' }),
      'it was written by chart version 0; known are 1.',
    ],
    ['an unknown field', () => ({ ...stored(), more: 1 }), ': Unrecognized key: "more".'],
    [
      'a missing field',
      () => ({ ...stored(), events: undefined }),
      'events: Invalid input: expected number, received undefined.',
    ],
    [
      'a field of another type',
      () => ({ ...stored(), version: '1' }),
      'version: Invalid input: expected number, received string.',
    ],
    [
      'an actor too few',
      () => withActors(({ toy }) => ({ toy })),
      'it has the actors toy; the charts are toy, other.',
    ],
    [
      'an actor too many',
      () => withActors((actors) => ({ ...actors, third: actors['toy'] })),
      'it has the actors toy, other, third; the charts are toy, other.',
    ],
    [
      'an actor by another name',
      () => withActors(({ toy }) => ({ toy, stranger: toy })),
      "the actor 'other' is missing.",
    ],
    [
      'a state that the chart does not have',
      () => withToy({ value: { a: 'x', b: 'z' } }),
      `the chart 'toy' has no state {"a":"x","b":"z"}.`,
    ],
    ['a state at another place', () => withToy({ value: 'x' }), `the chart 'toy' has no state "x".`],
    [
      'an incomplete state: a region is missing',
      () => withToy({ value: { a: 'x' } }),
      `the chart 'toy' has no complete state {"a":"x"}.`,
    ],
    [
      'an incomplete state: an outer state without its inner one',
      () => withToy({ value: { a: {}, b: 'x' } }),
      `the chart 'toy' has no complete state {"a":{},"b":"x"}.`,
    ],
    [
      'a history state as a state',
      () => withToy({ value: { a: 'back', b: 'x' } }),
      `the chart 'toy' has no complete state {"a":"back","b":"x"}.`,
    ],
    [
      'the memory of a state that the chart does not have',
      () => withToy({ history: { 'toy.a.back': ['toy.a.z'] } }),
      "the chart 'toy' has no state #toy.a.z.",
    ],
    [
      'the memory of no history state',
      () => withToy({ history: { 'toy.z': ['toy.a.x'] } }),
      "the chart 'toy' has no state #toy.z.",
    ],
    [
      'an order of states that misses one',
      () => withToy({ entered: ['toy', 'toy.a', 'toy.b', 'toy.a.x'] }),
      "the chart 'toy' is not in toy, toy.a, toy.b, toy.a.x.",
    ],
    [
      'an order of other states',
      () => withToy({ entered: ['toy', 'toy.a', 'toy.b', 'toy.a.x', 'toy.b.y'] }),
      "the chart 'toy' was not seen to enter #toy.b.x.",
    ],
    [
      'a context that is no object',
      () => withToy({ context: null }),
      'actors.toy.context: Invalid input: expected an object.',
    ],
  ])('%s', (_, change, message) => {
    expect(refusalOf(JSON.stringify(change()))).toBe(message);
  });

  test('of the real charts too, as a whole: one unknown state among four actors', () => {
    const text = toStored(untilBothParked().state()).replace(
      '"lookingUp":"needsAttention"',
      '"lookingUp":"dreaming"',
    );
    expect(() => fromStored(orders, text)).toThrow(
      'the chart \'payment\' has no state {"lookingUp":"dreaming"}',
    );
  });

  test('but the same system under its own version is read', () => {
    const later = registerSystem(
      {
        version: '2',
        charts: { toy: regions, other: chart({ initial: 'one', states: { one: {} } }) },
        services: [],
      },
      limits,
    );
    const state: SystemState = newSystem(later, 1, 'c');
    expect(fromStored(later, toStored(state)).version).toBe(0);
    expect(() => fromStored(system, toStored(state))).toThrow('chart version 2; known are 1');
  });
});

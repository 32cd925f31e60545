// What a chart may use: everything that a pure step supports. The rest is refused when the system is registered,
// with a line that names the chart, the state and what to use instead.

import { describe, expect, test } from 'vitest';
import {
  type AnyStateMachine,
  and,
  cancel,
  createMachine,
  emit,
  forwardTo,
  fromCallback,
  fromObservable,
  fromPromise,
  not,
  raise,
  sendParent,
  setup,
  spawnChild,
  stopChild,
} from 'xstate';
import { orderSystem } from '../../machines/system.ts';
import { AppError } from '../../src/errors.ts';
import { limits as shippedLimits } from '../../src/limits.ts';
import { registerSystem } from '../../src/step/register.ts';
import { limits } from './equivalence.ts';
import { toySystems } from './toy-charts.ts';
import { chart, says } from './toy-words.ts';

const register = (toy: AnyStateMachine, services: readonly string[] = ['world']) =>
  registerSystem({ version: '1', charts: { toy }, services }, limits);

const refusalOf = (act: () => unknown): AppError => {
  try {
    act();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was not refused');
};
const problemsOf = (toy: AnyStateMachine) => refusalOf(() => register(toy)).details['problems'];

describe('a chart that uses only what a step supports', () => {
  test('is registered: the four shipped charts', () => {
    expect(registerSystem(orderSystem, shippedLimits).names).toEqual(Object.keys(orderSystem.charts));
  });

  test.each(toySystems)('is registered: $name', ({ charts, services }) => {
    expect(registerSystem({ version: '1', charts, services }, limits).names).toEqual(Object.keys(charts));
  });

  test('is not changed: a copy is registered', () => {
    const toy = createMachine({ id: 'toy' });
    register(toy);
    expect(toy.options.maxIterations).toBe(Number.POSITIVE_INFINITY);
  });

  test('may use parameters, nested guards and named delays', () => {
    const toy = setup({
      guards: { yes: () => true, both: and(['yes', not('no')]), no: () => false },
      actions: { shout: emit((_, { word }: { word: string }) => ({ type: word })) },
      delays: { soon: 5 },
    }).createMachine({
      id: 'toy',
      entry: [
        { type: 'shout', params: { word: 'a' } },
        raise({ type: 'X' }, { delay: 'soon', id: 'x' }),
        cancel('x'),
      ],
      on: { X: { guard: and(['both', () => true]), actions: { type: 'shout', params: { word: 'b' } } } },
    });
    expect(register(toy).names).toEqual(['toy']);
  });
});

describe('an actor that runs inside a state is refused', () => {
  const invoking = (invoke: object) =>
    chart({ id: 'm', initial: 'loading', states: { loading: { invoke: { src: 'x', ...invoke } } } });
  const advice = 'send a command to a service instead, and wait for its reply in a state with a deadline';

  test.each([
    ['promise', fromPromise(() => Promise.resolve(1))],
    ['callback', fromCallback(() => undefined)],
    ['observable', fromObservable(() => ({ subscribe: () => ({ unsubscribe: () => undefined }) }))],
    ['machine', createMachine({})],
  ])('an inline %s', (_, src) => {
    expect(problemsOf(invoking({ src }))).toEqual([`toy, state 'loading' invokes an actor: ${advice}`]);
  });

  test('a named promise, at its name and where it is declared', () => {
    const toy = setup({ actors: { fetchPrice: fromPromise(() => Promise.resolve(1)) } }).createMachine({
      initial: 'outer',
      states: { outer: { initial: 'inner', states: { inner: { invoke: { src: 'fetchPrice' } } } } },
    });
    expect(problemsOf(toy)).toEqual([
      "toy declares the actor 'fetchPrice', which only invoke and spawn can use: add it to the system as a chart of its own, or use a service",
      `toy, state 'outer.inner' invokes 'fetchPrice': ${advice}`,
    ]);
  });

  test('on the root', () => {
    expect(problemsOf(chart({ invoke: { src: fromPromise(() => Promise.resolve(1)) } }))).toEqual([
      `toy, state '(root)' invokes an actor: ${advice}`,
    ]);
  });
});

describe('an action that a step does not support is refused', () => {
  const spawned = 'spawns an actor: add it to the system as a chart of its own, and send to it';

  test.each([
    ['spawnChild', spawnChild(createMachine({})), spawned],
    [
      'stopChild',
      stopChild('x'),
      'stops an actor: the actors of a system live as long as the system; send it a message instead',
    ],
    [
      'an inline function',
      () => undefined,
      "runs a custom action ('(inline)'): emit a domain event or send a command to a service instead",
    ],
    [
      'sendParent',
      sendParent({ type: 'X' }),
      "sends to '#_parent': send to ({ system }) => system.get(…) one of the actors or services of the system",
    ],
    [
      'forwardTo a child',
      forwardTo('kid'),
      "sends to 'kid': send to ({ system }) => system.get(…) one of the actors or services of the system",
    ],
  ])('%s', (_, action, problem) => {
    expect(problemsOf(createMachine({ initial: 'a', states: { a: { entry: action } } }))).toEqual([
      `toy, state 'a' ${problem}`,
    ]);
  });

  test('a custom action behind a name', () => {
    const toy = setup({ actions: { chargeCard: () => undefined } }).createMachine({ entry: 'chargeCard' });
    expect(problemsOf(toy)).toEqual([
      "toy, state '(root)' runs a custom action ('chargeCard'): emit a domain event or send a command to a service instead",
    ]);
  });

  test('a name without an implementation, of an action, a guard and a delay', () => {
    const toy = chart({
      entry: 'shout',
      initial: 'a',
      states: {
        a: {
          after: { soon: 'b' },
          on: { GO: { guard: 'isReady', target: 'b', actions: raise({ type: 'X' }, { delay: 'later' }) } },
          always: {
            guard: not(and(['isOld', { type: 'isBig', params: { than: 1 } }, () => true])),
            target: 'b',
          },
        },
        b: {},
      },
    });
    expect(problemsOf(toy)).toEqual([
      "toy, state '(root)' uses the action 'shout', which has no implementation",
      "toy, state 'a' uses the delay 'soon', which has no implementation",
      "toy, state 'a' uses the delay 'later', which has no implementation",
      "toy, state 'a' uses the guard 'isReady', which has no implementation",
      "toy, state 'a' uses the guard 'isOld', which has no implementation",
      "toy, state 'a' uses the guard 'isBig', which has no implementation",
    ]);
  });

  test('a guard that names one without an implementation', () => {
    const toy = chart({ on: { GO: { guard: 'isReady', actions: says('go') } } }).provide({
      guards: { isReady: not('isBusy') },
    });
    expect(problemsOf(toy)).toEqual([
      "toy, state '(root)' uses the guard 'isBusy', which has no implementation",
    ]);
  });

  test('a route, because its events are named xstate.*', () => {
    const toy = createMachine({ initial: 'a', states: { a: {}, b: { id: 'b', route: {} } } });
    expect(problemsOf(toy)).toEqual([
      "toy, state 'b' has a route: use an event with a name of its own instead",
    ]);
  });

  test('in every place: exit, transition, initial, always, after, onDone', () => {
    const actions = () => undefined;
    const toy = chart({
      initial: { target: 'a', actions },
      states: {
        a: { exit: actions, initial: 'b', states: { b: { type: 'final' } }, onDone: { actions } },
        c: { on: { GO: { actions } } },
        d: { always: { actions } },
        e: { after: { 5: { actions } } },
      },
    });
    const states = ['(root)', 'a', 'c', 'd', 'e'];
    expect(problemsOf(toy)).toEqual(
      states.map(
        (state) =>
          `toy, state '${state}' runs a custom action ('(inline)'): emit a domain event or send a command to a service instead`,
      ),
    );
  });

  test('all problems at once, in one message', () => {
    const charts = {
      one: createMachine({ entry: sendParent({ type: 'X' }) }),
      two: createMachine({ exit: stopChild('x') }),
    };
    const refusal = refusalOf(() => registerSystem({ version: '1', charts, services: ['two'] }, limits));
    expect(refusal.code).toBe('chart-unsupported');
    expect(refusal.message).toBe(
      [
        'These charts cannot be run durably:',
        'two is the name of an actor and of a service: rename one',
        "one, state '(root)' sends to '#_parent': send to ({ system }) => system.get(…) one of the actors or services of the system",
        "two, state '(root)' stops an actor: the actors of a system live as long as the system; send it a message instead",
      ].join('\n  '),
    );
  });
});

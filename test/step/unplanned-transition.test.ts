// What is not planned goes to XState as a whole, with nothing of the attempt left behind.
import { describe, expect, test, vi } from 'vitest';
import { type AnyEventObject, assign, createMachine, enqueueActions, stateIn } from 'xstate';
import { transition } from '../../src/step/transition.ts';
import { comparePlanned, registerToy, walk } from './planned.ts';
import { chart, marked, type Seen, says } from './toy-words.ts';

const count = assign({ n: ({ context }: Seen) => context['n'] + 1 });

describe('left to XState as a whole', () => {
  const two = { initial: 'x', states: { x: { on: { BOTH: 'y' } }, y: {} } };

  test('a history state, entered and left, and a default that is one', () => {
    const toy = chart({
      initial: 'out',
      states: {
        out: { on: { GO: 'in', BACK: 'in.was', ASIDE: 'aside' } },
        in: {
          initial: 'x',
          states: { x: { on: { NEXT: 'y' } }, y: {}, was: { type: 'history' } },
          on: { OUT: 'out' },
        },
        aside: { initial: 'was', states: { x: {}, was: { type: 'history', target: 'x' } } },
      },
    });
    expect(walk(toy, 'GO NEXT OUT BACK OUT ASIDE')).toBe('GO NEXT');
  });

  test('several transitions at once', () => {
    const toy = chart({ type: 'parallel', states: { one: two, two } });
    expect(walk(toy, 'BOTH OTHER')).toBe('OTHER');
    const eventless = { initial: 'x', states: { x: { on: { GO: 'y' } }, y: { always: 'z' }, z: {} } };
    expect(walk(chart({ type: 'parallel', states: { one: eventless, two } }), 'GO')).toBe('GO');
    const enabled = {
      ...eventless,
      states: { ...eventless.states, x: { always: { guard: stateIn('#on'), target: 'y' } } },
    };
    const switched = { initial: 'off', states: { off: { on: { GO: 'on' } }, on: { id: 'on' } } };
    expect(walk(chart({ type: 'parallel', states: { one: enabled, two: enabled, switched } }), 'GO')).toBe(
      '',
    );
  });

  test('the end of the chart, and what comes after it', () => {
    const toy = chart({
      initial: 'a',
      states: { a: { on: { END: 'z' } }, z: { type: 'final' } },
      output: { how: 'well' },
    });
    expect(walk(toy, 'OTHER END OTHER')).toBe('OTHER');
  });

  test('an output that is an object: XState looks into it', () => {
    const inner = {
      initial: 'a',
      states: { a: { on: { END: 'z' } }, z: { type: 'final' as const, output: { n: 1 } } },
    };
    expect(walk(chart({ initial: 'in', states: { in: { ...inner, onDone: 'out' }, out: {} } }), 'END')).toBe(
      '',
    );
  });

  test('messages that XState has rules of its own for', () => {
    const registered = registerToy(chart({ initial: 'a', states: { a: { on: { '*': 'b' } }, b: {} } }));
    for (const type of ['xstate.init', 'xstate.stop', 'xstate.error.actor.a', '*'])
      expect([type, comparePlanned(registered, registered.initial, { type })]).toEqual([type, false]);
  });

  test('more microsteps than the chart may take, with the error of XState', () => {
    const registered = registerToy(
      chart({
        context: { n: 0 },
        initial: 'a',
        states: { a: { on: { GO: 'b' } }, b: { always: { actions: count } } },
      }),
    );
    expect(() => transition(registered, registered.initial, { type: 'GO' })).toThrow(
      'Infinite loop detected',
    );
  });

  test('an actor that an assignment spawns, even if the chart hides what it is refused with', () => {
    const spawning = (hide: boolean) =>
      chart({
        context: { n: 0 },
        on: {
          GO: {
            actions: assign(({ spawn }) => {
              if (!hide) return { n: spawn(createMachine({})).id };
              try {
                return { n: spawn(createMachine({})).id };
              } catch {
                return { n: -1 };
              }
            }),
          },
        },
      });
    for (const hide of [true, false]) {
      const registered = registerToy(spawning(hide));
      const { snapshot } = transition(registered, registered.initial, { type: 'GO' });
      expect(Object.keys(snapshot.children)).toHaveLength(1);
    }
  });

  test('actions that a step does not carry out, enqueued', () => {
    const toy = chart({ on: { GO: { actions: enqueueActions(({ enqueue }) => enqueue(() => undefined)) } } });
    expect(walk(toy, 'GO')).toBe('');
  });

  test('a snapshot of another chart', () => {
    const [one, other] = [registerToy(chart({ on: { GO: {} } })), registerToy(chart({ on: { GO: {} } }))];
    expect(comparePlanned(one, other.initial, { type: 'GO' })).toBe(false);
  });

  test('configurations beyond those that are kept', () => {
    const states = { a: { on: { GO: 'b' } }, b: { on: { GO: 'c' } }, c: { on: { GO: 'b' } } };
    const registered = registerToy(chart({ initial: 'a', states }), 2);
    const events = ['a', 'b', 'c'].map((value) => registered.machine.resolveState({ value, context: {} }));
    const planned = () => events.map((from) => comparePlanned(registered, from, { type: 'GO' }));
    expect(planned()).toEqual([true, false, false]);
    expect(planned()).toEqual([true, false, false]);
  });

  test('two states with the same id and order are not taken for each other', () => {
    const same = { id: 'same', on: { GO: '#end' } };
    const toy = chart({
      initial: 'a',
      states: {
        a: { on: { ONE: 'b', TWO: 'c' } },
        b: { ...same, ...marked('b') },
        c: { ...same, ...marked('c') },
        end: { id: 'end' },
      },
    });
    expect(walk(toy, 'TWO GO')).toBe('TWO');
  });
});

describe('nothing of an attempt is left behind', () => {
  const spied = () => {
    const registered = registerToy(
      chart({
        context: { n: 0 },
        initial: 'a',
        states: {
          a: { on: { END: { target: 'z', actions: [count, says('ended')] } } },
          z: { type: 'final' },
        },
      }),
    );
    return { registered, ...transition(registered, registered.initial, { type: 'END' }) };
  };

  test('effects of what turns out not to be planned are there once', () => {
    const { registered, snapshot, effects } = spied();
    expect(snapshot.context).toEqual({ n: 1 });
    expect(effects.map(({ type }) => type)).toEqual(['xstate.emit']);
    expect(registered.take()).toEqual([]);
    expect(registered.initial.context).toEqual({ n: 0 });
  });

  test('an action that throws leaves its snapshot as it was', () => {
    const fail = assign(() => {
      throw new Error('no');
    });
    const registered = registerToy(
      chart({
        context: { n: 0 },
        initial: 'a',
        states: { a: { on: { GO: { target: 'b', actions: [count, fail] } } }, b: {} },
      }),
    );
    const before = { ...registered.initial };
    expect(() => transition(registered, registered.initial, { type: 'GO' })).toThrow('no');
    expect({ ...registered.initial }).toEqual(before);
    expect(registered.take()).toEqual([]);
  });
});

describe('what is inspected is taken by XState', () => {
  test('while somebody inspects, and only then', () => {
    const registered = registerToy(chart({ initial: 'a', states: { a: { on: { GO: 'b' } }, b: {} } }));
    const whole = vi.spyOn(registered.machine, 'transition');
    const event: AnyEventObject = { type: 'GO' };
    transition(registered, registered.initial, event);
    expect(whole).not.toHaveBeenCalled();
    const seen: string[] = [];
    const { unsubscribe } = registered.scope.system.inspect(({ type }) => seen.push(type));
    transition(registered, registered.initial, event);
    expect(seen).toContain('@xstate.microstep');
    unsubscribe();
    transition(registered, registered.initial, event);
    expect(whole).toHaveBeenCalledTimes(1);
  });
});

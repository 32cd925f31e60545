// Planned transitions, rule by rule: each gives what XState gives.
import { describe, expect, test } from 'vitest';
import { and, assign, createMachine, enqueueActions, raise, stateIn } from 'xstate';
import { comparePlanned, registerToy, walk } from './planned.ts';
import { chart, marked, type Seen, says } from './toy-words.ts';

const count = assign({ n: ({ context }: Seen) => context['n'] + 1 });

describe('planned as XState takes it', () => {
  test('transitions with and without targets, into, out of and within a compound state', () => {
    const toy = chart({
      context: { n: 0 },
      initial: 'off',
      states: {
        off: { ...marked('off'), on: { GO: 'on', STAY: { actions: count }, NONE: {} } },
        on: {
          ...marked('on'),
          tags: 'shining',
          initial: 'dim',
          states: { dim: { ...marked('dim'), on: { NEXT: 'bright' } }, bright: marked('bright') },
          on: {
            INNER: '.dim',
            AGAIN: { target: '.dim', reenter: true },
            SELF: { target: 'on', reenter: true, actions: count },
            OFF: { target: 'off', actions: [count, says('left')] },
          },
        },
      },
    });
    const types = 'STAY NONE UNKNOWN GO NEXT INNER NEXT AGAIN NEXT SELF OFF';
    expect(walk(toy, types)).toBe(types);
  });

  test('a transition of the root that enters everything again', () => {
    const toy = chart({
      context: { n: 0 },
      ...marked('root'),
      id: 'top',
      initial: 'a',
      states: { a: { ...marked('a'), on: { GO: 'b' } }, b: { ...marked('b'), on: { UP: '#top' } } },
      on: { RESET: { target: '.a', reenter: true }, BACK: '.a' },
    });
    expect(walk(toy, 'GO RESET GO BACK GO UP')).toBe('GO RESET GO BACK GO UP');
  });

  test('parallel states, entered from outside and by one of their regions', () => {
    const region = { initial: 'x', states: { x: marked('x'), y: marked('y') } };
    const toy = chart({
      initial: 'off',
      states: {
        off: { on: { ALL: 'both', ONE: '#y1', TWO: { target: ['#y1', '#y2'] } } },
        both: {
          type: 'parallel',
          states: {
            one: { ...region, states: { x: marked('x1'), y: { id: 'y1', ...marked('y1') } } },
            two: { ...region, states: { x: marked('x2'), y: { id: 'y2', ...marked('y2') } } },
          },
          on: { INTO: { target: '.one.y' }, OFF: 'off', REDO: { target: '.two', reenter: true } },
        },
      },
    });
    const types = 'ALL INTO REDO OFF ONE OFF TWO OFF';
    expect(walk(toy, types)).toBe(types);
  });

  test('initial actions, which a region that another one brings along does not take', () => {
    const region = (name: string) => ({
      initial: { target: 'x', actions: says(`starts ${name}`) },
      states: { x: {}, y: { id: name } },
    });
    const toy = chart({
      initial: 'off',
      states: {
        off: { on: { ALL: 'both', ONE: '#one' } },
        both: { type: 'parallel', states: { one: region('one'), two: region('two') }, on: { OFF: 'off' } },
      },
    });
    expect(walk(toy, 'ALL OFF ONE OFF')).toBe('ALL OFF ONE OFF');
  });

  test('the order of states stays if the same ones are active in the end', () => {
    const one = { initial: 'x', states: { x: { on: { ONE: { target: 'x', reenter: true } } } } };
    const toy = chart({ type: 'parallel', states: { one, two: { initial: 'x', states: { x: {} } } } });
    expect(walk(toy, 'ONE ONE')).toBe('ONE ONE');
  });

  test('a value with its keys in another order than its states, which an assignment renews', () => {
    const region = { initial: 'x', states: { x: {} } };
    const states = { one: region, two: region };
    const registered = registerToy(
      chart({ context: { n: 0 }, type: 'parallel', states, on: { COUNT: { actions: count } } }),
    );
    const from = { ...registered.initial, value: { two: 'x', one: 'x' } };
    expect(comparePlanned(registered, from, { type: 'COUNT' })).toBe(true);
  });

  test('done events with their outputs, of compound and parallel states', () => {
    const done = (output?: unknown) => ({
      initial: 'go',
      states: { go: { on: { END: 'end' } }, end: { type: 'final' as const, output } },
    });
    const keep = assign({ kept: ({ event }: Seen) => event['output'] ?? null });
    const toy = chart({
      context: { n: 1 },
      initial: 'one',
      states: {
        one: { ...done(({ context }: Seen) => context['n'] + 1), onDone: { target: 'two', actions: keep } },
        two: { ...done('plain'), onDone: { target: 'three', actions: keep } },
        three: {
          type: 'parallel',
          states: { a: done(), b: { initial: 'e', states: { e: { type: 'final' } } } },
          onDone: 'rest',
        },
        rest: { on: { GO: 'four' } },
        four: {
          type: 'parallel',
          states: { a: done(), b: { type: 'final' }, c: {} },
          on: { LEAVE: 'five' },
        },
        five: { type: 'parallel', states: { b: { type: 'final' } }, onDone: 'rest' },
      },
    });
    expect(walk(toy, 'END END END GO END LEAVE')).toBe('END END END GO END LEAVE');
  });

  test('eventless transitions and raised events, until nothing is left', () => {
    const toy = chart({
      context: { n: 0 },
      initial: 'idle',
      states: {
        idle: { on: { GO: 'counting', RAISE: { actions: [raise({ type: 'GO' }), count] } } },
        counting: {
          entry: raise({ type: 'DONE' }),
          always: [
            { guard: ({ context }: Seen) => context['n'] < 5, actions: count },
            { guard: and([stateIn('counting'), ({ context }: Seen) => context['n'] > 9]), target: 'idle' },
            { actions: [] },
          ],
          on: { DONE: 'idle' },
        },
      },
    });
    expect(walk(toy, 'GO RAISE')).toBe('GO RAISE');
  });

  test('actions with parameters, by name, in place and enqueued', () => {
    const toy = createMachine(
      {
        context: { n: 0, said: '' },
        initial: 'a',
        states: {
          a: {
            on: {
              BY_NAME: { actions: 'note' },
              FIXED: { actions: { type: 'note', params: { said: 'fixed' } } },
              COMPUTED: { actions: { type: 'note', params: ({ context }) => ({ said: `${context.n}` }) } },
              WITHOUT: { actions: { type: 'note' } },
              WHOLE: { actions: assign(({ context }) => ({ n: context.n + 1 })) },
              QUEUED: {
                actions: enqueueActions(({ enqueue, check }) => {
                  enqueue('note');
                  if (check(stateIn('a'))) enqueue.assign({ n: 7 });
                  enqueue.raise({ type: 'WHOLE' });
                  enqueue.sendTo(
                    ({ system }) => system.get('world'),
                    { type: 'hello' },
                    { delay: 5, id: 'x' },
                  );
                  enqueue.cancel('x');
                }),
              },
            },
          },
        },
      },
      { actions: { note: assign({ said: (_, params: unknown) => JSON.stringify(params ?? null) }) } },
    );
    const types = 'BY_NAME FIXED COMPUTED WITHOUT WHOLE QUEUED';
    expect(walk(toy, types)).toBe(types);
  });
});

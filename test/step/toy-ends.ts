// Toy charts for history states and final states.
import { assign, raise } from 'xstate';
import { alone, chart, marked, type Seen, say, says, send, wait } from './toy-words.ts';

const remembered = chart({
  id: 'remembered',
  initial: 'on',
  states: {
    off: {
      on: {
        SHALLOW: 'on.shallow',
        DEEP: '#remembered.on.deep',
        DEFAULT: 'on.preset',
        PLAIN: 'on',
        REGIONS: '#remembered.regions.back',
      },
    },
    on: {
      initial: 'one',
      on: { OFF: 'off', REGIONS: 'regions' },
      states: {
        one: { on: { NEXT: 'two' } },
        two: {
          initial: 'x',
          on: { NEXT: 'one' },
          states: {
            x: { ...marked('x'), on: { INNER: 'y' } },
            y: {
              ...marked('y'),
              initial: 'p',
              states: { p: { on: { INNER: 'q' } }, q: { on: { INNER: '#remembered.on.two.x' } } },
            },
          },
        },
        shallow: { type: 'history' },
        deep: { type: 'history', history: 'deep' },
        preset: { type: 'history', target: 'two' },
      },
    },
    regions: {
      type: 'parallel',
      on: { OFF: 'off' },
      states: {
        a: { initial: '1', states: { '1': { on: { NEXT: '2' } }, '2': { on: { INNER: '1' } } } },
        b: { initial: '1', states: { '1': { on: { INNER: '2' } }, '2': { on: { NEXT: '1' } } } },
        back: { type: 'history', history: 'deep' },
      },
    },
  },
});

const finished = chart({
  id: 'finished',
  context: { got: null, times: 0 },
  initial: 'single',
  states: {
    single: {
      initial: 'working',
      onDone: {
        target: 'double',
        actions: assign({
          got: ({ event }) => event['output'],
          times: ({ context }) => context['times'] + 1,
        }),
      },
      states: {
        working: { on: { DONE: 'good', FAIL: 'bad' } },
        good: { type: 'final', output: ({ context }) => ({ good: true, times: context['times'] }) },
        bad: { ...marked('bad'), type: 'final', output: [null, 'bad'] },
      },
    },
    double: {
      type: 'parallel',
      onDone: [
        { guard: ({ context }) => context['times'] < 2, target: 'single', actions: says('again') },
        { target: 'rest' },
      ],
      states: {
        a: {
          initial: 'on',
          states: { on: { on: { DONE: 'off' } }, off: { ...marked('a off'), type: 'final' } },
        },
        b: {
          initial: 'on',
          onDone: { actions: says('b is done') },
          states: { on: { on: { FAIL: 'off', DONE: 'off' } }, off: { type: 'final' } },
        },
      },
    },
    rest: { on: { AGAIN: 'single' } },
  },
});

const ended = chart({
  id: 'ended',
  ...marked('root'),
  context: { n: 1 },
  initial: 'running',
  output: ({ context, event }: Seen) => ({ n: context['n'], last: event['output'] }),
  states: {
    running: {
      ...marked('running'),
      after: { 9: { actions: says('late') } },
      on: { STOP: { target: 'stopped', actions: [says('stopping'), raise({ type: 'LOST' })] } },
    },
    stopped: { ...marked('stopped'), type: 'final', output: 'over' },
  },
  on: { LOST: { actions: says('lost') } },
});

const endedInRegions = chart({
  id: 'endedInRegions',
  type: 'parallel',
  states: {
    a: { initial: 'on', states: { on: { on: { A: 'off' } }, off: { type: 'final' } } },
    b: { initial: 'on', states: { on: { on: { B: 'off' } }, off: { type: 'final' } } },
  },
});

export const toyEnds = [
  alone(
    'history',
    remembered,
    say('NEXT INNER INNER OFF SHALLOW INNER INNER OFF DEEP OFF DEFAULT REGIONS NEXT OFF REGIONS OFF PLAIN'),
  ),
  alone('nested and parallel ends', finished, say('DONE FAIL DONE FAIL DONE DONE AGAIN')),
  alone('top-level end with output', ended, [wait(3), send('STOP'), send('STOP'), wait(9)]),
  alone('end of all regions', endedInRegions, say('B B A A')),
];

// Toy charts about time: deadlines of states, delayed messages, what cancels them and what does not.
import { assign, cancel, emit, enqueueActions, raise } from 'xstate';
import type { ToySystem } from './equivalence.ts';
import {
  alone,
  chart,
  marked,
  reply,
  type Seen,
  say,
  says,
  send,
  tell,
  tellLater,
  wait,
  word,
} from './toy-words.ts';

const awaited = chart({
  id: 'awaited',
  context: { patience: 4, rounds: 0 },
  initial: 'waiting',
  states: {
    waiting: {
      ...marked('waiting'),
      after: {
        patience: [
          { guard: ({ context }) => context['rounds'] > 1, target: 'over', actions: says('enough') },
          {
            target: 'waiting',
            reenter: true,
            actions: assign({ rounds: ({ context }) => context['rounds'] + 1 }),
          },
        ],
        3: { actions: says('three') },
        tick: { actions: says('tick') },
      },
      on: { STAY: { actions: says('stay') }, AGAIN: { target: 'waiting', reenter: true }, LEAVE: 'over' },
    },
    over: { on: { BACK: { target: 'waiting', actions: assign({ rounds: 0 }) } } },
  },
}).provide({ delays: { patience: ({ context }: Seen) => context['patience'] + context['rounds'], tick: 1 } });

const layered = chart({
  id: 'layered',
  initial: 'outer',
  states: {
    outer: {
      after: { 10: 'late' },
      initial: 'a',
      on: { OUT: 'late' },
      states: {
        a: { after: { 4: 'b' }, on: { B: 'b' } },
        b: { after: { 4: { target: 'a', actions: says('b is over') } }, on: { A: 'a' } },
      },
    },
    late: {
      type: 'parallel',
      on: { IN: 'outer' },
      states: {
        one: {
          initial: 'x',
          states: { x: { after: { 5: 'y' } }, y: { ...marked('y'), after: { 0: 'z' } }, z: {} },
        },
        two: { initial: 'x', states: { x: { after: { 5: 'y' } }, y: { entry: raise({ type: 'X' }) } } },
        three: { initial: 'x', states: { x: { on: { X: 'y' } }, y: { after: { 2: { target: 'x' } } } } },
      },
    },
  },
});

const raised = chart({
  id: 'raised',
  context: { n: 0 },
  initial: 'on',
  on: {
    START: {
      actions: [
        assign({ n: ({ context }) => context['n'] + 1 }),
        raise(({ context }) => ({ type: 'RANG', n: context['n'] }), { delay: 5 }),
      ],
    },
    NAMED: { actions: raise({ type: 'RANG' }, { id: 'bell', delay: ({ context }) => 3 + context['n'] }) },
    CANCEL: { actions: cancel('bell') },
    CANCEL_WHICH: { actions: cancel(({ event }) => event['id']) },
    CANCEL_NOTHING: { actions: cancel('nothing') },
    RENEW: { actions: [cancel('bell'), raise({ type: 'RANG' }, { id: 'bell', delay: 'long' })] },
    AT_ONCE: { actions: [raise({ type: 'RANG' }), says('said after the raise')] },
    ZERO: { actions: raise({ type: 'RANG' }, { delay: 0 }) },
    PAST: { actions: raise({ type: 'RANG' }, { delay: -3 }) },
    NULL: { actions: raise({ type: 'RANG' }, { delay: ({ event }) => event['delay'] }) },
  },
  states: {
    on: {
      on: { RANG: { actions: emit(({ event }) => ({ type: 'rang', n: event['n'] ?? null })) }, OFF: 'off' },
    },
    off: { on: { ON: 'on' } },
  },
}).provide({ delays: { long: 8 } });

/** One id used again and again: each use adds a deadline, and only the newest can be cancelled. */
const renewed = chart({
  id: 'renewed',
  context: { n: 0 },
  on: {
    SET: {
      actions: [
        assign({ n: ({ context }) => context['n'] + 1 }),
        raise(({ context }) => ({ type: 'RANG', n: context['n'] }), { id: 'bell', delay: 6 }),
      ],
    },
    RANG: { actions: emit(({ event }) => ({ type: 'rang', n: event['n'] })) },
    OTHER: { actions: raise({ type: 'RANG', n: 0 }, { delay: 6 }) },
  },
});

const sent = chart({
  id: 'sent',
  on: {
    SELF: { actions: tellLater('toy', 'CAME', 4, { to: 'self' }, 'self') },
    WORLD: { actions: [tellLater('world', 'ASKED', 4, { by: 'toy' }, 'world'), says('planned')] },
    NOW: { actions: tell('world', 'ASKED', { by: 'toy', key: 'k1' }) },
    CANCEL: { actions: [cancel('self'), cancel('world')] },
    SEVERAL: {
      actions: enqueueActions(({ enqueue, system, self }) => {
        enqueue.sendTo(self, word('CAME', { to: 'oneself' }), { delay: 2 });
        enqueue.sendTo(system.get('world'), word('ASKED', { by: 'toy', second: true }), { delay: 2 });
        enqueue.cancel('world');
        enqueue.raise(word('CAME', { to: 'raised' }), { delay: 2 });
      }),
    },
    CAME: { actions: emit(({ event }) => ({ type: 'came', to: event['to'] })) },
    ANSWERED: { actions: says('answered') },
  },
});

/** Two actors that remind each other; one of them ends and takes its own reminders along. */
const reminding: ToySystem = {
  name: 'reminders between actors',
  charts: {
    two: chart({
      id: 'two',
      initial: 'together',
      on: { HELLO: { actions: emit(({ event }) => ({ type: 'two heard', from: event['from'] })) } },
      states: {
        together: {
          on: {
            REMIND: { actions: tellLater('one', 'HELLO', 5, {}, 'r') },
            FORGET: { actions: cancel('r') },
            BYE: 'alone',
          },
        },
        alone: { on: { REMIND: { actions: says('nobody to remind') } } },
      },
    }),
    one: chart({
      id: 'one',
      initial: 'up',
      states: {
        up: {
          entry: tellLater('two', 'HELLO', 5, { from: 'start' }),
          on: {
            REMIND: { actions: [tellLater('two', 'HELLO', 5, { from: 'one' }), says('reminding')] },
            FORGET: { actions: cancel('r') },
            END: 'down',
            HELLO: { actions: says('one heard') },
          },
        },
        down: {
          type: 'final',
          entry: [tell('two', 'BYE'), tellLater('two', 'HELLO', 1, { from: 'the grave' })],
        },
      },
    }),
  },
  services: [],
  story: [
    send('REMIND', 'one'),
    wait(2),
    send('REMIND', 'two'),
    send('FORGET', 'one'),
    wait(4),
    send('REMIND', 'two'),
    send('FORGET', 'two'),
    send('REMIND', 'two'),
    send('REMIND', 'one'),
    wait(1),
    send('END', 'one'),
    send('REMIND', 'one'),
    send('REMIND', 'two'),
    wait(6),
  ],
};

export const toyTimers: readonly ToySystem[] = [
  alone('deadlines of states', awaited, [
    wait(3),
    send('STAY'),
    wait(1),
    send('AGAIN'),
    wait(4),
    send('LEAVE'),
    wait(5),
    send('BACK'),
    wait(20),
  ]),
  alone('nested and simultaneous deadlines', layered, [
    wait(4),
    send('A'),
    wait(5),
    wait(1),
    wait(5),
    wait(3),
    send('IN'),
    send('B'),
    send('OUT'),
    wait(6),
  ]),
  alone('delayed raises', raised, [
    ...say('START NAMED START OFF'),
    wait(4),
    ...say('ON NAMED'),
    wait(3),
    ...say('CANCEL NAMED RENEW CANCEL_NOTHING AT_ONCE ZERO PAST'),
    wait(5),
    send('CANCEL_WHICH', 'toy', { id: 'bell' }),
    send('NULL', 'toy', { delay: null }),
    wait(9),
  ]),
  alone('an id that is used again', renewed, [
    send('SET'),
    send('OTHER'),
    send('SET'),
    wait(2),
    send('SET'),
    wait(3),
    wait(5),
  ]),
  alone('delayed messages to oneself and to a service', sent, [
    ...say('SELF WORLD'),
    wait(2),
    ...say('NOW SEVERAL'),
    wait(3),
    reply('world', 'ANSWERED'),
    ...say('SELF WORLD CANCEL'),
    wait(4),
    reply('world', 'ANSWERED'),
  ]),
  reminding,
];

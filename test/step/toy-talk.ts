// Toy charts about talk: who hears what in which order, among several actors and their services.
import { assign, emit, enqueueActions, not, raise, sendTo } from 'xstate';
import type { ToySystem } from './equivalence.ts';
import { alone, chart, reply, type Seen, say, says, send, tell, wait, word } from './toy-words.ts';

/** Throws a ball back until it has been thrown `times` times; says so before and after. */
const player = (name: string, other: string) =>
  chart({
    id: name,
    context: { seen: [] },
    on: {
      BALL: [
        {
          guard: ({ event }) => event['n'] > 0,
          actions: [
            emit(({ event }) => ({ type: 'before', n: event['n'] })),
            assign({ seen: ({ context, event }) => [...context['seen'], event['n']] }),
            sendTo(
              ({ system }) => system.get(other),
              ({ event }: Seen) => ({ type: 'BALL', n: event['n'] - 1 }),
            ),
            emit(({ event }) => ({ type: 'after', n: event['n'] })),
          ],
        },
        { actions: says('caught') },
      ],
    },
  });

const pingPong: ToySystem = {
  name: 'two actors that answer each other',
  charts: { ann: player('ann', 'bob'), bob: player('bob', 'ann') },
  services: [],
  story: [send('BALL', 'ann', { n: 5 }), send('BALL', 'bob', { n: 0 }), send('BALL', 'bob', { n: 2 })],
};

/** Tells both others at once; each tells the next: depth first if the receiver is idle. */
const member = (name: string, others: readonly string[]) =>
  chart({
    id: name,
    on: {
      NEWS: {
        actions: enqueueActions(({ event, enqueue, system }) => {
          enqueue.emit(word('heard', { path: event['path'] }));
          if (event['path'].length > 3) return;
          for (const other of others) {
            enqueue.sendTo(system.get(other), word('NEWS', { path: `${event['path']}${name}` }));
            enqueue.emit(word('told', { other }));
          }
          enqueue.sendTo(system.get('archive'), word('STORE', { path: event['path'], by: name }));
        }),
      },
      STORED: { actions: says('stored') },
    },
  });

const gossip: ToySystem = {
  name: 'three actors that tell each other',
  charts: { a: member('a', ['b', 'c']), b: member('b', ['c', 'a']), c: member('c', ['a', 'b']) },
  services: ['archive'],
  story: [send('NEWS', 'a', { path: '' }), reply('archive', 'STORED'), send('NEWS', 'c', { path: 'xx' })],
};

/** Its messages to itself and its raises: a raise is taken at once, a message after the whole step. */
const inward = chart({
  id: 'inward',
  initial: 'a',
  states: {
    a: {
      on: {
        GO: {
          target: 'b',
          actions: [tell('toy', 'SENT', { n: 1 }), raise({ type: 'RAISED', n: 1 }), says('going')],
        },
      },
    },
    b: {
      entry: [raise({ type: 'RAISED', n: 2 }), tell('toy', 'SENT', { n: 2 })],
      always: { guard: not(({ event }) => event.type === 'GO'), target: 'c' },
      on: { RAISED: { actions: [emit(({ event }) => ({ type: 'raised', n: event['n'] }))] }, '*': 'a' },
    },
    c: {
      on: {
        RAISED: { actions: emit(({ event }) => ({ type: 'raised in c', n: event['n'] })) },
        SENT: { actions: emit(({ event }) => ({ type: 'sent in c', n: event['n'] })) },
        BACK: 'a',
      },
    },
  },
});

const enqueued = chart({
  id: 'enqueued',
  context: { n: 0, names: {} },
  on: {
    GO: {
      actions: [
        enqueueActions(({ enqueue, check, context, event }) => {
          enqueue.assign({ n: context['n'] + 1 });
          if (check('isOdd')) enqueue('sayOdd');
          enqueue({ type: 'sayName', params: { name: event['name'] ?? 'nobody' } });
          enqueue.raise({ type: 'RAISED' });
          enqueue(
            assign({ names: ({ context: { names, n } }) => ({ ...names, [`n${n}`]: { n, at: null } }) }),
          );
        }),
        emit(({ context }) => ({ type: 'n', n: context['n'] })),
      ],
    },
    RAISED: { actions: 'sayOdd' },
    NOTHING: { actions: enqueueActions(() => undefined) },
  },
}).provide({
  guards: { isOdd: ({ context }: Seen) => context['n'] % 2 === 1 },
  actions: {
    sayOdd: emit(({ context }: Seen) => ({ type: 'odd', n: context['n'] })),
    sayName: emit((_: Seen, { name }: { name: string }) => ({ type: 'name', name })),
  },
});

/** Actors that speak while they start, to those that have started before them. */
const early: ToySystem = {
  name: 'messages at the start',
  charts: {
    first: chart({
      id: 'first',
      initial: 'up',
      entry: [tell('first', 'MINE'), says('first starts')],
      states: {
        up: {
          entry: tell('world', 'ASKED', { by: 'first' }),
          after: { 3: { actions: tell('second', 'EARLY', { from: 'a deadline' }) } },
          on: {
            MINE: { actions: says('mine') },
            EARLY: { actions: [says('first heard'), tell('world', 'ASKED', { by: 'first' })] },
          },
        },
      },
    }),
    second: chart({
      id: 'second',
      entry: [says('second starts'), tell('first', 'EARLY'), tell('second', 'EARLY', { from: 'itself' })],
      on: {
        EARLY: {
          actions: [
            emit(({ event }) => ({ type: 'second heard', from: event['from'] })),
            tell('first', 'EARLY', { from: 'second, late' }),
          ],
        },
      },
    }),
    third: chart({
      id: 'third',
      initial: 'up',
      states: {
        up: {
          entry: [tell('first', 'EARLY'), tell('third', 'OVER'), says('third starts')],
          on: { OVER: { target: 'over', actions: says('third is going') } },
        },
        over: { type: 'final', entry: [says('third is over'), tell('second', 'EARLY', { from: 'the end' })] },
      },
    }),
    fourth: chart({
      id: 'fourth',
      initial: 'over',
      states: {
        over: { type: 'final', entry: [says('born old'), tell('second', 'EARLY', { from: 'fourth' })] },
      },
    }),
  },
  services: ['world'],
  story: [
    send('EARLY', 'second', { from: 'outside' }),
    reply('world', 'MINE'),
    wait(4),
    send('EARLY', 'fourth'),
    send('OVER', 'third'),
  ],
};

/** One that ends while more is on its way to it. */
const dying: ToySystem = {
  name: 'an actor that ends while it is spoken to',
  charts: {
    killer: chart({
      id: 'killer',
      on: {
        GO: {
          actions: [tell('victim', 'END'), tell('victim', 'MORE'), tell('world', 'TOLD', { by: 'victim' })],
        },
        ENDED: { actions: [says('it ended')] },
      },
    }),
    victim: chart({
      id: 'victim',
      initial: 'up',
      exit: says('leaving'),
      output: { never: null },
      states: {
        up: {
          on: {
            MORE: { actions: says('more') },
            END: { target: 'down', actions: [tell('victim', 'MORE'), tell('killer', 'ENDED')] },
          },
        },
        down: { type: 'final', entry: [tell('killer', 'ENDED'), tell('victim', 'MORE'), says('down')] },
      },
    }),
  },
  services: ['world'],
  story: [send('MORE', 'victim'), send('GO', 'killer'), send('MORE', 'victim'), reply('world', 'MORE')],
};

/** A loop of calls: try again with the same key, or with another. */
const asking = chart({
  id: 'asking',
  context: { tries: 0 },
  initial: 'idle',
  states: {
    idle: { on: { ASK: 'waiting' } },
    waiting: {
      entry: [
        assign({ tries: ({ context }) => context['tries'] + 1 }),
        sendTo(
          ({ system }) => system.get('world'),
          ({ context }: Seen) => ({
            type: 'ASKED',
            by: 'toy',
            key: `k${context['tries'] % 2}`,
            more: [{ n: context['tries'] }],
          }),
        ),
      ],
      after: { 7: { target: 'waiting', reenter: true } },
      on: {
        YES: { target: 'idle', actions: says('yes') },
        NO: [{ guard: ({ context }) => context['tries'] < 3, target: 'waiting', reenter: true }, 'idle'],
      },
    },
  },
});

export const toyTalk: readonly ToySystem[] = [
  pingPong,
  gossip,
  early,
  dying,
  alone('raises and messages to oneself', inward, say('GO BACK GO OTHER GO')),
  alone('enqueued actions', enqueued, [
    ...say('GO NOTHING'),
    send('GO', 'toy', { name: 'x' }),
    send('RAISED'),
  ]),
  alone('calls and replies', asking, [
    send('ASK'),
    reply('world', 'NO'),
    wait(8),
    send('ASK'),
    reply('world', 'YES'),
    reply('world', 'YES'),
    reply('world', 'NO'),
    send('ASK'),
  ]),
];

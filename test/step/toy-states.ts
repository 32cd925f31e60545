// Toy charts for states and transitions: hierarchy, regions, guards, targets, names.
import { and, assign, emit, not, or, raise, stateIn } from 'xstate';
import { alone, chart, marked, type Seen, say, says, send } from './toy-words.ts';

const nested = chart({
  id: 'nested',
  initial: 'a',
  ...marked('root'),
  on: { HOME: '.a', ANYWHERE: { actions: says('anywhere') } },
  states: {
    a: {
      ...marked('a'),
      initial: 'a1',
      on: { NEXT: 'b' },
      states: {
        a1: { ...marked('a1'), on: { DEEPER: 'a2' } },
        a2: {
          ...marked('a2'),
          initial: 'x',
          states: { x: { ...marked('x'), on: { DEEPER: 'y', NEXT: '#nested.b.b2' } }, y: marked('y') },
        },
      },
    },
    b: {
      ...marked('b'),
      initial: 'b1',
      on: { NEXT: { target: 'a', actions: says('back') } },
      states: { b1: marked('b1'), b2: marked('b2') },
    },
  },
});

const regions = chart({
  id: 'regions',
  type: 'parallel',
  context: { seen: 0 },
  on: { RESET: { target: ['.left.l1', '.right.r1'], actions: says('reset') } },
  states: {
    left: {
      ...marked('left'),
      initial: 'l1',
      states: {
        l1: { ...marked('l1'), on: { GO: 'l2', LEFT: 'l2' } },
        l2: { ...marked('l2'), on: { GO: 'l1', BOTH: '#regions.right.r2' } },
      },
    },
    right: {
      ...marked('right'),
      initial: 'r1',
      states: {
        r1: {
          ...marked('r1'),
          on: { GO: { target: 'r2', actions: assign({ seen: ({ context }) => context['seen'] + 1 }) } },
        },
        r2: {
          ...marked('r2'),
          on: { GO: { guard: stateIn('#regions.left.l2'), target: 'r1' }, RIGHT: 'r1' },
        },
      },
    },
    flat: marked('flat'),
  },
});

const guarded = chart({
  id: 'guarded',
  context: { coins: 0, open: false },
  initial: 'waiting',
  on: {
    COIN: { actions: ['coin', emit(({ context }) => ({ type: 'coins', now: context['coins'] }))] },
    OPEN: { actions: assign({ open: ({ context }) => !context['open'] }) },
  },
  states: {
    waiting: {
      on: {
        ENTER: [
          { guard: 'isRichAndOpen', target: 'inside', actions: says('rich') },
          { guard: or([{ type: 'hasCoins', params: { least: 5 } }, not('isOpen')]), actions: says('never') },
          { guard: and([stateIn('waiting'), not('isRichAndOpen')]), actions: says('almost') },
        ],
      },
    },
    inside: { on: { LEAVE: { guard: not(stateIn('waiting')), target: 'waiting' } } },
  },
}).provide({
  guards: {
    isOpen: ({ context }: Seen) => context['open'],
    hasCoins: ({ context }: Seen, { least }: { least: number }) => context['coins'] >= least,
    isRichAndOpen: and([{ type: 'hasCoins', params: { least: 3 } }, 'isOpen']),
  },
  actions: { coin: assign({ coins: ({ context }) => context['coins'] + 1 }) },
});

const chained = chart({
  id: 'chained',
  context: { n: 0 },
  initial: 'rest',
  states: {
    rest: { on: { GO: 'one', SET: { actions: assign({ n: ({ event }) => event['n'] }) } } },
    one: { ...marked('one'), always: [{ guard: ({ context }) => context['n'] > 2, target: 'three' }, 'two'] },
    two: {
      ...marked('two'),
      always: { target: 'one', actions: assign({ n: ({ context }) => context['n'] + 1 }) },
    },
    three: {
      ...marked('three'),
      always: { guard: ({ context }) => context['n'] > 5, target: 'rest', actions: says('overflow') },
      on: { GO: { actions: assign({ n: ({ context }) => context['n'] + 1 }) } },
    },
  },
});

/** Two `always` that compete: the state that was entered first wins, also after a load. */
const competing = chart({
  id: 'competing',
  context: { ready: false, log: [] },
  initial: 'both',
  states: {
    both: {
      type: 'parallel',
      on: { READY: { actions: assign({ ready: true }) } },
      states: {
        left: {
          initial: 'off',
          states: {
            off: { on: { LEFT: 'on' } },
            on: {
              on: { LEFT: 'off' },
              always: { guard: ({ context }) => context['ready'], target: '#competing.wonByLeft' },
            },
          },
        },
        right: {
          initial: 'off',
          states: {
            off: { on: { RIGHT: 'on' } },
            on: {
              on: { RIGHT: 'off' },
              always: { guard: ({ context }) => context['ready'], target: '#competing.wonByRight' },
            },
          },
        },
      },
    },
    wonByLeft: { on: { AGAIN: { target: 'both', actions: assign({ ready: false }) } } },
    wonByRight: { on: { AGAIN: { target: 'both', actions: assign({ ready: false }) } } },
  },
});

/** An `always` whose guard reads the event: it looks also at events that no transition takes. */
const watching = chart({
  id: 'watching',
  initial: 'idle',
  states: {
    idle: {
      always: [
        { guard: ({ event }) => event.type === 'UNTAKEN', target: 'seen' },
        { guard: ({ event }) => event.type === 'NOTED', actions: says('noted') },
      ],
    },
    seen: { on: { BACK: 'idle', UNTAKEN: undefined } },
  },
});

const reentered = chart({
  id: 'reentered',
  initial: 'a',
  states: {
    a: {
      ...marked('a'),
      initial: 'a1',
      on: {
        INNER: '.a2',
        OUTER: { target: '.a2', reenter: true },
        SELF: { target: 'a', reenter: true },
        SELF_INNER: 'a',
        ACTION: { actions: says('action') },
      },
      states: { a1: marked('a1'), a2: { ...marked('a2'), on: { SELF: { target: 'a2', reenter: true } } } },
    },
  },
});

const wild = chart({
  id: 'wild',
  initial: 'open',
  on: { '*': { actions: emit(({ event }) => ({ type: 'root saw', what: event.type })) } },
  states: {
    open: {
      on: {
        'door.open': { actions: says('exact') },
        'door.*': { actions: says('partly') },
        SHUT: 'shut',
        FORBIDDEN: undefined,
        EMPTY: {},
      },
    },
    shut: { on: { '*': undefined, OPEN: 'open', 'window.*': { actions: says('window') } } },
  },
});

const targeted = chart({
  id: 'targeted',
  initial: 'idle',
  states: {
    idle: { on: { GO: { target: ['#targeted.pair.a.a2', '#targeted.pair.b.b2'] }, HALF: 'pair.a.a2' } },
    pair: {
      ...marked('pair'),
      type: 'parallel',
      on: { BACK: 'idle', ROUND: { target: 'pair', reenter: true }, A: { target: '.a', reenter: true } },
      states: {
        a: { ...marked('a'), initial: 'a1', states: { a1: marked('a1'), a2: marked('a2') } },
        b: {
          ...marked('b'),
          initial: 'b1',
          states: { b1: marked('b1'), b2: { ...marked('b2'), on: { B: 'b1' } } },
        },
      },
    },
  },
});

const begun = chart({
  id: 'begun',
  context: () => ({ list: [], nothing: null }),
  initial: 'outer',
  entry: [says('root'), raise({ type: 'KICK' })],
  states: {
    outer: {
      initial: { target: 'inner', actions: says('initial actions') },
      ...marked('outer'),
      states: {
        inner: { ...marked('inner'), on: { KICK: { actions: says('kicked') }, LEAVE: '#begun.next' } },
      },
    },
    next: {
      always: { guard: ({ context }) => context['list'].length > 0, target: 'outer' },
      on: {
        ADD: {
          actions: assign({
            list: ({ context, event }) => [...context['list'], { v: event['v'] ?? null, deep: [[1], []] }],
          }),
        },
      },
    },
  },
});

/** No id, no initial states, keys with dots: nothing that a chart must have, and everything it may. */
const odd = chart({
  initial: 'v1.0',
  context: {},
  states: {
    'v1.0': { on: { UP: 'v2' } },
    v2: {
      id: 'second.version',
      type: 'parallel',
      states: {
        'x.y': { initial: 'p', states: { p: { on: { UP: 'q' } }, q: {}, 'h.h': { type: 'history' } } },
        z: {},
      },
      on: { DOWN: 'v1\\.0', AGAIN: { target: '.z', reenter: true } },
    },
  },
});
const stateless = chart({ on: { PING: { actions: says('pong') } } });

export const toyStates = [
  alone('nested states', nested, say('DEEPER DEEPER NEXT ANYWHERE NEXT HOME WHAT')),
  alone('parallel states', regions, say('GO BOTH GO RIGHT RESET LEFT RESET GO GO')),
  alone('guards', guarded, say('ENTER OPEN COIN ENTER COIN COIN ENTER LEAVE')),
  alone('chains of always', chained, [
    send('GO'),
    send('GO'),
    send('GO'),
    send('SET', 'toy', { n: 1 }),
    send('GO'),
  ]),
  alone('competing always', competing, say('RIGHT LEFT READY AGAIN LEFT RIGHT READY')),
  alone('always that reads the event', watching, say('OTHER NOTED UNTAKEN UNTAKEN BACK')),
  alone('re-entered states', reentered, say('INNER SELF OUTER SELF_INNER ACTION INNER')),
  alone(
    'wildcards and forbidden events',
    wild,
    ['door.open', 'door.x.y', 'FORBIDDEN', 'EMPTY', 'OTHER', 'SHUT', 'window.a', 'OTHER', 'OPEN'].map((t) =>
      send(t),
    ),
  ),
  alone('several targets', targeted, say('GO B ROUND A BACK HALF B')),
  alone('initial actions, arrays and null', begun, [
    send('LEAVE'),
    send('ADD', 'toy', { v: 2 }),
    send('LEAVE'),
  ]),
  alone('odd names', odd, say('UP UP AGAIN DOWN UP')),
  alone('no states at all', stateless, say('PING WHAT')),
];

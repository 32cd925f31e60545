// A chart of a few states for the tests of the comparison, and the changes between it and a copy. It knows no shop.
import { type AnyStateMachine, type AnyStateNodeConfig, assign, setup } from 'xstate';
import { compareVersions } from '../../src/diff/compare.ts';
import { editChart } from './edited-charts.ts';

export const door = setup({
  guards: { isKnown: ({ event }) => event.type === 'knock', isLate: () => false },
  actions: { greet: assign({ guests: 1 }), sweep: assign({ guests: 0 }) },
  delays: { patience: 5000 },
}).createMachine({
  id: 'door',
  context: { guests: 0 },
  initial: 'closed',
  states: {
    closed: {
      description: 'a visitor',
      meta: { ignores: { close: 'it is closed' } },
      on: { knock: { guard: 'isKnown', target: 'open', actions: 'greet' }, lock: 'locked' },
    },
    open: {
      tags: 'settled',
      entry: 'greet',
      exit: 'sweep',
      after: { patience: 'closed' },
      on: { close: [{ guard: 'isLate', target: 'locked' }, { target: 'closed' }] },
    },
    locked: { on: { unlock: 'closed' } },
    // Nothing leads here.
    walled: { on: { dig: { guard: 'isLate', target: 'open' } } },
  },
});

/** What differs between two charts of one actor, without its name. */
export const compare = (before: AnyStateMachine, after: AnyStateMachine) =>
  compareVersions({ charts: { door: before } }, { charts: { door: after } }).map(
    ({ actor: _, ...found }) => found,
  );

/** What differs when states are replaced, or something behind a name. */
export const change = (
  edits: Readonly<Record<string, (state: AnyStateNodeConfig) => AnyStateNodeConfig>>,
  implementations: Partial<AnyStateMachine['implementations']> = {},
) => compare(door, editChart(door, edits, implementations));

// The matrix: what a chart does with every message in every state is read in XState's own order, and in our
// four charts no cell is blank.
import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, and, createMachine, not, or, type StateValue } from 'xstate';
import { actorNames, typesTo } from '../../machines/messages.ts';
import { orderSystem } from '../../machines/system.ts';
import { type MatrixRow, toMatrix } from '../../src/step/matrix.ts';
import { leafPaths } from './leaves.ts';

const yes = () => true;
const unnamed = () => () => true;
const toy = createMachine({
  id: 'toy',
  initial: 'outer',
  meta: {
    ignores: { HELLO: 'nobody is in', TAKEN: 'never said', BYE: 'nobody leaves', RING: 'it is quiet' },
  },
  states: {
    outer: {
      initial: 'inner',
      meta: { ignores: { HELLO: 'everyone sleeps' } },
      after: { 500: 'other' },
      on: {
        HELLO: { guard: 'isLoud', target: 'other' },
        TAKEN: 'other',
        BYE: 'other',
        RING: { guard: { type: 'says', params: { what: 'ring', twice: true } }, target: 'other' },
        LOOP: { actions: 'note' },
      },
      states: {
        inner: {
          always: [{ guard: 'isBright', target: 'awake' }],
          after: { dawn: [{ guard: 'isSunday' }, { guard: 'isBright', target: 'awake' }], noon: 'awake' },
          on: {
            HELLO: [
              { guard: and(['isKind', not('isLate'), not(and(['isSad', 'isTired']))]), target: 'awake' },
              { guard: or([and(['isKind', 'isLate']), { type: 'knocks' }]), actions: 'note' },
            ],
            TAKEN: { target: 'awake' },
            BYE: {},
            NAMED: { guard: yes, target: 'awake' },
            UNNAMED: { guard: unnamed(), target: 'awake' },
          },
        },
        awake: {},
      },
    },
    other: { type: 'final' },
  },
});
const rowsOf = (state: string, ...types: readonly string[]): MatrixRow[] =>
  toMatrix(toy, types).filter((row) => row.state === state);
const rowOf = (state: string, type: string): MatrixRow | undefined =>
  rowsOf(state, type).find(({ kind }) => kind === 'message');

describe('a row of the matrix', () => {
  it('lists the outcomes from the inside out, with conditions in words and the reason for the rest', () => {
    expect(rowOf('outer.inner', 'HELLO')).toEqual({
      state: 'outer.inner',
      kind: 'message',
      on: 'HELLO',
      outcomes: [
        { guard: 'isKind and not isLate and not (isSad and isTired)', target: 'outer.awake' },
        { guard: '(isKind and isLate) or knocks', target: 'stays' },
        { guard: 'isLoud', target: 'other' },
      ],
      otherwise: 'ignored, because everyone sleeps',
      isBlank: false,
    });
  });

  it('ends where an outcome always applies', () => {
    expect(rowOf('outer.inner', 'TAKEN')).toMatchObject({
      outcomes: [{ target: 'outer.awake' }],
      otherwise: undefined,
      isBlank: false,
    });
  });

  it('ends where the state forbids it, and takes that for ignored', () => {
    expect(rowOf('outer.inner', 'BYE')).toMatchObject({
      outcomes: [],
      otherwise: 'ignored, because nobody leaves',
      isBlank: false,
    });
  });

  it('has what the states around take', () => {
    expect(rowOf('outer.awake', 'TAKEN')).toMatchObject({ outcomes: [{ target: 'other' }] });
    expect(rowOf('outer.awake', 'LOOP')).toMatchObject({ outcomes: [{ target: 'stays' }], isBlank: false });
  });

  it('names conditions with what they are about', () => {
    expect(rowOf('outer.awake', 'RING')?.outcomes).toEqual([{ guard: 'says(ring, true)', target: 'other' }]);
    expect(rowOf('outer.inner', 'NAMED')?.outcomes).toEqual([{ guard: 'yes', target: 'outer.awake' }]);
    expect(rowOf('outer.inner', 'UNNAMED')?.outcomes).toEqual([
      { guard: 'a condition without a name', target: 'outer.awake' },
    ]);
  });

  it('is blank where the chart gives no reason', () => {
    expect(rowOf('outer.awake', 'WHAT')).toMatchObject({ outcomes: [], otherwise: undefined, isBlank: true });
    expect(rowOf('outer.inner', 'NAMED')).toMatchObject({ otherwise: undefined, isBlank: true });
  });

  it('gives the nearest reason', () => {
    expect(rowOf('other', 'HELLO')?.otherwise).toBe('ignored, because nobody is in');
  });
});

describe('beside messages the matrix has', () => {
  it('the deadlines of the state and of those around it', () => {
    const rows = rowsOf('outer.inner').filter(({ kind }) => kind === 'deadline');
    expect(rows.map(({ on, outcomes, isBlank }) => ({ on, outcomes, isBlank }))).toEqual([
      {
        on: 'dawn',
        outcomes: [
          { guard: 'isSunday', target: 'stays' },
          { guard: 'isBright', target: 'outer.awake' },
        ],
        isBlank: true,
      },
      { on: 'noon', outcomes: [{ target: 'outer.awake' }], isBlank: false },
      { on: '500', outcomes: [{ target: 'other' }], isBlank: false },
    ]);
  });

  it('what is checked at every step', () => {
    const rows = rowsOf('outer.inner').filter(({ kind }) => kind === 'always');
    expect(rows).toMatchObject([{ on: '', outcomes: [{ guard: 'isBright', target: 'outer.awake' }] }]);
  });

  it('nothing where there is nothing', () => {
    expect(rowsOf('other')).toEqual([]);
  });
});

describe('in a parallel state', () => {
  const twins = createMachine({
    id: 'twins',
    type: 'parallel',
    meta: { ignores: { CALL: 'nobody hears', KNOCK: 'nobody hears' } },
    states: {
      left: { initial: 'one', states: { one: { on: { CALL: 'two' } }, two: {} } },
      right: { on: { KNOCK: { actions: 'note' } } },
    },
  });

  it('what another region takes is left to it', () => {
    const rows = toMatrix(twins, ['CALL', 'KNOCK']);
    expect(rows.map(({ state, on, outcomes, otherwise }) => [state, on, outcomes.length, otherwise])).toEqual(
      [
        ['left.one', 'CALL', 1, undefined],
        ['left.one', 'KNOCK', 0, 'left to right'],
        ['left.two', 'CALL', 0, 'ignored, because nobody hears'],
        ['left.two', 'KNOCK', 0, 'left to right'],
        ['right', 'CALL', 0, 'left to left'],
        ['right', 'KNOCK', 1, undefined],
      ],
    );
  });
});

describe.each(actorNames)('the matrix of %s', (name) => {
  const machine: AnyStateMachine = orderSystem.charts[name];
  const rows = toMatrix(machine, typesTo(name));

  it('has a row for every state and every message', () => {
    const messages = rows.filter(({ kind }) => kind === 'message');
    expect(messages).toHaveLength(leafPaths(machine.root).length * typesTo(name).length);
  });

  it('has no blank cell', () => {
    expect(rows.filter(({ isBlank }) => isBlank).map(({ state, on }) => `${state}: ${on}`)).toEqual([]);
  });

  it('agrees with XState about what is never taken', () => {
    const never = rows.filter(({ kind, outcomes }) => kind === 'message' && outcomes.length === 0);
    for (const { state, on } of never.filter(({ otherwise }) => !otherwise?.startsWith('left to'))) {
      const value = state.split('.').reduceRight<StateValue>((inner, key) => ({ [key]: inner }), {});
      const snapshot = machine.resolveState({ value, context: machine.config.context });
      expect(snapshot.can({ type: on }), `${state}: ${on}`).toBe(false);
    }
  });
});

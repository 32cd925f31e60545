// What is said of the implementations behind names, of contexts, actors and notes, and of states with another name.
import { expect, it } from 'vitest';
import { and, createMachine, not, setup } from 'xstate';
import { compareVersions } from '../../src/diff/compare.ts';
import { toComparable } from '../../src/diff/source-text.ts';
import { change, compare, door } from './door.ts';

const { guards, actions, delays } = door.implementations;

it('a guard whose implementation changed alters where it is used', () => {
  expect(change({}, { guards: { ...guards, isKnown: () => true } })).toEqual([
    {
      ...{ kind: 'guard', change: 'changed', where: 'isKnown' },
      about: 'its implementation changed, used in closed',
      before: expect.stringContaining('knock'),
      after: '() => true',
      alters: true,
    },
  ]);
});

it('a guard inside another one counts as used', () => {
  const chartOf = (isLate: () => boolean) =>
    setup({ guards: { isLate } }).createMachine({
      ...{ id: 'door', initial: 'a' },
      states: { a: { on: { go: { guard: not(and(['isLate', 'isLate'])), target: 'b' } } }, b: {} },
    });
  expect(
    compare(
      chartOf(() => true),
      chartOf(() => false),
    ),
  ).toMatchObject([{ kind: 'guard', where: 'isLate', alters: true }]);
});

it('an action and a delay whose implementations changed alter', () => {
  const found = change(
    {},
    { actions: { ...actions, greet: actions['sweep'] ?? (() => {}) }, delays: { ...delays, patience: 9000 } },
  );
  expect(found).toMatchObject([
    {
      kind: 'action',
      where: 'greet',
      about: 'its implementation changed, used in closed, open',
      alters: true,
    },
    { kind: 'deadline', where: 'patience', before: '5000', after: '9000', alters: true },
  ]);
});

it('an implementation that nothing uses alters nothing', () => {
  const before = createMachine({ id: 'door' }, { guards: { isIdle: () => true } });
  const after = createMachine({ id: 'door' }, { guards: { isIdle: () => false } });
  expect(compare(before, after)).toMatchObject([
    { kind: 'guard', about: 'its implementation changed, which no stored order meets', alters: false },
  ]);
});

it('a name that comes or goes alters nothing by itself', () => {
  const { isLate: _, ...others } = guards;
  expect(change({}, { guards: { ...others, isEarly: () => true } })).toEqual([
    { kind: 'guard', change: 'removed', where: 'isLate', about: 'its implementation', alters: false },
    { kind: 'guard', change: 'added', where: 'isEarly', about: 'its implementation', alters: false },
  ]);
});

it('what a formatter changes is no difference, and what is in quotes is one', () => {
  const text = (source: string) =>
    toComparable(Object.defineProperty(() => {}, 'toString', { value: () => source }));
  expect(text('({ a }) =>\n    f(a, {\n      b: 1,\n    })')).toBe(text('({ a }) => f(a, { b: 1 })'));
  expect(text("() => 'a b'")).not.toBe(text("() => 'a  b'"));
  expect(text('() => typeof a')).not.toBe(text('() => typeofa'));
});

it('a field that the context gains alters, another start value of one does not', () => {
  const withContext = (context: object) => createMachine({ id: 'door', context: { ...context } });
  expect(compare(withContext({ a: 1, b: 1 }), withContext({ a: 2, c: { d: 1 } }))).toEqual([
    {
      ...{ kind: 'actor', change: 'changed', where: 'initial context', about: 'a' },
      ...{ before: '1', after: '2', alters: false },
    },
    {
      ...{ kind: 'actor', change: 'removed', where: 'initial context', about: 'b' },
      ...{ before: '1', alters: false },
    },
    {
      ...{ kind: 'actor', change: 'added', where: 'initial context', about: 'c' },
      ...{ after: '{ d: 1 }', alters: true },
    },
  ]);
});

it('another id of a chart alters: the names of stored deadlines begin with it', () => {
  expect(compare(createMachine({ id: 'door' }), createMachine({ id: 'gate' }))).toEqual([
    { kind: 'actor', change: 'changed', where: 'its id', before: 'door', after: 'gate', alters: true },
  ]);
});

it('an actor that is added or removed alters', () => {
  const charts = { door, window: door };
  const added = { actor: 'window', kind: 'actor', change: 'added', where: 'window', alters: true };
  expect(compareVersions({ charts: { door } }, { charts })).toEqual([added]);
  expect(compareVersions({ charts }, { charts: { door } })).toEqual([{ ...added, change: 'removed' }]);
});

it('notes alter nothing', () => {
  const found = change({
    closed: (state) => ({
      ...state,
      description: 'a guest',
      meta: { ignores: { lock: 'it is busy' }, incident: { reason: 'stuck', text: 'it is stuck' } },
    }),
  });
  const note = { kind: 'note', where: 'closed', alters: false };
  expect(found).toEqual([
    { ...note, change: 'changed', about: 'description', before: 'a visitor', after: 'a guest' },
    { ...note, change: 'added', about: 'ignores lock', after: 'it is busy' },
    { ...note, change: 'added', about: 'incident reason', after: 'stuck' },
    { ...note, change: 'added', about: 'incident text', after: 'it is stuck' },
    { ...note, change: 'removed', about: 'ignores close', before: 'it is closed' },
  ]);
});

it('a description of a transition is a note', () => {
  const unlock = { target: 'closed', description: 'with the key' };
  expect(change({ locked: () => ({ on: { unlock } }) })).toEqual([
    {
      ...{ kind: 'note', change: 'added', where: 'locked on unlock' },
      ...{ about: 'description', after: 'with the key', alters: false },
    },
  ]);
});

const lit = (name: string, others: Readonly<Record<string, object>> = {}, first = name) =>
  createMachine({
    ...{ id: 'lamp', initial: 'off' },
    states: {
      off: { on: { press: first } },
      [name]: { initial: 'dim', on: { press: 'off' }, states: { dim: { on: { turn: 'full' } }, full: {} } },
      ...others,
    },
  });

it('a state that only has another name is renamed, with what is inside, and alters', () => {
  expect(compare(lit('on'), lit('lit'))).toEqual([
    {
      ...{ kind: 'state', change: 'changed', where: 'lit', about: 'renamed' },
      ...{ before: 'on', after: 'lit', alters: true },
    },
  ]);
});

it('a state that also differs otherwise is removed and added', () => {
  const other = createMachine({
    ...{ id: 'lamp', initial: 'off' },
    states: { off: { on: { press: 'lit' } }, lit: { on: { press: 'off' } } },
  });
  const found = compare(lit('on'), other).filter(({ kind }) => kind === 'state');
  expect(found.map(({ where, change: what }) => [where, what])).toEqual([
    ['on', 'removed'],
    ['on.dim', 'removed'],
    ['on.full', 'removed'],
    ['lit', 'added'],
  ]);
});

it('of two states that could be meant none counts as renamed', () => {
  const blank = (names: readonly string[]) =>
    createMachine({
      id: 'lamp',
      initial: 'off',
      states: Object.fromEntries(['off', ...names].map((name) => [name, {}])),
    });
  expect(compare(blank(['a']), blank(['b', 'c'])).map(({ where, change: what }) => [where, what])).toEqual([
    ['a', 'removed'],
    ['b', 'added'],
    ['c', 'added'],
  ]);
});

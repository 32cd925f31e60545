// What is said of states, their transitions and their deadlines, and whether it alters what stored orders would do.
import { expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { change, compare, door } from './door.ts';

it('a chart does not differ from itself', () => {
  expect(compare(door, door)).toEqual([]);
});

it('a new state alters nothing, and the transition into it does', () => {
  const found = change({
    locked: (state) => ({ ...state, on: { ...state.on, bar: 'barred' } }),
    barred: () => ({ on: { unbar: 'locked' } }),
  });
  expect(found).toEqual([
    { kind: 'transition', change: 'added', where: 'locked on bar', after: '→ barred', alters: true },
    { kind: 'message', change: 'added', where: 'locked', about: 'accepts', after: 'bar', alters: true },
    { kind: 'state', change: 'added', where: 'barred', alters: false },
    { kind: 'transition', change: 'added', where: 'barred on unbar', after: '→ locked', alters: false },
  ]);
});

it('a removed state alters what orders in it would do', () => {
  const found = change({
    closed: ({ on: { lock: _, ...on } = {}, ...state }) => ({ ...state, on }),
    open: (state) => ({ ...state, on: { close: 'closed' } }),
    '': (chart) => {
      const { locked: _, ...states } = chart.states ?? {};
      return { ...chart, states };
    },
  });
  expect(found).toContainEqual({ kind: 'state', change: 'removed', where: 'locked', alters: true });
  expect(found).toContainEqual({
    kind: 'transition',
    change: 'removed',
    where: 'locked on unlock',
    before: '→ closed',
    alters: true,
  });
});

it('a removed state that nothing leads to alters nothing', () => {
  const found = change({
    '': (chart) => {
      const { walled: _, ...states } = chart.states ?? {};
      return { ...chart, states };
    },
  });
  expect(found.map(({ where, change: what, alters }) => [where, what, alters])).toEqual([
    ['walled', 'removed', false],
    ['walled on dig', 'removed', false],
  ]);
});

it.each([
  ['tags', { tags: [] }, 'settled', 'none'],
  ['type', { type: 'final' as const, on: {}, after: {} }, 'atomic', 'final'],
  ['entry', { entry: ['greet', 'sweep'] }, 'greet', 'greet, sweep'],
  ['entry', { entry: { type: 'greet', params: { warmly: true } } }, 'greet', 'greet(true)'],
  ['exit', { exit: [] }, 'sweep', 'none'],
  ['id', { id: 'gate' }, 'none', 'gate'],
] as const)('another %s of a state that orders can be in alters', (about, edit, before, after) => {
  const found = change({ open: (state) => ({ ...state, ...edit }) });
  expect(found).toContainEqual({
    ...{ kind: 'state', change: 'changed', where: 'open', about, before, after, alters: true },
  });
});

it('another initial state alters', () => {
  expect(change({ '': (chart) => ({ ...chart, initial: 'locked' }) })).toEqual([
    {
      ...{ kind: 'state', change: 'changed', where: 'the chart itself', about: 'initial state' },
      ...{ before: 'closed', after: 'locked', alters: true },
    },
  ]);
});

it('a new region of a parallel state alters: a stored order is in none of its states', () => {
  const inside = { initial: 'on', states: { on: {} } };
  const before = createMachine({ id: 'door', type: 'parallel', states: { lamp: inside } });
  const after = createMachine({ id: 'door', type: 'parallel', states: { lamp: inside, bell: inside } });
  expect(compare(before, after)).toEqual([
    { kind: 'state', change: 'added', where: 'bell', about: 'a new region', alters: true },
    { kind: 'state', change: 'added', where: 'bell.on', alters: false },
  ]);
});

it('another order of the regions alters: they act one after the other', () => {
  const before = createMachine({ id: 'door', type: 'parallel', states: { lamp: {}, bell: {} } });
  const after = createMachine({ id: 'door', type: 'parallel', states: { bell: {}, lamp: {} } });
  expect(compare(before, after)).toMatchObject([{ about: 'order of regions', alters: true }]);
});

it.each([
  ['guard', { guard: 'isLate', target: 'open', actions: 'greet' }, 'isKnown', 'isLate'],
  ['target', { guard: 'isKnown', target: 'locked', actions: 'greet' }, 'open', 'locked'],
  ['actions', { guard: 'isKnown', target: 'open' }, 'greet', 'none'],
  ['guard, target', { target: 'locked', actions: 'greet' }, '[isKnown] → open / greet', '→ locked / greet'],
] as const)('another %s of a transition alters', (about, knock, before, after) => {
  expect(change({ closed: (state) => ({ ...state, on: { ...state.on, knock } }) })).toEqual([
    {
      ...{ kind: 'transition', change: 'changed', where: 'closed on knock' },
      ...{ about, before, after, alters: true },
    },
  ]);
});

it('an unnamed guard that differs is shown by its source', () => {
  const chartOf = (guard: () => boolean) =>
    createMachine({ id: 'door', initial: 'a', states: { a: { on: { go: { guard, target: 'b' } } }, b: {} } });
  expect(
    compare(
      chartOf(() => true),
      chartOf(() => false),
    ),
  ).toMatchObject([{ about: 'guard', before: '()=>true', after: '()=>false', alters: true }]);
});

it('a removed transition alters, and says what is no longer accepted', () => {
  expect(change({ locked: () => ({}) })).toEqual([
    { kind: 'transition', change: 'removed', where: 'locked on unlock', before: '→ closed', alters: true },
    { kind: 'message', change: 'removed', where: 'locked', about: 'accepts', before: 'unlock', alters: true },
  ]);
});

it('a transition of a state that no order can be in alters nothing', () => {
  expect(change({ walled: () => ({ on: { dig: 'open' } }) })).toMatchObject([
    { where: 'walled on dig', alters: false },
  ]);
});

it('a transition behind one that always applies alters nothing', () => {
  const close = [{ guard: 'isLate', target: 'locked' }, { target: 'closed' }, { target: 'walled' }];
  expect(change({ open: (state) => ({ ...state, on: { close } }) })).toEqual([
    { kind: 'transition', change: 'added', where: 'open on close', after: '→ walled', alters: false },
  ]);
});

it('transitions that are tried in another order alter', () => {
  const first = { guard: 'isLate', target: 'locked' };
  const second = { guard: 'isKnown', target: 'closed' };
  const chartOf = (close: readonly (typeof first)[]) => ({
    open: (state: object) => ({ ...state, on: { close } }),
  });
  const before = change(chartOf([first, second]));
  const after = change(chartOf([second, first]));
  expect(before).not.toEqual(after);
  expect(after).toContainEqual({
    ...{ kind: 'transition', change: 'changed', where: 'open on close', about: 'order', alters: true },
    before: '[isLate] → locked; then → closed',
    after: '[isKnown] → closed; then [isLate] → locked',
  });
});

it('a message that all states accept now is said once, of the chart itself', () => {
  const messages = change({ '': (chart) => ({ ...chart, on: { ring: { actions: 'greet' } } }) });
  expect(messages).toEqual([
    {
      ...{ kind: 'transition', change: 'added', where: 'the chart itself on ring' },
      ...{ after: '→ stays / greet', alters: true },
    },
    {
      ...{ kind: 'message', change: 'added', where: 'the chart itself' },
      ...{ about: 'accepts', after: 'ring', alters: true },
    },
  ]);
});

it('a message that a state forbids is no longer accepted there', () => {
  const before = createMachine({ id: 'door', on: { ring: '.a' }, initial: 'a', states: { a: {} } });
  const after = createMachine({
    ...{ id: 'door', on: { ring: '.a' }, initial: 'a' },
    states: { a: { on: { ring: {} } } },
  });
  expect(compare(before, after)).toContainEqual({
    ...{ kind: 'message', change: 'removed', where: 'a', about: 'accepts', before: 'ring', alters: true },
  });
});

it('a deadline that is added, removed or leads elsewhere alters', () => {
  const withAfter = (after: object) => change({ open: (state) => ({ ...state, after }) });
  const at = { kind: 'deadline', where: 'open after patience', alters: true };
  expect(withAfter({})).toEqual([{ ...at, change: 'removed', before: '→ closed' }]);
  expect(withAfter({ patience: 'locked' })).toEqual([
    { ...at, change: 'changed', about: 'target', before: 'closed', after: 'locked' },
  ]);
  expect(change({ locked: (state) => ({ ...state, after: { patience: 'closed' } }) })).toEqual([
    { ...at, where: 'locked after patience', change: 'added', after: '→ closed' },
  ]);
});

it('a deadline whose delay is another number is the same deadline', () => {
  const waiting = (ms: number) =>
    createMachine({ id: 'door', initial: 'a', states: { a: { after: { [ms]: 'b' } }, b: {} } });
  expect(compare(waiting(1000), waiting(2000))).toEqual([
    {
      ...{ kind: 'deadline', change: 'changed', where: 'a after 2000 ms', about: 'delay' },
      ...{ before: 'after 1000 ms', after: 'after 2000 ms', alters: true },
    },
  ]);
});

it('the inside of a state that is only entered elsewhere than at its initial state is not met there', () => {
  const chartOf = (target: string) =>
    createMachine({
      ...{ id: 'door', initial: 'outside' },
      states: {
        outside: { on: { enter: '#door.inside.second' } },
        inside: { initial: 'first', states: { first: { on: { go: target } }, second: {} } },
      },
    });
  expect(compare(chartOf('#door.outside'), chartOf('#door.inside.second'))).toMatchObject([
    { where: 'inside.first on go', alters: false },
  ]);
});

it('a state that is only reached by history is met', () => {
  const chartOf = (actions: readonly string[]) =>
    createMachine({
      ...{ id: 'door', initial: 'a' },
      states: {
        a: { on: { go: '#door.b.last' } },
        b: { initial: 'c', states: { c: { entry: actions }, last: { type: 'history' } } },
      },
    });
  expect(compare(chartOf([]), chartOf(['greet']))).toMatchObject([{ where: 'b.c', alters: true }]);
});

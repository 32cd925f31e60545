// Where an actor that a rule has moved is at its end, or is not: with one region and with several, and delayed messages to
// services.
import { expect, test } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { limits } from '../../src/limits.ts';
import { migrate } from '../../src/step/migration.ts';
import type { Migration } from '../../src/step/migration-rules.ts';
import { registerSystem } from '../../src/step/register.ts';
import { newSystem } from '../../src/step/snapshot.ts';
import { deliver, request, rule } from './toy-migration.ts';
import { chart, tellLater } from './toy-words.ts';

const plain = chart({
  id: 'toy',
  context: {},
  initial: 'a',
  states: { a: { tags: 'settled', on: { GO: 'z' } }, z: { type: 'final' } },
});
/** Ended when both regions have; the second has only one state. */
const regions = chart({
  id: 'toy',
  context: {},
  type: 'parallel',
  states: {
    one: { initial: 'open', states: { open: { tags: 'settled' }, shut: { type: 'final' } } },
    two: { tags: 'settled' },
  },
});
const move = (older: AnyStateMachine, newer: AnyStateMachine, migration: Migration, ...words: string[]) => {
  const system = registerSystem(
    {
      ...{ version: '2', charts: { toy: newer }, services: ['world'], migrations: { '1→2': migration } },
      otherVersions: { 1: { charts: { toy: older } } },
    },
    limits,
  );
  let { state } = deliver(system, newSystem(system, 1000, 'c', '1'), 'NOTHING');
  for (const word of words) ({ state } = deliver(system, state, word));
  return migrate(system, state, request);
};
const to = (value: Record<string, unknown> | string, more: object = {}) =>
  rule(() => ({ actors: { toy: { value, context: {}, since: 1000, ...more } } as never }));

test('an actor that is done has to be in a final state', () => {
  expect(move(plain, plain, to('a', { done: {} }), 'GO')).toEqual({
    kind: 'stuck',
    text: 'toy in a is not at its end: leave out its `done`',
  });
  expect(move(plain, plain, to('z', { done: {} }), 'GO')).toMatchObject({ kind: 'maps' });
});

test('an actor in a final state has to be done', () => {
  expect(move(plain, plain, to('z'))).toEqual({
    kind: 'stuck',
    text: expect.stringContaining('toy in z is at its end: give it `done`'),
  });
});

test('with several regions an actor is at its end only when all of them are', () => {
  expect(move(plain, regions, to({ one: 'shut', two: {} }))).toMatchObject({ kind: 'maps' });
  expect(move(plain, regions, to({ one: 'shut', two: {} }, { done: {} }))).toMatchObject({
    text: expect.stringContaining('is not at its end'),
  });
});

test('a delayed message to a service is carried over', () => {
  const calling = chart({
    id: 'toy',
    context: {},
    initial: 'a',
    states: { a: { tags: 'settled', on: { GO: { actions: tellLater('world', 'ask', 1000, {}, 'later') } } } },
  });
  expect(
    move(
      calling,
      calling,
      rule(() => ({})),
      'GO',
    ),
  ).toMatchObject({ kind: 'maps', changes: [] });
});

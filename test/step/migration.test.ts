// Moving a system to other charts: as it is, forth and back, and what a replay makes of it.
import { describe, expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import { moveBack } from '../../src/step/migration.ts';
import { registerSystem } from '../../src/step/register.ts';
import { replayAll, replayMessage } from '../../src/step/replay.ts';
import { toStored } from '../../src/step/snapshot.ts';
import { deliver, moveWaiting, register, request, rule, waiting } from './toy-migration.ts';
import { chart, says } from './toy-words.ts';

describe('without a rule', () => {
  test('a system whose states are in the other charts is moved with all that it waits for', () => {
    const system = register(waiting());
    const { first, outcome } = moveWaiting(system);
    if (outcome.kind !== 'maps') throw new Error(outcome.text);
    const { state, received, events, calls, finishedCalls } = outcome.result;
    expect(outcome.changes).toEqual([]);
    expect(state).toMatchObject({ charts: '2', version: 2, updatedAt: 5000 });
    expect([...state.deadlines]).toEqual([...first.state.deadlines]);
    expect([...state.calls]).toEqual([...first.state.calls]);
    expect([events, calls, finishedCalls]).toEqual([[], [], []]);
    expect(received).toMatchObject({
      type: 'system.migrated',
      disposition: 'applied',
      data: { from: '1', to: '2', why: 'a new chart', who: 'ada' },
    });
    expect(deliver(system, state, 'TROUBLE').state.actors.get('toy')?.snapshot.value).toBe('trouble');
  });

  test.each([
    ['a state has another name', waiting('pending'), 'has no state "waiting"'],
    [
      'a deadline has another name',
      waiting('waiting', 'limit'),
      'waits for the deadline limit, which is not set',
    ],
  ])('it is not moved where %s: that needs a rule', (_, newer, text) => {
    expect(moveWaiting(register(newer)).outcome).toMatchObject({
      kind: 'needs-rule',
      text: expect.stringContaining(text),
    });
  });

  test('it is not moved where a chart remembers other fields: that needs a rule', () => {
    const newer = waiting().provide({});
    newer.config = { ...newer.config, context: { total: 1 } };
    expect(moveWaiting(register(newer)).outcome).toEqual({
      kind: 'needs-rule',
      text: 'toy does not remember the same on both: count',
    });
  });

  test('an actor that only the new charts have starts in its initial state, unless it would act', () => {
    const quiet = register(waiting(), undefined, { helper: chart({ initial: 'a', states: { a: {} } }) });
    const { outcome } = moveWaiting(quiet);
    if (outcome.kind !== 'maps') throw new Error(outcome.text);
    expect(outcome.result.state.actors.get('helper')).toMatchObject({
      snapshot: { value: 'a' },
      since: 5000,
    });
    const loud = { helper: chart({ initial: 'a', states: { a: { entry: says('hello') } } }) };
    expect(moveWaiting(register(waiting(), undefined, loud)).outcome).toMatchObject({ kind: 'needs-rule' });
  });
});

test('an actor that is done stays done', () => {
  const ending = chart({
    id: 'toy',
    context: {},
    initial: 'a',
    states: { a: { on: { GO: 'z' } }, z: { type: 'final' } },
  });
  const system = registerSystem(
    {
      version: '2',
      charts: { toy: ending },
      services: [],
      otherVersions: { 1: { charts: { toy: ending } } },
    },
    limits,
  );
  const { outcome } = moveWaiting(system);
  expect(outcome).toMatchObject({ kind: 'maps', changes: [] });
});

describe('a moved system', () => {
  test('is what a replay of its messages gives, although its rule is another by now', () => {
    const system = register(waiting());
    const { first, outcome } = moveWaiting(system);
    if (outcome.kind !== 'maps') throw new Error(outcome.text);
    const last = deliver(system, outcome.result.state, 'TROUBLE');
    const messages = [first.received, outcome.result.received, last.received];
    const changed = register(
      waiting(),
      rule(() => {
        throw new Error('a replay runs no rule');
      }),
    );
    const replayed = replayAll(changed, 'o', messages, '2');
    expect(typeof replayed === 'string' ? replayed : toStored(replayed)).toBe(toStored(last.state));
  });

  test('goes back to what it was, under a new version number', () => {
    const system = register(waiting());
    const { first, outcome } = moveWaiting(system);
    if (outcome.kind !== 'maps') throw new Error(outcome.text);
    const { result } = moveBack(system, outcome.result.state, first.state, { ...request, at: 6000 });
    expect(result.state).toMatchObject({ charts: '1', version: 3, updatedAt: 6000 });
    expect(toStored({ ...result.state, version: 1, updatedAt: 1000 })).toBe(toStored(first.state));
    const messages = [first.received, outcome.result.received, result.received];
    expect(replayAll(system, 'o', messages, '1')).toMatchObject({ charts: '1', version: 3 });
  });
});

test('a replay of no messages, or of one that cannot have come, says so', () => {
  const system = register(waiting());
  const { first } = moveWaiting(system);
  expect(replayAll(system, 'o', [], '1')).toBe('it has received no message');
  const reply = {
    ...first.received,
    version: 2,
    kind: 'reply',
    messageId: 'none/reply',
    type: 'answer',
  } as const;
  expect(replayAll(system, 'o', [first.received, reply], '1')).toBe(
    'message 2 (answer) answers a call that was not pending',
  );
});

test('a message from outside cannot migrate a system', () => {
  const system = register(waiting());
  const { first } = moveWaiting(system);
  const result = deliver(system, first.state, 'system.migrated');
  expect(result.received).toMatchObject({
    disposition: 'ignored',
    reason: 'a system is migrated by its host alone',
  });
  expect(result.state.charts).toBe('1');
});

test('a message from outside that is named like a migration is replayed as what it was: ignored', () => {
  const system = register(waiting());
  const { first } = moveWaiting(system);
  const { received, state } = deliver(system, first.state, 'system.migrated');
  const replayed = replayAll(system, 'o', [first.received, received], '1');
  expect(typeof replayed === 'string' ? replayed : toStored(replayed)).toBe(toStored(state));
});

test.each([
  [{ system: undefined }, 'it says neither from where nor to which system'],
  [{ from: '2' }, 'it moves from 2, not from 1'],
  [{ system: { charts: '2' } }, 'The stored order system cannot be read: version'],
])('a replay says what is wrong with a recorded migration that is damaged: %j', (damage, problem) => {
  const system = register(waiting());
  const { first, outcome } = moveWaiting(system);
  if (outcome.kind !== 'maps') throw new Error(outcome.text);
  const { received } = outcome.result;
  const replayed = replayMessage(system, 'o', first.state, {
    ...received,
    data: { ...received.data, ...damage },
  });
  expect(replayed).toContain(`message 2 (system.migrated) cannot be adopted: ${problem}`);
});

test('there is no way back to a system that a replay would give otherwise', () => {
  const system = register(waiting());
  const { first } = moveWaiting(system);
  const dead = { ...deliver(system, first.state, 'TROUBLE').received, disposition: 'dead' } as const;
  expect(replayAll(system, 'o', [first.received, dead], '1')).toBe(
    'message 2 (TROUBLE) is recorded as dead, and would be applied',
  );
});

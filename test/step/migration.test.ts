// Moving a system to other charts: what is pending is carried over or named, and what cannot go on is refused.
import { describe, expect, test } from 'vitest';
import type { AnyEventObject, AnyStateMachine } from 'xstate';
import { limits } from '../../src/config.ts';
import { type MigrationRequest, migrate, moveBack } from '../../src/step/migration.ts';
import type { Migration, MovedSystem, MovingSystem } from '../../src/step/migration-rules.ts';
import { type RegisteredSystem, registerSystem } from '../../src/step/register.ts';
import { replayAll } from '../../src/step/replay.ts';
import { newSystem, toStored } from '../../src/step/snapshot.ts';
import { type StepResult, step } from '../../src/step/step.ts';
import type { SystemState } from '../../src/step/system-state.ts';
import { chart, says, tell } from './toy-words.ts';

/** It asks the world as it starts to wait, and gives up after a minute. */
const waiting = (state = 'waiting', delay = 'patience'): AnyStateMachine =>
  chart({
    id: 'toy',
    context: { count: 1 },
    initial: 'idle',
    states: {
      idle: { tags: 'settled', on: { GO: state } },
      [state]: {
        entry: tell('world', 'ask', { key: 'o/ask/1', attempt: 1 }),
        after: { [delay]: 'late' },
        on: { answer: 'idle', TROUBLE: 'trouble' },
      },
      late: { tags: 'settled' },
      trouble: { tags: 'incident', on: { GO: 'idle' } },
    },
  }).provide({ delays: { [delay]: 60_000 } });

const register = (newer: AnyStateMachine, rule?: Migration, more: Record<string, AnyStateMachine> = {}) =>
  registerSystem(
    {
      version: '2',
      charts: { toy: newer, ...more },
      services: ['world'],
      otherVersions: { 1: { charts: { toy: waiting() } } },
      ...(rule && { migrations: { '1→2': rule } }),
    },
    limits,
  );
const deliver = (system: RegisteredSystem, state: SystemState, type: string): StepResult => {
  const messageId = `m${state.version + 1}`;
  const message: AnyEventObject = { type };
  const arrival = {
    orderId: 'o',
    at: 1000 + state.version,
    to: 'toy',
    message,
    messageId,
    causationId: null,
  };
  const result = step(system, state, { kind: 'message', ...arrival });
  if (result === undefined) throw new Error('a message always has a result');
  return result;
};
const request: MigrationRequest = {
  orderId: 'o',
  at: 5000,
  messageId: 'move',
  actor: 'toy',
  to: '2',
  why: 'a new chart',
  who: 'ada',
};
const key = 'toy:xstate.after.patience.toy.waiting';
const callId = 'o/calls/1.1';
/** A system on version 1 that waits, and what moving it leads to. */
const moveWaiting = (system: RegisteredSystem) => {
  const first = deliver(system, newSystem(system, 1000, 'c', '1'), 'GO');
  return { first, outcome: migrate(system, first.state, request) };
};
const rule =
  (change: (system: MovingSystem) => Partial<MovedSystem>): Migration =>
  (system) => ({ ...system, ...change(system) });
const at = (value: string) => (system: MovingSystem) => ({
  actors: { toy: { ...system.actors['toy'], value, context: { count: 1 }, since: 1000 } },
});

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

describe('a rule', () => {
  const newKey = 'toy:xstate.after.limit.toy.pending';
  const event = { type: 'xstate.after.limit.toy.pending' };
  const renamed = rule((system) => ({
    ...at('pending')(system),
    deadlines: Object.fromEntries(
      Object.values(system.deadlines).map((deadline) => [newKey, { ...deadline, event }]),
    ),
  }));

  test('gives a state and its deadline another name: the time stays', () => {
    const { first, outcome } = moveWaiting(register(waiting('pending', 'limit'), renamed));
    if (outcome.kind !== 'maps') throw new Error(outcome.text);
    const [deadline] = outcome.result.state.deadlines.values();
    expect(deadline?.dueAt).toBe(first.state.deadlines.get(key)?.dueAt);
    expect(outcome.changes).toEqual([`the deadline ${key} becomes ${newKey}`]);
  });

  test('changes the words of a call: its row is written again under the same id', () => {
    const asksMore = rule(({ calls }) => ({
      calls: Object.fromEntries(
        Object.entries(calls).map(([id, each]) => [
          id,
          { ...each, command: { ...each.command, more: true } },
        ]),
      ),
    }));
    const { outcome } = moveWaiting(register(waiting(), asksMore));
    if (outcome.kind !== 'maps') throw new Error(outcome.text);
    expect(outcome.result).toMatchObject({
      finishedCalls: [callId],
      calls: [{ callId, chartVersion: '2', command: { type: 'ask', more: true }, keyFirstUsedAt: 1000 }],
    });
    expect(outcome.changes).toEqual([`the call ${callId} (ask) changes`]);
  });

  test.each<[string, Migration, string]>([
    [
      'loses a deadline',
      rule((system) => ({ ...at('idle')(system), deadlines: {} })),
      `the deadline ${key} is lost`,
    ],
    ['loses a call', rule(() => ({ calls: {} })), `the call ${callId} (ask) is lost`],
    ['keeps a deadline that leads nowhere', rule(at('idle')), `the deadline ${key} leads nowhere`],
    ['forgets a deadline', rule(() => ({ deadlines: {}, drops: { deadlines: [key] } })), 'which is not set'],
    ['names a state that is not there', rule(at('nowhere')), 'has no state "nowhere"'],
    [
      'throws',
      () => {
        throw new Error('not this one');
      },
      'not this one',
    ],
  ])('that %s is refused, and says why', (_, wrong, text) => {
    expect(moveWaiting(register(waiting(), wrong)).outcome).toMatchObject({
      kind: 'stuck',
      text: expect.stringContaining(text),
    });
  });

  test('that drops a deadline and a call by name is taken: the call’s row goes', () => {
    const drops = { deadlines: [key], calls: [callId] };
    const given = rule((system) => ({ ...at('idle')(system), deadlines: {}, calls: {}, drops }));
    const { outcome } = moveWaiting(register(waiting(), given));
    if (outcome.kind !== 'maps') throw new Error(outcome.text);
    expect(outcome.result.finishedCalls).toEqual([callId]);
    expect(outcome.changes).toEqual([
      `the deadline ${key} is dropped`,
      `the call ${callId} (ask) is dropped`,
    ]);
  });

  test('that leaves nothing to move the order is refused', () => {
    const drops = { deadlines: [key], calls: [callId] };
    const bare = chart({
      id: 'toy',
      context: {},
      initial: 'waiting',
      states: { waiting: { on: { GO: 'waiting' } } },
    });
    const given = rule((system) => ({ ...at('waiting')(system), deadlines: {}, calls: {}, drops }));
    expect(moveWaiting(register(bare, given)).outcome).toEqual({
      kind: 'stuck',
      text: 'nothing would move the order any more',
    });
  });

  test('that ends an incident has to name it', () => {
    const move = (migration: Migration) => {
      const system = register(waiting(), migration);
      const { first } = moveWaiting(system);
      return migrate(system, deliver(system, first.state, 'TROUBLE').state, request);
    };
    const ends = rule(at('idle'));
    expect(move(ends)).toMatchObject({ kind: 'stuck', text: 'the incident of toy is lost' });
    expect(move(rule((system) => ({ ...at('idle')(system), drops: { incidents: ['toy'] } })))).toMatchObject({
      kind: 'maps',
      changes: ['the incident of toy is dropped'],
    });
  });
});

describe('what a rule adds', () => {
  test('is new: a call gets a row, a deadline a time', () => {
    const command = { type: 'ask', key: 'o/more/1', attempt: 1 };
    const added = { actor: 'toy', service: 'world', command, at: 4000, causationId: 'm1' };
    const late = { source: 'toy', to: 'toy', event: { type: 'GO' }, dueAt: 9000, causationId: 'm1' };
    const given = rule(({ calls, deadlines }) => ({
      calls: { ...calls, more: added },
      deadlines: { ...deadlines, 'toy:later': late },
    }));
    const { outcome } = moveWaiting(register(waiting(), given));
    if (outcome.kind !== 'maps') throw new Error(outcome.text);
    expect(outcome.result.calls).toMatchObject([{ callId: 'more', command, keyFirstUsedAt: 4000 }]);
    expect(outcome.result.finishedCalls).toEqual([]);
    expect(outcome.changes).toEqual(['the deadline toy:later is new', 'the call more (ask) is new']);
  });
});

test('a quarantined message is carried over, or has to be named', () => {
  const breaking = waiting().provide({
    delays: {
      patience: () => {
        throw new Error('no patience');
      },
    },
  });
  const move = (given?: Migration) => {
    const system = registerSystem(
      {
        ...{ version: '2', charts: { toy: waiting() }, services: ['world'] },
        otherVersions: { 1: { charts: { toy: breaking } } },
        ...(given && { migrations: { '1→2': given } }),
      },
      limits,
    );
    return migrate(system, deliver(system, newSystem(system, 1000, 'c', '1'), 'GO').state, request);
  };
  expect(move()).toMatchObject({ kind: 'maps', result: { state: { quarantined: [{ messageId: 'm1' }] } } });
  const text = 'the quarantined message m1 is lost';
  expect(move(rule(() => ({ quarantined: [] })))).toEqual({ kind: 'stuck', text });
  expect(move(rule(() => ({ quarantined: [], drops: { incidents: ['m1'] } })))).toMatchObject({
    kind: 'maps',
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

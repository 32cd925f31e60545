// Rules that move a system to other charts: what is pending is carried over or named, and what cannot go on is refused.
import { describe, expect, test } from 'vitest';
import { limits } from '../../src/limits.ts';
import { migrate } from '../../src/step/migration.ts';
import type { Migration, MovingSystem } from '../../src/step/migration-rules.ts';
import { registerSystem } from '../../src/step/register.ts';
import { newSystem } from '../../src/step/snapshot.ts';
import { at, callId, deliver, key, moveWaiting, register, request, rule, waiting } from './toy-migration.ts';
import { chart } from './toy-words.ts';

const fail = (): never => {
  throw new Error('there is no such actor');
};

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

  // What types would refuse: an application may be written in JavaScript, or cast.
  type Wrong = (system: ReturnType<typeof allOf>) => unknown;
  const allOf = (system: MovingSystem) => {
    const [[, deadline] = []] = Object.entries(system.deadlines);
    const [[, call] = []] = Object.entries(system.calls);
    const toy = system.actors['toy'];
    if (!deadline || !call || !toy) throw new Error('it waits for both');
    return { ...system, deadline, call, toy };
  };
  const wrongly =
    (change: Wrong): Migration =>
    (system) => {
      const given = change(allOf(system));
      const isWhole = given instanceof Promise || given === undefined;
      return (isWhole ? given : Object.assign({ ...system }, given)) as ReturnType<Migration>;
    };
  const quarantined = { messageId: 'q', to: 'toy', message: { type: 'x' }, reason: 'r', at: 1 };
  const remembers =
    (count: unknown): Wrong =>
    ({ toy }) => ({ actors: { toy: { ...toy, context: { count } } } });
  test.each<[string, Wrong, string]>([
    ['nothing', () => undefined, 'the rule returns no system with actors'],
    ['a promise', async (system) => system, 'the rule returns a promise; it must return the system'],
    ['no number', remembers(Number.NaN), 'system.actors.toy.context.count is NaN'],
    ['a date', remembers(new Date(0)), 'system.actors.toy.context.count is an instance of Date'],
    ['a function', remembers(() => 1), 'system.actors.toy.context.count is a function'],
    [
      'a deadline of nobody',
      ({ deadline }) => ({ deadlines: { [key]: { ...deadline, source: 'ghost' } } }),
      `the deadline ${key} belongs to ghost, which the charts do not have`,
    ],
    [
      'a deadline to nobody',
      ({ deadline }) => ({ deadlines: { [key]: { ...deadline, to: 'ghost' } } }),
      `the message of the deadline ${key} belongs to ghost, which the charts do not have`,
    ],
    [
      'a deadline that never comes',
      ({ deadline }) => ({ deadlines: { [key]: { ...deadline, dueAt: 1e300 } } }),
      `the time of the deadline ${key} is no time: 1e+300`,
    ],
    [
      'a call of nobody',
      ({ call }) => ({ calls: { [callId]: { ...call, actor: 'ghost' } } }),
      `the call ${callId} belongs to ghost, which the charts do not have`,
    ],
    [
      'a call to no service',
      ({ call }) => ({ calls: { [callId]: { ...call, service: 'ghost' } } }),
      `the call ${callId} is for ghost, which is no service`,
    ],
    [
      'an end in a state that is none',
      ({ toy }) => ({ actors: { toy: { ...toy, done: {} } } }),
      'toy in waiting is not at its end: leave out its `done`',
    ],
    [
      'a time that is none',
      ({ toy }) => ({ actors: { toy: { ...toy, since: 1e300 } } }),
      'the time since when toy is in its state is no time: 1e+300',
    ],
  ])('that returns %s is refused, and says where', (_, wrong, text) => {
    expect(moveWaiting(register(waiting(), wrongly(wrong))).outcome).toMatchObject({
      kind: 'stuck',
      text: expect.stringContaining(text),
    });
  });

  test('that takes away the actor of a quarantined message is refused: its incident could not be seen', () => {
    const { toy } = { toy: chart({ initial: 'a', states: { a: {} } }) };
    const system = registerSystem(
      {
        version: '2',
        charts: { game: toy },
        services: [],
        otherVersions: { 1: { charts: { toy } } },
        migrations: {
          '1→2': ({ actors, ...rest }) => ({ ...rest, actors: { game: actors['toy'] ?? fail() } }),
        },
      },
      limits,
    );
    const before = { ...newSystem(system, 1000, 'c', '1'), quarantined: [quarantined] };
    expect(migrate(system, before, request)).toEqual({
      kind: 'stuck',
      text: 'the quarantined message q belongs to toy, which the charts do not have',
    });
  });

  test('keeps who the order is: its number of events, its correlation and when it was placed', () => {
    const given = wrongly(() => ({ events: 7, correlationId: 'other', createdAt: 7 }));
    const { first, outcome } = moveWaiting(register(waiting(), given));
    if (outcome.kind !== 'maps') throw new Error(outcome.text);
    const { events, correlationId, createdAt } = first.state;
    expect(outcome.result.state).toMatchObject({ events, correlationId, createdAt });
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

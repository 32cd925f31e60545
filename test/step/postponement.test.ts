// A deadline that waits for a service is set anew: what it waits for and since when, its record, and what a replay makes of it.
import { describe, expect, test } from 'vitest';
import { raise } from 'xstate';
import {
  findAwaitedService,
  findWaitingSince,
  isPostponement,
  type Postponement,
  postpone,
} from '../../src/step/postponement.ts';
import { type Recorded, replayAll, replayMessage } from '../../src/step/replay.ts';
import { toStored } from '../../src/step/snapshot.ts';
import { type StepResult, step } from '../../src/step/step.ts';
import type { Deadline, SystemState } from '../../src/step/system-state.ts';
import { createBench } from './toy-bench.ts';
import { chart, tell, tellLater } from './toy-words.ts';

const key = 'toy:xstate.after.100.(machine).asking';
/** Waits for the service until 100 ms after it started. */
const openAsking = (waitsFor: unknown = 'world') => {
  const toy = chart({
    initial: 'asking',
    states: {
      asking: {
        meta: { waitsFor },
        after: { 100: 'over' },
      },
      over: {},
    },
  });
  const bench = createBench({ toy });
  const first = bench.send('HELLO');
  return { ...bench, first };
};
const deadlineOf = (state: SystemState): Deadline => {
  const [deadline] = state.deadlines.values();
  if (deadline === undefined) throw new Error('no deadline is set');
  return deadline;
};
const later: Postponement = {
  ...{ kind: 'postponement', orderId: 'o', at: 1100, key },
  ...{ dueAt: 1100, until: 1400, service: 'world' },
};
const postponedFrom = (state: SystemState, by: Partial<Postponement> = {}): StepResult => {
  const result = postpone(state, { ...later, ...by });
  if (result === undefined) throw new Error('nothing was postponed');
  return result;
};

describe('a deadline waits for', () => {
  const awaitedIn = ({ system, state }: Pick<ReturnType<typeof createBench>, 'system' | 'state'>) =>
    findAwaitedService(system, state(), deadlineOf(state()));

  test('the service that its state names', () => {
    expect(awaitedIn(openAsking())).toBe('world');
  });

  test.each([
    ['names none', null],
    ['names what is no service', 'nobody'],
    ['has a mark that is no name', 7],
  ])('none if its state %s', (_, mark) => {
    expect(awaitedIn(openAsking(mark))).toBeUndefined();
  });

  test.each([
    ['a delayed message', tellLater('toy', 'RING', 100)],
    ['a delayed event', raise({ type: 'RING' }, { delay: 100 })],
  ])('none if no state set it, but %s', (_, entry) => {
    const bench = createBench({ toy: chart({ entry, meta: { waitsFor: 'world' } }) });
    bench.send('HELLO');
    expect(awaitedIn(bench)).toBeUndefined();
  });
});

describe('a deadline has waited for its service', () => {
  const sinceIn = (state: SystemState) => findWaitingSince(state, deadlineOf(state), 'world');

  test('since its actor came into its state if no call is pending', () => {
    const bench = openAsking();
    bench.wait(10);
    bench.send('WHAT');
    expect(sinceIn(bench.state())).toBe(1000);
  });

  test('since the first pending call to it if that was decided before', () => {
    const other = chart({ on: { ASK: { actions: tell('world', 'ASKED') } } });
    const toy = chart({
      initial: 'idle',
      states: { idle: { on: { GO: 'asking' } }, asking: { after: { 100: 'idle' } } },
    });
    const bench = createBench({ toy, other });
    bench.wait(10);
    bench.send('ASK', 'other');
    bench.wait(10);
    bench.send('ASK', 'other');
    bench.wait(10);
    bench.send('GO');
    expect(sinceIn(bench.state())).toBe(1010);
  });

  test('whatever other services are asked', () => {
    const toy = chart({
      initial: 'idle',
      states: {
        idle: { on: { ASK: { actions: tell('other', 'ASKED') }, GO: 'asking' } },
        asking: { after: { 100: 'idle' } },
      },
    });
    const bench = createBench({ toy }, ['world', 'other']);
    bench.send('ASK');
    bench.wait(10);
    bench.send('GO');
    expect(sinceIn(bench.state())).toBe(1010);
  });
});

describe('a postponed deadline', () => {
  test('is recorded as a message of its actor, and changes nothing else', () => {
    const { state, first } = openAsking();
    const { received, state: after, ...rest } = postponedFrom(state());
    expect(received).toMatchObject({
      ...{ version: 2, messageId: 'o/deadlines/2', kind: 'deadline', to: 'toy', type: 'deadline.postponed' },
      ...{ data: { key, dueAt: 1100, until: 1400, service: 'world' }, causationId: first.received.messageId },
      ...{ correlationId: 'correlation', disposition: 'applied', reason: null, at: 1100 },
    });
    expect(rest).toEqual({ events: [], calls: [], finishedCalls: [], deliveries: [], logged: [] });
    expect(after).toEqual({
      ...state(),
      ...{ version: 2, updatedAt: 1100 },
      deadlines: new Map([[key, { ...deadlineOf(state()), dueAt: 1400, firstDueAt: 1100 }]]),
    });
  });

  test('fires at its new time, and not at the old one', () => {
    const bench = openAsking();
    const { state } = postponedFrom(bench.state());
    const ring = (dueAt: number) =>
      step(bench.system, state, { kind: 'deadline', orderId: 'o', at: dueAt, key, dueAt });
    expect(ring(1100)).toBeUndefined();
    expect(ring(1400)?.state.actors.get('toy')?.snapshot.value).toBe('over');
  });

  test('remembers through further postponements when it was due at first', () => {
    const once = postponedFrom(openAsking().state());
    const twice = postponedFrom(once.state, { at: 1400, dueAt: 1400, until: 2000 });
    expect(deadlineOf(twice.state)).toMatchObject({ dueAt: 2000, firstDueAt: 1100 });
  });

  test.each([
    ['is not set any more', { key: 'toy:gone' }],
    ['is set for another time', { dueAt: 1099 }],
  ])('is not recorded if it %s', (_, by) => {
    expect(postpone(openAsking().state(), { ...later, ...by })).toBeUndefined();
  });
});

describe('a replay', () => {
  test('postpones what was postponed, and comes to the same system', () => {
    const bench = openAsking();
    const { received, state } = postponedFrom(bench.state());
    const ring = step(bench.system, state, { kind: 'deadline', orderId: 'o', at: 1400, key, dueAt: 1400 });
    if (ring === undefined) throw new Error('the deadline did not fire');
    const replayed = replayAll(bench.system, 'o', [bench.first.received, received, ring.received], '1');
    expect(typeof replayed === 'string' ? replayed : toStored(replayed)).toBe(toStored(ring.state));
  });

  test.each([
    ['is damaged', { key, dueAt: 'soon' }],
    ['names a deadline that is not set', { key: 'toy:gone', dueAt: 1100, until: 1400, service: 'world' }],
  ])('says so of a postponement whose record %s', (_, data) => {
    const bench = openAsking();
    const recorded: Recorded = { ...postponedFrom(bench.state()).received, data };
    expect(replayMessage(bench.system, 'o', bench.state(), recorded)).toBe(
      'message 2 (deadline.postponed) is a deadline that was not set',
    );
  });

  test('takes a message of that name from outside as what it was: ignored', () => {
    const bench = openAsking();
    const before = bench.state();
    const { received } = bench.send('deadline.postponed', 'toy', { ...later });
    expect(received).toMatchObject({
      disposition: 'ignored',
      reason: 'a deadline is postponed by its host alone',
    });
    expect(isPostponement(received)).toBe(false);
    expect(replayMessage(bench.system, 'o', before, received)).toMatchObject({
      incoming: { kind: 'message' },
      result: { received },
    });
  });
});

// One message through the step: its record, what it changes, and what it cannot change.

import { describe, expect, test } from 'vitest';
import { assign, raise } from 'xstate';
import { nextDueAt, toStored } from '../../src/step/snapshot.ts';
import { charge, newYear, orderId, untilCompleted, untilPaying } from './stories.ts';
import { createBench, emittedIn } from './toy-bench.ts';
import { chart, says, tell, tellLater } from './toy-words.ts';

describe('nothing is recorded', () => {
  test('of the reply to a call that was never made', () => {
    const story = untilPaying();
    const before = toStored(story.state());
    const reply = {
      kind: 'reply',
      orderId,
      at: newYear,
      callId: `${orderId}/calls/99.1`,
      message: { type: 'gateway.charged' },
    } as const;
    expect(story.take(reply)).toBeUndefined();
    expect(toStored(story.state())).toBe(before);
  });

  test('of the second reply to a call', () => {
    const story = untilPaying();
    const callId = [...story.state().calls.keys()][0] ?? '';
    story.answer('gateway', 'gateway.charged', charge);
    expect(
      story.take({ kind: 'reply', orderId, at: newYear, callId, message: { type: 'gateway.charged' } }),
    ).toBeUndefined();
  });

  test('of a deadline that was never set', () => {
    expect(
      untilPaying().take({ kind: 'deadline', orderId, at: newYear, key: 'order:nothing', dueAt: newYear }),
    ).toBeUndefined();
  });

  test('of a deadline that was cancelled, or set again for another time', () => {
    const bench = createBench({
      toy: chart({
        initial: 'a',
        states: { a: { after: { 10: 'b' }, on: { AGAIN: { target: 'a', reenter: true } } }, b: {} },
      }),
    });
    bench.send('HELLO');
    const key = 'toy:xstate.after.10.(machine).a';
    bench.wait(4);
    bench.send('AGAIN');
    expect(bench.ring(key, 1010)).toBeUndefined();
    expect(bench.valueOf('toy')).toBe('a');
    expect(bench.ring(key, 1014)?.received.disposition).toBe('applied');
    expect(bench.ring(key, 1014)).toBeUndefined();
    expect(bench.valueOf('toy')).toBe('b');
  });
});

describe('an ignored message', () => {
  test('is recorded with the reason from the chart', () => {
    const story = untilCompleted();
    const { received } = story.tell('order', 'order.cancel', { reason: 'too late' });
    expect(received).toMatchObject({
      version: 7,
      to: 'order',
      type: 'order.cancel',
      data: { reason: 'too late' },
      disposition: 'ignored',
      reason: expect.stringContaining('the order is completed'),
    });
  });

  test('changes nothing but the version and the time of the last message', () => {
    const story = untilPaying();
    const before = story.state();
    story.at(50);
    const { state, events, calls, finishedCalls } = story.tell('order', 'order.capture');
    expect({ events, calls, finishedCalls }).toEqual({ events: [], calls: [], finishedCalls: [] });
    expect(JSON.parse(toStored(state))).toEqual({
      ...JSON.parse(toStored(before)),
      version: before.version + 1,
      updatedAt: before.updatedAt + 50,
    });
  });

  test('has a general reason if the chart gives none', () => {
    const { received } = createBench({ toy: chart({ initial: 'a', states: { a: {} } }) }).send('WHAT');
    expect(received).toMatchObject({
      disposition: 'ignored',
      reason: 'nothing waits for WHAT in this state',
    });
  });

  test('is one whose guards are false, and one that is forbidden', () => {
    const toy = chart({
      on: { NO: { guard: () => false, actions: says('never') }, FORBIDDEN: undefined, EMPTY: {} },
    });
    const bench = createBench({ toy });
    for (const type of ['NO', 'FORBIDDEN', 'EMPTY'])
      expect(bench.send(type).received.disposition).toBe('ignored');
  });

  test('is a deadline whose guard is false when it fires', () => {
    const toy = chart({
      initial: 'a',
      states: { a: { after: { 5: { guard: () => false, actions: says('never') } } } },
    });
    const bench = createBench({ toy });
    bench.send('HELLO');
    expect(bench.ringNext().received).toMatchObject({
      disposition: 'ignored',
      to: 'toy',
      type: 'xstate.after.5.(machine).a',
    });
    expect(bench.state().deadlines.size).toBe(0);
  });

  test('is not one that only an always transition depends on', () => {
    const toy = chart({
      initial: 'a',
      states: { a: { always: { guard: ({ event }) => event.type === 'SEEN', actions: says('saw it') } } },
    });
    const bench = createBench({ toy });
    expect(bench.send('UNSEEN').received.disposition).toBe('ignored');
    const seen = bench.send('SEEN');
    expect(seen.received.disposition).toBe('applied');
    expect(emittedIn(seen)).toEqual(['toy: saw it']);
  });

  test('is every message to an actor in its final state', () => {
    const toy = chart({
      initial: 'up',
      states: {
        up: { entry: tell('world', 'ASK'), after: { 9: 'over' }, on: { END: 'over' } },
        over: { type: 'final' },
      },
      on: { '*': { actions: says('anything') } },
    });
    const bench = createBench({ toy });
    const [call] = bench.send('HELLO').calls;
    bench.send('END');
    expect(bench.state().deadlines.size).toBe(0);
    const reason = 'the actor has reached its final state';
    expect(bench.send('ANY').received).toMatchObject({ disposition: 'ignored', reason });
    expect(bench.reply(call?.callId ?? '', { type: 'ANSWER' })?.received).toMatchObject({
      disposition: 'ignored',
      reason,
    });
    expect(bench.state().calls.size).toBe(0);
  });
});

describe("a message named xstate.* is the chart's own", () => {
  const reason = "messages named xstate.* are the charts' own and are not taken from outside";
  const toy = chart({
    initial: 'a',
    states: {
      a: { entry: tell('world', 'ASK'), after: { 10: 'b' }, on: { '*': 'c', 'xstate.done.actor.kid': 'c' } },
      b: {},
      c: {},
    },
  });

  test.each([
    'xstate.after.10.(machine).a',
    'xstate.done.actor.kid',
    'xstate.stop',
    'xstate.init',
    'xstate.error.actor.kid',
  ])('and %s is ignored from outside', (type) => {
    const bench = createBench({ toy });
    expect(bench.send(type).received).toMatchObject({ disposition: 'ignored', reason });
    expect(bench.valueOf('toy')).toBe('a');
    expect(bench.state().deadlines.size).toBe(1);
  });

  test('and not from a service; the call is finished nevertheless', () => {
    const bench = createBench({ toy });
    const callId = bench.send('xstate.hello').calls[0]?.callId ?? '';
    const forged = bench.reply(callId, { type: 'xstate.after.10.(machine).a' });
    expect(forged?.received).toMatchObject({ disposition: 'ignored', reason, messageId: `${callId}/reply` });
    expect(forged?.finishedCalls).toEqual([callId]);
    expect(bench.valueOf('toy')).toBe('a');
  });

  test('but it is applied from the deadline that the chart set', () => {
    const bench = createBench({ toy });
    bench.send('xstate.hello');
    expect(bench.ringNext().received).toMatchObject({
      disposition: 'applied',
      messageId: 'o/deadlines/2',
      causationId: 'm1',
    });
    expect(bench.valueOf('toy')).toBe('b');
  });
});

describe('a deadline', () => {
  test.each([
    ['an after', chart({ initial: 'a', states: { a: { after: { [100_000 / 3]: 'b' } }, b: {} } })],
    [
      'a named delay',
      chart({ initial: 'a', states: { a: { after: { soon: 'b' } }, b: {} } }).provide({
        delays: { soon: () => 100_000 / 3 },
      }),
    ],
    ['a delayed raise', chart({ entry: raise({ type: 'X' }, { delay: 100_000 / 3 }) })],
    ['a delayed message', chart({ entry: tellLater('toy', 'X', 100_000 / 3) })],
  ])('is due at the first whole millisecond after a fractional delay: %s', (_, toy) => {
    const bench = createBench({ toy });
    bench.send('HELLO');
    expect([...bench.state().deadlines.values()].map(({ dueAt }) => dueAt)).toEqual([1000 + 33_334]);
    expect(nextDueAt(bench.state())).toBe(34_334);
  });

  test('may be as late as the last time that a Date can hold', () => {
    const bench = createBench({ toy: chart({ entry: tellLater('toy', 'X', 8.64e15 - 1000) }) });
    expect(bench.send('HELLO').received.disposition).toBe('ignored');
    expect(new Date(nextDueAt(bench.state()) ?? 0).toISOString()).toBe('+275760-09-13T00:00:00.000Z');
  });
});

describe('since', () => {
  test('is the time when an actor entered its present state, and no later message changes it', () => {
    const toy = chart({
      context: { n: 0 },
      initial: 'a',
      states: {
        a: {
          on: {
            COUNT: { actions: assign({ n: ({ context }) => context['n'] + 1 }) },
            SELF: { target: 'a', reenter: true },
            GO: 'b',
          },
        },
        b: {},
      },
    });
    const bench = createBench({ toy, other: chart({ initial: 'x', states: { x: {} } }) });
    const since = () => [...bench.state().actors.values()].map((actor) => actor.since);
    for (const type of ['WHAT', 'COUNT', 'SELF']) {
      bench.wait(10);
      bench.send(type);
      expect(since()).toEqual([1000, 1000]);
    }
    bench.wait(10);
    bench.send('GO');
    expect(since()).toEqual([1040, 1000]);
    bench.wait(10);
    bench.send('WHAT');
    expect(since()).toEqual([1040, 1000]);
  });
});

// Problems that show only when a chart runs: an action that a step does not support, or charts that never become
// idle. The message is quarantined; the system and the process go on.
import { describe, expect, test } from 'vitest';
import { type AnyEventObject, assign, createMachine, enqueueActions, raise, spawnChild } from 'xstate';
import { createBench, emittedIn } from './toy-bench.ts';
import { chart, says, tell, tellLater } from './toy-words.ts';

describe('a problem that shows only when the chart runs quarantines the message', () => {
  const action = enqueueActions;
  const kid = createMachine({});
  const asks = (name: string) => `Error: toy asks for ${name}, which cannot be run durably`;

  test.each([
    [
      'a spawn inside assign',
      assign({ kid: ({ spawn }) => spawn(kid) }),
      'Error: toy spawned an actor: name it in the system, and send to it',
    ],
    [
      'a spawn in enqueued actions',
      action(({ enqueue }) => enqueue.spawnChild(kid)),
      'Error: toy spawned an actor: name it in the system, and send to it',
    ],
    [
      'a spawn that is stopped at once',
      action(({ enqueue }) => {
        enqueue(spawnChild(kid, { id: 'k' }));
        enqueue.stopChild('k');
      }),
      asks('xstate.spawnChild'),
    ],
    [
      'a function in enqueued actions',
      action(({ enqueue }) => enqueue(function callBank() {})),
      asks('callBank'),
    ],
    [
      'a date in the context',
      assign({ at: () => new Date(0) }),
      'Error: toy put something into its context or output that is not plain JSON data: context.at is an instance of Date',
    ],
    [
      'a date in an event',
      says('e', { at: new Date(0) }),
      'Error: toy says e with something that is not plain JSON data: message.at is an instance of Date',
    ],
    [
      'a date in a call',
      tell('world', 'ASK', { at: new Date(0) }),
      'Error: toy says ASK with something that is not plain JSON data: message.at is an instance of Date',
    ],
    [
      'a date in a delayed message',
      tellLater('toy', 'X', 5, { at: new Date(0) }),
      'Error: toy says X with something that is not plain JSON data: message.at is an instance of Date',
    ],
    [
      'a deadline after NaN',
      raise({ type: 'X' }, { delay: Number.NaN }),
      'Error: toy sends X after NaN ms: no such time',
    ],
    [
      'a deadline after Infinity',
      tellLater('toy', 'X', Number.POSITIVE_INFINITY),
      'Error: toy sends X after Infinity ms: no such time',
    ],
    [
      'a deadline beyond the last time that a Date can hold',
      tellLater('toy', 'X', 8.64e15),
      'Error: toy sends X after 8640000000000000 ms: that is beyond the year 275760',
    ],
    [
      'a deadline before the first one',
      tellLater('toy', 'X', -9e15),
      'Error: toy sends X after -9000000000000000 ms: that is beyond the year 275760',
    ],
    [
      'a name that no actor or service has',
      tell('bank', 'PAY'),
      "Error: toy names 'bank', which is no actor or service of this system",
    ],
  ])('%s', (_, actions, reason) => {
    const bench = createBench({ toy: createMachine({ context: {}, on: { GO: { actions } } }) });
    expect(bench.send('GO').received).toMatchObject({ disposition: 'dead', reason });
    expect(bench.contextOf('toy')).toEqual({});
    expect(bench.send('WHAT').received.disposition).toBe('ignored');
  });

  test('an incomplete state: XState loses a parallel state whose history is entered from inside', () => {
    const region = { initial: 'x', states: { x: { on: { GO: '#back' } }, y: {} } };
    const toy = chart({
      initial: 'both',
      states: {
        both: {
          type: 'parallel',
          states: { left: region, right: region, back: { id: 'back', type: 'history' } },
        },
      },
    });
    const bench = createBench({ toy });
    expect(bench.send('GO').received).toMatchObject({
      disposition: 'dead',
      reason: 'Error: toy came to a state that is not whole: enter its history from outside only',
    });
    expect(bench.valueOf('toy')).toEqual({ both: { left: 'x', right: 'x' } });
  });

  test('an output that JSON would change', () => {
    const toy = createMachine({
      initial: 'a',
      output: () => new Map(),
      states: { a: { on: { GO: 'b' } }, b: { type: 'final' } },
    });
    const bench = createBench({ toy });
    expect(bench.send('GO').received.disposition).toBe('dead');
    expect(bench.valueOf('toy')).toBe('a');
  });
});

describe('charts that never become idle quarantine the message, and the process goes on', () => {
  const echo = (to: string) =>
    chart({ on: { BALL: { actions: tell(to, 'BALL') }, HELLO: { actions: says('still here') } } });

  test('two actors that answer each other without end', () => {
    const bench = createBench({ ann: echo('bob'), bob: echo('ann') });
    const reason = 'Error: more than 1000 messages in one step: the actors do not come to rest';
    expect(bench.send('BALL', 'ann').received).toMatchObject({ disposition: 'dead', reason });
    expect(emittedIn(bench.send('HELLO', 'bob'))).toEqual(['bob: still here']);
  });

  test('an actor that sends to itself without end', () => {
    expect(createBench({ toy: echo('toy') }).send('BALL').received.disposition).toBe('dead');
  });

  test('always transitions without end, and an event that raises itself', () => {
    const toy = chart({
      initial: 'rest',
      states: { rest: { on: { GO: 'a' } }, a: { always: 'b' }, b: { always: 'a' } },
      on: { AGAIN: { actions: raise({ type: 'AGAIN' }) }, HELLO: { actions: says('still here') } },
    });
    const bench = createBench({ toy });
    for (const type of ['GO', 'AGAIN']) {
      const { received } = bench.send(type);
      expect(received.disposition).toBe('dead');
      expect(received.reason).toContain('more than 1000 microsteps');
    }
    expect(emittedIn(bench.send('HELLO'))).toEqual(['toy: still here']);
  });

  test('actors that cannot start stay in their initial states, with no effects', () => {
    const starting = (to: string) =>
      chart({ entry: [says('started'), tell(to, 'BALL')], on: { BALL: { actions: tell(to, 'BALL') } } });
    const bench = createBench({ ann: starting('bob'), bob: starting('ann') });
    const first = bench.send('HELLO', 'ann');
    expect(first.received.disposition).toBe('dead');
    expect(emittedIn(first)).toEqual(['ann: incident.opened']);
    expect(bench.send('HELLO', 'bob').received.disposition).toBe('ignored');
  });

  test('a long exchange that ends is applied', () => {
    const counting = (to: string) =>
      chart({
        on: {
          BALL: {
            guard: ({ event }) => event['n'] > 0,
            actions: enqueueActions(({ enqueue, system, event }) => {
              const ball: AnyEventObject = { type: 'BALL', n: event['n'] - 1 };
              enqueue.sendTo(system.get(to), ball);
            }),
          },
        },
      });
    const bench = createBench({ ann: counting('bob'), bob: counting('ann') });
    expect(bench.send('BALL', 'ann', { n: 999 }).received.disposition).toBe('applied');
    expect(bench.send('BALL', 'ann', { n: 1000 }).received.disposition).toBe('dead');
  });
});

// A message that makes a chart fail: its step has no effect, the message is quarantined, an incident is opened,
// and the system goes on. A person can retry the message or discard it.

import { describe, expect, test } from 'vitest';
import { assign } from 'xstate';
import { fromStored, toStored } from '../../src/step/snapshot.ts';
import { createBench, emittedIn } from './toy-bench.ts';
import { chart, says, tell } from './toy-words.ts';

/** Fails on GO until FIX: a guard that looks at the context. */
const fragile = chart({
  id: 'fragile',
  context: { fixed: false, seen: 0 },
  initial: 'a',
  states: {
    a: {
      after: { 10: { guard: ({ context }) => mustBeFixed(context['fixed']), target: 'late' } },
      on: {
        GO: { guard: ({ context }) => mustBeFixed(context['fixed']), target: 'b', actions: says('went') },
        FIX: { actions: assign({ fixed: true }) },
        SEE: { actions: assign({ seen: ({ context }) => context['seen'] + 1 }) },
        BREAK: {
          actions: [
            says('before it broke'),
            tell('world', 'ASK'),
            tell('other', 'HELLO'),
            assign(() => mustBeFixed(false)),
          ],
        },
      },
    },
    b: {},
    late: {},
  },
});
const mustBeFixed = (fixed: boolean): true => {
  if (!fixed) throw new Error('it is broken');
  return true;
};
const other = chart({
  on: { HELLO: { actions: says('hello') }, 'incident.retry': { actions: says('retried') } },
});
const createFragile = () => createBench({ toy: fragile, other });

describe('a message that makes a chart fail', () => {
  test('is recorded as dead with the error, and an incident is opened', () => {
    const bench = createFragile();
    const result = bench.send('GO', 'toy', { x: 1 });
    expect(result.received).toMatchObject({ version: 1, disposition: 'dead', type: 'GO', data: { x: 1 } });
    expect(result.received.reason).toContain('it is broken');
    expect(result.events).toMatchObject([
      {
        seq: 1,
        actor: 'toy',
        type: 'incident.opened',
        causationId: 'm1',
        data: {
          actor: 'toy',
          reason: 'message-quarantined',
          text: "the message GO makes the chart 'toy' fail, and was set aside",
        },
      },
    ]);
    expect(result.state.quarantined).toMatchObject([
      { messageId: 'm1', to: 'toy', message: { type: 'GO', x: 1 }, at: 1000 },
    ]);
  });

  test('has no effect: no event, no call, no message to another actor, no state change', () => {
    const bench = createFragile();
    bench.send('SEE');
    const before = JSON.parse(toStored(bench.state()));
    const result = bench.send('BREAK');
    expect(result.received.reason).toBe('Error: it is broken');
    expect(emittedIn(result)).toEqual(['toy: incident.opened']);
    expect(result.calls).toEqual([]);
    const { quarantined, ...after } = JSON.parse(toStored(bench.state()));
    expect({ ...after, quarantined: [] }).toEqual({ ...before, version: 2, events: 1 });
    expect(quarantined).toHaveLength(1);
  });

  test('leaves no actions behind for the next message', () => {
    const bench = createFragile();
    bench.send('BREAK');
    const next = bench.send('FIX');
    expect([next.received.disposition, next.events, next.calls]).toEqual(['applied', [], []]);
  });

  test('does not stop the first message from starting the actors', () => {
    const bench = createFragile();
    bench.send('GO');
    expect([...bench.state().deadlines.keys()]).toEqual(['toy:xstate.after.10.fragile.a']);
  });

  test('may be a deadline, which has then fired, or the reply to a call, which is then finished', () => {
    const bench = createFragile();
    bench.send('WHAT');
    const fired = bench.ringNext();
    expect(fired.received).toMatchObject({ disposition: 'dead', type: 'xstate.after.10.fragile.a' });
    expect(bench.state().deadlines.size).toBe(0);
    bench.send('FIX');
    expect(bench.send('incident.retry').received.disposition).toBe('applied');
    expect(bench.valueOf('toy')).toBe('late');

    const asking = createBench({
      toy: chart({ entry: tell('world', 'ASK'), on: { NO: { guard: () => mustBeFixed(false) } } }),
    });
    const callId = asking.send('WHAT').calls[0]?.callId ?? '';
    expect(asking.reply(callId, { type: 'NO' })).toMatchObject({
      received: { disposition: 'dead' },
      finishedCalls: [callId],
    });
    expect(asking.state().calls.size).toBe(0);
  });

  test('survives being stored and loaded', () => {
    const bench = createFragile();
    bench.send('GO');
    expect(fromStored(bench.system, toStored(bench.state())).quarantined).toEqual(bench.state().quarantined);
  });

  test('is quarantined too if it goes to an unknown actor, or from outside to a service', () => {
    const bench = createFragile();
    expect(bench.send('GO', 'nobody').received).toMatchObject({
      disposition: 'dead',
      reason: "Error: this system has no actor 'nobody'",
    });
    expect(bench.send('incident.retry', 'nobody').received).toMatchObject({
      disposition: 'ignored',
      reason: "it fails again: Error: this system has no actor 'nobody'",
    });
    const result = bench.send('ASK', 'world');
    expect(result.received).toMatchObject({
      disposition: 'dead',
      reason: "Error: this system has no actor 'world'",
    });
    expect(result.calls).toEqual([]);
  });
});

describe('a person', () => {
  test('retries it, and it succeeds once the cause is gone', () => {
    const bench = createFragile();
    bench.send('GO');
    bench.send('FIX');
    const retried = bench.send('incident.retry', 'toy', { note: 'fixed' });
    expect(retried.received.disposition).toBe('applied');
    expect(retried.events).toMatchObject([
      { type: 'incident.closed', actor: 'toy', data: { actor: 'toy', how: 'retried', note: 'fixed' } },
      { type: 'went' },
    ]);
    expect(bench.state().quarantined).toEqual([]);
    expect(bench.valueOf('toy')).toBe('b');
  });

  test('retries it, and if it fails again nothing changes', () => {
    const bench = createFragile();
    bench.send('GO');
    const before = bench.state().quarantined;
    const retried = bench.send('incident.retry');
    expect(retried.received.disposition).toBe('ignored');
    expect(retried.received.reason).toMatch(/^it fails again: .*it is broken/s);
    expect(retried.events).toEqual([]);
    expect(bench.state().quarantined).toEqual(before);
    expect(bench.valueOf('toy')).toBe('a');
  });

  test('discards it, with a note, and it is not delivered again', () => {
    const bench = createFragile();
    bench.send('GO');
    bench.send('FIX');
    const resolved = bench.send('incident.resolve', 'toy', { outcome: 'discarded', note: 'not needed' });
    expect(resolved.events).toMatchObject([
      { type: 'incident.closed', data: { how: 'resolved', note: 'not needed' } },
    ]);
    expect(bench.state().quarantined).toEqual([]);
    expect(bench.valueOf('toy')).toBe('a');
  });

  test('handles several one by one, the oldest first, each with its own actor', () => {
    const bench = createFragile();
    bench.send('GO', 'toy', { n: 1 });
    bench.send('BREAK');
    expect(emittedIn(bench.send('incident.retry', 'other'))).toEqual(['other: retried']);
    bench.send('incident.resolve', 'toy', { note: '' });
    expect(bench.state().quarantined.map(({ message }) => message.type)).toEqual(['BREAK']);
  });

  test('has nothing to retry if nothing is quarantined: the message goes to the chart', () => {
    const bench = createFragile();
    expect(bench.send('incident.retry', 'other').received.disposition).toBe('applied');
    expect(bench.send('incident.retry').received.disposition).toBe('ignored');
  });
});

// A message that makes a chart fail: nothing of its step is kept, the message is set aside, a person is told,
// and the system goes on. The person can try it again or discard it.

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
  test('is dead, with what was thrown, and an incident is opened', () => {
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

  test('leaves nothing of its step: no event, no call, no word to another actor, no state', () => {
    const bench = createFragile();
    bench.send('SEE');
    const before = JSON.parse(toStored(bench.system, bench.state()));
    const result = bench.send('BREAK');
    expect(result.received.reason).toBe('Error: it is broken');
    expect(emittedIn(result)).toEqual(['toy: incident.opened']);
    expect(result.calls).toEqual([]);
    const { quarantined, ...after } = JSON.parse(toStored(bench.system, bench.state()));
    expect({ ...after, quarantined: [] }).toEqual({ ...before, version: 2, events: 1 });
    expect(quarantined).toHaveLength(1);
  });

  test('leaves nothing behind that the next message would carry out', () => {
    const bench = createFragile();
    bench.send('BREAK');
    const next = bench.send('FIX');
    expect([next.received.disposition, next.events, next.calls]).toEqual(['applied', [], []]);
  });

  test('does not keep the first message from starting the actors', () => {
    const bench = createFragile();
    bench.send('GO');
    expect([...bench.state().deadlines.keys()]).toEqual(['toy:xstate.after.10.fragile.a']);
  });

  test('may be a deadline, which has rung then, and the reply to a call, which is finished then', () => {
    const bench = createFragile();
    bench.send('WHAT');
    const rung = bench.ringNext();
    expect(rung.received).toMatchObject({ disposition: 'dead', type: 'xstate.after.10.fragile.a' });
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
    expect(fromStored(bench.system, toStored(bench.system, bench.state())).quarantined).toEqual(
      bench.state().quarantined,
    );
  });

  test('to nobody of the system, and one from outside to a service, are set aside as well', () => {
    const bench = createFragile();
    expect(bench.send('GO', 'nobody').received).toMatchObject({
      disposition: 'dead',
      reason: "Error: this system has no actor 'nobody'",
    });
    expect(bench.send('incident.retry', 'nobody').received).toMatchObject({
      disposition: 'ignored',
      reason: "it fails again: Error: this system has no actor 'nobody'",
    });
    const told = bench.send('ASK', 'world');
    expect(told.received).toMatchObject({
      disposition: 'dead',
      reason: "Error: this system has no actor 'world'",
    });
    expect(told.calls).toEqual([]);
  });
});

describe('a person', () => {
  test('tries it again, and it succeeds once what made it fail is gone', () => {
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

  test('tries it again, and where it fails again nothing changes', () => {
    const bench = createFragile();
    bench.send('GO');
    const parked = bench.state().quarantined;
    const retried = bench.send('incident.retry');
    expect(retried.received.disposition).toBe('ignored');
    expect(retried.received.reason).toMatch(/^it fails again: .*it is broken/s);
    expect(retried.events).toEqual([]);
    expect(bench.state().quarantined).toEqual(parked);
    expect(bench.valueOf('toy')).toBe('a');
  });

  test('discards it, with a note, and it is not made again', () => {
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

  test('deals with several one by one, the oldest first, each with its own actor', () => {
    const bench = createFragile();
    bench.send('GO', 'toy', { n: 1 });
    bench.send('BREAK');
    expect(emittedIn(bench.send('incident.retry', 'other'))).toEqual(['other: retried']);
    bench.send('incident.resolve', 'toy', { note: '' });
    expect(bench.state().quarantined.map(({ message }) => message.type)).toEqual(['BREAK']);
  });

  test('has nothing to retry where nothing was set aside: the chart is asked', () => {
    const bench = createFragile();
    expect(bench.send('incident.retry', 'other').received.disposition).toBe('applied');
    expect(bench.send('incident.retry').received.disposition).toBe('ignored');
  });
});

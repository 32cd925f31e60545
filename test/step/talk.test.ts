// What actors say to each other and to their services, now and later: who hears it, in which order, and what
// becomes a call or a deadline.
import { describe, expect, test } from 'vitest';
import { emit, raise, sendTo } from 'xstate';
import { newYear, untilPaying } from './stories.ts';
import { createBench, emittedIn } from './toy-bench.ts';
import { chart, type Seen, says, tell, tellLater, word } from './toy-words.ts';

describe('calls', () => {
  test('carry the idempotency key of the chart, or their own id if it gives none', () => {
    const toy = chart({
      on: {
        KEYED: { actions: tell('world', 'ASK', { key: 'mine' }) },
        BARE: { actions: tell('world', 'ASK') },
      },
    });
    const bench = createBench({ toy });
    expect(bench.send('KEYED').calls[0]?.command.key).toBe('mine');
    const [bare] = bench.send('BARE').calls;
    expect(bare?.command.key).toBe('o/calls/2.1');
    expect(bare?.callId).toBe('o/calls/2.1');
  });

  test('with the same key say when it was used first, however often it is tried', () => {
    const story = untilPaying();
    const charged = newYear;
    story.at(100);
    story.answer('gateway', 'gateway.failed', { reason: 'unavailable' });
    const again = story.ring();
    expect(
      again.calls.map(({ command, keyFirstUsedAt, at }) => [command['type'], keyFirstUsedAt, at]),
    ).toEqual([['gateway.charge', charged, charged + 1100]]);
    story.answer('gateway', 'gateway.unknown', { reason: 'key-expired' });
    const looked = story.ring();
    expect(looked.calls.map(({ command, keyFirstUsedAt }) => [command['type'], keyFirstUsedAt])).toEqual([
      ['gateway.look-up', charged],
    ]);
    const renewed = story.answer('gateway', 'gateway.absent');
    expect(
      renewed.calls.map(({ command, keyFirstUsedAt }) => [command['type'], command.key, keyFirstUsedAt]),
    ).toEqual([['gateway.charge', 'order-1/charge/2', story.now()]]);
  });

  test('can be decided by a deadline: the message waits, then becomes a call of the actor that sent it', () => {
    const toy = chart({
      on: {
        LATER: { actions: tellLater('world', 'ASK', 5, { what: 1 }) },
        ANSWER: { actions: says('answered') },
      },
    });
    const bench = createBench({ toy });
    expect(bench.send('LATER').calls).toEqual([]);
    const fired = bench.ringNext();
    expect(fired.received).toMatchObject({ to: 'world', type: 'ASK', disposition: 'applied' });
    expect(fired.calls).toMatchObject([
      { actor: 'toy', service: 'world', command: { type: 'ASK', what: 1 } },
    ]);
    expect(bench.reply(fired.calls[0]?.callId ?? '', { type: 'ANSWER' })?.events).toHaveLength(1);
  });
});

describe('between the actors of a system', () => {
  test('one that has not started yet hears what was said to it when it starts', () => {
    const bench = createBench({
      early: chart({
        entry: [tell('late', 'HELLO'), says('early')],
        on: { THANKS: { actions: says('thanked') } },
      }),
      late: chart({
        entry: says('late'),
        on: { HELLO: { actions: [says('heard'), tell('early', 'THANKS')] } },
      }),
    });
    expect(emittedIn(bench.send('WHAT', 'early'))).toEqual([
      'early: early',
      'late: late',
      'late: heard',
      'early: thanked',
    ]);
  });

  test('one that has ended receives nothing, and nobody else does instead', () => {
    const bench = createBench({
      toy: chart({
        on: {
          GO: { actions: [tell('gone', 'HELLO'), says('said')] },
          HELLO: { actions: says('its own words') },
        },
      }),
      gone: chart({
        initial: 'over',
        states: { over: { type: 'final' } },
        on: { HELLO: { actions: says('heard') } },
      }),
    });
    expect(emittedIn(bench.send('GO'))).toEqual(['toy: said']);
  });

  test('an actor starts once, with the first message, also an ignored one', () => {
    const bench = createBench({ toy: chart({ entry: says('started') }) });
    expect(bench.state().version).toBe(0);
    const first = bench.send('WHAT');
    expect(first.received.disposition).toBe('ignored');
    expect(emittedIn(first)).toEqual(['toy: started']);
    expect(emittedIn(bench.send('WHAT'))).toEqual([]);
  });

  test('a delay that is no number means now, as in XState', () => {
    const delay = ({ event }: Seen) => event['delay'];
    const toy = chart({
      on: {
        RAISE: { actions: [raise({ type: 'RANG' }, { delay }), says('said')] },
        SEND: { actions: [sendTo(({ self }) => self, { type: 'RANG' }, { delay }), says('said')] },
        RANG: { actions: says('rang') },
      },
    });
    const bench = createBench({ toy });
    for (const type of ['RAISE', 'SEND']) {
      expect(emittedIn(bench.send(type, 'toy', { delay: null }))).toEqual(['toy: said', 'toy: rang']);
      expect(bench.state().deadlines.size).toBe(0);
    }
  });

  test('an id that is used again means one more deadline, as in XState', () => {
    const ring = (n: number) => raise(word('RANG', { n }), { id: 'bell', delay: 5 });
    const toy = chart({
      entry: [ring(1), raise(word('RANG', { n: 2 }), { delay: 5 })],
      on: {
        AGAIN: { actions: ring(3) },
        RANG: { actions: emit(({ event }) => ({ type: `ring ${event['n']}` })) },
      },
    });
    const bench = createBench({ toy });
    bench.send('AGAIN');
    const fired = [bench.ringNext(), bench.ringNext(), bench.ringNext()].flatMap(emittedIn);
    expect(fired).toEqual(['toy: ring 1', 'toy: ring 2', 'toy: ring 3']);
  });
});

// Recorded messages are taken again as they came: by the call or the deadline that they ended. What cannot have come there
// is named.
import { expect, test } from 'vitest';
import { assign } from 'xstate';
import { InvariantViolation } from '../../src/step/invariants.ts';
import { toCause } from '../../src/step/quarantine.ts';
import { type Recorded, replayAll, replayMessage } from '../../src/step/replay.ts';
import { newSystem, toStored } from '../../src/step/snapshot.ts';
import { quarantine, type StepResult } from '../../src/step/step.ts';
import type { SystemState } from '../../src/step/system-state.ts';
import { createBench } from './toy-bench.ts';
import { chart, tellLater } from './toy-words.ts';

const at = 2000;
const received: Recorded = {
  ...{ version: 1, messageId: 'm1', kind: 'message', to: 'toy', type: 'GO', data: {} },
  ...{ causationId: null, at, disposition: 'applied', reason: null },
};
/** Sets a deadline for each delay, whose message carries what `said` says. */
const openWith = (
  ...deadlines: readonly (readonly [delay: number, said: Readonly<Record<string, unknown>>])[]
) => {
  const entry = deadlines.map(([delay, said]) => tellLater('toy', 'RING', delay, said));
  const heard = assign({ heard: ({ event }) => event['what'] ?? 'nothing' });
  const bench = createBench({
    toy: chart({ context: { heard: '' }, entry, on: { RING: { actions: heard } } }),
  });
  bench.send('GO');
  return bench;
};
const replayRing = (bench: ReturnType<typeof openWith>, data: Recorded['data']) =>
  replayMessage(bench.system, 'o', bench.state(), {
    ...received,
    version: 2,
    kind: 'deadline',
    type: 'RING',
    data,
  });

test('a message, a reply and a deadline are taken again with the same results', () => {
  const toy = chart({
    context: { n: 0 },
    on: { GO: { actions: assign({ n: ({ context }) => context['n'] + 1 }) } },
  });
  const bench = createBench({ toy });
  const { received: recorded, state } = bench.send('GO');
  const replayed = replayMessage(bench.system, 'o', newSystem(bench.system, 1000, 'correlation'), recorded);
  const result: StepResult | undefined = typeof replayed === 'string' ? undefined : replayed.result;
  expect(result && toStored(result.state)).toBe(toStored(state));
});

test('a reply to a call that is not pending is named', () => {
  const bench = openWith();
  const reply: Recorded = {
    ...received,
    version: 2,
    kind: 'reply',
    messageId: 'o/calls/1.1/reply',
    type: 'DONE',
  };
  expect(replayMessage(bench.system, 'o', bench.state(), reply)).toBe(
    'message 2 (DONE) answers a call that was not pending',
  );
});

test.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>]>([
  ['other text', { what: 'a' }, { what: 'b' }],
  ['another type', { what: '1' }, { what: 1 }],
  ['nothing instead of data', { what: { a: 1 } }, { what: null }],
  ['data instead of nothing', { what: null }, { what: { a: 1 } }],
  ['a list instead of data', { what: { 0: 'a' } }, { what: ['a'] }],
  ['one property less', { what: { a: 1, b: 2 } }, { what: { a: 1 } }],
  ['another property', { what: { a: 1 } }, { what: { b: 1 } }],
])('a deadline whose message has %s was not set', (_, set, recorded) => {
  expect(replayRing(openWith([100, set]), recorded)).toBe('message 2 (RING) is a deadline that was not set');
});

test('the order of properties, and those that are undefined, make no other message', () => {
  const bench = openWith([100, { what: { a: 1, b: [2] } }]);
  expect(replayRing(bench, { what: { b: [2], a: 1, c: undefined } })).toMatchObject({
    result: { received: { disposition: 'applied' } },
  });
});

test('of deadlines with the same message the one that is due first has fired', () => {
  for (const delays of [
    [300, 100, 200],
    [100, 200],
  ]) {
    const bench = openWith(...delays.map((delay) => [delay, {}] as const));
    expect(replayRing(bench, {})).toMatchObject({ incoming: { kind: 'deadline', dueAt: 1100 } });
  }
});

test('a deadline of another actor with the same message has not fired', () => {
  const other = chart({ entry: tellLater('other', 'RING', 50) });
  const toy = chart({ entry: tellLater('toy', 'RING', 100) });
  const bench = createBench({ other, toy });
  bench.send('GO');
  const ring: Recorded = { ...received, version: 2, kind: 'deadline', type: 'RING' };
  expect(replayMessage(bench.system, 'o', bench.state(), ring)).toMatchObject({ incoming: { dueAt: 1100 } });
});

test('a commit that would break the numbering of an order quarantines its message with the reason', () => {
  const bench = openWith();
  const incoming = {
    ...{ orderId: 'o', at, messageId: 'm2', to: 'toy', causationId: null },
    message: { type: 'GO' },
    kind: 'message',
  } as const;
  const error = new InvariantViolation('numbering', 'message 3 after 1');
  expect(quarantine(bench.system, bench.state(), incoming, toCause(error))?.events).toMatchObject([
    {
      type: 'incident.opened',
      data: { reason: 'invariant-violated', text: expect.stringContaining('numbered without a gap') },
    },
  ]);
});

const does = { actions: assign({ n: 1 }) };

test.each([
  ['an error', new Error('no room'), undefined],
  ['an invariant', new InvariantViolation('numbering', 'message 3 after 1'), 'numbering'],
])(
  'what was quarantined because its commit failed with %s is replayed as quarantined',
  (_, error, violated) => {
    const bench = createBench({ toy: chart({ on: { GO: does, STOP: does } }) });
    const history = [bench.send('GO').received];
    const fail = (state: SystemState, type: string): SystemState => {
      const messageId = `failed-${state.version}`;
      const message = { orderId: 'o', at, messageId, to: 'toy', message: { type }, causationId: null };
      const result = quarantine(bench.system, state, { kind: 'message', ...message }, toCause(error));
      if (result === undefined) throw new Error('a message always has a disposition');
      history.push(result.received);
      return result.state;
    };
    const failed = fail(bench.state(), 'STOP');
    const failedAgain = fail(failed, 'incident.retry');
    expect(history.map(({ disposition }) => disposition)).toEqual(['applied', 'dead', 'ignored']);
    const replayed = replayAll(bench.system, 'o', history, '1');
    expect(typeof replayed === 'string' ? replayed : toStored(replayed)).toBe(toStored(failedAgain));
    expect(failedAgain.quarantined.map((each) => each.violated)).toEqual([violated]);
  },
);

test('a message that is recorded as ignored, and would be applied, does not become a quarantined one', () => {
  const bench = createBench({ toy: chart({ on: { GO: does } }) });
  const ignored = { ...received, disposition: 'ignored', reason: 'the actor has reached its final state' };
  const replayed = replayMessage(bench.system, 'o', bench.state(), ignored);
  expect(replayed).toMatchObject({ result: { received: { disposition: 'applied' } } });
});

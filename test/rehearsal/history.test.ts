// Recorded histories on other charts: the shop's version 1 on version 2, where only words differ, and toy charts that do
// something else.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { newestVersion } from '../../machines/registry.ts';
import { toChartSystem } from '../../src/application.ts';
import type { OrderRecords } from '../../src/audit-source.ts';
import { limits } from '../../src/limits.ts';
import { rehearseHistory } from '../../src/rehearsal/history.ts';
import { shop } from '../../src/shop/shop.ts';
import { migrate } from '../../src/step/migration.ts';
import { type RegisteredSystem, registerSystem } from '../../src/step/register.ts';
import { newSystem, toStored } from '../../src/step/snapshot.ts';
import { type Incoming, type StepResult, step } from '../../src/step/step.ts';
import type { SystemState } from '../../src/step/system-state.ts';
import { isSettled, toMainState } from '../../src/step/view.ts';
import { decode } from '../fingerprint/fingerprint.ts';
import { startedAt } from '../fingerprint/walks.ts';
import { chart, says, tell } from '../step/toy-words.ts';

/** What a store keeps of an order that had these results. */
const toRecords = (
  orderId: string,
  state: SystemState,
  results: readonly StepResult[],
  mainActor: string,
): OrderRecords => ({
  orderId,
  order: {
    ...{ orderId, version: state.version, lastSeq: state.events, owner: 'ada', incident: false },
    ...{ state: toMainState({ mainActor }, state), settled: isSettled(state), chartVersion: state.charts },
    ...{ createdAt: startedAt, updatedAt: state.updatedAt, wakeAt: null, unreadable: null },
    system: toStored(state),
  },
  received: results.map(({ received }) => ({ ...received, data: JSON.stringify(received.data) })),
  events: results.flatMap(({ events }) =>
    events.map((event, position) => ({ ...event, position, data: JSON.stringify(event.data) })),
  ),
  calls: [],
  rows: {},
});

/** Takes messages through the charts of `version`. */
const record = (
  system: RegisteredSystem,
  mainActor: string,
  incoming: readonly Incoming[],
  version: string,
): OrderRecords => {
  let state = newSystem(system, startedAt, 'correlation', version);
  const results: StepResult[] = [];
  for (const next of incoming) {
    const result = step(system, state, next);
    if (result === undefined) continue;
    ({ state } = result);
    results.push(result);
  }
  return toRecords(incoming[0]?.orderId ?? '', state, results, mainActor);
};

describe('the shop', () => {
  const system = registerSystem(toChartSystem(shop), limits);
  const walks = decode(
    readFileSync(resolve(import.meta.dirname, '../../machines/fingerprints/version-1.gz')),
  );
  const rehearse = (records: OrderRecords, to: string) =>
    rehearseHistory({ application: shop, system, to }, records);

  /** Version 2 tells customers of cancellations and refunds: the only thing that it does and version 1 did not. */
  const byNotices =
    /^mailer\.\w+ \(to notification\): answers no pending call now$|^in (completed|failed) then settled \/ now not settled$/;
  const hasNewNotice = ({ events }: OrderRecords): boolean =>
    events.some(({ type }) => type === 'order.cancelled' || type === 'payment.refunded');

  test('every recorded walk of version 1 leads to the same events and states on version 2, but for words and new notices', () => {
    const events = new Set<string>();
    for (const { incoming } of walks) {
      const records = record(system, 'order', incoming, '1');
      const difference = rehearse(records, newestVersion)?.difference;
      if (difference !== undefined)
        expect([difference, hasNewNotice(records)]).toEqual([expect.stringMatching(byNotices), true]);
      for (const { type, data } of records.events) {
        events.add(type);
        for (const word of ['paid-but-not-sold', '"sold"']) {
          if (data.includes(word)) events.add(word);
        }
      }
    }
    expect([...events]).toEqual(
      expect.arrayContaining(['order.failed', 'incident.opened', 'paid-but-not-sold', '"sold"']),
    );
  });

  test('an order that was moved on its way is replayed on the new charts from its first message on', () => {
    for (const { incoming } of walks.slice(0, 100)) {
      let state = newSystem(system, startedAt, 'correlation', '1');
      const results: StepResult[] = [];
      for (const next of incoming.slice(0, 3)) {
        const result = step(system, state, next);
        if (result === undefined) continue;
        ({ state } = result);
        results.push(result);
      }
      const orderId = incoming[0]?.orderId ?? '';
      const request = { orderId, at: state.updatedAt, messageId: 'move', actor: 'order' };
      const moved = migrate(system, state, { ...request, to: newestVersion, why: 'test', who: 'ada' });
      if (moved.kind !== 'maps') throw new Error(moved.text);
      const records = toRecords(orderId, moved.result.state, [...results, moved.result], 'order');
      for (const to of [newestVersion, '1']) {
        const difference = rehearse(records, to)?.difference;
        if (difference !== undefined) {
          expect([difference, hasNewNotice(records)]).toEqual([expect.stringMatching(byNotices), true]);
        }
      }
    }
  });

  test('a message that is missing in the record, an event that was not said, and no message are differences', () => {
    const [walk] = walks;
    const records = record(system, 'order', walk?.incoming ?? [], '1');
    const [first, ...rest] = records.events;
    expect(rehearse({ ...records, events: rest }, newestVersion)).toMatchObject({
      message: 1,
      difference: expect.stringMatching(/^order\.place: events then .* \/ now order\.created$/),
    });
    const other = { ...records, events: [{ ...first, data: '{"amount":1}' }, ...rest] } as OrderRecords;
    expect(rehearse(other, newestVersion)?.difference).toMatch(
      /^order\.place: the event order\.created differs in /,
    );
    expect(rehearse({ ...records, received: [] }, newestVersion)).toEqual({
      message: null,
      difference: 'its messages are missing',
    });
  });
});

describe('other charts', () => {
  interface Other {
    readonly delay?: string;
    readonly attempt?: number;
    readonly say?: string;
    readonly end?: string;
    readonly tags?: string;
  }
  const toy = (other: Other = {}): AnyStateMachine => {
    const { delay = 'patience', attempt = 1, say = 'asked', end = 'late', tags = 'settled' } = other;
    return chart({
      id: 'toy',
      context: {},
      initial: 'idle',
      states: {
        idle: { tags: 'settled', on: { GO: { target: 'waiting', actions: says(say) } } },
        waiting: {
          entry: tell('world', 'ask', { key: 'o/ask/1', attempt }),
          after: { [delay]: end },
          on: { answer: 'idle' },
        },
        [end]: { tags },
      },
    }).provide({ delays: { [delay]: 60_000 } });
  };
  const rehearseOn = (other: Other, ending: 'reply' | 'deadline') => {
    const system = registerSystem(
      {
        version: '2',
        charts: { toy: toy(other) },
        services: ['world'],
        otherVersions: { 1: { charts: { toy: toy() } } },
      },
      limits,
    );
    const at = startedAt;
    const go: Incoming = {
      kind: 'message',
      ...{ orderId: 'o', at, messageId: 'm', to: 'toy', message: { type: 'GO' }, causationId: null },
    };
    const key = 'toy:xstate.after.patience.toy.waiting';
    const answer = { type: 'answer', key: 'o/ask/1', attempt: 1 };
    const last: Incoming =
      ending === 'reply'
        ? { kind: 'reply', orderId: 'o', at: at + 1, callId: 'o/calls/1.1', message: answer }
        : { kind: 'deadline', orderId: 'o', at: at + 60_000, key, dueAt: at + 60_000 };
    const records = record(system, 'toy', [go, last], '1');
    expect(records.received).toHaveLength(2);
    return rehearseHistory({ application: { mainActor: 'toy' }, system, to: '2' }, records);
  };

  test('the same charts do the same', () => {
    expect(rehearseOn({}, 'reply')).toBeUndefined();
    expect(rehearseOn({}, 'deadline')).toBeUndefined();
  });

  test.each<[string, Other, 'reply' | 'deadline', number | null, string]>([
    ['other events', { say: 'begged' }, 'reply', 1, 'GO: events then asked / now begged'],
    ['another attempt', { attempt: 2 }, 'reply', 2, 'answer (to toy): answers no pending call now'],
    [
      'no such deadline',
      { delay: 'limit' },
      'deadline',
      2,
      'patience (to toy): is a deadline that is not set now',
    ],
    ['another state', { end: 'over' }, 'deadline', null, 'its state then late / now over'],
    [
      'a state that is not settled',
      { tags: 'calm' },
      'deadline',
      null,
      'in late then settled / now not settled',
    ],
  ])('%s: the first difference is named', (_, other, ending, message, difference) => {
    expect(rehearseOn(other, ending)).toEqual({ message, difference });
  });
});

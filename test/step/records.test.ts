// What the step records of whole orders: numbers without gaps, causes, and the same results when it is replayed.
// And that the step is pure, on which all of this depends.
import { describe, expect, test } from 'vitest';
import { messages } from '../../machines/messages.ts';

import { replayMessage } from '../../src/step/replay.ts';
import { newSystem, toStored } from '../../src/step/snapshot.ts';

import { step } from '../../src/step/step.ts';
import type { SystemState } from '../../src/step/system-state.ts';
import { createStory, newYear, orderId, orders, placing, stories } from './stories.ts';

describe.each(stories)('the records of an order that is %s', (_, tellStory) => {
  const story = tellStory();

  test('number its messages without gaps', () => {
    expect(story.results.map(({ received }) => received.version)).toEqual(
      story.results.map((__, index) => index + 1),
    );
    expect(story.results.map(({ state }) => state.version)).toEqual(
      story.results.map((__, index) => index + 1),
    );
  });

  test('say how each message came: from outside, as a reply or as a deadline', () => {
    expect(story.results.map(({ received }) => received.kind)).toEqual(
      story.incoming.map(({ kind }) => kind),
    );
  });

  test('number its events without gaps, each with an id of its own and the version of its schema', () => {
    const events = story.events();
    expect(events.map(({ seq }) => seq)).toEqual(events.map((__, index) => index + 1));
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(events.length);
    expect(story.state().events).toBe(events.length);
    for (const { type, schemaVersion } of events)
      expect([type in messages, schemaVersion]).toEqual([true, 1]);
  });

  test('name the message that caused each thing', () => {
    const known = new Set<string>();
    for (const { received, events, calls } of story.results) {
      if (received.causationId !== null) expect(known).toContain(received.causationId);
      expect(known).not.toContain(received.messageId);
      known.add(received.messageId);
      for (const { causationId } of [...events, ...calls]) expect(causationId).toBe(received.messageId);
      for (const { correlationId } of [received, ...events, ...calls])
        expect(correlationId).toBe('correlation-1');
    }
  });

  test('give each call an id of its own, and keep it until its reply', () => {
    const made = story.results.flatMap(({ calls }) => calls.map(({ callId }) => callId));
    const finished = story.results.flatMap(({ finishedCalls }) => finishedCalls);
    expect(new Set(made).size).toBe(made.length);
    expect([...story.state().calls.keys()]).toEqual(made.filter((callId) => !finished.includes(callId)));
  });

  test('say when each event and call was', () => {
    for (const { received, events, calls, state } of story.results) {
      for (const { at } of [...events, ...calls]) expect(at).toBe(received.at);
      expect(state.updatedAt).toBe(received.at);
    }
  });

  test('lead to the same system when they are replayed', () => {
    const again = createStory();
    for (const incoming of story.incoming) again.take(incoming);
    expect(toStored(again.state())).toBe(toStored(story.state()));
    expect(again.events()).toEqual(story.events());
  });

  test('are enough for a replay: the fold of the received messages is the system', () => {
    let state = newSystem(orders, story.state().createdAt, 'correlation-1');
    for (const [index, { received }] of story.results.entries()) {
      const replayed = replayMessage(orders, orderId, state, received);
      if (typeof replayed === 'string') throw new Error(replayed);
      expect(replayed.incoming).toEqual(story.incoming[index]);
      expect(replayed.result.received).toEqual(received);
      state = replayed.result.state;
    }
    expect(toStored(state)).toBe(toStored(story.state()));
  });
});

describe('the step is pure', () => {
  const frozen = <T>(value: T): T => {
    if (value instanceof Map) {
      for (const each of value.values()) frozen(each);
      const refuse = () => {
        throw new Error('the input is changed');
      };
      Object.assign(value, { set: refuse, delete: refuse, clear: refuse });
    } else if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
      Object.freeze(value);
      // A snapshot leads to its machine, which is not data.
      for (const [name, each] of Object.entries(value))
        if (name !== 'machine' && name !== '_nodes') frozen(each);
    }
    return value;
  };

  test.each(stories)(
    'over an order that is %s: two runs on frozen input give the same, and the input does not change',
    (_, tellStory) => {
      const story = tellStory();
      let state: SystemState = frozen(newSystem(orders, newYear, 'correlation-1'));
      for (const incoming of story.incoming) {
        const before = toStored(state);
        const [first, second] = [step(orders, state, frozen(incoming)), step(orders, state, incoming)];
        if (first === undefined || second === undefined) throw new Error('that was not recorded');
        expect(toStored(second.state)).toBe(toStored(first.state));
        expect({ ...second, state: 0 }).toEqual({ ...first, state: 0 });
        expect(toStored(state)).toBe(before);
        state = frozen(first.state);
      }
      expect(toStored(state)).toBe(toStored(story.state()));
    },
  );

  test('two orders of one system do not affect each other', () => {
    const [one, other] = [createStory(), createStory()];
    one.tell('order', 'order.place', placing);
    expect(other.values()['order']).toBe('placing');
    expect(other.state().calls.size).toBe(0);
  });
});

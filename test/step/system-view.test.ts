// What anyone may see of any system, whatever its application.
import { describe, expect, test } from 'vitest';
import { assign } from 'xstate';
import { viewOf } from '../../src/application.ts';
import { limits } from '../../src/limits.ts';
import { shop } from '../../src/shop/shop.ts';
import { postpone } from '../../src/step/postponement.ts';
import { registerSystem } from '../../src/step/register.ts';
import { newSystem } from '../../src/step/snapshot.ts';
import { endsWait, isSettled, toStoppedView, toSystemView, toTopState } from '../../src/step/view.ts';
import { createStory, newYear, orderId, orderSystem } from './stories.ts';
import { createBench } from './toy-bench.ts';
import { chart, tellLater } from './toy-words.ts';

const toyRules = { mainActor: 'toy', ownerOf: () => 'ada', findMoves: () => [] };
const failing = chart({
  on: {
    FAIL: {
      actions: assign(() => {
        throw new Error('it is broken');
      }),
    },
  },
});

describe('any system', () => {
  test('is settled when each actor is in a settled state or has ended', () => {
    const bench = createBench({
      over: chart({ initial: 'up', states: { up: { on: { END: 'down' } }, down: { type: 'final' } } }),
      calm: chart({ initial: 'calm', states: { calm: { tags: 'settled' } } }),
    });
    bench.send('WHAT', 'over');
    expect(isSettled(bench.state())).toBe(false);
    bench.send('END', 'over');
    expect(isSettled(bench.state())).toBe(true);
  });

  test('names its outermost states', () => {
    const bench = createBench({
      one: chart({ initial: 'a', states: { a: { initial: 'b', states: { b: {} } } } }),
      two: chart({ type: 'parallel', states: { x: {}, y: {} } }),
      three: chart({ initial: 'a', states: { a: {} } }),
    });
    expect([...bench.state().actors.values()].map(({ snapshot }) => toTopState(snapshot))).toEqual([
      'a',
      'x + y',
      'a',
    ]);
  });

  test('that is no order has no view: it says which actor is missing', () => {
    const bench = createBench({ toy: chart({}) });
    expect(() => viewOf(shop, 'x', bench.state())).toThrow("this system has no actor 'order'");
  });

  test('shows a delayed message of a chart by its own id', () => {
    const system = registerSystem(
      {
        ...orderSystem,
        charts: {
          ...orderSystem.charts,
          notification: chart({ entry: tellLater('notification', 'REMIND', 9, {}, 'reminder') }),
        },
      },
      limits,
    );
    const story = createStory(system);
    story.tell('order', 'order.capture');
    expect(viewOf(shop, orderId, story.state()).deadlines).toEqual([
      { actor: 'notification', name: 'notification:reminder', dueAt: newYear + 9 },
    ]);
    expect(newSystem(system, 1, 'c').deadlines.size).toBe(0);
  });

  test('shows when a postponed deadline was due at first', () => {
    const bench = createBench({ toy: chart({ initial: 'a', states: { a: { after: { 10: 'b' } }, b: {} } }) });
    bench.send('HELLO');
    const key = 'toy:xstate.after.10.(machine).a';
    const times = { at: 1010, dueAt: 1010, until: 1500 };
    const result = postpone(bench.state(), {
      ...{ kind: 'postponement', orderId: 'o', key, service: 'world' },
      ...times,
    });
    expect(result && toSystemView(toyRules, 'o', result.state).deadlines).toEqual([
      { actor: 'toy', name: '10', dueAt: 1500, firstDueAt: 1010 },
    ]);
  });

  test('that its host leaves alone shows why, beside its own incidents', () => {
    const bench = createBench({ toy: failing });
    bench.send('FAIL');
    const view = toSystemView(toyRules, 'o', bench.state());
    const stopped = toStoppedView(view, 'toy', 'its commits fail');
    expect(stopped.incidents).toMatchObject([
      { actor: 'toy', reason: 'message-quarantined' },
      { actor: 'toy', reason: 'set-aside', text: 'its commits fail', since: view.updatedAt },
    ]);
    expect(stopped).toEqual({ ...view, incidents: stopped.incidents });
  });
});

describe('who waits for a system gets an answer', () => {
  const working = createBench({ toy: failing }).state();

  test('when it is settled', () => {
    const bench = createBench({ toy: chart({ tags: 'settled' }) });
    expect(endsWait({}, bench.state())).toBe(true);
  });

  test('when it needs a person', () => {
    const bench = createBench({ toy: failing });
    bench.send('FAIL');
    expect(endsWait({}, bench.state())).toBe(true);
  });

  test('when it waits for them', () => {
    expect(endsWait({ awaitsCaller: () => true }, working)).toBe(true);
    expect(toSystemView({ ...toyRules, awaitsCaller: () => true }, 'o', working).awaitsCaller).toBe(true);
  });

  test('and not while it works', () => {
    expect(endsWait({}, working)).toBe(false);
    expect(endsWait({ awaitsCaller: () => false }, working)).toBe(false);
  });
});

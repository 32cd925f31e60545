// What anyone may see of any system, whatever its application.
import { describe, expect, test } from 'vitest';
import { viewOf } from '../../src/application.ts';
import { limits } from '../../src/limits.ts';
import { shop } from '../../src/shop/shop.ts';
import { registerSystem } from '../../src/step/register.ts';
import { newSystem } from '../../src/step/snapshot.ts';
import { isSettled, toTopState } from '../../src/step/view.ts';
import { createStory, newYear, orderId, orderSystem } from './stories.ts';
import { createBench } from './toy-bench.ts';
import { chart, tellLater } from './toy-words.ts';

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
});

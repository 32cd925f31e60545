import { expect, test } from 'vitest';
import { readCharts } from '../../src/inspector/server/charts.ts';
import { findTaken } from '../../src/inspector/server/paths.ts';
import { RollingCounter } from '../../src/inspector/server/rolling-counter.ts';
import { shop } from '../../src/shop/shop.ts';

const order = readCharts(shop).find(({ name }) => name === 'order') ?? expect.fail('there is no order chart');

test.each([
  [['validating'], ['reserving'], 'inventory.check-passed', ['validating>reserving']],
  [
    ['paying.charging'],
    ['compensating.stock.returning', 'compensating.money.returning'],
    'payment.failed',
    ['paying>compensating'],
  ],
  [
    ['paying.charging'],
    ['compensating.stock.returning', 'compensating.money.returning'],
    'xstate.after.payDeadline.order.paying.charging',
    ['paying.charging>compensating'],
  ],
  [
    ['compensating.stock.returning', 'compensating.money.returned'],
    ['failed'],
    'inventory.release-completed',
    ['compensating.stock>compensating.stock.returned', 'compensating>failed'],
  ],
  [['validating'], ['completed.closed'], 'inventory.check-passed', []],
])('the edges from %o to %o by %s are found', (before, after, on, edges) => {
  expect(findTaken(order, before, after, on)).toEqual(edges);
});

test('every edge joins states that the chart has', () => {
  const paths = new Set(order.nodes.map(({ path }) => path));
  expect(order.edges.flatMap(({ from, to }) => [from, to]).filter((path) => !paths.has(path))).toEqual([]);
});

test('counts are forgotten after their time, and not before', () => {
  const counter = new RollingCounter(2);
  counter.add('a');
  counter.endSecond();
  counter.add('a');
  counter.endSecond();
  expect(counter.read()).toEqual({ a: { now: 1, recent: 2 } });
  counter.endSecond();
  expect(counter.read()).toEqual({ a: { now: 0, recent: 1 } });
  counter.endSecond();
  expect(counter.read()).toEqual({});
});

import { expect, test } from 'vitest';
import { readCharts } from '../../src/inspector/charts.ts';
import { findTaken } from '../../src/inspector/paths.ts';
import { Recent } from '../../src/inspector/recent.ts';

const order = readCharts().find(({ name }) => name === 'order') ?? expect.fail('there is no order chart');

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
])('from %o to %o by %s the way is known', (was, is, on, way) => {
  expect(findTaken(order, was, is, on)).toEqual(way);
});

test('every edge joins states that the chart has', () => {
  const paths = new Set(order.nodes.map(({ path }) => path));
  expect(order.edges.flatMap(({ from, to }) => [from, to]).filter((path) => !paths.has(path))).toEqual([]);
});

test('counts are forgotten after their time, and only then', () => {
  const recent = new Recent(2);
  recent.add('a');
  recent.turn();
  recent.add('a');
  recent.turn();
  expect(recent.read()).toEqual({ a: { now: 1, recent: 2 } });
  recent.turn();
  expect(recent.read()).toEqual({ a: { now: 0, recent: 1 } });
  recent.turn();
  expect(recent.read()).toEqual({});
});

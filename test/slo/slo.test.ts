import { expect, test } from 'vitest';
import { createMachine } from 'xstate';
import { parcels } from '../../examples/parcels/parcels.ts';
import { newestVersion } from '../../machines/registry.ts';
import { defineApplication, versionsOf } from '../../src/application.ts';
import { addSloMetrics } from '../../src/metrics.ts';
import { shop } from '../../src/shop/shop.ts';
import { toPlace } from '../../src/slo.ts';
import { SloTracker } from '../../src/slo-tracker.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createFakeClock } from '../fake-clock.ts';
import {
  chargeWhenReleased,
  createCounter,
  never,
  openHost,
  place,
  settleNow,
  shut,
} from '../hosts/harness.ts';
import { shopOfVersion1 } from '../released-shop.ts';

const ofShop = { mainActor: shop.mainActor, versions: versionsOf(shop) };

const open = async () => {
  const clock = createFakeClock();
  const slos = new SloTracker(ofShop, clock);
  const { gateway, release } = chargeWhenReleased();
  const opened = await openHost({ clock, slos, gateway, settings: { CALL_TIMEOUT_MS: 30_000 } });
  addSloMetrics(opened.registry, slos);
  const figures = (state: string) => slos.read().find((each) => each.state === state);
  return { ...opened, slos, release, figures };
};

test('an order that stays longer in a state than its objective allows misses it, and the others are met', async () => {
  const shopOpen = await open();
  const { clock, figures, release, registry } = shopOpen;
  await place(shopOpen);
  await clock.advance(9_999);
  expect(figures('paying.charging')).toMatchObject({ left: 0 });
  await clock.advance(2);
  release();
  await settleNow(shopOpen);
  expect(figures('validating')).toEqual({
    state: 'validating',
    share: 0.99,
    withinMs: 1000,
    left: 1,
    within: 1,
  });
  expect(figures('paying.charging')).toMatchObject({ left: 1, within: 0 });
  expect(figures('notifying')).toMatchObject({ left: 1, within: 1 });
  const printed = await registry.metrics();
  expect(printed).toContain('orderchart_slo_target_seconds{state="paying.charging"} 10');
  expect(printed).toContain('orderchart_slo_target_ratio{state="paying.charging"} 0.95');
  expect(printed).toContain('orderchart_slo_within_ratio{state="paying.charging"} 0');
  expect(printed).toContain('orderchart_slo_within_ratio{state="notifying"} 1');
  expect(printed).toContain('orderchart_slo_left_total{state="paying.charging",within="no"} 1');
  expect(printed).toContain('orderchart_slo_left_total{state="paying.charging",within="yes"} 0');
  await shut(shopOpen);
});

test('the time in a state within another begins with that state, not with the outer one', async () => {
  const shopOpen = await open();
  const { clock, release, registry } = shopOpen;
  await place(shopOpen);
  await clock.advance(4000);
  release();
  await settleNow(shopOpen);
  const printed = await registry.metrics();
  expect(printed).toContain('orderchart_state_seconds_sum{state="paying.charging"} 4');
  expect(printed).toContain('orderchart_state_seconds_sum{state="paying.committing.asking"} 0');
  await shut(shopOpen);
});

test('what left a state more than an hour ago does not count any more', async () => {
  const shopOpen = await open();
  const { clock, figures, release, registry } = shopOpen;
  release();
  await place(shopOpen);
  await settleNow(shopOpen);
  await clock.advance(59 * 60_000);
  expect(figures('validating')).toMatchObject({ left: 1 });
  await clock.advance(2 * 60_000);
  expect(figures('validating')).toMatchObject({ left: 0 });
  const printed = await registry.metrics();
  expect(printed).not.toContain('orderchart_slo_within_ratio{');
  expect(printed).toContain('orderchart_slo_left_total{state="validating",within="yes"} 1');
  await shut(shopOpen);
});

test('orders on charts without objectives are not counted', () => {
  const slos = new SloTracker(ofShop, createFakeClock());
  const left = { state: 'validating', ms: 5 };
  slos.note('1', left);
  slos.note('unknown', left);
  expect(slos.read().every((each) => each.left === 0)).toBe(true);
  slos.note(newestVersion, left);
  expect(
    slos
      .read()
      .filter((each) => each.left === 1)
      .map(({ state }) => state),
  ).toEqual(['validating']);
});

test('a state that was left before a migration in the same commit counts on the charts where it was left', async () => {
  const store = createMemoryStore();
  const ids = createCounter();
  const settings = { DRAIN_MS: 0 };
  const before = await openHost({ store, ids, settings, application: shopOfVersion1, gateway: never });
  const { id: orderId } = await place(before);
  await shut(before, 0);
  const { clock } = before;
  const slos = new SloTracker(ofShop, clock);
  const now = await openHost({ store, ids, settings, clock, slos, gateway: never });
  const message = { type: 'order.cancel', reason: 'no' } as const;
  const [, moved] = await Promise.all([
    now.host.send({ orderId, to: 'order', message, otherwise: 'refuse' }),
    now.host.migrate({ orderId, to: newestVersion, why: 'newer', who: 'ada' }),
  ]);
  expect(moved).toMatchObject({ kind: 'moved' });
  expect(await now.host.get(orderId)).toMatchObject({ state: 'compensating' });
  expect(slos.read().filter(({ left }) => left > 0)).toEqual([]);
  await shut(now, 0);
});

test.each([
  ['a share of 1', { slo: { share: 1, withinMs: 5 } }, 'must be { share, withinMs }'],
  ['a time in words', { slo: { share: 0.9, withinMs: '2 s' } }, 'must be { share, withinMs }'],
])('an objective with %s is refused', (_, meta, problem) => {
  const parcel = createMachine({ initial: 'here', states: { here: { meta } } });
  expect(() => defineApplication({ ...parcels, charts: { ...parcels.charts, parcel } })).toThrow(problem);
});

test('an objective that cannot be measured is refused: on an outer state, in a parallel one, or of another actor', () => {
  const slo = { share: 0.9, withinMs: 5 };
  const inner = { initial: 'first', states: { first: {} } } as const;
  const outer = createMachine({ initial: 'here', states: { here: { ...inner, meta: { slo } } } });
  const parallel = createMachine({
    initial: 'both',
    states: { both: { type: 'parallel', states: { one: { meta: { slo } }, other: {} } } },
  });
  const other = createMachine({ initial: 'here', states: { here: { meta: { slo } } } });
  for (const charts of [{ parcel: outer }, { parcel: parallel }, { tally: other }]) {
    expect(() => defineApplication({ ...parcels, charts: { ...parcels.charts, ...charts } })).toThrow(
      'cannot be measured: only states of parcel without inner states, outside parallel ones',
    );
  }
});

test('a place is the innermost state that the actor is in as a whole', () => {
  expect(toPlace('validating')).toBe('validating');
  expect(toPlace({ paying: { committing: 'asking' } })).toBe('paying.committing.asking');
  expect(toPlace({ compensating: { stock: 'returned', money: 'returning' } })).toBe('compensating');
  expect(toPlace({ completed: {} })).toBe('completed');
});

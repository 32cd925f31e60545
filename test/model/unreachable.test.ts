// What the paths leave out as unreachable is proven: an exploration of everything that could happen to the
// charts that rule it out does not reach it, and reaches all the rest.
import { describe, expect, it } from 'vitest';
import { actorNames } from '../../machines/messages.ts';
import { toChartSystem } from '../../src/application.ts';
import { shop } from '../../src/shop/shop.ts';
import { observeCharts } from '../../src/testing/chart-observer.ts';
import { exploreUnconstrained } from './unconstrained-charts.ts';
import { unreachable } from './unreachable.ts';

const { items } = observeCharts(toChartSystem(shop));

describe('every item of a chart', () => {
  it('has a unique name', () => {
    const names = items.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('a chart alone, whatever it receives', () => {
  it.each(actorNames)('%s covers all of its items but those that it rules out itself', (name) => {
    const met = exploreUnconstrained(name);
    const missing = items.filter(({ chart, name: item }) => chart === name && !met.has(item));
    expect(missing.map((item) => item.name)).toEqual(
      unreachable.filter(({ by }) => by.length === 1 && by[0] === name).map((each) => each.name),
    );
  });
});

describe('charts together, whatever the rest of the world does', () => {
  const groups = Map.groupBy(
    unreachable.filter(({ by }) => by.length > 1),
    ({ by }) => by.join(' and '),
  );

  it.each([...groups])('%s never reach what they rule out', { timeout: 60_000 }, (_, ruledOut) => {
    const met = exploreUnconstrained(...(ruledOut[0]?.by ?? []));
    expect(met.size).toBeGreaterThan(200);
    expect(ruledOut.filter(({ name }) => met.has(name))).toEqual([]);
  });
});

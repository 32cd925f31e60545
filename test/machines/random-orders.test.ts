// Random orders settle correctly whatever happens to them, and every transition of every chart is taken.
import { describe, expect, it } from 'vitest';
import type { AnyStateNode } from 'xstate';
import { runRandomOrder } from './random-orders.ts';
import { rareCases } from './rare-cases.ts';
import { registered, takenTransitions } from './recorded-charts.ts';

const orderCount = 300;
/** A changed chart changes what each seed does: further seeds may take what the first ones missed. */
const maxSeeds = 3000;
const perTest = 50;

describe('a random order', () => {
  const firsts = Array.from({ length: orderCount / perTest }, (_, index) => index * perTest + 1);

  it.each(firsts)('settles with its money and its stock right (seeds from %i)', (first) => {
    const ends = new Set<string>();
    for (let seed = first; seed < first + perTest; seed += 1) ends.add(runRandomOrder(seed).view.state);
    expect(ends).toContain('completed');
    expect(ends).toContain('cancelled');
    expect(ends).toContain('failed');
  });

  it('is the same for the same seed', () => {
    expect(runRandomOrder(7).events).toEqual(runRandomOrder(7).events);
  });
});

describe('a case that random orders rarely reach', () => {
  it.each(rareCases)('settles correctly: %s', (_, begin, steps, end) => {
    const order = begin();
    steps(order);
    expect(order.view).toMatchObject({ ...end, settled: true });
  });
});

/** Every transition of a chart, with its name for reports. */
const toTransitions = (node: AnyStateNode): [object, string][] => [
  ...[...node.transitions.entries(), ['always', node.always ?? []] as const].flatMap(([type, transitions]) =>
    transitions.map((transition, index): [object, string] => [
      transition,
      `${node.id} ${type} #${index} → ${transition.target?.map(({ id }) => id).join() ?? 'stays'}`,
    ]),
  ),
  ...Object.values(node.states).flatMap(toTransitions),
];

describe('every transition', () => {
  it('of every chart is taken by some order', () => {
    const all = [...registered.charts.values()].flatMap(({ machine }) => toTransitions(machine.root));
    const missing = () =>
      all.filter(([transition]) => !takenTransitions.has(transition)).map(([, name]) => name);
    for (let seed = orderCount + 1; missing().length > 0 && seed <= maxSeeds; seed += 1) runRandomOrder(seed);
    expect(missing()).toEqual([]);
  });
});

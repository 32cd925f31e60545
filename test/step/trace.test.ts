import { expect, test } from 'vitest';
import { log } from 'xstate';
import { limits } from '../../src/limits.ts';
import { registerSystem } from '../../src/step/register.ts';
import { newSystem, toStored } from '../../src/step/snapshot.ts';
import { step } from '../../src/step/step.ts';
import { createStory, orderSystem, placing, untilPaying } from './stories.ts';
import { chart, says } from './toy-words.ts';

const observed = registerSystem(orderSystem, limits, () => true);

const tell = () => {
  const story = createStory(observed);
  story.tell('order', 'order.place', placing);
  story.answer('warehouse', 'warehouse.checked', { problems: [] });
  return story;
};

test('in an observed system, a step lists every delivery with sender and receiver, in order', () => {
  const { results } = tell();
  const said = results.map(({ deliveries = [] }) =>
    deliveries.map(({ from, to, message }) => `${from} > ${to}: ${message.type}`),
  );
  expect(said).toEqual([
    [
      'outside > order: order.place',
      'order > inventory: inventory.check',
      'inventory > warehouse: warehouse.check',
    ],
    [
      'warehouse > inventory: warehouse.checked',
      'inventory > order: inventory.check-passed',
      'order > inventory: inventory.reserve',
      'inventory > warehouse: warehouse.reserve',
    ],
  ]);
});

test('a delivery has the snapshots of the receiver before and after it', () => {
  const [first] = tell().results;
  const [placed, , called] = first?.deliveries ?? [];
  expect(placed?.snapshots?.before.value).not.toEqual('validating');
  expect(placed?.snapshots?.after.value).toEqual('validating');
  expect(called).not.toHaveProperty('snapshots');
});

test('being observed changes nothing else', () => {
  const [{ deliveries, logged, state, ...result }, unobserved] = [tell().last(), createStory()];
  unobserved.tell('order', 'order.place', placing);
  unobserved.answer('warehouse', 'warehouse.checked', { problems: [] });
  expect(deliveries).toHaveLength(4);
  expect(logged).toEqual([]);
  expect(unobserved.last()).toMatchObject(result);
  expect(toStored(state)).toBe(toStored(unobserved.state()));
});

test('without observers nothing is noted', () => {
  expect(untilPaying().results.map(({ deliveries }) => deliveries)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('what a chart logs is in the trace, and nowhere else', () => {
  const toy = chart({
    context: { n: 1 },
    entry: log('started'),
    on: { GO: { actions: [log(({ context, event }) => [context['n'], event.type], 'went'), says('went')] } },
  });
  const [isLogged, isNot] = [() => true, () => false].map((isObserved) => {
    const system = registerSystem({ version: '1', charts: { toy }, services: [] }, limits, isObserved);
    const result = step(system, newSystem(system, 1, 'c'), {
      kind: 'message',
      orderId: 'o',
      at: 1,
      messageId: 'm1',
      to: 'toy',
      message: { type: 'GO' },
      causationId: null,
    });
    if (result === undefined) throw new Error('that was not recorded');
    const { deliveries: _, logged, ...rest } = result;
    return { logged, rest: { ...rest, state: toStored(rest.state) } };
  });
  expect(isLogged?.logged).toEqual([
    { actor: 'toy', label: undefined, value: 'started' },
    { actor: 'toy', label: 'went', value: [1, 'GO'] },
  ]);
  expect(isNot?.logged).toBeUndefined();
  expect(isNot?.rest).toEqual(isLogged?.rest);
});

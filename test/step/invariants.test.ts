// What no chart may do, however wrong it is: the message is quarantined with an incident that names the invariant,
// and its step has no effect. The shipped charts never violate an invariant.
import { describe, expect, test } from 'vitest';
import { viewOf } from '../../src/application.ts';
import { limits } from '../../src/limits.ts';
import { shopInvariants } from '../../src/shop/invariants.ts';
import { shop } from '../../src/shop/shop.ts';
import { InvariantViolation } from '../../src/step/invariants.ts';
import { toCause } from '../../src/step/quarantine.ts';
import { type ChartSystem, registerSystem } from '../../src/step/register.ts';
import { fromStored, toStored } from '../../src/step/snapshot.ts';
import { quarantine } from '../../src/step/step.ts';
import { charge, createStory, newYear, orderId, orders, placing, stories, untilPaying } from './stories.ts';
import { createBench } from './toy-bench.ts';
import { chart, tell } from './toy-words.ts';
import {
  asksWithTheKey,
  chargesAgainOncePaid,
  chargesAgainUnderANewKey,
  chargesInAnotherCurrency,
  chargesTwice,
  chargesWithoutStock,
  countsMoreBackThanItTook,
  countsMoreThanItTook,
  freesAnotherCharge,
  refundsMoreThanAsked,
} from './wrong-charts.ts';

type Story = ReturnType<typeof createStory>;
const tellOf = (system: ChartSystem) => createStory(registerSystem(system, limits));
const later = { policy: { ...placing.policy, capture: 'later' } };

/** Placed, checked and reserved. */
const reserve = (system: ChartSystem, facts: object = {}): Story => {
  const story = tellOf(system);
  story.tell('order', 'order.place', { ...placing, ...facts });
  story.answer('warehouse', 'warehouse.checked', { problems: [] });
  story.answer('warehouse', 'warehouse.reserved');
  return story;
};
const pay = (system: ChartSystem): Story => {
  const story = reserve(system);
  story.answer('gateway', 'gateway.charged', charge);
  return story;
};
const complete = (system: ChartSystem): Story => {
  const story = pay(system);
  story.answer('warehouse', 'warehouse.committed');
  story.answer('mailer', 'mailer.sent');
  return story;
};
const refund = (story: Story, amount?: number): Story => {
  const part = amount === undefined ? {} : { amount };
  story.tell('order', 'order.refund', { refundId: 'refund-1', reason: 'it was broken', ...part });
  return story;
};
const cancelAuthorized = (system: ChartSystem): Story => {
  const story = reserve(system, later);
  story.answer('gateway', 'gateway.authorized', charge);
  story.tell('order', 'order.cancel', { reason: 'changed my mind' });
  return story;
};

const bareCharge = (key: string) => tell('gateway', 'gateway.charge', { key, amount: 5, currency: 'USD' });

describe('a message is quarantined', () => {
  test.each<[string, () => Story, string, string]>([
    [
      'that leads to a charge of twice the amount',
      () => reserve(chargesTwice(17_500)),
      'amounts',
      'gateway.charge is about 35000 USD of 17500 USD',
    ],
    [
      'that leads to a charge in another currency',
      () => reserve(chargesInAnotherCurrency),
      'amounts',
      'gateway.charge is about 17500 EUR of 17500 USD',
    ],
    [
      'that leads to a new charge after a time-out',
      () => {
        const story = reserve(chargesAgainUnderANewKey);
        story.answer('gateway', 'gateway.unknown', { reason: 'no-answer' });
        story.ring();
        return story;
      },
      'keys',
      'gateway.charge has the key order-1/charge/2 after order-1/charge/1',
    ],
    [
      'that leads to a charge of what was paid',
      () => pay(chargesAgainOncePaid),
      'charged-once',
      'order-1/charge/1 follows a charge that was paid',
    ],
    [
      'that leads to a charge whose number is not the first',
      () => reserve(asksWithTheKey((id) => `${id}/charge/2`)),
      'keys',
      'gateway.charge has the key order-1/charge/2 after none',
    ],
    [
      'that leads to a charge without a number',
      () => reserve(asksWithTheKey((id) => `${id}/charge/`)),
      'keys',
      'gateway.charge has the key order-1/charge/',
    ],
    [
      'that leads to a charge under a key of more parts',
      () => reserve(asksWithTheKey((id) => `${id}/charge/1/1`)),
      'keys',
      'gateway.charge has the key order-1/charge/1/1',
    ],
    [
      "that leads to a charge under another order's key",
      () => reserve(asksWithTheKey(() => 'order-2/charge/1')),
      'keys',
      'gateway.charge has the key order-2/charge/1',
    ],
    [
      'that sets another charge free',
      () => cancelAuthorized(freesAnotherCharge),
      'keys',
      'gateway.void has the key order-1/void/2 after order-1/charge/1',
    ],
    [
      'that leads to a refund of more than was taken',
      () => refund(complete(refundsMoreThanAsked)),
      'refunds',
      'order-1/refund/refund-1 gives back 35000 USD of 17500 USD',
    ],
    [
      'that leads to a charge while no stock is held',
      () => {
        const story = tellOf(chargesWithoutStock);
        story.tell('order', 'order.place', placing);
        story.answer('warehouse', 'warehouse.checked', { problems: [] });
        return story;
      },
      'stock-held',
      'order-1/charge/1 has no stock that is held',
    ],
    [
      'by which the bank says that it took more than the total',
      () => {
        const story = untilPaying();
        story.answer('gateway', 'gateway.charged', { ...charge, amount: 35_000 });
        return story;
      },
      'amounts',
      'gateway.charged is about 35000 USD of 17500 USD',
    ],
    [
      'by which the bank says that it holds another currency',
      () => {
        const story = untilPaying(later);
        story.answer('gateway', 'gateway.authorized', { ...charge, currency: 'EUR' });
        return story;
      },
      'amounts',
      'gateway.authorized is about 17500 EUR of 17500 USD',
    ],
    [
      'that makes the payment count more than the total',
      () => pay(countsMoreThanItTook),
      'charged-once',
      'the order has 35000 of 17500',
    ],
    [
      'that makes the payment count more back than was taken',
      () => {
        const story = refund(complete(countsMoreBackThanItTook), 500);
        story.answer('gateway', 'gateway.refunded', { refundTransactionId: 'refund-1' });
        return story;
      },
      'refunds',
      'the payment has 17501 back of 17500',
    ],
  ])('%s', (_, tell, invariant, problem) => {
    const story = tell();
    const { received, events, calls } = story.last();
    expect(received).toMatchObject({ disposition: 'dead', reason: `${invariant}: ${problem}` });
    expect(calls).toEqual([]);
    expect(events).toMatchObject([
      {
        type: 'incident.opened',
        data: { reason: 'invariant-violated', text: expect.stringContaining(`(${invariant}: ${problem})`) },
      },
    ]);
    const view = viewOf(shop, orderId, story.state());
    expect(view.incidents).toMatchObject([{ actor: received.to, reason: 'invariant-violated' }]);
    expect(view.moves).toContainEqual(
      expect.objectContaining({ move: 'resolve', actor: received.to, outcomes: ['discarded'] }),
    );
    expect(story.state().quarantined).toMatchObject([{ violated: invariant }]);
  });
});

describe('a quarantined message', () => {
  test('is kept with the invariant when it is stored and loaded', () => {
    const story = reserve(chargesTwice(17_500));
    const system = registerSystem(chargesTwice(17_500), limits);
    expect(fromStored(system, toStored(story.state())).quarantined).toEqual(story.state().quarantined);
  });

  test('breaks the same again when it is tried again with the same charts', () => {
    const story = reserve(chargesTwice(17_500));
    const { received, calls } = story.tell('inventory', 'incident.retry');
    expect(received).toMatchObject({
      disposition: 'ignored',
      reason: expect.stringMatching(/^it fails again: amounts: /),
    });
    expect(calls).toEqual([]);
  });

  test('is checked for its own content when it is retried', () => {
    const story = untilPaying();
    story.answer('gateway', 'gateway.charged', { ...charge, amount: 1 });
    expect(story.tell('payment', 'incident.retry').received).toMatchObject({
      disposition: 'ignored',
      reason: expect.stringMatching(/^it fails again: amounts: /),
    });
  });
});

describe('nothing is objected to', () => {
  test.each(stories)('in the story of an order that is %s', (_, tell) => {
    expect(tell().results.filter(({ received }) => received.disposition === 'dead')).toEqual([]);
  });

  test('if a charge that is known not to exist, and whose key is too old, gets the next number', () => {
    const story = untilPaying();
    story.answer('gateway', 'gateway.unknown', { reason: 'key-expired' });
    story.ring();
    const { received, calls } = story.answer('gateway', 'gateway.absent');
    expect(received.disposition).toBe('applied');
    expect(calls.map(({ command }) => command.key)).toEqual(['order-1/charge/2']);
  });

  test('if a capture is retried although its stock was released meanwhile', () => {
    const story = untilPaying(later);
    story.answer('gateway', 'gateway.authorized', charge);
    story.tell('order', 'order.capture');
    story.tell('order', 'order.cancel', { reason: 'changed my mind' });
    story.answer('warehouse', 'warehouse.released');
    story.answer('gateway', 'gateway.unknown', { reason: 'no-answer' });
    const { received, calls } = story.ring();
    expect(received.disposition).toBe('applied');
    expect(calls.map(({ command }) => command.type)).toEqual(['gateway.capture']);
  });

  test('in a system without an order', () => {
    const toy = chart({ on: { GO: { actions: bareCharge('anything') } } });
    const bench = createBench({ toy }, ['gateway'], shopInvariants);
    expect(bench.send('GO').received.disposition).toBe('applied');
  });

  test('but to the keys and amounts of an order that has neither a payment nor an inventory', () => {
    const order = chart({
      context: { amount: 5, currency: 'USD' },
      on: { PAY: { actions: bareCharge('o/charge/1') }, STEAL: { actions: bareCharge('anything') } },
    });
    const bench = createBench({ order }, ['gateway'], shopInvariants);
    expect(bench.send('PAY', 'order').received.disposition).toBe('applied');
    expect(bench.send('STEAL', 'order').received).toMatchObject({
      disposition: 'dead',
      reason: 'keys: gateway.charge has the key anything',
    });
  });
});

test('a message whose commit fails can be quarantined without a step', () => {
  const story = untilPaying();
  const callId = [...story.state().calls.keys()][0] ?? '';
  const message = { type: 'gateway.charged', ...charge };
  const reply = { kind: 'reply', orderId, at: newYear, callId, message } as const;
  const error = new InvariantViolation('stock-counts', 'lamp cannot change');
  expect(quarantine(orders, story.state(), reply, toCause(error))).toMatchObject({
    received: { disposition: 'dead', reason: 'stock-counts: lamp cannot change' },
    finishedCalls: [callId],
    calls: [],
    state: { quarantined: [{ violated: 'stock-counts' }] },
  });
  expect(quarantine(orders, story.state(), { ...reply, callId: 'none' }, toCause(error))).toBeUndefined();
});

// What anyone may see of an order, read off its charts in the states that matter to people.

import { describe, expect, test } from 'vitest';
import { assign, createMachine } from 'xstate';
import { viewOf } from '../../src/application.ts';
import { limits } from '../../src/limits.ts';
import { shop } from '../../src/shop/shop.ts';
import { registerSystem } from '../../src/step/register.ts';
import { hasIncident, toUnreadableSystemView } from '../../src/step/view.ts';
import {
  charge,
  createStory,
  newYear,
  orderId,
  orderSystem,
  placing,
  untilBothParked,
  untilCompleted,
  untilDeclined,
  untilPaying,
} from './stories.ts';

const show = (story: Pick<ReturnType<typeof createStory>, 'state'>) => viewOf(shop, orderId, story.state());
const descriptionOf = (id: string) => shop.charts['order']?.getStateNodeById(id).description;

describe('an order that is paying', () => {
  const story = untilPaying();
  const view = show(story);

  test('is at its charge, and says so in words', () => {
    expect(view).toMatchObject({
      id: orderId,
      version: 3,
      state: 'paying',
      settled: false,
      chartVersion: orderSystem.version,
      correlationId: 'correlation-1',
    });
    expect(view.actors['order']).toEqual({
      state: 'paying.charging',
      description: descriptionOf('order.paying.charging'),
      settled: false,
      since: newYear,
    });
    expect(view.actors['payment']?.state).toBe('charging.asking');
    expect(view.actors['notification']).toMatchObject({ state: 'idle', settled: true });
    expect(view.unreadable).toBeUndefined();
  });

  test('says what was ordered, and that nothing is paid', () => {
    const { customerId, email, currency, items, amount } = placing;
    expect(view).toMatchObject({
      owner: customerId,
      customerId,
      email,
      currency,
      items,
      amount,
      paidAmount: 0,
      refundedAmount: 0,
      failure: null,
      problems: [],
    });
    expect(view).toMatchObject({ createdAt: newYear, updatedAt: newYear });
  });

  test('names its deadlines as the charts do, the next one first', () => {
    const names = view.deadlines.map(({ actor, name }) => `${actor} ${name}`);
    expect(names).toContain('order payDeadline');
    expect(names).toContain('payment answerDeadline');
    expect(view.deadlines.map(({ dueAt }) => dueAt)).toEqual(
      view.deadlines.map(({ dueAt }) => dueAt).sort((a, b) => a - b),
    );
  });

  test('shows the call that has no answer yet', () => {
    expect(view.calls).toEqual([
      { actor: 'payment', type: 'gateway.charge', key: 'order-1/charge/1', attempt: 1, at: newYear },
    ]);
  });

  test('can be cancelled by its customer, and nothing else', () => {
    expect(view.moves).toEqual([{ move: 'cancel', by: 'customer' }]);
    expect(view.incidents).toEqual([]);
    expect(hasIncident(story.state())).toBe(false);
  });

  test('of which the money is held only can be captured, too', () => {
    const later = untilPaying({ policy: { ...placing.policy, capture: 'later' } });
    later.answer('gateway', 'gateway.authorized', charge);
    expect(show(later).moves).toEqual([
      { move: 'cancel', by: 'customer' },
      { move: 'capture', by: 'operator', upTo: 17_500 },
    ]);
  });
});

describe('an order before its first message', () => {
  test('has no moves, no items and no deadlines', () => {
    expect(show(createStory())).toMatchObject({
      version: 0,
      state: 'placing',
      moves: [],
      items: [],
      deadlines: [],
      settled: false,
    });
  });
});

describe('a completed order', () => {
  test('is settled, and can be refunded up to what was paid', () => {
    const view = show(untilCompleted());
    expect(view).toMatchObject({
      state: 'completed',
      settled: true,
      paidAmount: 17_500,
      deadlines: [],
      calls: [],
      incidents: [],
    });
    const lines = [
      { productId: 'lamp', quantity: 2 },
      { productId: 'desk', quantity: 1 },
    ];
    expect(view.moves).toEqual([{ move: 'refund', by: 'operator', upTo: 17_500, lines }]);
  });

  test('can be refunded up to what is left', () => {
    const story = untilCompleted();
    story.tell('order', 'order.refund', { refundId: 'r1', amount: 500, reason: 'a scratch' });
    expect(show(story)).toMatchObject({ settled: false, moves: [] });
    story.answer('gateway', 'gateway.refunded', { refundTransactionId: 't2' });
    // The customer is told.
    expect(show(story)).toMatchObject({ settled: false });
    story.answer('mailer', 'mailer.sent');
    expect(show(story)).toMatchObject({
      settled: true,
      refundedAmount: 500,
      moves: [{ move: 'refund', upTo: 17_000 }],
    });
  });
});

describe('an order that failed', () => {
  test('says why, and has no moves', () => {
    const view = show(untilDeclined());
    expect(view).toMatchObject({
      state: 'failed',
      settled: true,
      failure: { kind: 'payment-declined' },
      moves: [],
      incidents: [],
    });
  });

  test('because of its items says every problem', () => {
    const story = createStory();
    story.tell('order', 'order.place', placing);
    const problems = [{ productId: 'lamp', kind: 'insufficient-stock', requested: 2, available: 1 }];
    story.answer('warehouse', 'warehouse.checked', { problems });
    expect(show(story)).toMatchObject({ state: 'rejected', problems });
  });
});

describe('an order that waits for a person', () => {
  const story = untilBothParked();
  const view = show(story);

  test('shows both regions of its compensation', () => {
    expect(view.actors['order']?.state).toBe(
      'compensating.stock.needsAttention + compensating.money.needsAttention',
    );
    expect(view.actors['order']?.description).toContain('; ');
    expect(view).toMatchObject({ state: 'compensating', settled: false });
    expect(hasIncident(story.state())).toBe(true);
  });

  test('lists each actor with an incident, with its reason and its time', () => {
    expect(view.incidents.map(({ actor, reason }) => `${actor}: ${reason}`)).toEqual([
      'order: stock-not-returned',
      'order: money-not-returned',
      expect.stringMatching(/^inventory: /),
      expect.stringMatching(/^payment: /),
    ]);
    for (const { text, since } of view.incidents) {
      expect(text).not.toBe('');
      expect(since).toBeGreaterThan(newYear);
    }
  });

  test('can be tried again or resolved by an operator, actor by actor, with the outcomes of all its regions', () => {
    expect(view.moves.map(({ move, by, actor }) => [move, by, actor])).toEqual([
      ['retry', 'operator', 'order'],
      ['resolve', 'operator', 'order'],
      ['retry', 'operator', 'inventory'],
      ['resolve', 'operator', 'inventory'],
      ['retry', 'operator', 'payment'],
      ['resolve', 'operator', 'payment'],
    ]);
    expect(view.moves[1]?.outcomes).toEqual(['stock-returned', 'money-returned']);
  });

  test('is done with when each is resolved, and the moves that it showed are moves that it takes', () => {
    const told = untilBothParked();
    for (const { move, actor, outcomes } of show(told).moves) {
      if (move !== 'resolve' || actor === undefined) continue;
      for (const outcome of outcomes ?? []) {
        const { received } = told.tell(actor, 'incident.resolve', {
          outcome,
          note: 'by hand',
          transactionId: 't1',
        });
        expect(['applied', 'ignored']).toContain(received.disposition);
      }
    }
    expect(show(told).state).not.toBe('compensating');
  });
});

describe('an order with a quarantined message', () => {
  const broken = registerSystem(
    {
      ...orderSystem,
      charts: {
        ...orderSystem.charts,
        notification: createMachine({
          id: 'notification',
          context: { n: 0 },
          initial: 'idle',
          states: {
            idle: {
              tags: 'settled',
              on: {
                'mailer.sent': {
                  actions: assign(() => {
                    throw new Error('it is broken');
                  }),
                },
              },
            },
          },
        }),
      },
    },
    limits,
  );

  test('shows an incident of its actor, and offers to try it again or to discard it', () => {
    const story = createStory(broken);
    story.at(5);
    story.tell('notification', 'mailer.sent', { key: 'k', attempt: 1 });
    const view = show(story);
    expect(view.incidents).toEqual([
      {
        actor: 'notification',
        reason: 'message-quarantined',
        text: "the message mailer.sent makes the chart 'notification' fail, and was set aside",
        since: newYear + 5,
      },
    ]);
    expect(view.moves).toEqual([
      { move: 'retry', by: 'operator', actor: 'notification' },
      { move: 'resolve', by: 'operator', actor: 'notification', outcomes: ['discarded'] },
    ]);
    expect(hasIncident(story.state())).toBe(true);
  });
});

describe('an order that cannot be read', () => {
  test('shows the reason and what is stored beside its system, and nothing that is not known', () => {
    const times = { createdAt: newYear, updatedAt: newYear + 1 };
    const summary = { owner: 'ada', state: 'paying', settled: false, chartVersion: '0', ...times };
    const problem = 'it was written by chart version 0';
    const view = shop.toUnreadableView(
      toUnreadableSystemView(shop, { orderId, version: 4, summary }, problem),
    );
    expect(view).toEqual({
      id: orderId,
      version: 4,
      state: 'paying',
      settled: false,
      unreadable: problem,
      incidents: [{ actor: 'order', reason: 'unreadable', text: problem, since: times.updatedAt }],
      chartVersion: '0',
      ...times,
      actors: {},
      moves: [],
      deadlines: [],
      calls: [],
      owner: 'ada',
      customerId: 'ada',
    });
  });
});

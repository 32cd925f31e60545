// The order from placement to its end: the straight path, and every way in which it can fail.
import { describe, expect, it } from 'vitest';
import { typesTo } from '../../machines/messages.ts';
import { sampleOrder, shortage } from './sample-order.ts';
import { createOrder, placeOrder } from './test-order.ts';

describe('the sample order', () => {
  it('goes from created to completed, and every step of it is a domain event', () => {
    const order = placeOrder();
    expect(order.types).toEqual([
      'order.created',
      'order.validated',
      'order.processing-started',
      'inventory.reserved',
      'inventory.reserved',
      'payment.initiated',
      'payment.completed',
      'inventory.committed',
      'inventory.committed',
      'order.confirmation-sent',
      'order.completed',
    ]);
    expect(order.stateOf('order')).toBe('completed.closed');
    expect(order.settled).toBe(true);
  });

  it('is charged once, 175.00 for both lines', () => {
    const order = placeOrder();
    expect(order.commands('gateway.charge')).toMatchObject([{ amount: 17_500, currency: 'USD' }]);
    expect(order.eventsOf('order.completed')).toMatchObject([{ finalAmount: 17_500, currency: 'USD' }]);
    expect(order.view).toMatchObject({ amount: 17_500, paidAmount: 17_500, refundedAmount: 0 });
  });

  it('starts with everything that was ordered', () => {
    const { customerId, email, amount, currency, items } = sampleOrder;
    expect(placeOrder().events[0]).toEqual({
      actor: 'order',
      type: 'order.created',
      ...{ customerId, email, amount, currency, items },
    });
  });

  it('reserves, commits and announces the sum of several lines of one product', () => {
    const item = { productId: 'product-1', name: 'Widget', quantity: 2, unitPrice: 5000, lineTotal: 10_000 };
    const items = [item, { ...item, quantity: 3, lineTotal: 15_000 }];
    const order = placeOrder({}, { order: { items, amount: 25_000 } });
    const share = [{ productId: 'product-1', quantity: 5 }];
    expect(order.eventsOf('inventory.reserved')).toMatchObject(share);
    expect(order.eventsOf('inventory.committed')).toMatchObject(share);
  });

  it('asks each service only once for each purpose', () => {
    const { sent } = placeOrder();
    const asked = sent.filter(({ to }) => ['warehouse', 'gateway', 'mailer'].includes(to));
    expect(asked.map(({ message }) => message.type)).toEqual([
      'warehouse.check',
      'warehouse.reserve',
      'gateway.charge',
      'warehouse.commit',
      'mailer.send',
    ]);
  });
});

describe('before an order is placed', () => {
  it('nothing happens to anything but its placing', () => {
    const order = createOrder();
    for (const type of typesTo('order').filter((each) => each !== 'order.place')) {
      expect(order.send('order', { type, reason: 'too early' })).toMatch(/^ignored: /);
    }
    expect(order.cancel()).toBe('ignored: there is no order yet');
    expect(order.stateOf('order')).toBe('placing');
    expect(order.events).toEqual([]);
  });
});

describe('an order that cannot be filled as it was placed', () => {
  const problems = [
    { productId: 'product-1', kind: 'price-changed', expected: 5000, actual: 5500 },
    { productId: 'product-1', kind: 'currency-changed', expected: 'USD', actual: 'EUR' },
    { productId: 'product-2', kind: 'unknown-product' },
    shortage,
  ];
  const script = { 'warehouse.check': [{ type: 'warehouse.checked', problems }] };

  it('is rejected with all problems of all lines in one answer', () => {
    const order = placeOrder(script);
    expect(order.eventsOf('order.rejected')).toMatchObject([{ problems }]);
    expect(order.view).toMatchObject({ state: 'rejected', settled: true, problems, failure: null });
  });

  it('reports the true available quantity of what is short', () => {
    const order = placeOrder(script);
    expect(order.eventsOf('inventory.insufficient')).toMatchObject([
      { productId: 'product-1', requested: 2, available: 1 },
    ]);
  });

  it('announces no shortage that the warehouse gives no figures for', () => {
    const vague = { productId: 'product-1', kind: 'insufficient-stock' };
    const order = placeOrder({ 'warehouse.check': [{ type: 'warehouse.checked', problems: [vague] }] });
    expect(order.types).not.toContain('inventory.insufficient');
    expect(order.view).toMatchObject({ state: 'rejected', problems: [vague] });
  });

  it('is never reserved and never paid', () => {
    const order = placeOrder(script);
    expect(order.commands('warehouse.reserve')).toEqual([]);
    expect(order.commands('gateway.charge')).toEqual([]);
    expect(order.types).not.toContain('order.processing-started');
  });

  it('is sent to the customer', () => {
    const order = placeOrder(script);
    expect(order.types.slice(-2)).toEqual(['order.rejected', 'order.failure-notification-sent']);
    expect(order.eventsOf('order.failure-notification-sent')).toMatchObject([
      { recipient: sampleOrder.email, reason: { kind: 'rejected' } },
    ]);
  });
});

describe('stock that runs out between the check and the reservation', () => {
  const script = { 'warehouse.reserve': ['insufficient'] };

  it('fails the order, and nothing is charged', () => {
    const order = placeOrder(script);
    expect(order.view).toMatchObject({ state: 'failed', failure: { kind: 'insufficient-stock' } });
    expect(order.view.problems).toEqual([shortage]);
    expect(order.commands('gateway.charge')).toEqual([]);
    expect(order.settled).toBe(true);
  });

  it('leaves nothing to give back', () => {
    const order = placeOrder(script);
    expect(order.commands('warehouse.release')).toEqual([]);
    expect(order.types.filter((type) => type.startsWith('inventory.'))).toEqual(['inventory.insufficient']);
  });
});

describe('a charge', () => {
  it('that the bank declines fails the order and releases the stock', () => {
    const order = placeOrder({ 'gateway.charge': ['declined'] });
    expect(order.types.slice(5)).toEqual([
      'payment.initiated',
      'payment.failed',
      'inventory.released',
      'inventory.released',
      'order.failed',
      'order.failure-notification-sent',
    ]);
    expect(order.eventsOf('payment.failed')).toMatchObject([{ reason: 'declined' }]);
    expect(order.eventsOf('inventory.released')).toMatchObject([
      { productId: 'product-1', quantity: 2, why: 'failed' },
      { productId: 'product-2', quantity: 1, why: 'failed' },
    ]);
    expect(order.view).toMatchObject({
      state: 'failed',
      failure: { kind: 'payment-declined' },
      settled: true,
    });
  });

  it('that the bank declines is not tried again', () => {
    expect(placeOrder({ 'gateway.charge': ['declined'] }).commands('gateway.charge')).toHaveLength(1);
  });

  it('that fails technically is tried again and completes the order', () => {
    const order = placeOrder({ 'gateway.charge': ['failed', 'failed', 'charged'] });
    order.runUntilIdle();
    expect(order.view).toMatchObject({ state: 'completed', paidAmount: 17_500 });
    expect(order.commands('gateway.charge')).toHaveLength(3);
  });

  it('that fails every time fails the order', () => {
    const order = placeOrder({ 'gateway.charge': ['failed'] });
    order.runUntilIdle();
    expect(order.eventsOf('payment.failed')).toMatchObject([{ reason: 'gave-up' }]);
    expect(order.view).toMatchObject({ state: 'failed', failure: { kind: 'payment-gave-up' } });
  });

  it('never puts the text of a technical failure into an event', () => {
    const order = placeOrder({
      'gateway.charge': [{ type: 'gateway.failed', reason: 'ECONNRESET at 10.0.0.7' }],
    });
    order.runUntilIdle();
    expect(JSON.stringify(order.events)).not.toContain('ECONNRESET');
  });

  it('is not made before the stock is reserved', () => {
    const order = placeOrder({ 'warehouse.reserve': ['silent'] });
    expect(order.commands('gateway.charge')).toEqual([]);
    order.answer('warehouse.reserve', 'reserved');
    expect(order.commands('gateway.charge')).toHaveLength(1);
  });
});

describe('stock that cannot be sold although it was paid for', () => {
  it('makes the order give the money back and fail', () => {
    const order = placeOrder({ 'warehouse.commit': ['refused'] });
    expect(order.view).toMatchObject({
      state: 'failed',
      failure: { kind: 'stock-not-committed' },
      paidAmount: 17_500,
      refundedAmount: 17_500,
      settled: true,
    });
  });

  it('is certainly not held any more, and the journal says so', () => {
    const order = placeOrder({ 'warehouse.commit': ['refused'] });
    expect(order.commands('warehouse.release')).toHaveLength(1);
    expect(order.eventsOf('inventory.released')).toHaveLength(2);
  });

  it('gives a free order back without any money', () => {
    const free = { items: [{ ...sampleOrder.items[0], unitPrice: 0, lineTotal: 0 }], amount: 0 };
    const order = placeOrder({ 'warehouse.commit': ['refused'] }, { order: free });
    expect(order.view).toMatchObject({ state: 'failed', paidAmount: 0, settled: true });
    expect(order.commands('gateway.refund')).toEqual([]);
  });
});

describe('an order that is paid but whose stock does not get sold', () => {
  const withIncident = () => {
    const order = placeOrder({ 'warehouse.commit': ['silent'] });
    order.fireDeadline('commitDeadline', 'order');
    return order;
  };

  it('waits for an operator', () => {
    const order = withIncident();
    expect(order.incidents).toContain('order: paid-but-not-committed');
    expect(order.moves).toContain('resolve order: committed');
  });

  it('is asked for again if the operator retries', () => {
    const order = withIncident();
    expect(order.retry('order')).toBe('applied');
    expect(order.stateOf('order')).toBe('paying.committing.asking');
    expect(order.eventsOf('incident.closed')).toMatchObject([{ actor: 'order', how: 'retried' }]);
  });

  it('continues if the operator says that it is sold', () => {
    const order = withIncident();
    expect(order.resolve('order', 'committed')).toBe('applied');
    expect(order.stateOf('order')).toBe('completed.closed');
    expect(order.eventsOf('incident.closed')[0]).toMatchObject({ how: 'resolved', outcome: 'committed' });
  });

  it('is not settled before the warehouse has confirmed it, whatever the person says', () => {
    const order = withIncident();
    order.resolve('order', 'committed');
    expect(order.settled).toBe(false);
  });

  it('goes on by itself when the sale is confirmed after all', () => {
    const order = withIncident();
    expect(order.answer('warehouse.commit', 'committed')).toBe('applied');
    expect(order.stateOf('order')).toBe('completed.closed');
    expect(order.eventsOf('incident.closed')).toMatchObject([
      { actor: 'inventory', how: 'overtaken' },
      { actor: 'order', how: 'overtaken' },
    ]);
  });

  it('does not change state for any other outcome', () => {
    const order = withIncident();
    expect(order.resolve('order', 'lost')).toBe('ignored: the outcome must be one of: committed');
    expect(order.stateOf('order')).toBe('paying.committing.needsAttention');
  });
});

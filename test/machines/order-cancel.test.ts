// A customer cancels the order: every state has one answer, and stock and money are returned first, even if
// they arrive later.
import { describe, expect, it } from 'vitest';
import { placeOrder, type TestOrder } from './test-order.ts';

const expectCancelled = (order: TestOrder) => {
  order.runUntilIdle();
  expect(order.view).toMatchObject({ state: 'cancelled', settled: true, failure: { kind: 'cancelled' } });
  expect(order.view.paidAmount - order.view.refundedAmount).toBe(0);
};

describe('a cancel is taken', () => {
  it('while the order is validating: nothing was reserved or captured', () => {
    const order = placeOrder({ 'warehouse.check': ['silent'] });
    expect(order.cancel()).toBe('applied');
    expect(order.types).toEqual(['order.created', 'order.cancelled', 'order.cancellation-notice-sent']);
    expectCancelled(order);
  });

  it('while the order is reserving: what the warehouse then reserves is released', () => {
    const order = placeOrder({ 'warehouse.reserve': ['silent'] });
    order.cancel();
    expect(order.stateOf('order')).toBe('compensating.stock.returning + compensating.money.returned');
    order.answer('warehouse.reserve', 'reserved');
    expect(order.eventsOf('inventory.released')).toMatchObject([{ why: 'cancelled' }, { why: 'cancelled' }]);
    expectCancelled(order);
  });

  it('while the order is reserving: what the warehouse does not have is not released', () => {
    const order = placeOrder({ 'warehouse.reserve': ['silent'] });
    order.cancel();
    expect(order.answer('warehouse.reserve', 'insufficient')).toBe('applied');
    expect(order.view.state).toBe('cancelled');
    expect(order.commands('warehouse.release')).toEqual([]);
    expect(order.eventsOf('incident.opened')).toEqual([]);
  });

  it.each(['failed', 'refused'])(
    'while the order is reserving: a reservation that is %s is released all the same',
    (answer) => {
      const order = placeOrder({ 'warehouse.reserve': ['silent'] });
      order.cancel();
      order.answer('warehouse.reserve', answer);
      expect(order.commands('warehouse.release')).toHaveLength(1);
      expectCancelled(order);
    },
  );

  it('while the order is reserving: a reservation that gets no answer is released all the same', () => {
    const order = placeOrder({ 'warehouse.reserve': ['silent'] });
    order.cancel();
    order.fireDeadline('answerDeadline', 'inventory');
    expect(order.commands('warehouse.reserve')).toHaveLength(1);
    expect(order.commands('warehouse.release')).toHaveLength(1);
    expectCancelled(order);
  });

  it('between two attempts of the reservation', () => {
    const order = placeOrder({ 'warehouse.reserve': ['failed'] });
    expect(order.stateOf('inventory')).toBe('reserving.backingOff');
    order.cancel();
    expectCancelled(order);
  });

  it('while a charge is under way: money that arrives is refunded', () => {
    const order = placeOrder({ 'gateway.charge': ['silent'] });
    order.cancel();
    order.answer('gateway.charge', 'charged');
    expect(order.view).toMatchObject({ paidAmount: 17_500, refundedAmount: 17_500 });
    expectCancelled(order);
  });

  it.each(['failed', 'refused', 'declined'])(
    'while a charge is under way: one that is %s ends it',
    (answer) => {
      const order = placeOrder({ 'gateway.charge': ['silent'] });
      order.cancel();
      order.answer('gateway.charge', answer);
      expect(order.commands('gateway.charge')).toHaveLength(1);
      expect(order.commands('gateway.refund')).toEqual([]);
      expectCancelled(order);
    },
  );

  it('while a charge is under way: one that gets no answer is looked up, and what is found is refunded', () => {
    const order = placeOrder({ 'gateway.charge': ['silent'], 'gateway.look-up': ['charged'] });
    order.cancel();
    order.fireDeadline('answerDeadline', 'payment');
    expectCancelled(order);
    expect(order.eventsOf('payment.refunded')).toMatchObject([{ amount: 17_500 }]);
  });

  it('while a charge is looked up: one that is absent is not made again', () => {
    const order = placeOrder({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['silent'] });
    order.cancel();
    order.fireDeadline('lookUpBackOff', 'payment');
    order.answer('gateway.look-up', 'absent');
    expect(order.commands('gateway.charge')).toHaveLength(1);
    expectCancelled(order);
  });

  it('between two attempts of the charge, which has not taken effect', () => {
    const order = placeOrder({ 'gateway.charge': ['failed'] });
    expect(order.stateOf('payment')).toBe('charging.backingOff');
    order.cancel();
    expect(order.commands('gateway.charge')).toHaveLength(1);
    expectCancelled(order);
  });

  it('while authorised money waits for its capture: it is voided', () => {
    const order = placeOrder({}, { policy: { capture: 'later' } });
    order.cancel();
    expect(order.commands('gateway.void')).toHaveLength(1);
    expect(order.types).toContain('payment.cancelled');
    expectCancelled(order);
  });

  it('while a capture is under way: money that is captured is refunded', () => {
    const order = placeOrder({ 'gateway.capture': ['silent'] }, { policy: { capture: 'later' } });
    order.capture();
    order.cancel();
    order.answer('gateway.capture', 'captured');
    expect(order.view).toMatchObject({ paidAmount: 17_500, refundedAmount: 17_500 });
    expectCancelled(order);
  });

  it('while a capture is under way: one that failed is not tried again, and the money is voided', () => {
    const order = placeOrder({ 'gateway.capture': ['silent'] }, { policy: { capture: 'later' } });
    order.capture();
    order.cancel();
    order.answer('gateway.capture', 'failed');
    expect(order.commands('gateway.capture')).toHaveLength(1);
    expect(order.commands('gateway.void')).toHaveLength(1);
    expectCancelled(order);
  });

  it('while the stock is being sold: it is released, and the money refunded', () => {
    const order = placeOrder({ 'warehouse.commit': ['silent'] });
    expect(order.cancel()).toBe('applied');
    expect(order.commands('warehouse.release')).toHaveLength(1);
    expectCancelled(order);
  });

  it('while an operator is asked about an unsold order', () => {
    const order = placeOrder({ 'warehouse.commit': ['silent'] });
    order.fireDeadline('commitDeadline', 'order');
    order.cancel();
    expect(order.incidents).toEqual([]);
    expectCancelled(order);
  });

  it.each([
    ['warehouse.check', 'inventory', 'checking'],
    ['warehouse.reserve', 'inventory', 'reserving'],
    ['warehouse.commit', 'inventory', 'committing'],
  ] as const)('while a person is asked about %s', (command, actor, state) => {
    const order = placeOrder({ [command]: ['failed'] });
    order.runUntilIdle();
    expect(order.stateOf(actor)).toBe(`${state}.needsAttention`);
    order.cancel();
    expect(order.eventsOf('incident.closed')).toMatchObject([{ actor, how: 'overtaken' }]);
    expectCancelled(order);
  });

  it('while an operator is asked about the charge, who must still say what became of it', () => {
    const order = placeOrder({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['unknown'] });
    order.runUntilIdle();
    order.cancel();
    expect(order.incidents).toEqual(['payment: charge-unknown']);
    order.resolve('payment', 'charged', { transactionId: 'transaction-9' });
    expect(order.commands('gateway.refund')).toMatchObject([{ transactionId: 'transaction-9' }]);
    expectCancelled(order);
  });
});

describe('a cancel is notified to the customer', () => {
  it('with the reason that was given', () => {
    const order = placeOrder({ 'gateway.charge': ['silent'], 'gateway.look-up': ['absent'] });
    order.cancel('found it cheaper');
    order.runUntilIdle();
    expect(order.eventsOf('order.cancelled')).toMatchObject([{ reason: 'found it cheaper' }]);
    expect(order.eventsOf('order.cancellation-notice-sent')).toMatchObject([
      { reason: { kind: 'cancelled', text: 'found it cheaper' } },
    ]);
  });
});

describe('a cancel changes nothing', () => {
  it('once the order is paid and sold', () => {
    const order = placeOrder({ 'mailer.send': ['silent'] });
    expect(order.stateOf('order')).toBe('notifying');
    expect(order.cancel()).toBe('ignored: the order is paid; once it is completed it can be refunded');
    order.answer('mailer.send', 'sent');
    expect(order.view.state).toBe('completed');
  });

  it('once the order is completed', () => {
    const order = placeOrder();
    expect(order.cancel()).toBe('ignored: the order is completed: it can only be refunded');
    expect(order.commands('gateway.refund')).toEqual([]);
  });

  it('while a completed order is being refunded', () => {
    const order = placeOrder({ 'gateway.refund': ['silent'] });
    order.refund(500);
    expect(order.cancel()).toBe('ignored: the order is completed: it can only be refunded');
  });

  it('while the order is already being undone', () => {
    const order = placeOrder({ 'gateway.charge': ['declined'], 'warehouse.release': ['silent'] });
    expect(order.cancel()).toBe('ignored: the order is already being undone');
    order.answer('warehouse.release', 'released');
    expect(order.view).toMatchObject({ state: 'failed', failure: { kind: 'payment-declined' } });
  });

  it.each([
    [
      'rejected',
      {
        'warehouse.check': [
          { type: 'warehouse.checked', problems: [{ productId: 'product-1', kind: 'unknown-product' }] },
        ],
      },
    ],
    ['failed', { 'gateway.charge': ['declined'] }],
  ])('once the order is %s', (state, script) => {
    const order = placeOrder(script);
    expect(order.view.state).toBe(state);
    expect(order.cancel()).toBe('ignored: the order has ended');
  });

  it('the second time', () => {
    const order = placeOrder({ 'warehouse.check': ['silent'] });
    order.cancel('first');
    expect(order.cancel('second')).toBe('ignored: the order has ended');
    expect(order.eventsOf('order.cancelled')).toMatchObject([{ reason: 'first' }]);
  });
});

// Refunds of a completed order: in full, in parts, one at a time, and never more than was captured.
import { describe, expect, it } from 'vitest';
import { placeOrder } from './test-order.ts';

describe('a completed order', () => {
  it('is refunded in full unless an amount is named', () => {
    const order = placeOrder();
    expect(order.refund()).toBe('applied');
    expect(order.eventsOf('payment.refunded')).toMatchObject([{ amount: 17_500, currency: 'USD' }]);
    expect(order.view).toMatchObject({ state: 'completed', refundedAmount: 17_500, settled: true });
  });

  it('is refunded in full if exactly that amount is named', () => {
    const order = placeOrder();
    expect(order.refund(17_500)).toBe('applied');
    expect(order.stateOf('payment')).toBe('refunded');
  });

  it('is refunded in part', () => {
    const order = placeOrder();
    order.refund(500);
    expect(order.commands('gateway.refund')).toMatchObject([{ amount: 500, transactionId: 'transaction-1' }]);
    expect(order.view.refundedAmount).toBe(500);
    expect(order.moves).toEqual(['refund']);
  });

  it('is refunded several times, each with a key of its own, and the last one takes the rest', () => {
    const order = placeOrder();
    order.refund(500, 'first');
    order.refund(7000, 'second');
    order.refund(undefined, 'third');
    expect(order.commands('gateway.refund').map(({ key, amount }) => [key, amount])).toEqual([
      ['order-1/refund/first', 500],
      ['order-1/refund/second', 7000],
      ['order-1/refund/third', 10_000],
    ]);
    expect(order.stateOf('payment')).toBe('refunded');
  });

  it('reports each refund with its id', () => {
    const order = placeOrder();
    order.refund(500, 'for-the-scratch');
    expect(order.eventsOf('payment.refunded')).toMatchObject([
      { refundId: 'for-the-scratch', transactionId: 'transaction-1', amount: 500 },
    ]);
  });

  it('keeps its stock committed', () => {
    const order = placeOrder();
    order.refund();
    expect(order.stateOf('inventory')).toBe('committed.kept');
    expect(order.commands('warehouse.release')).toEqual([]);
  });
});

describe('no refund is made', () => {
  const tooMuch =
    'ignored: only what was paid for a completed order can be refunded, up to what is left of money and lines, and while no dispute is open';

  it('of more than was paid', () => {
    const order = placeOrder();
    expect(order.refund(17_501)).toBe(tooMuch);
    expect(order.commands('gateway.refund')).toEqual([]);
  });

  it('of more than is left', () => {
    const order = placeOrder();
    order.refund(10_000);
    expect(order.refund(7501)).toBe(tooMuch);
    expect(order.view.refundedAmount).toBe(10_000);
  });

  it('of more than is left, not even if the order itself asks for it', () => {
    const order = placeOrder();
    order.refund(10_000);
    expect(order.send('payment', { type: 'payment.refund', refundId: 'wild', amount: 7501 })).toBe(
      'ignored: only captured money can be refunded, up to what is left',
    );
    expect(order.commands('gateway.refund')).toHaveLength(1);
  });

  it('once everything was refunded', () => {
    const order = placeOrder();
    order.refund();
    expect(order.refund()).toBe(tooMuch);
    expect(order.refund(1)).toBe(tooMuch);
    expect(order.moves).toEqual([]);
  });

  it('while another is under way', () => {
    const order = placeOrder({ 'gateway.refund': ['silent'] });
    order.refund(500);
    expect(order.refund(500)).toBe('ignored: another refund is under way');
    expect(order.commands('gateway.refund')).toHaveLength(1);
  });

  it.each([
    ['not paid', { 'gateway.charge': ['silent'] }, 'paying.charging'],
    ['not completed', { 'mailer.send': ['silent'] }, 'notifying'],
    ['failed', { 'gateway.charge': ['declined'] }, 'failed'],
  ])('of an order that is %s', (_, script, state) => {
    const order = placeOrder(script);
    expect(order.stateOf('order')).toBe(state);
    expect(order.refund(1)).toBe(tooMuch);
  });

  it('of an order that is compensating: what was captured is refunded anyway', () => {
    const order = placeOrder({ 'warehouse.commit': ['refused'], 'gateway.refund': ['silent'] });
    expect(order.refund(1)).toBe('ignored: the order is being undone; captured money is refunded anyway');
  });
});

describe('a refund that does not go through', () => {
  it('is retried with the same key', () => {
    const order = placeOrder({ 'gateway.refund': ['failed', 'unknown', 'refunded'] });
    order.refund(500, 'scratch');
    order.runUntilIdle();
    expect(order.commands('gateway.refund').map(({ key }) => key)).toEqual(
      Array(3).fill('order-1/refund/scratch'),
    );
    expect(order.view).toMatchObject({ refundedAmount: 500, settled: true });
  });

  it.each([
    ['refused', ['refused']],
    ['unknown', ['unknown']],
    ['too old to be asked for again', ['key-expired']],
    ['unanswered', ['silent']],
  ])('because it is %s is an incident', (_, refund) => {
    const order = placeOrder({ 'gateway.refund': refund });
    order.refund(500);
    order.runUntilIdle();
    expect(order.incidents).toEqual(['payment: refund-unconfirmed']);
    expect(order.moves).toEqual(['retry payment', 'resolve payment: refunded, not-refunded']);
  });

  it('counts if an operator says that it was made', () => {
    const order = placeOrder({ 'gateway.refund': ['refused'] });
    order.refund(500);
    order.resolve('payment', 'refunded');
    expect(order.view).toMatchObject({ refundedAmount: 500, settled: true });
  });

  it('does not count if an operator says that it was not made, and can be asked for again', () => {
    const order = placeOrder({ 'gateway.refund': ['refused', 'refunded'] });
    order.refund(500, 'scratch');
    order.resolve('payment', 'not-refunded');
    expect(order.view).toMatchObject({ refundedAmount: 0, settled: true });
    expect(order.eventsOf('payment.refund-refused')).toMatchObject([{ refundId: 'scratch' }]);
    order.refund(500, 'scratch again');
    expect(order.view.refundedAmount).toBe(500);
  });

  it('counts once when it was made after all, although an operator said that it was not', () => {
    const order = placeOrder({ 'gateway.refund': ['silent'] });
    order.refund(500);
    order.runUntilIdle();
    order.resolve('payment', 'not-refunded');
    expect(order.answer('gateway.refund', 'refunded')).toBe('applied');
    expect(order.answer('gateway.refund', 'refunded')).toBe('ignored: no refund is waiting for this answer');
    expect(order.view).toMatchObject({ refundedAmount: 500, settled: true });
  });

  it('is not finished by a repeated answer to the one before', () => {
    const order = placeOrder({ 'gateway.refund': ['refunded', 'silent'] });
    order.refund(500, 'first');
    order.refund(700, 'second');
    const again = {
      type: 'gateway.refunded',
      key: 'order-1/refund/first',
      attempt: 2,
      refundTransactionId: 'refund-1',
    };
    expect(order.send('payment', again)).toBe('ignored: no refund is waiting for this answer');
    expect(order.view.refundedAmount).toBe(500);
  });

  it('has attempts of its own', () => {
    const order = placeOrder({
      'gateway.refund': ['failed', 'failed', 'refunded', 'failed', 'failed', 'refunded'],
    });
    order.refund(500);
    order.runUntilIdle();
    order.refund(700);
    order.runUntilIdle();
    expect(order.view).toMatchObject({ refundedAmount: 1200, settled: true });
  });

  it('that was given up is not ended by an answer with another key', () => {
    const order = placeOrder({ 'gateway.refund': ['refused'] });
    order.refund(500, 'scratch');
    expect(order.resolve('payment', 'whatever')).toBe(
      'ignored: the outcome must be one of: refunded, not-refunded',
    );
    order.resolve('payment', 'not-refunded');
    const other = {
      type: 'gateway.refunded',
      key: 'order-1/refund/other',
      attempt: 2,
      refundTransactionId: 'r',
    };
    expect(order.send('payment', other)).toBe('ignored: no refund is waiting for this answer');
    expect(order.view.refundedAmount).toBe(0);
  });

  it('in time is an incident of the order too, which may wait on', () => {
    const order = placeOrder({ 'gateway.refund': ['silent'] });
    order.refund(500);
    order.fireDeadline('refundDeadline');
    expect(order.incidents).toContain('order: refund-overdue');
    expect(order.resolve('order', 'refunded')).toBe('ignored: the outcome must be one of: refused');
    order.retry('order');
    expect(order.stateOf('order')).toBe('completed.refunding.waiting');
    order.answer('gateway.refund', 'refunded');
    expect(order.view).toMatchObject({ refundedAmount: 500, settled: true });
  });

  it('is recorded when it arrives after an operator has given it up', () => {
    const order = placeOrder({ 'gateway.refund': ['silent'] });
    order.refund(500);
    order.fireDeadline('refundDeadline');
    order.resolve('order', 'refused');
    expect(order.stateOf('order')).toBe('completed.closed');
    expect(order.answer('gateway.refund', 'refunded')).toBe('applied');
    expect(order.view).toMatchObject({ refundedAmount: 500, settled: true });
  });

  it('makes the next one be refused at once, and nothing waits for it', () => {
    const order = placeOrder({ 'gateway.refund': ['silent'] });
    order.refund(500, 'first');
    order.fireDeadline('refundDeadline');
    order.resolve('order', 'refused');
    expect(order.refund(700, 'second')).toBe('applied');
    expect(order.eventsOf('payment.refund-refused')).toMatchObject([{ refundId: 'second' }]);
    expect(order.stateOf('order')).toBe('completed.closed');
    order.answer('gateway.refund', 'refunded');
    expect(order.eventsOf('payment.refunded')).toMatchObject([{ refundId: 'first', amount: 500 }]);
    expect(order.view.refundedAmount).toBe(500);
  });
});

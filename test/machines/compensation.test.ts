// Compensation: an order ends only when its stock and its money are returned; if they are not, it is an
// incident.
import { describe, expect, it } from 'vitest';
import { placeOrder } from './test-order.ts';

const declined = { 'gateway.charge': ['declined'] };
const unsold = { 'warehouse.commit': ['refused'] };

describe('stock that is to be released', () => {
  it('is retried if the warehouse fails', () => {
    const order = placeOrder({ ...declined, 'warehouse.release': ['failed', 'silent', 'released'] });
    expect(order.view.state).toBe('compensating');
    order.runUntilIdle();
    expect(order.commands('warehouse.release')).toHaveLength(3);
    expect(order.view).toMatchObject({ state: 'failed', settled: true });
  });

  it('is asked for with one key and growing attempts', () => {
    const order = placeOrder({ ...declined, 'warehouse.release': ['failed', 'failed', 'released'] });
    order.runUntilIdle();
    const asked = order.commands('warehouse.release');
    expect(new Set(asked.map(({ key }) => key))).toEqual(new Set(['order-1/release/1']));
    expect(asked.map(({ attempt }) => attempt)).toEqual([3, 4, 5]);
  });

  it('that never comes is an incident, and a retry asks again', () => {
    const order = placeOrder({ ...declined, 'warehouse.release': ['failed'] });
    order.runUntilIdle();
    expect(order.incidents).toEqual(['inventory: release-unconfirmed']);
    expect(order.view.state).toBe('compensating');
    order.changeScript({});
    expect(order.retry('inventory')).toBe('applied');
    expect(order.view).toMatchObject({ state: 'failed', settled: true });
  });

  it('gets as many attempts again after a retry', () => {
    const order = placeOrder({ ...declined, 'warehouse.release': ['failed'] });
    order.runUntilIdle();
    order.retry('inventory');
    order.runUntilIdle();
    expect(order.commands('warehouse.release')).toHaveLength(6);
  });

  it('is asked for once, however often the order wants it', () => {
    const order = placeOrder({ ...declined, 'warehouse.release': ['silent'] });
    expect(order.send('inventory', { type: 'inventory.release', why: 'failed' })).toBe(
      'ignored: the stock is already being released',
    );
    expect(order.commands('warehouse.release')).toHaveLength(1);
  });

  it('is released only by answers with its own key', () => {
    const order = placeOrder({ ...declined, 'warehouse.release': ['silent'] });
    const foreign = { type: 'warehouse.released', key: 'order-2/release/1', attempt: 3 };
    expect(order.send('inventory', foreign)).toBe('ignored: no release is waiting for this answer');
    expect(order.send('inventory', { ...foreign, type: 'warehouse.refused', reason: 'x' })).toMatch(
      /^ignored: /,
    );
    expect(order.stateOf('inventory')).toBe('releasing.asking');
  });

  it('is ended by no other outcome that an operator names', () => {
    const order = placeOrder({ ...declined, 'warehouse.release': ['refused'] });
    expect(order.resolve('inventory', 'lost')).toBe('ignored: the outcome must be one of: released');
    expect(order.view.state).toBe('compensating');
  });

  it('that an operator has put back lets the order end', () => {
    const order = placeOrder({ ...declined, 'warehouse.release': ['refused'] });
    expect(order.moves).toContain('resolve inventory: released');
    order.resolve('inventory', 'released');
    expect(order.eventsOf('inventory.released')).toHaveLength(2);
    expect(order.view).toMatchObject({ state: 'failed', settled: true });
  });

  it('and does not come in time is an incident of the order itself', () => {
    const order = placeOrder({ ...declined, 'warehouse.release': ['failed'] });
    order.runUntilIdle();
    order.fireDeadline('compensateDeadline');
    expect(order.incidents).toEqual(['order: stock-not-returned', 'inventory: release-unconfirmed']);
  });

  it('may be retried and resolved at the order', () => {
    const order = placeOrder({ ...declined, 'warehouse.release': ['silent'] });
    order.fireDeadline('compensateDeadline');
    expect(order.retry('order')).toBe('applied');
    expect(order.stateOf('order')).toBe('compensating.stock.returning + compensating.money.returned');
    order.fireDeadline('compensateDeadline');
    expect(order.resolve('order', 'money-returned')).toBe(
      'ignored: the outcome must be one of: stock-returned',
    );
    expect(order.resolve('order', 'stock-returned')).toBe('applied');
    expect(order.view).toMatchObject({ state: 'failed', settled: false });
  });

  it('lets the order end when it comes after all', () => {
    const order = placeOrder({ ...declined, 'warehouse.release': ['silent'] });
    order.fireDeadline('compensateDeadline');
    expect(order.answer('warehouse.release', 'released')).toBe('applied');
    expect(order.view).toMatchObject({ state: 'failed', settled: true });
    expect(order.eventsOf('incident.closed').at(-1)).toMatchObject({ actor: 'order', how: 'overtaken' });
  });
});

describe('money that is to be returned', () => {
  it('is refunded with one key, again and again', () => {
    const order = placeOrder({ ...unsold, 'gateway.refund': ['failed', 'unknown', 'refunded'] });
    order.runUntilIdle();
    const asked = order.commands('gateway.refund');
    expect(asked.map(({ key }) => key)).toEqual(Array(3).fill('order-1/refund/rest'));
    expect(order.view).toMatchObject({ state: 'failed', refundedAmount: 17_500, settled: true });
  });

  it.each([
    ['refused', ['refused']],
    ['failed', ['failed']],
    ['unknown', ['unknown']],
    ['unanswered', ['silent']],
  ])('and stays %s is an incident, and the order waits', (_, refund) => {
    const order = placeOrder({ ...unsold, 'gateway.refund': refund });
    order.runUntilIdle();
    expect(order.incidents).toContain('payment: refund-unconfirmed');
    expect(order.view.state).toBe('compensating');
  });

  it('gets as many attempts again after a retry', () => {
    const order = placeOrder({ ...unsold, 'gateway.refund': ['failed'] });
    order.runUntilIdle();
    order.retry('payment');
    order.runUntilIdle();
    expect(order.commands('gateway.refund')).toHaveLength(6);
  });

  it('is refunded by a retry', () => {
    const order = placeOrder({ ...unsold, 'gateway.refund': ['refused', 'refunded'] });
    order.retry('payment');
    expect(order.view).toMatchObject({ state: 'failed', refundedAmount: 17_500, settled: true });
  });

  it('was refunded if an operator says so', () => {
    const order = placeOrder({ ...unsold, 'gateway.refund': ['refused'] });
    order.resolve('payment', 'refunded');
    expect(order.view).toMatchObject({ state: 'failed', refundedAmount: 17_500, settled: true });
  });

  it('is kept if an operator says so, and the order is over', () => {
    const order = placeOrder({ ...unsold, 'gateway.refund': ['refused'] });
    order.resolve('payment', 'not-refunded');
    expect(order.view).toMatchObject({ state: 'failed', refundedAmount: 0, settled: true });
    expect(order.eventsOf('payment.refund-refused')).toMatchObject([{ refundId: 'rest' }]);
  });

  it('may be retried and resolved at the order', () => {
    const order = placeOrder({ ...unsold, 'gateway.refund': ['silent'] });
    order.fireDeadline('compensateDeadline');
    expect(order.incidents).toContain('order: money-not-returned');
    expect(order.resolve('order', 'refunded')).toMatch(/^ignored: /);
    order.retry('order');
    expect(order.commands('gateway.refund')).toHaveLength(3);
    order.fireDeadline('compensateDeadline');
    expect(order.resolve('order', 'money-returned')).toBe('applied');
    expect(order.view).toMatchObject({ state: 'failed', settled: false });
  });

  it('is recorded even if it arrives after the order is over', () => {
    const order = placeOrder({ ...unsold, 'gateway.refund': ['silent'] });
    order.fireDeadline('compensateDeadline');
    order.resolve('order', 'money-returned');
    expect(order.answer('gateway.refund', 'refunded')).toBe('applied');
    expect(order.view).toMatchObject({ state: 'failed', refundedAmount: 17_500, settled: true });
  });
});

describe('both at once', () => {
  it('are retried together and resolved one by one', () => {
    const order = placeOrder({
      'warehouse.release': ['silent'],
      'gateway.charge': ['silent'],
      'gateway.look-up': ['unknown'],
    });
    order.cancel();
    order.fireDeadline('compensateDeadline');
    expect(order.stateOf('order')).toBe(
      'compensating.stock.needsAttention + compensating.money.needsAttention',
    );
    order.retry('order');
    expect(order.stateOf('order')).toBe('compensating.stock.returning + compensating.money.returning');
    order.fireDeadline('compensateDeadline');
    expect(order.incidents).toEqual(
      expect.arrayContaining(['order: stock-not-returned', 'order: money-not-returned']),
    );
    order.resolve('order', 'money-returned');
    expect(order.stateOf('order')).toBe('compensating.stock.needsAttention + compensating.money.returned');
    order.resolve('order', 'stock-returned');
    expect(order.view.state).toBe('cancelled');
  });
});

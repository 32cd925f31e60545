// A payment that the customer disputes at the bank: an incident with a deadline, no refunds meanwhile, and its end is counted.
import { describe, expect, it } from 'vitest';
import { placeOrder, type TestOrder } from './test-order.ts';

const about = { key: 'order-1/charge/1', attempt: 1, disputeId: 'd1', amount: 17_500, currency: 'USD' };
const opened = {
  ...{ ...about, type: 'gateway.dispute-opened', reason: 'fraudulent' },
  ...{ evidenceDueAt: '2026-01-08T00:00:00.000Z', evidenceDueInMs: 604_800_000 },
};
const closed = (outcome: 'won' | 'lost') => ({ ...about, type: 'gateway.dispute-closed', outcome });
const disputed = (): TestOrder => {
  const order = placeOrder();
  expect(order.send('payment', opened)).toBe('applied');
  return order;
};

describe('a dispute', () => {
  it('is an incident with the deadline for evidence, and blocks refunds', () => {
    const order = disputed();
    expect(order.incidents).toEqual(['payment: payment-disputed']);
    expect(order.view.deadlines).toMatchObject([{ actor: 'payment', name: 'evidenceDeadline' }]);
    expect(order.refund(500)).toMatch(/^ignored: .*while no dispute is open$/);
    expect(order.moves).toEqual(['resolve payment: won, lost']);
    expect(order.eventsOf('payment.dispute-opened')).toMatchObject([
      { disputeId: 'd1', amount: 17_500, reason: 'fraudulent', evidenceDueAt: '2026-01-08T00:00:00.000Z' },
    ]);
  });

  it('that is won changes nothing of the money, and refunds are open again', () => {
    const order = disputed();
    expect(order.send('payment', closed('won'))).toBe('applied');
    expect(order.settled).toBe(true);
    expect(order.types).toContain('payment.dispute-won');
    order.refund();
    expect(order.view.refundedAmount).toBe(17_500);
  });

  it('that is lost leaves nothing to refund', () => {
    const order = disputed();
    order.send('payment', closed('lost'));
    expect(order.eventsOf('payment.dispute-lost')).toMatchObject([{ disputeId: 'd1', amount: 17_500 }]);
    expect(order.refund(1)).toMatch(/^ignored: /);
    expect(order.moves).toEqual([]);
    expect(order.settled).toBe(true);
  });

  it('over a part leaves the rest to refund', () => {
    const order = placeOrder();
    order.send('payment', { ...opened, amount: 5000 });
    order.send('payment', { ...closed('lost'), amount: 5000 });
    expect(order.refund(12_501)).toMatch(/^ignored: /);
    expect(order.refund(12_500)).toBe('applied');
    expect(order.stateOf('payment')).toBe('refunded');
  });

  it.each(['won', 'lost'])('is closed by an operator who says that it was %s', (outcome) => {
    const order = disputed();
    expect(order.resolve('payment', outcome)).toBe('applied');
    expect(order.types).toContain(`payment.dispute-${outcome}`);
    expect(order.settled).toBe(true);
  });

  it('that is reported again changes nothing', () => {
    const order = disputed();
    expect(order.send('payment', opened)).toBe(
      'ignored: the dispute is known, or no money of this charge was captured',
    );
    order.send('payment', closed('won'));
    expect(order.send('payment', closed('lost'))).toBe(
      'ignored: the end of the dispute is known, or no money of this charge was captured',
    );
    expect(order.send('payment', opened)).toBe(
      'ignored: the dispute is known, or no money of this charge was captured',
    );
    expect(order.settled).toBe(true);
  });

  it('whose end is reported first is over', () => {
    const order = placeOrder();
    order.send('payment', closed('lost'));
    expect(order.send('payment', opened)).toBe(
      'ignored: the dispute is known, or no money of this charge was captured',
    );
    expect(order.incidents).toEqual([]);
    expect(order.refund(1)).toMatch(/^ignored: /);
  });

  it('during a refund waits for its end', () => {
    const order = placeOrder({ 'gateway.refund': ['silent'] });
    order.refund(500);
    order.send('payment', opened);
    expect(order.stateOf('payment')).toBe('charged.refunding.asking');
    order.answer('gateway.refund', 'refunded');
    expect(order.incidents).toEqual(['payment: payment-disputed']);
  });

  it('of money that was refunded in full is an incident, too', () => {
    const order = placeOrder();
    order.refund();
    order.send('payment', opened);
    expect(order.incidents).toEqual(['payment: payment-disputed']);
    order.send('payment', closed('lost'));
    expect(order.stateOf('payment')).toBe('refunded');
    expect(order.eventsOf('payment.completed')).toHaveLength(1);
  });

  it('that is lost before a refund is known to be made leaves nothing to refund', () => {
    const order = placeOrder({ 'warehouse.commit': ['refused'], 'gateway.refund': ['silent'] });
    order.send('payment', opened);
    order.send('payment', closed('lost'));
    order.answer('gateway.refund', 'refunded');
    expect(order.commands('gateway.refund')).toHaveLength(1);
    expect(order.stateOf('payment')).toBe('refunded');
    expect(order.view).toMatchObject({ state: 'failed', settled: true });
  });

  it('of money that was refunded does not report the payment again', () => {
    const order = placeOrder();
    order.refund();
    order.send('payment', opened);
    order.send('payment', closed('won'));
    expect(order.eventsOf('payment.completed')).toHaveLength(1);
    expect(order.stateOf('payment')).toBe('refunded');
  });

  it('that is lost while the money is refunded anyway leaves nothing to refund', () => {
    const order = placeOrder({ 'warehouse.commit': ['refused'], 'gateway.refund': ['silent'] });
    expect(order.stateOf('payment')).toBe('charged.refunding.asking');
    order.send('payment', closed('lost'));
    order.answer('gateway.refund', 'refunded');
    expect(order.commands('gateway.refund')).toMatchObject([{ amount: 17_500 }]);
    expect(order.view).toMatchObject({ state: 'failed', settled: true });
  });

  it('stays open when its deadline for evidence has passed', () => {
    const order = disputed();
    order.advance(604_800_000);
    expect(order.eventsOf('payment.evidence-due')).toMatchObject([{ disputeId: 'd1' }]);
    expect(order.incidents).toEqual(['payment: payment-disputed']);
  });

  it('has a deadline of a week if the bank names none', () => {
    const order = placeOrder();
    order.send('payment', { ...about, type: 'gateway.dispute-opened', reason: 'general' });
    expect(order.view.deadlines).toMatchObject([{ dueAt: order.now + 604_800_000 }]);
  });

  it('of another charge is ignored', () => {
    const order = placeOrder();
    expect(order.send('payment', { ...opened, key: 'order-2/charge/1' })).toBe(
      'ignored: the dispute is known, or no money of this charge was captured',
    );
  });

  it('two at once are two incidents, one after the other', () => {
    const order = placeOrder();
    order.send('payment', { ...opened, amount: 5000 });
    order.send('payment', { ...opened, disputeId: 'd2', amount: 5000 });
    order.resolve('payment', 'lost');
    expect(order.incidents).toEqual(['payment: payment-disputed']);
    order.resolve('payment', 'won');
    expect(order.settled).toBe(true);
  });

  it('of an order that is being undone does not keep its money from going back', () => {
    const order = placeOrder({ 'warehouse.commit': ['refused'], 'gateway.refund': ['silent', 'refunded'] });
    order.send('payment', { ...opened, amount: 5000 });
    order.answer('gateway.refund', 'refused');
    order.resolve('payment', 'refunded');
    expect(order.incidents).toEqual(['payment: payment-disputed']);
    order.send('payment', { ...closed('won'), amount: 5000 });
    expect(order.view).toMatchObject({ state: 'failed', settled: true });
  });
});

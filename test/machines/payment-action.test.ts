// A payment that the customer has to confirm at the bank: the order waits with its stock, and never for ever.
import { describe, expect, it } from 'vitest';
import type { Policy } from '../../machines/messages.ts';
import type { Script } from './scripted-services.ts';
import { placeOrder, type TestOrder } from './test-order.ts';

const asked = (script: Script = {}, policy: Partial<Policy> = {}): TestOrder =>
  placeOrder(
    { 'gateway.charge': ['action-required'], ...script },
    { policy: { actionWithinMs: 200_000, ...policy } },
  );
const key = 'order-1/charge/1';
const charged = {
  ...{ type: 'gateway.charged', key, attempt: 1 },
  ...{ transactionId: 'transaction-1', amount: 17_500, currency: 'USD' },
};

describe('an order whose bank asks for the customer', () => {
  it('waits for the customer with its stock reserved, and tells the customer', () => {
    const order = asked();
    expect(order.stateOf('order')).toBe('paying.awaitingCustomer');
    expect(order.stateOf('inventory')).toBe('reserved');
    expect(order.eventsOf('payment.action-required')).toMatchObject([{ transactionId: 'transaction-1' }]);
    expect(order.commands('mailer.send')).toMatchObject([{ notice: 'payment-action' }]);
    expect(order.moves).toEqual(['cancel']);
  });

  it('goes on when the bank reports the charge', () => {
    const order = asked();
    expect(order.send('payment', charged)).toBe('applied');
    expect(order.view).toMatchObject({ state: 'completed', paidAmount: 17_500, settled: true });
    expect(order.eventsOf('order.confirmation-sent')).toHaveLength(1);
  });

  it('goes on to be captured later when the bank reports the authorisation', () => {
    const order = asked({}, { capture: 'later' });
    order.send('payment', { ...charged, type: 'gateway.authorized' });
    expect(order.stateOf('order')).toBe('paying.authorized');
    order.capture();
    expect(order.view).toMatchObject({ state: 'completed', paidAmount: 17_500 });
  });

  it('finds a confirmation whose report was lost', () => {
    const order = asked({ 'gateway.look-up': ['action-required', 'unknown', 'silent', 'charged'] });
    order.runUntilIdle();
    expect(order.view).toMatchObject({ state: 'completed', paidAmount: 17_500 });
    expect(order.commands('gateway.charge')).toHaveLength(1);
  });

  it.each([
    ['declined', { type: 'gateway.declined', key, attempt: 1, code: 'authentication_failed' }],
    ['cancelled at the bank', { type: 'gateway.voided', key, attempt: 1 }],
  ])('fails if the confirmation is %s', (_, reply) => {
    const order = asked();
    order.send('payment', reply);
    expect(order.view).toMatchObject({ state: 'failed', failure: { kind: 'payment-declined' } });
    expect(order.stateOf('inventory')).toBe('released');
  });

  it('fails if the customer does nothing, and cancels the charge', () => {
    const order = asked({ 'gateway.look-up': ['action-required'] });
    order.fireDeadline('actionDeadline');
    expect(order.view).toMatchObject({ state: 'failed', failure: { kind: 'payment-not-confirmed' } });
    expect(order.commands('gateway.void')).toMatchObject([{ transactionId: 'transaction-1' }]);
    expect(order.settled).toBe(true);
  });

  it('that is cancelled gives back what the customer confirms at the last moment', () => {
    const order = asked({ 'gateway.void': ['silent'] });
    order.cancel();
    expect(order.send('payment', charged)).toBe('applied');
    expect(order.view).toMatchObject({ state: 'cancelled', paidAmount: 17_500, refundedAmount: 17_500 });
  });

  it('that was cancelled before cancels the charge at once', () => {
    const order = placeOrder({ 'gateway.charge': ['silent'] });
    order.cancel();
    order.answer('gateway.charge', 'action-required');
    expect(order.stateOf('payment')).toBe('cancelled');
    expect(order.view.state).toBe('cancelled');
  });

  it('is asked for once, however often the bank says so', () => {
    const order = asked();
    const again = { type: 'gateway.action-required', key, attempt: 1, transactionId: 'transaction-1' };
    expect(order.send('payment', again)).toMatch(/^ignored: /);
    expect(order.eventsOf('payment.action-required')).toHaveLength(1);
  });

  it.each(['absent', 'voided'])('fails if a look-up finds the charge %s', (found) => {
    const order = asked({ 'gateway.look-up': [found] });
    order.fireDeadline('confirmationPoll');
    expect(order.view.state).toBe('failed');
  });

  it('is found by a look-up of an unknown charge, too', () => {
    const order = placeOrder({
      'gateway.charge': ['unknown'],
      'gateway.look-up': ['action-required', 'silent'],
    });
    order.fireDeadline('lookUpBackOff');
    expect(order.stateOf('order')).toBe('paying.awaitingCustomer');
  });
});

describe('an authorisation', () => {
  const authorized = {
    type: 'gateway.authorized',
    transactionId: 'transaction-1',
    amount: 17_500,
    currency: 'USD',
  };

  it('expires when the bank says so, if that is earlier than the shop', () => {
    const order = placeOrder(
      { 'gateway.charge': [{ ...authorized, expiresInMs: 60_000 }] },
      { policy: { capture: 'later' } },
    );
    order.advance(59_999);
    expect(order.stateOf('order')).toBe('paying.authorized');
    order.advance(1);
    expect(order.view).toMatchObject({ state: 'failed', failure: { kind: 'authorization-expired' } });
  });

  it('expires when the shop says so, if that is earlier than the bank', () => {
    const order = placeOrder(
      { 'gateway.charge': [{ ...authorized, expiresInMs: 60_000_000 }] },
      { policy: { capture: 'later' } },
    );
    order.advance(700_000);
    expect(order.view.state).toBe('failed');
  });

  it('is captured in part: the rest is let go', () => {
    const order = placeOrder({}, { policy: { capture: 'later' } });
    expect(order.capture(10_000)).toBe('applied');
    expect(order.commands('gateway.capture')).toMatchObject([{ amount: 10_000 }]);
    expect(order.view).toMatchObject({ state: 'completed', amount: 17_500, paidAmount: 10_000 });
    expect(order.eventsOf('order.completed')).toMatchObject([{ finalAmount: 10_000 }]);
    expect(order.refund()).toBe('applied');
    expect(order.view.refundedAmount).toBe(10_000);
  });

  it('is not captured for more than it is', () => {
    const order = placeOrder({}, { policy: { capture: 'later' } });
    expect(order.capture(17_501)).toBe(
      'ignored: no authorised payment is waiting to be captured, or it is of less',
    );
    expect(order.commands('gateway.capture')).toEqual([]);
  });
});

describe('an order of nothing', () => {
  it.each(['at-once', 'later'] as const)('is completed without a payment, captured %s', (capture) => {
    const items = [{ productId: 'product-1', name: 'Sample', quantity: 1, unitPrice: 0, lineTotal: 0 }];
    const order = placeOrder({}, { order: { items, amount: 0 }, policy: { capture } });
    expect(order.view).toMatchObject({ state: 'completed', paidAmount: 0, settled: true });
    expect(order.types).toContain('payment.not-needed');
    expect(order.commands('gateway.charge')).toEqual([]);
    expect(order.stateOf('inventory')).toBe('committed.kept');
    expect(order.moves).toEqual([]);
  });

  it('that is cancelled releases its stock', () => {
    const items = [{ productId: 'product-1', name: 'Sample', quantity: 1, unitPrice: 0, lineTotal: 0 }];
    const order = placeOrder({ 'warehouse.commit': ['silent'] }, { order: { items, amount: 0 } });
    order.cancel();
    expect(order.view).toMatchObject({ state: 'cancelled', settled: true });
  });
});

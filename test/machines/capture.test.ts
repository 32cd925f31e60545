// Authorise now and capture later: authorised money is captured or voided, and never left on hold.
import { describe, expect, it } from 'vitest';
import type { Script } from './scripted-services.ts';
import { placeOrder, type TestOrder } from './test-order.ts';

const later = (script: Script = {}): TestOrder => placeOrder(script, { policy: { capture: 'later' } });
const captured = (script: Script = {}): TestOrder => {
  const order = later(script);
  order.capture();
  return order;
};

describe('an order that is captured later', () => {
  it('waits, and nothing is captured or committed', () => {
    const order = later();
    expect(order.stateOf('order')).toBe('paying.authorized');
    expect(order.moves).toEqual(['cancel', 'capture']);
    expect(order.types.at(-1)).toBe('payment.authorized');
    expect(order.view.paidAmount).toBe(0);
    expect(order.commands('warehouse.commit')).toEqual([]);
  });

  it('is captured, committed and completed when an operator asks for it', () => {
    const order = captured();
    expect(order.commands('gateway.capture')).toMatchObject([
      { key: 'order-1/capture/1', attempt: 2, transactionId: 'transaction-1', amount: 17_500 },
    ]);
    expect(order.view).toMatchObject({ state: 'completed', paidAmount: 17_500, settled: true });
  });

  it('can be refunded afterwards', () => {
    const order = captured();
    order.refund(500);
    expect(order.view.refundedAmount).toBe(500);
  });

  it('is captured by the bank itself as well', () => {
    const order = later();
    const fact = {
      key: 'order-1/charge/1',
      attempt: 1,
      transactionId: 'transaction-1',
      amount: 17_500,
      currency: 'USD',
    };
    expect(order.send('payment', { type: 'gateway.charged', ...fact })).toBe('applied');
    expect(order.view).toMatchObject({ state: 'completed', paidAmount: 17_500 });
    expect(order.commands('gateway.capture')).toEqual([]);
  });
});

describe('a capture is ignored', () => {
  it.each([
    [
      'before the authorisation',
      { 'gateway.charge': ['silent'] },
      'no authorised payment is waiting to be captured, or it is of less',
    ],
    ['the second time', { 'gateway.capture': ['silent'] }, 'the capture is already under way'],
    ['once everything is paid', {}, 'no authorised payment is waiting to be captured, or it is of less'],
    [
      'on the way out',
      { 'gateway.capture': ['refused'], 'gateway.void': ['silent'] },
      'the order is being undone; authorised money is released',
    ],
  ])('%s', (_, script, reason) => {
    const order = captured(script);
    expect(order.capture()).toBe(`ignored: ${reason}`);
  });

  it('if the money was captured at once', () => {
    const order = placeOrder({ 'warehouse.commit': ['silent'] });
    expect(order.capture()).toBe(
      'ignored: no authorised payment is waiting to be captured, or it is of less',
    );
  });
});

describe('a capture that does not go through', () => {
  it.each([
    ['failed', ['failed', 'captured']],
    ['unknown', ['unknown', 'captured']],
    ['unanswered', ['silent', 'captured']],
  ])('because it is %s is retried with the same key', (_, capture) => {
    const order = captured({ 'gateway.capture': capture });
    order.runUntilIdle();
    expect(order.commands('gateway.capture').map(({ key }) => key)).toEqual(
      Array(2).fill('order-1/capture/1'),
    );
    expect(order.view).toMatchObject({ state: 'completed', paidAmount: 17_500 });
  });

  it.each(['failed', 'unknown', 'silent'])('on every attempt (%s) is an incident', (capture) => {
    const order = captured({ 'gateway.capture': [capture] });
    order.runUntilIdle();
    expect(order.incidents).toEqual(['payment: capture-unconfirmed']);
    expect(order.moves).toEqual(['cancel', 'retry payment', 'resolve payment: captured, not-captured']);
  });

  it('gets another attempt by a retry', () => {
    const order = captured({ 'gateway.capture': ['failed', 'failed', 'failed', 'captured'] });
    order.runUntilIdle();
    order.retry('payment');
    expect(order.view.state).toBe('completed');
  });

  it('gets as many attempts again after a retry', () => {
    const order = captured({ 'gateway.capture': ['failed'] });
    order.runUntilIdle();
    order.retry('payment');
    order.runUntilIdle();
    expect(order.commands('gateway.capture')).toHaveLength(6);
  });

  it('is ended only by answers with its own key', () => {
    const order = captured({ 'gateway.capture': ['silent'] });
    const about = { key: 'order-1/capture/2', attempt: 2 };
    expect(order.send('payment', { type: 'gateway.captured', ...about })).toMatch(/^ignored: /);
    expect(order.send('payment', { type: 'gateway.refused', ...about, code: 'other' })).toMatch(/^ignored: /);
    expect(order.stateOf('payment')).toBe('capturing.asking');
  });

  it('is ended by no other outcome that an operator names', () => {
    const order = captured({ 'gateway.capture': ['failed'] });
    order.runUntilIdle();
    expect(order.resolve('payment', 'lost')).toBe(
      'ignored: the outcome must be one of: captured, not-captured',
    );
    expect(order.incidents).toEqual(['payment: capture-unconfirmed']);
  });

  it('is cancelled once', () => {
    const order = captured({ 'gateway.capture': ['silent'] });
    order.cancel();
    expect(order.send('payment', { type: 'payment.cancel' })).toBe(
      'ignored: the payment was already cancelled',
    );
  });

  it('was made if an operator says so', () => {
    const order = captured({ 'gateway.capture': ['failed'] });
    order.runUntilIdle();
    order.resolve('payment', 'captured');
    expect(order.view).toMatchObject({ state: 'completed', paidAmount: 17_500 });
  });

  it('was not made if an operator says so: the money is voided, and the order fails', () => {
    const order = captured({ 'gateway.capture': ['failed'] });
    order.runUntilIdle();
    order.resolve('payment', 'not-captured');
    expect(order.commands('gateway.void')).toHaveLength(1);
    expect(order.view).toMatchObject({
      state: 'failed',
      failure: { kind: 'payment-gave-up' },
      settled: true,
    });
  });

  it('because the bank refuses it voids the money and fails the order', () => {
    const order = captured({ 'gateway.capture': ['refused'] });
    expect(order.types).toContain('payment.cancelled');
    expect(order.view).toMatchObject({
      state: 'failed',
      failure: { kind: 'payment-declined' },
      settled: true,
    });
  });

  it('because the bank refuses it after a cancel voids the money', () => {
    const order = captured({ 'gateway.capture': ['silent'] });
    order.cancel();
    order.answer('gateway.capture', 'refused');
    expect(order.commands('gateway.void')).toHaveLength(1);
    expect(order.view).toMatchObject({ state: 'cancelled', settled: true });
  });

  it('is confirmed late, between two attempts', () => {
    const order = captured({ 'gateway.capture': ['silent'] });
    order.fireDeadline('answerDeadline', 'payment');
    expect(order.stateOf('payment')).toBe('capturing.backingOff');
    order.answer('gateway.capture', 'captured');
    expect(order.view.state).toBe('completed');
  });

  it('is not ended by the failure of an older attempt', () => {
    const order = captured({ 'gateway.capture': ['silent'] });
    order.fireDeadline('answerDeadline', 'payment');
    order.fireDeadline('backOff', 'payment');
    expect(order.answer('gateway.capture', 'failed')).toMatch(/^ignored: /);
    expect(order.stateOf('payment')).toBe('capturing.asking');
  });
});

describe('money that is to be voided', () => {
  const cancelled = (script: Script): TestOrder => {
    const order = later(script);
    order.cancel();
    return order;
  };

  it.each([
    ['failed', ['failed', 'voided']],
    ['unknown', ['unknown', 'voided']],
    ['unanswered', ['silent', 'voided']],
  ])('is retried with the same key if that is %s', (_, voids) => {
    const order = cancelled({ 'gateway.void': voids });
    order.runUntilIdle();
    expect(order.commands('gateway.void').map(({ key }) => key)).toEqual(Array(2).fill('order-1/void/1'));
    expect(order.view).toMatchObject({ state: 'cancelled', settled: true });
  });

  it.each(['failed', 'unknown', 'silent', 'refused'])('and stays %s is an incident', (answer) => {
    const order = cancelled({ 'gateway.void': [answer] });
    order.runUntilIdle();
    expect(order.incidents).toContain('payment: void-unconfirmed');
    expect(order.view.state).toBe('compensating');
  });

  it('gets as many attempts again after a retry', () => {
    const order = cancelled({ 'gateway.void': ['failed'] });
    order.runUntilIdle();
    order.retry('payment');
    order.runUntilIdle();
    expect(order.commands('gateway.void')).toHaveLength(6);
  });

  it('is voided only by answers with its own key', () => {
    const order = cancelled({ 'gateway.void': ['silent'] });
    const foreign = { type: 'gateway.voided', key: 'order-2/void/1', attempt: 2 };
    expect(order.send('payment', foreign)).toBe('ignored: no void is waiting for this answer');
    expect(order.stateOf('payment')).toBe('voiding.asking');
  });

  it('gets another attempt by a retry', () => {
    const order = cancelled({ 'gateway.void': ['refused', 'voided'] });
    order.retry('payment');
    expect(order.view).toMatchObject({ state: 'cancelled', settled: true });
  });

  it('is ended by no other outcome that an operator names', () => {
    const order = cancelled({ 'gateway.void': ['refused'] });
    expect(order.resolve('payment', 'lost')).toBe('ignored: the outcome must be one of: voided, captured');
    expect(order.incidents).toEqual(['payment: void-unconfirmed']);
  });

  it('is voided if an operator says so', () => {
    const order = cancelled({ 'gateway.void': ['refused'] });
    order.resolve('payment', 'voided');
    expect(order.types).toContain('payment.cancelled');
    expect(order.view).toMatchObject({ state: 'cancelled', settled: true });
  });

  it('and was captured, as an operator finds out, is refunded', () => {
    const order = cancelled({ 'gateway.void': ['refused'] });
    order.resolve('payment', 'captured');
    expect(order.view).toMatchObject({
      state: 'cancelled',
      paidAmount: 17_500,
      refundedAmount: 17_500,
      settled: true,
    });
  });

  it('and was captured, as the bank reports, is refunded', () => {
    const order = cancelled({ 'gateway.void': ['silent'] });
    const fact = {
      key: 'order-1/charge/1',
      attempt: 1,
      transactionId: 'transaction-1',
      amount: 17_500,
      currency: 'USD',
    };
    order.send('payment', { type: 'gateway.charged', ...fact });
    expect(order.view).toMatchObject({
      state: 'cancelled',
      paidAmount: 17_500,
      refundedAmount: 17_500,
      settled: true,
    });
  });
});

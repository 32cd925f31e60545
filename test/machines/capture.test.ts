// Authorise now and capture later: the money is held, then taken or set free, and never left on hold.
import { describe, expect, it } from 'vitest';
import type { Script } from './scripted-services.ts';
import { place, type Story } from './story.ts';

const later = (script: Script = {}): Story => place(script, { policy: { capture: 'later' } });
const captured = (script: Script = {}): Story => {
  const story = later(script);
  story.capture();
  return story;
};

describe('an order that is captured later', () => {
  it('waits, and nothing is taken or sold', () => {
    const story = later();
    expect(story.at('order')).toBe('paying.authorized');
    expect(story.moves).toEqual(['cancel', 'capture']);
    expect(story.types.at(-1)).toBe('payment.authorized');
    expect(story.view.paidAmount).toBe(0);
    expect(story.commands('warehouse.commit')).toEqual([]);
  });

  it('is captured, sold and completed at the word of an operator', () => {
    const story = captured();
    expect(story.commands('gateway.capture')).toMatchObject([
      { key: 'order-1/capture/1', attempt: 2, transactionId: 'transaction-1', amount: 17_500 },
    ]);
    expect(story.view).toMatchObject({ state: 'completed', paidAmount: 17_500, settled: true });
  });

  it('can be refunded afterwards', () => {
    const story = captured();
    story.refund(500);
    expect(story.view.refundedAmount).toBe(500);
  });

  it('is captured by the bank itself as well', () => {
    const story = later();
    const fact = {
      key: 'order-1/charge/1',
      attempt: 1,
      transactionId: 'transaction-1',
      amount: 17_500,
      currency: 'USD',
    };
    expect(story.send('payment', { type: 'gateway.charged', ...fact })).toBe('applied');
    expect(story.view).toMatchObject({ state: 'completed', paidAmount: 17_500 });
    expect(story.commands('gateway.capture')).toEqual([]);
  });
});

describe('a capture is ignored', () => {
  it.each([
    [
      'before the authorisation',
      { 'gateway.charge': ['silent'] },
      'no authorised payment waits to be captured',
    ],
    ['the second time', { 'gateway.capture': ['silent'] }, 'the capture is under way already'],
    ['once everything is paid', {}, 'no authorised payment waits to be captured'],
    [
      'on the way out',
      { 'gateway.capture': ['refused'], 'gateway.void': ['silent'] },
      'the order is on its way out; what is authorised is set free',
    ],
  ])('%s', (_, script, reason) => {
    const story = captured(script);
    expect(story.capture()).toBe(`ignored: ${reason}`);
  });

  it('where the money was taken at once', () => {
    const story = place({ 'warehouse.commit': ['silent'] });
    expect(story.capture()).toBe('ignored: no authorised payment waits to be captured');
  });
});

describe('a capture that does not go through', () => {
  it.each([
    ['failed', ['failed', 'captured']],
    ['unknown', ['unknown', 'captured']],
    ['unanswered', ['silent', 'captured']],
  ])('because it is %s is tried again with the same key', (_, capture) => {
    const story = captured({ 'gateway.capture': capture });
    story.untilQuiet();
    expect(story.commands('gateway.capture').map(({ key }) => key)).toEqual(
      Array(2).fill('order-1/capture/1'),
    );
    expect(story.view).toMatchObject({ state: 'completed', paidAmount: 17_500 });
  });

  it.each(['failed', 'unknown', 'silent'])('however often it is tried (%s) is an incident', (capture) => {
    const story = captured({ 'gateway.capture': [capture] });
    story.untilQuiet();
    expect(story.incidents).toEqual(['payment: capture-unconfirmed']);
    expect(story.moves).toEqual(['cancel', 'retry payment', 'resolve payment: captured, not-captured']);
  });

  it('is tried again by a retry', () => {
    const story = captured({ 'gateway.capture': ['failed', 'failed', 'failed', 'captured'] });
    story.untilQuiet();
    story.retry('payment');
    expect(story.view.state).toBe('completed');
  });

  it('is tried as often again after a retry', () => {
    const story = captured({ 'gateway.capture': ['failed'] });
    story.untilQuiet();
    story.retry('payment');
    story.untilQuiet();
    expect(story.commands('gateway.capture')).toHaveLength(6);
  });

  it('is answered only by what is said about it', () => {
    const story = captured({ 'gateway.capture': ['silent'] });
    const about = { key: 'order-1/capture/2', attempt: 2 };
    expect(story.send('payment', { type: 'gateway.captured', ...about })).toMatch(/^ignored: /);
    expect(story.send('payment', { type: 'gateway.refused', ...about, code: 'other' })).toMatch(/^ignored: /);
    expect(story.at('payment')).toBe('capturing.asking');
  });

  it('is made by no other word of a person', () => {
    const story = captured({ 'gateway.capture': ['failed'] });
    story.untilQuiet();
    expect(story.resolve('payment', 'lost')).toBe(
      'ignored: the outcome must be one of: captured, not-captured',
    );
    expect(story.incidents).toEqual(['payment: capture-unconfirmed']);
  });

  it('is called off once', () => {
    const story = captured({ 'gateway.capture': ['silent'] });
    story.cancel();
    expect(story.send('payment', { type: 'payment.cancel' })).toBe(
      'ignored: the payment is called off already',
    );
  });

  it('was made where a person says so', () => {
    const story = captured({ 'gateway.capture': ['failed'] });
    story.untilQuiet();
    story.resolve('payment', 'captured');
    expect(story.view).toMatchObject({ state: 'completed', paidAmount: 17_500 });
  });

  it('was not made where a person says so: the money is set free, and the order fails', () => {
    const story = captured({ 'gateway.capture': ['failed'] });
    story.untilQuiet();
    story.resolve('payment', 'not-captured');
    expect(story.commands('gateway.void')).toHaveLength(1);
    expect(story.view).toMatchObject({
      state: 'failed',
      failure: { kind: 'payment-gave-up' },
      settled: true,
    });
  });

  it('because the bank refuses it sets the money free and fails the order', () => {
    const story = captured({ 'gateway.capture': ['refused'] });
    expect(story.types).toContain('payment.cancelled');
    expect(story.view).toMatchObject({
      state: 'failed',
      failure: { kind: 'payment-declined' },
      settled: true,
    });
  });

  it('because the bank refuses it after a cancel sets the money free', () => {
    const story = captured({ 'gateway.capture': ['silent'] });
    story.cancel();
    story.answer('gateway.capture', 'refused');
    expect(story.commands('gateway.void')).toHaveLength(1);
    expect(story.view).toMatchObject({ state: 'cancelled', settled: true });
  });

  it('is confirmed late, between two tries', () => {
    const story = captured({ 'gateway.capture': ['silent'] });
    story.passDeadline('answerDeadline', 'payment');
    expect(story.at('payment')).toBe('capturing.backingOff');
    story.answer('gateway.capture', 'captured');
    expect(story.view.state).toBe('completed');
  });

  it('is not told by the failure of an older attempt', () => {
    const story = captured({ 'gateway.capture': ['silent'] });
    story.passDeadline('answerDeadline', 'payment');
    story.passDeadline('backOff', 'payment');
    expect(story.answer('gateway.capture', 'failed')).toMatch(/^ignored: /);
    expect(story.at('payment')).toBe('capturing.asking');
  });
});

describe('money that is to be set free', () => {
  const cancelled = (script: Script): Story => {
    const story = later(script);
    story.cancel();
    return story;
  };

  it.each([
    ['failed', ['failed', 'voided']],
    ['unknown', ['unknown', 'voided']],
    ['unanswered', ['silent', 'voided']],
  ])('is asked for again where that is %s, with the same key', (_, voids) => {
    const story = cancelled({ 'gateway.void': voids });
    story.untilQuiet();
    expect(story.commands('gateway.void').map(({ key }) => key)).toEqual(Array(2).fill('order-1/void/1'));
    expect(story.view).toMatchObject({ state: 'cancelled', settled: true });
  });

  it.each(['failed', 'unknown', 'silent', 'refused'])('and stays %s is an incident', (answer) => {
    const story = cancelled({ 'gateway.void': [answer] });
    story.untilQuiet();
    expect(story.incidents).toContain('payment: void-unconfirmed');
    expect(story.view.state).toBe('compensating');
  });

  it('is asked for as often again after a retry', () => {
    const story = cancelled({ 'gateway.void': ['failed'] });
    story.untilQuiet();
    story.retry('payment');
    story.untilQuiet();
    expect(story.commands('gateway.void')).toHaveLength(6);
  });

  it('is free only by what is said about it', () => {
    const story = cancelled({ 'gateway.void': ['silent'] });
    const foreign = { type: 'gateway.voided', key: 'order-2/void/1', attempt: 2 };
    expect(story.send('payment', foreign)).toBe('ignored: no void waits for this answer');
    expect(story.at('payment')).toBe('voiding.asking');
  });

  it('is asked for again by a retry', () => {
    const story = cancelled({ 'gateway.void': ['refused', 'voided'] });
    story.retry('payment');
    expect(story.view).toMatchObject({ state: 'cancelled', settled: true });
  });

  it('is free for no other word of a person', () => {
    const story = cancelled({ 'gateway.void': ['refused'] });
    expect(story.resolve('payment', 'lost')).toBe('ignored: the outcome must be one of: voided, captured');
    expect(story.incidents).toEqual(['payment: void-unconfirmed']);
  });

  it('is free where a person says so', () => {
    const story = cancelled({ 'gateway.void': ['refused'] });
    story.resolve('payment', 'voided');
    expect(story.types).toContain('payment.cancelled');
    expect(story.view).toMatchObject({ state: 'cancelled', settled: true });
  });

  it('and was captured, as a person finds out, is refunded', () => {
    const story = cancelled({ 'gateway.void': ['refused'] });
    story.resolve('payment', 'captured');
    expect(story.view).toMatchObject({
      state: 'cancelled',
      paidAmount: 17_500,
      refundedAmount: 17_500,
      settled: true,
    });
  });

  it('and was captured, as the bank tells, is refunded', () => {
    const story = cancelled({ 'gateway.void': ['silent'] });
    const fact = {
      key: 'order-1/charge/1',
      attempt: 1,
      transactionId: 'transaction-1',
      amount: 17_500,
      currency: 'USD',
    };
    story.send('payment', { type: 'gateway.charged', ...fact });
    expect(story.view).toMatchObject({
      state: 'cancelled',
      paidAmount: 17_500,
      refundedAmount: 17_500,
      settled: true,
    });
  });
});

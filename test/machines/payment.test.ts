// One charge per order: declined, failed and unknown are different states, and a time-out never makes a new
// key.
import { describe, expect, it } from 'vitest';
import { placeOrder } from './test-order.ts';

const keysOf = (commands: readonly { readonly [field: string]: unknown }[]) => commands.map(({ key }) => key);

describe('a charge', () => {
  it('carries its key, its attempt and the method, and so does its event', () => {
    const order = placeOrder();
    const about = { key: 'order-1/charge/1', attempt: 1, amount: 17_500, currency: 'USD', method: 'card' };
    expect(order.commands('gateway.charge')).toMatchObject([{ ...about, capture: 'at-once' }]);
    expect(order.eventsOf('payment.initiated')).toMatchObject([about]);
  });

  it('that fails is retried with the same key and a higher attempt, with growing delays', () => {
    const order = placeOrder({ 'gateway.charge': ['failed', 'failed', 'charged'] });
    const start = order.now;
    order.advance(999);
    expect(order.commands('gateway.charge')).toHaveLength(1);
    order.advance(1);
    expect(order.commands('gateway.charge')).toHaveLength(2);
    order.advance(2000);
    expect(order.now - start).toBe(3000);
    expect(keysOf(order.commands('gateway.charge'))).toEqual(Array(3).fill('order-1/charge/1'));
    expect(order.commands('gateway.charge').map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(order.view.state).toBe('completed');
  });

  it('that is refused is given up at once', () => {
    const order = placeOrder({ 'gateway.charge': ['refused'] });
    expect(order.commands('gateway.charge')).toHaveLength(1);
    expect(order.view).toMatchObject({ state: 'failed', failure: { kind: 'payment-gave-up' } });
  });

  it('is asked for once, whatever the order says', () => {
    const order = placeOrder({ 'gateway.charge': ['silent'] });
    const again = order.sent.find(({ message }) => message.type === 'payment.charge')?.message;
    expect(order.send('payment', { type: 'payment.charge', ...again })).toBe(
      'ignored: one order is charged once',
    );
    expect(order.commands('gateway.charge')).toHaveLength(1);
  });

  it.each([
    ['asked for', { 'gateway.charge': ['silent'] }],
    ['looked up', { 'gateway.charge': ['unknown'], 'gateway.look-up': ['silent'] }],
  ])('that is %s is cancelled once', (_, script) => {
    const order = placeOrder(script);
    order.cancel();
    expect(order.send('payment', { type: 'payment.cancel' })).toBe(
      'ignored: the payment was already cancelled',
    );
  });

  it('fails by its last attempt only: an older failure changes nothing', () => {
    const order = placeOrder({ 'gateway.charge': ['silent'], 'gateway.look-up': ['absent', 'charged'] });
    order.fireDeadline('answerDeadline', 'payment');
    order.fireDeadline('lookUpBackOff', 'payment');
    order.fireDeadline('backOff', 'payment');
    expect(order.stateOf('payment')).toBe('charging.asking');
    expect(order.answer('gateway.charge', 'failed')).toBe(
      'ignored: no answer is expected, or only the one to a later attempt',
    );
    expect(order.stateOf('payment')).toBe('charging.asking');
    expect(order.answer('gateway.charge', 'charged')).toBe('applied');
    expect(order.view.state).toBe('completed');
  });

  it('succeeds by any attempt: an older success is a fact', () => {
    const order = placeOrder({ 'gateway.charge': ['silent'], 'gateway.look-up': ['absent'] });
    order.fireDeadline('answerDeadline', 'payment');
    order.fireDeadline('lookUpBackOff', 'payment');
    expect(order.stateOf('payment')).toBe('charging.backingOff');
    expect(order.answer('gateway.charge', 'charged')).toBe('applied');
    expect(order.view).toMatchObject({ state: 'completed', paidAmount: 17_500 });
    expect(order.commands('gateway.charge')).toHaveLength(1);
  });

  it('is declined by any attempt', () => {
    const order = placeOrder({ 'gateway.charge': ['silent'], 'gateway.look-up': ['silent'] });
    order.fireDeadline('answerDeadline', 'payment');
    expect(order.answer('gateway.charge', 'declined')).toBe('applied');
    expect(order.view).toMatchObject({ state: 'failed', failure: { kind: 'payment-declined' } });
  });
});

describe('a charge whose outcome is unknown', () => {
  it.each([
    ['says so', ['unknown']],
    ['never answers', ['silent']],
  ])('because the gateway %s is looked up by its key, and not made again', (_, charge) => {
    const order = placeOrder({ 'gateway.charge': charge });
    order.runUntilIdle();
    expect(keysOf(order.commands('gateway.look-up'))).toEqual(['order-1/charge/1']);
    expect(order.commands('gateway.charge')).toHaveLength(1);
    expect(order.eventsOf('payment.outcome-unknown')).toMatchObject([
      { key: 'order-1/charge/1', attempt: 1 },
    ]);
  });

  it('and is found charged completes the order', () => {
    const order = placeOrder({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['charged'] });
    expect(order.stateOf('payment')).toBe('lookingUp.backingOff');
    order.runUntilIdle();
    expect(order.view).toMatchObject({ state: 'completed', paidAmount: 17_500 });
  });

  it('and is found declined fails the order', () => {
    const order = placeOrder({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['declined'] });
    order.runUntilIdle();
    expect(order.view).toMatchObject({ state: 'failed', failure: { kind: 'payment-declined' } });
  });

  it('and is found authorised waits for its capture', () => {
    const order = placeOrder(
      { 'gateway.charge': ['unknown'], 'gateway.look-up': ['authorized'] },
      { policy: { capture: 'later' } },
    );
    order.fireDeadline('lookUpBackOff', 'payment');
    expect(order.stateOf('order')).toBe('paying.authorized');
    order.capture();
    expect(order.view).toMatchObject({ state: 'completed', paidAmount: 17_500 });
  });

  it('that was authorised, and voided by the bank itself, is given up', () => {
    const order = placeOrder({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['voided'] });
    order.runUntilIdle();
    expect(order.view).toMatchObject({
      state: 'failed',
      failure: { kind: 'payment-gave-up' },
      settled: true,
    });
    expect(order.commands('gateway.charge')).toHaveLength(1);
  });

  it('and is absent is made again with the same key', () => {
    const order = placeOrder({ 'gateway.charge': ['unknown', 'charged'], 'gateway.look-up': ['absent'] });
    order.runUntilIdle();
    expect(keysOf(order.commands('gateway.charge'))).toEqual(['order-1/charge/1', 'order-1/charge/1']);
    expect(order.view.state).toBe('completed');
  });

  it('and is absent every time is given up', () => {
    const order = placeOrder({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['absent'] });
    order.runUntilIdle();
    expect(order.commands('gateway.charge')).toHaveLength(3);
    expect(order.view).toMatchObject({ state: 'failed', failure: { kind: 'payment-gave-up' } });
  });

  it('and is absent, with a key that the gateway has forgotten, is made again with a new key', () => {
    const order = placeOrder({
      'gateway.charge': ['unknown', 'key-expired', 'charged'],
      'gateway.look-up': ['absent'],
    });
    order.runUntilIdle();
    expect(keysOf(order.commands('gateway.charge'))).toEqual([
      'order-1/charge/1',
      'order-1/charge/1',
      'order-1/charge/2',
    ]);
    expect(order.view).toMatchObject({ state: 'completed', paidAmount: 17_500 });
  });

  it('and whose key is forgotten gets no new key before it is known to be absent', () => {
    const order = placeOrder({
      'gateway.charge': ['key-expired'],
      'gateway.look-up': ['unknown', 'failed', 'charged'],
    });
    order.runUntilIdle();
    expect(order.commands('gateway.charge')).toHaveLength(1);
    expect(order.view.state).toBe('completed');
  });

  it('is looked up again with backoff, by time or by answer', () => {
    const order = placeOrder({
      'gateway.charge': ['unknown'],
      'gateway.look-up': ['silent', 'failed', 'charged'],
    });
    order.runUntilIdle();
    expect(order.commands('gateway.look-up').map(({ attempt }) => attempt)).toEqual([2, 3, 4]);
    expect(order.view.state).toBe('completed');
  });

  it('takes a late answer while it waits for the next look-up', () => {
    const order = placeOrder({ 'gateway.charge': ['silent'], 'gateway.look-up': ['failed'] });
    order.fireDeadline('answerDeadline', 'payment');
    expect(order.stateOf('payment')).toBe('lookingUp.backingOff');
    expect(order.answer('gateway.charge', 'charged')).toBe('applied');
    expect(order.view.state).toBe('completed');
  });

  it('ignores what an older look-up did not find', () => {
    const order = placeOrder({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['silent'] });
    order.fireDeadline('lookUpBackOff', 'payment');
    order.fireDeadline('answerDeadline', 'payment');
    expect(order.answer('gateway.look-up', 'absent')).toBe('ignored: no look-up is waiting for this answer');
    expect(order.commands('gateway.charge')).toHaveLength(1);
  });
});

describe('a charge whose outcome stays unknown', () => {
  const withIncident = () => {
    const order = placeOrder({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['unknown'] });
    order.runUntilIdle();
    return order;
  };

  it.each(['unknown', 'failed', 'silent'])('because its look-ups are %s is an incident', (lookUp) => {
    const order = placeOrder({ 'gateway.charge': ['unknown'], 'gateway.look-up': [lookUp] });
    order.runUntilIdle();
    expect(order.commands('gateway.look-up')).toHaveLength(3);
    expect(order.incidents).toEqual(['payment: charge-unknown']);
    expect(order.moves).toEqual(['cancel', 'retry payment', 'resolve payment: charged, not-charged']);
  });

  it('is looked up again by a retry', () => {
    const order = withIncident();
    order.changeScript({ 'gateway.look-up': ['charged'] });
    expect(order.retry('payment')).toBe('applied');
    expect(order.view.state).toBe('completed');
  });

  it('gets as many look-ups again after a retry', () => {
    const order = withIncident();
    order.retry('payment');
    order.runUntilIdle();
    expect(order.commands('gateway.look-up')).toHaveLength(6);
    expect(order.incidents).toEqual(['payment: charge-unknown']);
  });

  it('was made if an operator says so and names its transaction', () => {
    const order = withIncident();
    expect(order.resolve('payment', 'charged', { transactionId: 'transaction-7' })).toBe('applied');
    expect(order.eventsOf('payment.completed')).toMatchObject([{ transactionId: 'transaction-7' }]);
    expect(order.view).toMatchObject({ state: 'completed', paidAmount: 17_500 });
  });

  it('is not believed to be made without its transaction', () => {
    const order = withIncident();
    expect(order.resolve('payment', 'charged')).toBe(
      'ignored: the outcome must be not-charged, or charged with a transactionId',
    );
    expect(order.incidents).toEqual(['payment: charge-unknown']);
  });

  it('is ended by no other outcome that an operator names', () => {
    const order = withIncident();
    expect(order.resolve('payment', 'lost', { transactionId: 'transaction-7' })).toMatch(/^ignored: /);
    expect(order.incidents).toEqual(['payment: charge-unknown']);
  });

  it('was not made if an operator says so', () => {
    const order = withIncident();
    order.resolve('payment', 'not-charged');
    expect(order.view).toMatchObject({
      state: 'failed',
      failure: { kind: 'payment-gave-up' },
      settled: true,
    });
  });

  it('is taken when the bank reports it after all', () => {
    const order = placeOrder({ 'gateway.charge': ['silent'], 'gateway.look-up': ['unknown'] });
    order.runUntilIdle();
    expect(order.answer('gateway.charge', 'charged')).toBe('applied');
    expect(order.eventsOf('incident.closed')).toMatchObject([{ actor: 'payment', how: 'overtaken' }]);
    expect(order.view.state).toBe('completed');
  });

  it('lets the order end when it takes too long, and money found later is refunded', () => {
    const order = withIncident();
    order.fireDeadline('payDeadline');
    expect(order.view.state).toBe('compensating');
    order.resolve('payment', 'charged', { transactionId: 'transaction-7' });
    expect(order.view).toMatchObject({ state: 'failed', paidAmount: 17_500, refundedAmount: 17_500 });
  });
});

// The notice to the customer: at most one, retried with backoff, and it never holds the order back.
import { describe, expect, it } from 'vitest';
import { sampleOrder } from './sample-order.ts';
import { placeOrder } from './test-order.ts';

describe('a notice', () => {
  it('goes to the customer, and says what it is about', () => {
    const { email, orderId, amount, currency, items } = sampleOrder;
    expect(placeOrder().commands('mailer.send')).toEqual([
      {
        ...{ type: 'mailer.send', key: 'order-1/confirmation/1', attempt: 1, notice: 'confirmation' },
        ...{ recipient: email, orderId, amount, currency, items, reason: null },
      },
    ]);
  });

  it('of a failure says why', () => {
    const order = placeOrder({ 'gateway.charge': ['declined'] });
    expect(order.commands('mailer.send')).toMatchObject([
      { notice: 'failure', key: 'order-1/failure/1', reason: { kind: 'payment-declined' } },
    ]);
  });

  it('waits for the one before it, and keeps its order', () => {
    const order = placeOrder({ 'mailer.send': ['silent'] });
    order.fireDeadline('notifyDeadline');
    order.refund(500, 'first');
    order.refund(700, 'second');
    expect(order.commands('mailer.send').map(({ key }) => key)).toEqual(['order-1/confirmation/1']);
    for (let time = 0; time < 3; time += 1) order.answer('mailer.send', 'sent');
    expect(order.commands('mailer.send').map(({ key }) => key)).toEqual([
      'order-1/confirmation/1',
      'order-1/refund-notice/first',
      'order-1/refund-notice/second',
    ]);
    expect(order.types.filter((type) => type.endsWith('-sent'))).toEqual([
      'order.confirmation-sent',
      'order.refund-notice-sent',
      'order.refund-notice-sent',
    ]);
    expect(order.settled).toBe(true);
  });

  it('has attempts of its own', () => {
    const order = placeOrder({ 'mailer.send': ['failed', 'failed', 'sent', 'failed', 'failed', 'sent'] });
    order.runUntilIdle();
    order.refund(500);
    order.runUntilIdle();
    expect(order.incidents).toEqual([]);
    expect(order.settled).toBe(true);
  });

  it('that is confirmed twice is announced once', () => {
    const order = placeOrder();
    const sent = { type: 'mailer.sent', key: 'order-1/confirmation/1', attempt: 1 };
    expect(order.send('notification', sent)).toBe('ignored: no notice is waiting for this answer');
    expect(order.eventsOf('order.confirmation-sent')).toHaveLength(1);
  });

  it('is announced as sent only when the mailer has accepted it', () => {
    const order = placeOrder({ 'mailer.send': ['silent'] });
    expect(order.types).not.toContain('order.confirmation-sent');
    order.answer('mailer.send', 'sent');
    expect(order.eventsOf('order.confirmation-sent')).toMatchObject([{ recipient: sampleOrder.email }]);
  });

  it('is not confirmed by the answer to another message', () => {
    const order = placeOrder({ 'mailer.send': ['silent'] });
    const foreign = { type: 'mailer.sent', key: 'order-2/confirmation/1', attempt: 1 };
    expect(order.send('notification', foreign)).toBe('ignored: no notice is waiting for this answer');
    expect(order.stateOf('order')).toBe('notifying');
  });
});

describe('a notice that fails', () => {
  it('does not hold the order back', () => {
    const order = placeOrder({ 'mailer.send': ['failed'] });
    expect(order.stateOf('order')).toBe('completed.closed');
    expect(order.stateOf('notification')).toBe('sending.backingOff');
  });

  it.each([
    ['by answer', ['failed', 'failed', 'sent']],
    ['by silence', ['silent', 'silent', 'sent']],
  ])('%s is sent again with the same key', (_, send) => {
    const order = placeOrder({ 'mailer.send': send });
    order.runUntilIdle();
    const sent = order.commands('mailer.send');
    expect(sent.map(({ key, attempt }) => [key, attempt])).toEqual([
      ['order-1/confirmation/1', 1],
      ['order-1/confirmation/1', 2],
      ['order-1/confirmation/1', 3],
    ]);
    expect(order.settled).toBe(true);
  });

  it.each(['failed', 'silent'])('every time (%s) is an incident of its own', (send) => {
    const order = placeOrder({ 'mailer.send': [send] });
    order.runUntilIdle();
    expect(order.incidents).toEqual(['notification: notice-unsent']);
    expect(order.view).toMatchObject({ state: 'completed', settled: false });
    expect(order.moves).toEqual(['refund', 'retry notification', 'resolve notification: sent']);
  });

  it('on its only attempt lets the order end at once', () => {
    const retrying = { attempts: 1, firstDelayMs: 1000, longestDelayMs: 1000, answerWithinMs: 1000 };
    const order = placeOrder({ 'mailer.send': ['failed'] }, { policy: { notification: retrying } });
    expect(order.stateOf('order')).toBe('completed.closed');
    expect(order.incidents).toEqual(['notification: notice-unsent']);
  });

  it('is sent again by a retry', () => {
    const order = placeOrder({ 'mailer.send': ['failed'] });
    order.runUntilIdle();
    order.changeScript({});
    order.retry('notification');
    expect(order.types).toContain('order.confirmation-sent');
    expect(order.settled).toBe(true);
  });

  it('gets as many attempts again after a retry', () => {
    const order = placeOrder({ 'mailer.send': ['failed'] });
    order.runUntilIdle();
    order.retry('notification');
    order.runUntilIdle();
    expect(order.commands('mailer.send')).toHaveLength(6);
  });

  it('was sent if an operator says so', () => {
    const order = placeOrder({ 'mailer.send': ['failed'] });
    order.runUntilIdle();
    expect(order.resolve('notification', 'read aloud')).toBe('ignored: the outcome must be one of: sent');
    order.resolve('notification', 'sent');
    expect(order.settled).toBe(true);
  });

  it('is taken as sent when the mailer says so after all', () => {
    const order = placeOrder({ 'mailer.send': ['silent'] });
    order.runUntilIdle();
    expect(order.answer('mailer.send', 'sent')).toBe('applied');
    expect(order.eventsOf('incident.closed')).toMatchObject([{ actor: 'notification', how: 'overtaken' }]);
  });

  it('in an older attempt changes nothing', () => {
    const order = placeOrder({ 'mailer.send': ['silent'] });
    order.fireDeadline('answerDeadline', 'notification');
    order.fireDeadline('backOff', 'notification');
    expect(order.answer('mailer.send', 'failed')).toBe(
      'ignored: no answer is expected, or only the one to a later attempt',
    );
    expect(order.stateOf('notification')).toBe('sending.asking');
  });

  it('does not keep a failed order from being over', () => {
    const order = placeOrder({ 'gateway.charge': ['declined'], 'mailer.send': ['failed'] });
    expect(order.view.state).toBe('failed');
  });
});

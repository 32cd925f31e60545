// Late and repeated answers: whatever happened is recorded whenever it arrives, and nothing counts twice.
import { describe, expect, it } from 'vitest';
import { actorNames } from '../../machines/messages.ts';
import { placeOrder, type TestOrder } from './test-order.ts';

const charged = (order: TestOrder) => ({
  type: 'gateway.charged',
  key: 'order-1/charge/1',
  attempt: 1,
  transactionId: 'transaction-1',
  amount: order.view.amount,
  currency: 'USD',
});

describe('a late capture', () => {
  it('after a cancel is refunded', () => {
    const order = placeOrder({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['silent'] });
    order.cancel();
    order.fireDeadline('lookUpBackOff', 'payment');
    order.answer('gateway.look-up', 'absent');
    expect(order.view).toMatchObject({ state: 'cancelled', settled: true });
    expect(order.send('payment', charged(order))).toBe('applied');
    expect(order.view).toMatchObject({ state: 'cancelled', paidAmount: 17_500, refundedAmount: 17_500 });
    expect(order.types.slice(-3)).toEqual([
      'payment.completed',
      'payment.refunded',
      'order.refund-notice-sent',
    ]);
    expect(order.settled).toBe(true);
  });

  it.each(['failed', 'declined', 'refused'])('after an order whose charge was %s is refunded', (answer) => {
    const order = placeOrder({ 'gateway.charge': [answer] });
    order.runUntilIdle();
    expect(order.view.state).toBe('failed');
    order.send('payment', charged(order));
    expect(order.view).toMatchObject({ state: 'failed', paidAmount: 17_500, refundedAmount: 17_500 });
  });

  it('is refunded once, however often it is reported', () => {
    const order = placeOrder({ 'gateway.charge': ['failed'] });
    order.runUntilIdle();
    order.send('payment', charged(order));
    for (let time = 0; time < 3; time += 1)
      expect(order.send('payment', charged(order))).toMatch(/^ignored: /);
    expect(order.commands('gateway.refund')).toHaveLength(1);
  });

  it('is told to the customer as a refund, once', () => {
    const order = placeOrder({ 'gateway.charge': ['failed'] });
    order.runUntilIdle();
    order.send('payment', charged(order));
    expect(order.commands('mailer.send').map(({ notice }) => notice)).toEqual(['failure', 'refund']);
  });

  it('of an authorisation that was voided is refunded', () => {
    const order = placeOrder({}, { policy: { capture: 'later' } });
    order.cancel();
    expect(order.stateOf('payment')).toBe('cancelled');
    order.send('payment', charged(order));
    expect(order.view).toMatchObject({ state: 'cancelled', paidAmount: 17_500, refundedAmount: 17_500 });
  });

  it('that was reported as failed is refunded if it is confirmed after all', () => {
    const order = placeOrder(
      { 'gateway.capture': ['silent'], 'gateway.void': ['silent'] },
      { policy: { capture: 'later' } },
    );
    order.capture();
    order.runUntilIdle();
    order.resolve('payment', 'not-captured');
    expect(order.stateOf('payment')).toBe('voiding.asking');
    expect(order.answer('gateway.capture', 'captured')).toBe('applied');
    expect(order.view).toMatchObject({ state: 'failed', paidAmount: 17_500, refundedAmount: 17_500 });
  });

  it('that is confirmed even after the void is refunded', () => {
    const order = placeOrder({ 'gateway.capture': ['silent'] }, { policy: { capture: 'later' } });
    order.capture();
    order.runUntilIdle();
    order.resolve('payment', 'not-captured');
    expect(order.stateOf('payment')).toBe('cancelled');
    expect(order.answer('gateway.capture', 'captured')).toBe('applied');
    expect(order.view).toMatchObject({
      state: 'failed',
      paidAmount: 17_500,
      refundedAmount: 17_500,
      settled: true,
    });
  });
});

describe('a capture of a payment without a known transaction', () => {
  it('is ignored: there is nothing that could be refunded', () => {
    const order = placeOrder({ 'gateway.charge': ['declined'] });
    const captured = { type: 'gateway.captured', key: 'order-1/capture/1', attempt: 1 };
    expect(order.send('payment', captured)).toBe('ignored: no capture is waiting for this answer');
    expect(order.view).toMatchObject({ state: 'failed', paidAmount: 0, settled: true });
  });
});

describe('a late authorisation', () => {
  it('after a cancel is voided', () => {
    const order = placeOrder(
      { 'gateway.charge': ['silent'], 'gateway.look-up': ['absent'] },
      { policy: { capture: 'later' } },
    );
    order.cancel();
    order.fireDeadline('answerDeadline', 'payment');
    order.fireDeadline('lookUpBackOff', 'payment');
    expect(order.view).toMatchObject({ state: 'cancelled', settled: true });
    expect(order.answer('gateway.charge', 'authorized')).toBe('applied');
    expect(order.commands('gateway.void')).toHaveLength(1);
    expect(order.stateOf('payment')).toBe('cancelled');
    expect(order.settled).toBe(true);
  });
});

describe('an authorisation that was voided', () => {
  it('that is reported again changes nothing', () => {
    const order = placeOrder({}, { policy: { capture: 'later' } });
    order.cancel();
    const { key, attempt, transactionId, amount, currency } = charged(order);
    const again = { type: 'gateway.authorized', key, attempt, transactionId, amount, currency };
    expect(order.send('payment', again)).toMatch(/^ignored: .* already known$/);
    expect(order.commands('gateway.void')).toHaveLength(1);
    expect(order.eventsOf('payment.authorized')).toHaveLength(1);
  });
});

describe('money that is not ours', () => {
  it.each(['order-2/charge/1', 'order-1/charge/2', 'order-1/capture/1'])('(%s) changes nothing', (key) => {
    const order = placeOrder({ 'gateway.charge': ['silent'] });
    const foreign = { ...charged(order), key };
    expect(order.send('payment', foreign)).toMatch(/^ignored: it is not about this charge/);
    order.cancel();
    order.answer('gateway.charge', 'failed');
    expect(order.send('payment', foreign)).toMatch(/^ignored: it is not about this charge/);
    expect(order.view.paidAmount).toBe(0);
  });
});

describe('a settled order', () => {
  const settled: readonly [string, () => TestOrder][] = [
    ['completed', () => placeOrder()],
    ['failed', () => placeOrder({ 'gateway.charge': ['declined'] })],
    ['failed after it was paid', () => placeOrder({ 'warehouse.commit': ['refused'] })],
    [
      'cancelled',
      () => {
        const order = placeOrder({ 'warehouse.check': ['silent'] });
        order.cancel();
        return order;
      },
    ],
    [
      'rejected',
      () =>
        placeOrder({
          'warehouse.check': [
            { type: 'warehouse.checked', problems: [{ productId: 'product-1', kind: 'unknown-product' }] },
          ],
        }),
    ],
  ];

  it.each(settled)('(%s) receives every earlier message again, and nothing happens', (_, tell) => {
    const order = tell();
    const before = order.events.length;
    for (const { to, message } of order.sent.filter((sent) => sent.to === 'order')) {
      // Only the payment reports refunds: the same message twice is two refunds.
      if (to === 'order' && message.type !== 'payment.refunded') order.send('order', message);
    }
    const replies = order.received.filter(({ type }) => /^(warehouse|gateway|mailer)\./.test(type));
    for (const { to, type, data } of replies) {
      const actor = actorNames.find((name) => name === to);
      if (actor) expect(order.send(actor, { type, ...data })).toMatch(/^ignored: /);
    }
    expect(order.events).toHaveLength(before);
    expect(order.settled).toBe(true);
  });
});

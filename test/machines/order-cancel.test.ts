// A customer calls the order off: in every state there is one answer, and whatever was held or taken is given
// back first, also what arrives only later.
import { describe, expect, it } from 'vitest';
import { place, type Story } from './story.ts';

const expectCancelled = (story: Story) => {
  story.untilQuiet();
  expect(story.view).toMatchObject({ state: 'cancelled', settled: true, failure: { kind: 'cancelled' } });
  expect(story.view.paidAmount - story.view.refundedAmount).toBe(0);
};

describe('a cancel is taken', () => {
  it('while the order is validating: nothing was held or taken', () => {
    const story = place({ 'warehouse.check': ['silent'] });
    expect(story.cancel()).toBe('applied');
    expect(story.types).toEqual(['order.created', 'order.cancelled', 'order.failure-notification-sent']);
    expectCancelled(story);
  });

  it('while the order is reserving: what the warehouse then reserves is given back', () => {
    const story = place({ 'warehouse.reserve': ['silent'] });
    story.cancel();
    expect(story.at('order')).toBe('compensating.stock.returning + compensating.money.returned');
    story.answer('warehouse.reserve', 'reserved');
    expect(story.eventsOf('inventory.released')).toMatchObject([{ why: 'cancelled' }, { why: 'cancelled' }]);
    expectCancelled(story);
  });

  it('while the order is reserving: what the warehouse does not have need not be given back', () => {
    const story = place({ 'warehouse.reserve': ['silent'] });
    story.cancel();
    expect(story.answer('warehouse.reserve', 'insufficient')).toBe('applied');
    expect(story.view.state).toBe('cancelled');
    expect(story.commands('warehouse.release')).toEqual([]);
    expect(story.eventsOf('incident.opened')).toEqual([]);
  });

  it.each(['failed', 'refused'])(
    'while the order is reserving: a reservation that is %s is released all the same',
    (answer) => {
      const story = place({ 'warehouse.reserve': ['silent'] });
      story.cancel();
      story.answer('warehouse.reserve', answer);
      expect(story.commands('warehouse.release')).toHaveLength(1);
      expectCancelled(story);
    },
  );

  it('while the order is reserving: a reservation that gets no answer is released all the same', () => {
    const story = place({ 'warehouse.reserve': ['silent'] });
    story.cancel();
    story.passDeadline('answerDeadline', 'inventory');
    expect(story.commands('warehouse.reserve')).toHaveLength(1);
    expect(story.commands('warehouse.release')).toHaveLength(1);
    expectCancelled(story);
  });

  it('between two tries of the reservation', () => {
    const story = place({ 'warehouse.reserve': ['failed'] });
    expect(story.at('inventory')).toBe('reserving.backingOff');
    story.cancel();
    expectCancelled(story);
  });

  it('while a charge is under way: money that arrives is given back', () => {
    const story = place({ 'gateway.charge': ['silent'] });
    story.cancel();
    story.answer('gateway.charge', 'charged');
    expect(story.view).toMatchObject({ paidAmount: 17_500, refundedAmount: 17_500 });
    expectCancelled(story);
  });

  it.each(['failed', 'refused', 'declined'])(
    'while a charge is under way: one that is %s ends it',
    (answer) => {
      const story = place({ 'gateway.charge': ['silent'] });
      story.cancel();
      story.answer('gateway.charge', answer);
      expect(story.commands('gateway.charge')).toHaveLength(1);
      expect(story.commands('gateway.refund')).toEqual([]);
      expectCancelled(story);
    },
  );

  it('while a charge is under way: one that gets no answer is looked up, and what is found is given back', () => {
    const story = place({ 'gateway.charge': ['silent'], 'gateway.look-up': ['charged'] });
    story.cancel();
    story.passDeadline('answerDeadline', 'payment');
    expectCancelled(story);
    expect(story.eventsOf('payment.refunded')).toMatchObject([{ amount: 17_500 }]);
  });

  it('while a charge is looked up: one that is absent is not made again', () => {
    const story = place({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['silent'] });
    story.cancel();
    story.passDeadline('lookUpBackOff', 'payment');
    story.answer('gateway.look-up', 'absent');
    expect(story.commands('gateway.charge')).toHaveLength(1);
    expectCancelled(story);
  });

  it('between two tries of the charge, which has not taken effect', () => {
    const story = place({ 'gateway.charge': ['failed'] });
    expect(story.at('payment')).toBe('charging.backingOff');
    story.cancel();
    expect(story.commands('gateway.charge')).toHaveLength(1);
    expectCancelled(story);
  });

  it('while authorised money waits for its capture: it is set free', () => {
    const story = place({}, { policy: { capture: 'later' } });
    story.cancel();
    expect(story.commands('gateway.void')).toHaveLength(1);
    expect(story.types).toContain('payment.cancelled');
    expectCancelled(story);
  });

  it('while a capture is under way: money that is captured is given back', () => {
    const story = place({ 'gateway.capture': ['silent'] }, { policy: { capture: 'later' } });
    story.capture();
    story.cancel();
    story.answer('gateway.capture', 'captured');
    expect(story.view).toMatchObject({ paidAmount: 17_500, refundedAmount: 17_500 });
    expectCancelled(story);
  });

  it('while a capture is under way: one that failed is not tried again, and the money is set free', () => {
    const story = place({ 'gateway.capture': ['silent'] }, { policy: { capture: 'later' } });
    story.capture();
    story.cancel();
    story.answer('gateway.capture', 'failed');
    expect(story.commands('gateway.capture')).toHaveLength(1);
    expect(story.commands('gateway.void')).toHaveLength(1);
    expectCancelled(story);
  });

  it('while the stock is being sold: it is given back, and so is the money', () => {
    const story = place({ 'warehouse.commit': ['silent'] });
    expect(story.cancel()).toBe('applied');
    expect(story.commands('warehouse.release')).toHaveLength(1);
    expectCancelled(story);
  });

  it('while a person is asked about an unsold order', () => {
    const story = place({ 'warehouse.commit': ['silent'] });
    story.passDeadline('sellDeadline', 'order');
    story.cancel();
    expect(story.incidents).toEqual([]);
    expectCancelled(story);
  });

  it.each([
    ['warehouse.check', 'inventory', 'checking'],
    ['warehouse.reserve', 'inventory', 'reserving'],
    ['warehouse.commit', 'inventory', 'committing'],
  ] as const)('while a person is asked about %s', (command, actor, state) => {
    const story = place({ [command]: ['failed'] });
    story.untilQuiet();
    expect(story.at(actor)).toBe(`${state}.needsAttention`);
    story.cancel();
    expect(story.eventsOf('incident.closed')).toMatchObject([{ actor, how: 'overtaken' }]);
    expectCancelled(story);
  });

  it('while a person is asked about the charge, who must still say what became of it', () => {
    const story = place({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['unknown'] });
    story.untilQuiet();
    story.cancel();
    expect(story.incidents).toEqual(['payment: charge-unknown']);
    story.resolve('payment', 'charged', { transactionId: 'transaction-9' });
    expect(story.commands('gateway.refund')).toMatchObject([{ transactionId: 'transaction-9' }]);
    expectCancelled(story);
  });
});

describe('a cancel is told to the customer', () => {
  it('with the reason that was given', () => {
    const story = place({ 'gateway.charge': ['silent'], 'gateway.look-up': ['absent'] });
    story.cancel('found it cheaper');
    story.untilQuiet();
    expect(story.eventsOf('order.cancelled')).toMatchObject([{ reason: 'found it cheaper' }]);
    expect(story.eventsOf('order.failure-notification-sent')).toMatchObject([
      { reason: { kind: 'cancelled', text: 'found it cheaper' } },
    ]);
  });
});

describe('a cancel changes nothing', () => {
  it('once the order is paid and sold', () => {
    const story = place({ 'mailer.send': ['silent'] });
    expect(story.at('order')).toBe('notifying');
    expect(story.cancel()).toBe('ignored: the order is paid and sold; once completed it can be refunded');
    story.answer('mailer.send', 'sent');
    expect(story.view.state).toBe('completed');
  });

  it('once the order is completed', () => {
    const story = place();
    expect(story.cancel()).toBe('ignored: the order is completed: it can only be refunded');
    expect(story.commands('gateway.refund')).toEqual([]);
  });

  it('while a completed order is being refunded', () => {
    const story = place({ 'gateway.refund': ['silent'] });
    story.refund(500);
    expect(story.cancel()).toBe('ignored: the order is completed: it can only be refunded');
  });

  it('while the order is on its way out already', () => {
    const story = place({ 'gateway.charge': ['declined'], 'warehouse.release': ['silent'] });
    expect(story.cancel()).toBe('ignored: the order is on its way out already');
    story.answer('warehouse.release', 'released');
    expect(story.view).toMatchObject({ state: 'failed', failure: { kind: 'payment-declined' } });
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
    const story = place(script);
    expect(story.view.state).toBe(state);
    expect(story.cancel()).toBe('ignored: the order is over');
  });

  it('the second time', () => {
    const story = place({ 'warehouse.check': ['silent'] });
    story.cancel('first');
    expect(story.cancel('second')).toBe('ignored: the order is over');
    expect(story.eventsOf('order.cancelled')).toMatchObject([{ reason: 'first' }]);
  });
});

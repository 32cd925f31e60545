// Every wait of an order has a deadline, and a race between the deadline and the answer ends well either way.
import { describe, expect, it } from 'vitest';
import { placeOrder, type TestOrder } from './test-order.ts';

const expectFailed = (order: TestOrder, kind: string) => {
  order.runUntilIdle();
  expect(order.view).toMatchObject({ state: 'failed', settled: true, failure: { kind } });
  expect(order.view.paidAmount - order.view.refundedAmount).toBe(0);
  expect(order.types).not.toContain('order.completed');
};
const patient = { attempts: 100, firstDelayMs: 1000, longestDelayMs: 4000, answerWithinMs: 1_000_000 };
const silentWith = (...commands: readonly string[]) =>
  Object.fromEntries(commands.map((command) => [command, ['silent']]));

describe('an order that gets no answer', () => {
  it.each([
    ['validating', 'warehouse.check', 'validateDeadline'],
    ['reserving', 'warehouse.reserve', 'reserveDeadline'],
    ['paying.charging', 'gateway.charge', 'payDeadline'],
  ])('while %s gives up', (state, command, deadline) => {
    const order = placeOrder(silentWith(command), { policy: { inventory: patient, payment: patient } });
    expect(order.stateOf('order')).toBe(state);
    order.fireDeadline(deadline);
    if (command !== 'warehouse.check') {
      order.answer(command, command === 'gateway.charge' ? 'charged' : 'reserved');
    }
    expectFailed(order, 'deadline-passed');
  });

  it('while capturing gives up, and gives back what is captured later', () => {
    const order = placeOrder(silentWith('gateway.capture'), {
      policy: { capture: 'later', payment: patient },
    });
    order.capture();
    order.fireDeadline('payDeadline');
    order.answer('gateway.capture', 'captured');
    expect(order.eventsOf('payment.refunded')).toMatchObject([{ amount: 17_500 }]);
    expectFailed(order, 'deadline-passed');
  });

  it('to its authorised money sets it free', () => {
    const order = placeOrder({}, { policy: { capture: 'later' } });
    order.fireDeadline('authorizationExpiry');
    expect(order.types).toContain('payment.cancelled');
    expectFailed(order, 'authorization-expired');
  });

  it('about its notice is completed without it', () => {
    const order = placeOrder(silentWith('mailer.send'));
    expect(order.stateOf('order')).toBe('notifying');
    order.fireDeadline('notifyDeadline');
    expect(order.stateOf('order')).toBe('completed.closed');
    expect(order.settled).toBe(false);
  });

  it('is reported to the order', () => {
    const order = placeOrder(silentWith('warehouse.check'), { policy: { inventory: patient } });
    order.fireDeadline('validateDeadline');
    expect(order.eventsOf('order.failure-notification-sent')).toMatchObject([
      { reason: { kind: 'deadline-passed', text: 'the order took too long' } },
    ]);
  });
});

describe('an answer in time', () => {
  it.each([
    ['warehouse.check', 'checked', 'validateDeadline'],
    ['warehouse.reserve', 'reserved', 'reserveDeadline'],
    ['gateway.charge', 'charged', 'payDeadline'],
    ['warehouse.commit', 'committed', 'commitDeadline'],
    ['mailer.send', 'sent', 'notifyDeadline'],
  ])('to %s clears its deadline', (command, answer, deadline) => {
    const order = placeOrder(silentWith(command));
    expect(order.view.deadlines.map(({ name }) => name)).toContain(deadline);
    order.answer(command, answer);
    expect(order.view.deadlines).toEqual([]);
    expect(order.view.state).toBe('completed');
  });
});

describe('a reservation that expires', () => {
  const hurry = { policy: { reservationTtlMs: 20_000, payment: patient } };

  it('before the payment fails the order and gives back what is paid later', () => {
    const order = placeOrder(silentWith('gateway.charge'), hurry);
    order.fireDeadline('reservationExpiry');
    expect(order.eventsOf('inventory.released')).toMatchObject([{ why: 'expired' }, { why: 'expired' }]);
    order.answer('gateway.charge', 'charged');
    expectFailed(order, 'reservation-expired');
  });

  it('while authorised money waits sets that free', () => {
    const order = placeOrder({}, { policy: { capture: 'later', reservationTtlMs: 20_000 } });
    order.fireDeadline('reservationExpiry');
    expectFailed(order, 'reservation-expired');
    expect(order.commands('gateway.void')).toHaveLength(1);
  });

  it('is reported to the order at once, which fails when stock and money are returned', () => {
    const order = placeOrder(silentWith('gateway.charge', 'warehouse.release'), hurry);
    order.fireDeadline('reservationExpiry');
    expect(order.view).toMatchObject({ state: 'compensating', failure: { kind: 'reservation-expired' } });
    order.answer('gateway.charge', 'failed');
    expect(order.view.state).toBe('compensating');
    order.answer('warehouse.release', 'released');
    expectFailed(order, 'reservation-expired');
  });

  it('is followed by no other try of the charge, however long the warehouse takes', () => {
    const order = placeOrder({ ...silentWith('warehouse.release'), 'gateway.charge': ['failed'] }, hurry);
    order.fireDeadline('reservationExpiry');
    const charges = order.commands('gateway.charge').length;
    order.runUntilIdle();
    expect(order.commands('gateway.charge')).toHaveLength(charges);
    expect(order.stateOf('payment')).toBe('cancelled');
  });

  it('takes no capture of the authorised money any more, while the warehouse has not answered', () => {
    const order = placeOrder(silentWith('warehouse.release'), {
      policy: { capture: 'later', reservationTtlMs: 20_000 },
    });
    order.fireDeadline('reservationExpiry');
    expect(order.capture()).toMatch(/^ignored: the order is being undone/);
    expect(order.commands('gateway.capture')).toEqual([]);
  });

  it('and is paid meanwhile is not sold: the money goes back', () => {
    const order = placeOrder(silentWith('gateway.charge', 'warehouse.release'), hurry);
    order.fireDeadline('reservationExpiry');
    order.answer('gateway.charge', 'charged');
    expect(order.commands('warehouse.commit')).toEqual([]);
    order.answer('warehouse.release', 'released');
    expectFailed(order, 'reservation-expired');
    expect(order.eventsOf('inventory.released')).toHaveLength(2);
  });

  it('takes no cancel any more, and is released once', () => {
    const order = placeOrder(silentWith('gateway.charge', 'warehouse.release'), hurry);
    order.fireDeadline('reservationExpiry');
    expect(order.cancel()).toBe('ignored: the order is already being undone');
    order.answer('gateway.charge', 'failed');
    order.answer('warehouse.release', 'released');
    order.runUntilIdle();
    expectFailed(order, 'reservation-expired');
    expect(order.commands('warehouse.release')).toHaveLength(1);
    expect(order.eventsOf('inventory.released')).toHaveLength(2);
  });

  it('waits for an operator if the warehouse does not release the stock', () => {
    const order = placeOrder({ ...silentWith('gateway.charge'), 'warehouse.release': ['refused'] }, hurry);
    order.fireDeadline('reservationExpiry');
    expect(order.incidents).toEqual(['inventory: release-unconfirmed']);
    order.answer('gateway.charge', 'failed');
    expect(order.view.state).toBe('compensating');
    order.resolve('inventory', 'released');
    expectFailed(order, 'reservation-expired');
  });

  it('at the moment of the sale loses to the sale', () => {
    const order = placeOrder(silentWith('warehouse.commit'), hurry);
    expect(order.view.deadlines.map(({ name }) => name)).not.toContain('reservationExpiry');
    order.answer('warehouse.commit', 'committed');
    expect(order.view.state).toBe('completed');
  });

  it('once sold never does', () => {
    const order = placeOrder();
    order.advance(2_000_000);
    expect(order.stateOf('inventory')).toBe('committed.kept');
  });
});

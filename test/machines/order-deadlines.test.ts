// Time passes: every wait of an order has an end, and a race with the answer ends well whoever wins.
import { describe, expect, it } from 'vitest';
import { place, type Story } from './story.ts';

const expectFailed = (story: Story, kind: string) => {
  story.untilQuiet();
  expect(story.view).toMatchObject({ state: 'failed', settled: true, failure: { kind } });
  expect(story.view.paidAmount - story.view.refundedAmount).toBe(0);
  expect(story.types).not.toContain('order.completed');
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
    const story = place(silentWith(command), { policy: { inventory: patient, payment: patient } });
    expect(story.at('order')).toBe(state);
    story.passDeadline(deadline);
    if (command !== 'warehouse.check') {
      story.answer(command, command === 'gateway.charge' ? 'charged' : 'reserved');
    }
    expectFailed(story, 'deadline-passed');
  });

  it('while capturing gives up, and gives back what is captured later', () => {
    const story = place(silentWith('gateway.capture'), { policy: { capture: 'later', payment: patient } });
    story.capture();
    story.passDeadline('payDeadline');
    story.answer('gateway.capture', 'captured');
    expect(story.eventsOf('payment.refunded')).toMatchObject([{ amount: 17_500 }]);
    expectFailed(story, 'deadline-passed');
  });

  it('to its authorised money sets it free', () => {
    const story = place({}, { policy: { capture: 'later' } });
    story.passDeadline('authorizationExpiry');
    expect(story.types).toContain('payment.cancelled');
    expectFailed(story, 'authorization-expired');
  });

  it('about its notice is completed without it', () => {
    const story = place(silentWith('mailer.send'));
    expect(story.at('order')).toBe('notifying');
    story.passDeadline('notifyDeadline');
    expect(story.at('order')).toBe('completed.closed');
    expect(story.settled).toBe(false);
  });

  it('is told so', () => {
    const story = place(silentWith('warehouse.check'), { policy: { inventory: patient } });
    story.passDeadline('validateDeadline');
    expect(story.eventsOf('order.failure-notification-sent')).toMatchObject([
      { reason: { kind: 'deadline-passed', text: 'the order took too long' } },
    ]);
  });
});

describe('an answer in time', () => {
  it.each([
    ['warehouse.check', 'checked', 'validateDeadline'],
    ['warehouse.reserve', 'reserved', 'reserveDeadline'],
    ['gateway.charge', 'charged', 'payDeadline'],
    ['warehouse.commit', 'committed', 'sellDeadline'],
    ['mailer.send', 'sent', 'notifyDeadline'],
  ])('to %s clears its deadline', (command, answer, deadline) => {
    const story = place(silentWith(command));
    expect(story.view.deadlines.map(({ name }) => name)).toContain(deadline);
    story.answer(command, answer);
    expect(story.view.deadlines).toEqual([]);
    expect(story.view.state).toBe('completed');
  });
});

describe('a reservation that expires', () => {
  const hurry = { policy: { reservationTtlMs: 20_000, payment: patient } };

  it('before the payment fails the order and gives back what is paid later', () => {
    const story = place(silentWith('gateway.charge'), hurry);
    story.passDeadline('reservationExpiry');
    expect(story.eventsOf('inventory.released')).toMatchObject([{ why: 'expired' }, { why: 'expired' }]);
    story.answer('gateway.charge', 'charged');
    expectFailed(story, 'reservation-expired');
  });

  it('while authorised money waits sets that free', () => {
    const story = place({}, { policy: { capture: 'later', reservationTtlMs: 20_000 } });
    story.passDeadline('reservationExpiry');
    expectFailed(story, 'reservation-expired');
    expect(story.commands('gateway.void')).toHaveLength(1);
  });

  it('is told to the order at once, which fails when the stock and the money are back', () => {
    const story = place(silentWith('gateway.charge', 'warehouse.release'), hurry);
    story.passDeadline('reservationExpiry');
    expect(story.view).toMatchObject({ state: 'compensating', failure: { kind: 'reservation-expired' } });
    story.answer('gateway.charge', 'failed');
    expect(story.view.state).toBe('compensating');
    story.answer('warehouse.release', 'released');
    expectFailed(story, 'reservation-expired');
  });

  it('is followed by no other try of the charge, however long the warehouse takes', () => {
    const story = place({ ...silentWith('warehouse.release'), 'gateway.charge': ['failed'] }, hurry);
    story.passDeadline('reservationExpiry');
    const charges = story.commands('gateway.charge').length;
    story.untilQuiet();
    expect(story.commands('gateway.charge')).toHaveLength(charges);
    expect(story.at('payment')).toBe('cancelled');
  });

  it('takes no capture of the authorised money any more, while the warehouse has not answered', () => {
    const story = place(silentWith('warehouse.release'), {
      policy: { capture: 'later', reservationTtlMs: 20_000 },
    });
    story.passDeadline('reservationExpiry');
    expect(story.capture()).toMatch(/^ignored: the order is on its way out/);
    expect(story.commands('gateway.capture')).toEqual([]);
  });

  it('and is paid meanwhile is not sold: the money goes back', () => {
    const story = place(silentWith('gateway.charge', 'warehouse.release'), hurry);
    story.passDeadline('reservationExpiry');
    story.answer('gateway.charge', 'charged');
    expect(story.commands('warehouse.commit')).toEqual([]);
    story.answer('warehouse.release', 'released');
    expectFailed(story, 'reservation-expired');
    expect(story.eventsOf('inventory.released')).toHaveLength(2);
  });

  it('takes no cancel any more, and is released once', () => {
    const story = place(silentWith('gateway.charge', 'warehouse.release'), hurry);
    story.passDeadline('reservationExpiry');
    expect(story.cancel()).toBe('ignored: the order is on its way out already');
    story.answer('gateway.charge', 'failed');
    story.answer('warehouse.release', 'released');
    story.untilQuiet();
    expectFailed(story, 'reservation-expired');
    expect(story.commands('warehouse.release')).toHaveLength(1);
    expect(story.eventsOf('inventory.released')).toHaveLength(2);
  });

  it('waits for a person where the warehouse does not take the stock back', () => {
    const story = place({ ...silentWith('gateway.charge'), 'warehouse.release': ['refused'] }, hurry);
    story.passDeadline('reservationExpiry');
    expect(story.incidents).toEqual(['inventory: release-unconfirmed']);
    story.answer('gateway.charge', 'failed');
    expect(story.view.state).toBe('compensating');
    story.resolve('inventory', 'released');
    expectFailed(story, 'reservation-expired');
  });

  it('at the moment of the sale loses to the sale', () => {
    const story = place(silentWith('warehouse.commit'), hurry);
    expect(story.view.deadlines.map(({ name }) => name)).not.toContain('reservationExpiry');
    story.answer('warehouse.commit', 'committed');
    expect(story.view.state).toBe('completed');
  });

  it('once sold never does', () => {
    const story = place();
    story.pass(2_000_000);
    expect(story.at('inventory')).toBe('committed');
  });
});

// The stock of one order: checked, reserved in full or not at all, committed or released, with one key for
// each.
import { describe, expect, it } from 'vitest';
import { placeOrder } from './test-order.ts';

describe('the warehouse is asked', () => {
  it('with the order, the lines and one key for each purpose', () => {
    const order = placeOrder();
    const lines = [
      { productId: 'product-1', quantity: 2, unitPrice: 5000, currency: 'USD' },
      { productId: 'product-2', quantity: 1, unitPrice: 7500, currency: 'USD' },
    ];
    expect(order.commands('warehouse.check')).toMatchObject([{ key: 'order-1/check/1', attempt: 1, lines }]);
    expect(order.commands('warehouse.reserve')).toMatchObject([
      { key: 'order-1/reserve/1', attempt: 2, lines, ttlMs: 900_000 },
    ]);
    expect(order.commands('warehouse.commit')).toMatchObject([{ key: 'order-1/commit/1', attempt: 3 }]);
  });

  it('nothing before the order is placed, and nothing after it is completed', () => {
    const order = placeOrder();
    const asked = order.sent.filter(({ to }) => to === 'warehouse').length;
    for (const type of ['inventory.reserve', 'inventory.release', 'inventory.commit']) {
      expect(order.send('inventory', { type, why: 'failed' })).toMatch(/^ignored: /);
    }
    expect(order.sent.filter(({ to }) => to === 'warehouse')).toHaveLength(asked);
  });
});

describe.each([
  ['check', 'checked', 'checking', 'check-unanswered', ['available']],
  ['reserve', 'reserved', 'reserving', 'reservation-unconfirmed', ['reserved']],
  ['commit', 'committed', 'committing', 'commit-unconfirmed', ['committed', 'not-committed']],
])('a %s', (purpose, done, state, incident, outcomes) => {
  const command = `warehouse.${purpose}`;

  it.each([
    ['fails', ['failed', 'failed', done]],
    ['is not answered', ['silent', 'silent', done]],
  ])('that %s is retried with the same key, with growing delays', (_, answers) => {
    const order = placeOrder({ [command]: answers });
    order.runUntilIdle();
    const asked = order.commands(command);
    expect(asked.map(({ key }) => key)).toEqual(Array(3).fill(`order-1/${purpose}/1`));
    const [first = 0, second, third] = asked.map(({ attempt }) => Number(attempt));
    expect([second, third]).toEqual([first + 1, first + 2]);
    expect(order.view.state).toBe('completed');
  });

  it.each(['failed', 'silent'])('that stays %s is an incident', (answer) => {
    const order = placeOrder({ [command]: [answer] });
    order.runUntilIdle();
    expect(order.commands(command)).toHaveLength(3);
    expect(order.incidents).toEqual([`inventory: ${incident}`]);
    expect(order.moves).toEqual(['cancel', 'retry inventory', `resolve inventory: ${outcomes.join(', ')}`]);
  });

  it('goes on after a retry', () => {
    const order = placeOrder({ [command]: ['failed', 'failed', 'failed', done] });
    order.runUntilIdle();
    expect(order.retry('inventory')).toBe('applied');
    expect(order.view.state).toBe('completed');
  });

  it('gets as many attempts again after a retry', () => {
    const order = placeOrder({ [command]: ['failed'] });
    order.runUntilIdle();
    order.retry('inventory');
    order.runUntilIdle();
    expect(order.commands(command)).toHaveLength(6);
    expect(order.incidents).toEqual([`inventory: ${incident}`]);
  });

  it('goes on if an operator names the outcome', () => {
    const order = placeOrder({ [command]: ['failed'] });
    order.runUntilIdle();
    expect(order.resolve('inventory', 'whatever')).toBe(
      `ignored: the outcome must be one of: ${outcomes.join(', ')}`,
    );
    order.resolve('inventory', String(outcomes[0]));
    expect(order.view.state).toBe('completed');
  });

  it('goes on when the answer comes after all, from whichever attempt', () => {
    const order = placeOrder({ [command]: ['silent'] });
    order.runUntilIdle();
    expect(order.answer(command, done)).toBe('applied');
    expect(order.view.state).toBe('completed');
    expect(order.eventsOf('incident.closed')).toMatchObject([{ actor: 'inventory', how: 'overtaken' }]);
  });

  it('does not fail by an older attempt', () => {
    const order = placeOrder({ [command]: ['silent'] });
    order.fireDeadline('answerDeadline', 'inventory');
    expect(order.stateOf('inventory')).toBe(`${state}.backingOff`);
    order.fireDeadline('backOff', 'inventory');
    expect(order.answer(command, 'failed')).toBe(
      'ignored: no answer is expected, or only the one to a later attempt',
    );
    expect(order.stateOf('inventory')).toBe(`${state}.asking`);
  });

  it('is not ended by an answer with another key', () => {
    const order = placeOrder({ [command]: ['silent'] });
    const foreign = { key: `order-2/${purpose}/1`, attempt: 1, problems: [] };
    expect(order.send('inventory', { type: `warehouse.${done}`, ...foreign })).toMatch(
      /^ignored: no .* is waiting/,
    );
    expect(order.stateOf('inventory')).toBe(`${state}.asking`);
  });
});

describe('a check that the warehouse refuses', () => {
  it('is retried, and then an incident', () => {
    const order = placeOrder({ 'warehouse.check': ['refused'] });
    order.runUntilIdle();
    expect(order.incidents).toEqual(['inventory: check-unanswered']);
    expect(order.commands('warehouse.check')).toHaveLength(3);
  });
});

describe('a reservation', () => {
  it('that the warehouse refuses is an incident at once', () => {
    const order = placeOrder({ 'warehouse.reserve': ['refused'] });
    expect(order.incidents).toEqual(['inventory: reservation-unconfirmed']);
    expect(order.commands('warehouse.reserve')).toHaveLength(1);
  });

  it('is announced once for each product', () => {
    expect(placeOrder().eventsOf('inventory.reserved')).toMatchObject([
      { productId: 'product-1', quantity: 2 },
      { productId: 'product-2', quantity: 1 },
    ]);
  });

  it('that is confirmed twice is announced once', () => {
    const order = placeOrder({ 'gateway.charge': ['silent'] });
    const again = { type: 'warehouse.reserved', key: 'order-1/reserve/1', attempt: 2 };
    expect(order.send('inventory', again)).toBe('ignored: no reservation is waiting for this answer');
    expect(order.eventsOf('inventory.reserved')).toHaveLength(2);
  });

  it('that was cancelled is released only after its answer', () => {
    const order = placeOrder({ 'warehouse.reserve': ['silent'] });
    order.cancel();
    expect(order.commands('warehouse.release')).toEqual([]);
    expect(order.send('inventory', { type: 'inventory.release', why: 'failed' })).toBe(
      'ignored: the release is already requested, and follows the pending answer',
    );
    order.answer('warehouse.reserve', 'reserved');
    expect(order.commands('warehouse.release')).toHaveLength(1);
  });
});

describe('a sale', () => {
  it('is announced once for each product', () => {
    expect(placeOrder().eventsOf('inventory.committed')).toMatchObject([
      { productId: 'product-1', quantity: 2 },
      { productId: 'product-2', quantity: 1 },
    ]);
  });

  it('that was not made, as an operator says, releases the stock and refunds the money', () => {
    const order = placeOrder({ 'warehouse.commit': ['failed'] });
    order.runUntilIdle();
    order.resolve('inventory', 'not-committed');
    expect(order.commands('warehouse.release')).toHaveLength(1);
    expect(order.eventsOf('inventory.released')).toMatchObject([{ why: 'failed' }, { why: 'failed' }]);
    expect(order.view).toMatchObject({ state: 'failed', refundedAmount: 17_500, settled: true });
  });

  it('is not refused by an answer with another key', () => {
    const order = placeOrder({ 'warehouse.commit': ['silent'] });
    const foreign = { type: 'warehouse.refused', key: 'order-1/check/1', attempt: 3, reason: 'not-reserved' };
    expect(order.send('inventory', foreign)).toMatch(/^ignored: /);
    expect(order.stateOf('inventory')).toBe('committing.asking');
  });

  it('that is asked for twice is made once', () => {
    const order = placeOrder({ 'warehouse.commit': ['silent'] });
    expect(order.send('inventory', { type: 'inventory.commit' })).toBe(
      'ignored: the commit is already under way',
    );
    order.answer('warehouse.commit', 'committed');
    expect(order.send('inventory', { type: 'inventory.commit' })).toBe(
      'ignored: the stock is already committed',
    );
    expect(order.commands('warehouse.commit')).toHaveLength(1);
  });

  it('that turns out to be made after a cancel is an incident', () => {
    const order = placeOrder({ 'warehouse.commit': ['silent'], 'warehouse.release': ['refused'] });
    order.cancel();
    expect(order.answer('warehouse.commit', 'committed')).toBe(
      'ignored: no commit is waiting for this answer',
    );
    expect(order.incidents).toEqual(['inventory: release-unconfirmed']);
    expect(order.view.state).toBe('compensating');
  });
});

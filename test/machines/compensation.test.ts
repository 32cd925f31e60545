// Giving back: an order is over only when its stock and its money are back, and a person is asked where they
// do not come.
import { describe, expect, it } from 'vitest';
import { place } from './story.ts';

const declined = { 'gateway.charge': ['declined'] };
const unsold = { 'warehouse.commit': ['refused'] };

describe('stock that is to be given back', () => {
  it('is asked for again where the warehouse fails', () => {
    const story = place({ ...declined, 'warehouse.release': ['failed', 'silent', 'released'] });
    expect(story.view.state).toBe('compensating');
    story.untilQuiet();
    expect(story.commands('warehouse.release')).toHaveLength(3);
    expect(story.view).toMatchObject({ state: 'failed', settled: true });
  });

  it('is asked for with one key and growing attempts', () => {
    const story = place({ ...declined, 'warehouse.release': ['failed', 'failed', 'released'] });
    story.untilQuiet();
    const asked = story.commands('warehouse.release');
    expect(new Set(asked.map(({ key }) => key))).toEqual(new Set(['order-1/release/1']));
    expect(asked.map(({ attempt }) => attempt)).toEqual([3, 4, 5]);
  });

  it('that never comes is an incident, and a retry asks again', () => {
    const story = place({ ...declined, 'warehouse.release': ['failed'] });
    story.untilQuiet();
    expect(story.incidents).toEqual(['inventory: release-unconfirmed']);
    expect(story.view.state).toBe('compensating');
    story.changeScript({});
    expect(story.retry('inventory')).toBe('applied');
    expect(story.view).toMatchObject({ state: 'failed', settled: true });
  });

  it('is asked for as often again after a retry', () => {
    const story = place({ ...declined, 'warehouse.release': ['failed'] });
    story.untilQuiet();
    story.retry('inventory');
    story.untilQuiet();
    expect(story.commands('warehouse.release')).toHaveLength(6);
  });

  it('is asked for once, however often the order wants it', () => {
    const story = place({ ...declined, 'warehouse.release': ['silent'] });
    expect(story.send('inventory', { type: 'inventory.release', why: 'failed' })).toBe(
      'ignored: the stock is being given back already',
    );
    expect(story.commands('warehouse.release')).toHaveLength(1);
  });

  it('is back only by what is said about it', () => {
    const story = place({ ...declined, 'warehouse.release': ['silent'] });
    const foreign = { type: 'warehouse.released', key: 'order-2/release/1', attempt: 3 };
    expect(story.send('inventory', foreign)).toBe('ignored: no release waits for this answer');
    expect(story.send('inventory', { ...foreign, type: 'warehouse.refused', reason: 'x' })).toMatch(
      /^ignored: /,
    );
    expect(story.at('inventory')).toBe('releasing.asking');
  });

  it('is back for no other word of a person', () => {
    const story = place({ ...declined, 'warehouse.release': ['refused'] });
    expect(story.resolve('inventory', 'lost')).toBe('ignored: the outcome must be one of: released');
    expect(story.view.state).toBe('compensating');
  });

  it('that a person has put back lets the order go', () => {
    const story = place({ ...declined, 'warehouse.release': ['refused'] });
    expect(story.moves).toContain('resolve inventory: released');
    story.resolve('inventory', 'released');
    expect(story.eventsOf('inventory.released')).toHaveLength(2);
    expect(story.view).toMatchObject({ state: 'failed', settled: true });
  });

  it('and does not come in time is an incident of the order itself', () => {
    const story = place({ ...declined, 'warehouse.release': ['failed'] });
    story.untilQuiet();
    story.passDeadline('compensateDeadline');
    expect(story.incidents).toEqual(['order: stock-not-returned', 'inventory: release-unconfirmed']);
  });

  it('may be retried and resolved at the order', () => {
    const story = place({ ...declined, 'warehouse.release': ['silent'] });
    story.passDeadline('compensateDeadline');
    expect(story.retry('order')).toBe('applied');
    expect(story.at('order')).toBe('compensating.stock.returning + compensating.money.returned');
    story.passDeadline('compensateDeadline');
    expect(story.resolve('order', 'money-returned')).toBe(
      'ignored: the outcome must be one of: stock-returned',
    );
    expect(story.resolve('order', 'stock-returned')).toBe('applied');
    expect(story.view).toMatchObject({ state: 'failed', settled: false });
  });

  it('lets the order go when it comes after all', () => {
    const story = place({ ...declined, 'warehouse.release': ['silent'] });
    story.passDeadline('compensateDeadline');
    expect(story.answer('warehouse.release', 'released')).toBe('applied');
    expect(story.view).toMatchObject({ state: 'failed', settled: true });
    expect(story.eventsOf('incident.closed').at(-1)).toMatchObject({ actor: 'order', how: 'overtaken' });
  });
});

describe('money that is to be given back', () => {
  it('is refunded with one key, again and again', () => {
    const story = place({ ...unsold, 'gateway.refund': ['failed', 'unknown', 'refunded'] });
    story.untilQuiet();
    const asked = story.commands('gateway.refund');
    expect(asked.map(({ key }) => key)).toEqual(Array(3).fill('order-1/refund/rest'));
    expect(story.view).toMatchObject({ state: 'failed', refundedAmount: 17_500, settled: true });
  });

  it.each([
    ['refused', ['refused']],
    ['failed', ['failed']],
    ['unknown', ['unknown']],
    ['unanswered', ['silent']],
  ])('and stays %s is an incident, and the order waits', (_, refund) => {
    const story = place({ ...unsold, 'gateway.refund': refund });
    story.untilQuiet();
    expect(story.incidents).toContain('payment: refund-unconfirmed');
    expect(story.view.state).toBe('compensating');
  });

  it('is asked for as often again after a retry', () => {
    const story = place({ ...unsold, 'gateway.refund': ['failed'] });
    story.untilQuiet();
    story.retry('payment');
    story.untilQuiet();
    expect(story.commands('gateway.refund')).toHaveLength(6);
  });

  it('is given back by a retry', () => {
    const story = place({ ...unsold, 'gateway.refund': ['refused', 'refunded'] });
    story.retry('payment');
    expect(story.view).toMatchObject({ state: 'failed', refundedAmount: 17_500, settled: true });
  });

  it('was given back where a person says so', () => {
    const story = place({ ...unsold, 'gateway.refund': ['refused'] });
    story.resolve('payment', 'refunded');
    expect(story.view).toMatchObject({ state: 'failed', refundedAmount: 17_500, settled: true });
  });

  it('is kept where a person says so, and the order is over', () => {
    const story = place({ ...unsold, 'gateway.refund': ['refused'] });
    story.resolve('payment', 'not-refunded');
    expect(story.view).toMatchObject({ state: 'failed', refundedAmount: 0, settled: true });
    expect(story.eventsOf('payment.refund-refused')).toMatchObject([{ refundId: 'rest' }]);
  });

  it('may be retried and resolved at the order', () => {
    const story = place({ ...unsold, 'gateway.refund': ['silent'] });
    story.passDeadline('compensateDeadline');
    expect(story.incidents).toContain('order: money-not-returned');
    expect(story.resolve('order', 'refunded')).toMatch(/^ignored: /);
    story.retry('order');
    expect(story.commands('gateway.refund')).toHaveLength(3);
    story.passDeadline('compensateDeadline');
    expect(story.resolve('order', 'money-returned')).toBe('applied');
    expect(story.view).toMatchObject({ state: 'failed', settled: false });
  });

  it('is noted also where it comes after the order is over', () => {
    const story = place({ ...unsold, 'gateway.refund': ['silent'] });
    story.passDeadline('compensateDeadline');
    story.resolve('order', 'money-returned');
    expect(story.answer('gateway.refund', 'refunded')).toBe('applied');
    expect(story.view).toMatchObject({ state: 'failed', refundedAmount: 17_500, settled: true });
  });
});

describe('both at once', () => {
  it('are retried together and resolved one by one', () => {
    const story = place({
      'warehouse.release': ['silent'],
      'gateway.charge': ['silent'],
      'gateway.look-up': ['unknown'],
    });
    story.cancel();
    story.passDeadline('compensateDeadline');
    expect(story.at('order')).toBe('compensating.stock.needsAttention + compensating.money.needsAttention');
    story.retry('order');
    expect(story.at('order')).toBe('compensating.stock.returning + compensating.money.returning');
    story.passDeadline('compensateDeadline');
    expect(story.incidents).toEqual(
      expect.arrayContaining(['order: stock-not-returned', 'order: money-not-returned']),
    );
    story.resolve('order', 'money-returned');
    expect(story.at('order')).toBe('compensating.stock.needsAttention + compensating.money.returned');
    story.resolve('order', 'stock-returned');
    expect(story.view.state).toBe('cancelled');
  });
});

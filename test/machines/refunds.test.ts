// After completion: the money can be given back, in full, in parts, one refund at a time and never more than
// was taken.
import { describe, expect, it } from 'vitest';
import { place } from './story.ts';

describe('a completed order', () => {
  it('is refunded in full unless an amount is named', () => {
    const story = place();
    expect(story.refund()).toBe('applied');
    expect(story.eventsOf('payment.refunded')).toMatchObject([{ amount: 17_500, currency: 'USD' }]);
    expect(story.view).toMatchObject({ state: 'completed', refundedAmount: 17_500, settled: true });
  });

  it('is refunded to the last cent where exactly that is named', () => {
    const story = place();
    expect(story.refund(17_500)).toBe('applied');
    expect(story.at('payment')).toBe('refunded');
  });

  it('is refunded in part', () => {
    const story = place();
    story.refund(500);
    expect(story.commands('gateway.refund')).toMatchObject([{ amount: 500, transactionId: 'transaction-1' }]);
    expect(story.view.refundedAmount).toBe(500);
    expect(story.moves).toEqual(['refunds']);
  });

  it('is refunded several times, each with a key of its own, and the last one takes the rest', () => {
    const story = place();
    story.refund(500, 'first');
    story.refund(7000, 'second');
    story.refund(undefined, 'third');
    expect(story.commands('gateway.refund').map(({ key, amount }) => [key, amount])).toEqual([
      ['order-1/refund/first', 500],
      ['order-1/refund/second', 7000],
      ['order-1/refund/third', 10_000],
    ]);
    expect(story.at('payment')).toBe('refunded');
  });

  it('tells who gets which refund', () => {
    const story = place();
    story.refund(500, 'for-the-scratch');
    expect(story.eventsOf('payment.refunded')).toMatchObject([
      { refundId: 'for-the-scratch', transactionId: 'transaction-1', amount: 500 },
    ]);
  });

  it('keeps its stock sold', () => {
    const story = place();
    story.refund();
    expect(story.at('inventory')).toBe('committed');
    expect(story.commands('warehouse.release')).toEqual([]);
  });
});

describe('no refund is made', () => {
  const tooMuch =
    'ignored: only what was paid for a completed order can be refunded, up to what is left of it';

  it('of more than was paid', () => {
    const story = place();
    expect(story.refund(17_501)).toBe(tooMuch);
    expect(story.commands('gateway.refund')).toEqual([]);
  });

  it('of more than is left', () => {
    const story = place();
    story.refund(10_000);
    expect(story.refund(7501)).toBe(tooMuch);
    expect(story.view.refundedAmount).toBe(10_000);
  });

  it('of more than is left, not even where the order itself asks for it', () => {
    const story = place();
    story.refund(10_000);
    expect(story.send('payment', { type: 'payment.refund', refundId: 'wild', amount: 7501 })).toBe(
      'ignored: only a captured payment can be given back, up to what is left of it',
    );
    expect(story.commands('gateway.refund')).toHaveLength(1);
  });

  it('once everything was given back', () => {
    const story = place();
    story.refund();
    expect(story.refund()).toBe(tooMuch);
    expect(story.refund(1)).toBe(tooMuch);
    expect(story.moves).toEqual([]);
  });

  it('while another is under way', () => {
    const story = place({ 'gateway.refund': ['silent'] });
    story.refund(500);
    expect(story.refund(500)).toBe('ignored: another refund is under way');
    expect(story.commands('gateway.refund')).toHaveLength(1);
  });

  it.each([
    ['not paid', { 'gateway.charge': ['silent'] }, 'paying.charging'],
    ['not completed', { 'mailer.send': ['silent'] }, 'notifying'],
    ['failed', { 'gateway.charge': ['declined'] }, 'failed'],
  ])('of an order that is %s', (_, script, state) => {
    const story = place(script);
    expect(story.at('order')).toBe(state);
    expect(story.refund(1)).toBe(tooMuch);
  });

  it('of an order on its way out: what was taken is given back anyway', () => {
    const story = place({ 'warehouse.commit': ['refused'], 'gateway.refund': ['silent'] });
    expect(story.refund(1)).toBe('ignored: the order is on its way out; what was taken is given back anyway');
  });
});

describe('a refund that does not go through', () => {
  it('is tried again with the same key', () => {
    const story = place({ 'gateway.refund': ['failed', 'unknown', 'refunded'] });
    story.refund(500, 'scratch');
    story.untilQuiet();
    expect(story.commands('gateway.refund').map(({ key }) => key)).toEqual(
      Array(3).fill('order-1/refund/scratch'),
    );
    expect(story.view).toMatchObject({ refundedAmount: 500, settled: true });
  });

  it.each([
    ['refused', ['refused']],
    ['unknown', ['unknown']],
    ['too old to be asked for again', ['key-expired']],
    ['unanswered', ['silent']],
  ])('because it is %s is an incident', (_, refund) => {
    const story = place({ 'gateway.refund': refund });
    story.refund(500);
    story.untilQuiet();
    expect(story.incidents).toEqual(['payment: refund-unconfirmed']);
    expect(story.moves).toEqual(['retry payment', 'resolve payment: refunded, not-refunded']);
  });

  it('counts where a person says that it was made', () => {
    const story = place({ 'gateway.refund': ['refused'] });
    story.refund(500);
    story.resolve('payment', 'refunded');
    expect(story.view).toMatchObject({ refundedAmount: 500, settled: true });
  });

  it('does not count where a person says that it was not made, and can be asked for again', () => {
    const story = place({ 'gateway.refund': ['refused', 'refunded'] });
    story.refund(500, 'scratch');
    story.resolve('payment', 'not-refunded');
    expect(story.view).toMatchObject({ refundedAmount: 0, settled: true });
    expect(story.eventsOf('payment.refund-refused')).toMatchObject([{ refundId: 'scratch' }]);
    story.refund(500, 'scratch again');
    expect(story.view.refundedAmount).toBe(500);
  });

  it('counts once when it was made after all, although a person said that it was not', () => {
    const story = place({ 'gateway.refund': ['silent'] });
    story.refund(500);
    story.untilQuiet();
    story.resolve('payment', 'not-refunded');
    expect(story.answer('gateway.refund', 'refunded')).toBe('applied');
    expect(story.answer('gateway.refund', 'refunded')).toBe('ignored: no refund waits for this answer');
    expect(story.view).toMatchObject({ refundedAmount: 500, settled: true });
  });

  it('is not finished by a repeated answer to the one before', () => {
    const story = place({ 'gateway.refund': ['refunded', 'silent'] });
    story.refund(500, 'first');
    story.refund(700, 'second');
    const again = {
      type: 'gateway.refunded',
      key: 'order-1/refund/first',
      attempt: 2,
      refundTransactionId: 'refund-1',
    };
    expect(story.send('payment', again)).toBe('ignored: no refund waits for this answer');
    expect(story.view.refundedAmount).toBe(500);
  });

  it('has tries of its own', () => {
    const story = place({
      'gateway.refund': ['failed', 'failed', 'refunded', 'failed', 'failed', 'refunded'],
    });
    story.refund(500);
    story.untilQuiet();
    story.refund(700);
    story.untilQuiet();
    expect(story.view).toMatchObject({ refundedAmount: 1200, settled: true });
  });

  it('and was given up is not made by what is said about another', () => {
    const story = place({ 'gateway.refund': ['refused'] });
    story.refund(500, 'scratch');
    expect(story.resolve('payment', 'whatever')).toBe(
      'ignored: the outcome must be one of: refunded, not-refunded',
    );
    story.resolve('payment', 'not-refunded');
    const other = {
      type: 'gateway.refunded',
      key: 'order-1/refund/other',
      attempt: 2,
      refundTransactionId: 'r',
    };
    expect(story.send('payment', other)).toBe('ignored: no refund waits for this answer');
    expect(story.view.refundedAmount).toBe(0);
  });

  it('in time is an incident of the order too, which may wait on', () => {
    const story = place({ 'gateway.refund': ['silent'] });
    story.refund(500);
    story.passDeadline('refundDeadline');
    expect(story.incidents).toContain('order: refund-overdue');
    expect(story.resolve('order', 'refunded')).toBe('ignored: the outcome must be one of: refused');
    story.retry('order');
    expect(story.at('order')).toBe('completed.refunding.waiting');
    story.answer('gateway.refund', 'refunded');
    expect(story.view).toMatchObject({ refundedAmount: 500, settled: true });
  });

  it('is noted when it comes after a person has given it up', () => {
    const story = place({ 'gateway.refund': ['silent'] });
    story.refund(500);
    story.passDeadline('refundDeadline');
    story.resolve('order', 'refused');
    expect(story.at('order')).toBe('completed.closed');
    expect(story.answer('gateway.refund', 'refunded')).toBe('applied');
    expect(story.view).toMatchObject({ refundedAmount: 500, settled: true });
  });

  it('makes the next one be refused at once, and nothing waits for it', () => {
    const story = place({ 'gateway.refund': ['silent'] });
    story.refund(500, 'first');
    story.passDeadline('refundDeadline');
    story.resolve('order', 'refused');
    expect(story.refund(700, 'second')).toBe('applied');
    expect(story.eventsOf('payment.refund-refused')).toMatchObject([{ refundId: 'second' }]);
    expect(story.at('order')).toBe('completed.closed');
    story.answer('gateway.refund', 'refunded');
    expect(story.eventsOf('payment.refunded')).toMatchObject([{ refundId: 'first', amount: 500 }]);
    expect(story.view.refundedAmount).toBe(500);
  });
});

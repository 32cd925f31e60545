// Late and repeated news: what really happened is taken wherever it comes, and nothing is counted twice.
import { describe, expect, it } from 'vitest';
import { actorNames } from '../../machines/messages.ts';
import { place, type Story } from './story.ts';

const charged = (story: Story) => ({
  type: 'gateway.charged',
  key: 'order-1/charge/1',
  attempt: 1,
  transactionId: 'transaction-1',
  amount: story.view.amount,
  currency: 'USD',
});

describe('a late capture', () => {
  it('after a cancel is refunded', () => {
    const story = place({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['silent'] });
    story.cancel();
    story.passDeadline('lookUpBackOff', 'payment');
    story.answer('gateway.look-up', 'absent');
    expect(story.view).toMatchObject({ state: 'cancelled', settled: true });
    expect(story.send('payment', charged(story))).toBe('applied');
    expect(story.view).toMatchObject({ state: 'cancelled', paidAmount: 17_500, refundedAmount: 17_500 });
    expect(story.types.slice(-2)).toEqual(['payment.completed', 'payment.refunded']);
    expect(story.settled).toBe(true);
  });

  it.each(['failed', 'declined', 'refused'])('after an order whose charge was %s is refunded', (answer) => {
    const story = place({ 'gateway.charge': [answer] });
    story.untilQuiet();
    expect(story.view.state).toBe('failed');
    story.send('payment', charged(story));
    expect(story.view).toMatchObject({ state: 'failed', paidAmount: 17_500, refundedAmount: 17_500 });
  });

  it('is refunded once, however often it is told', () => {
    const story = place({ 'gateway.charge': ['failed'] });
    story.untilQuiet();
    story.send('payment', charged(story));
    for (let time = 0; time < 3; time += 1)
      expect(story.send('payment', charged(story))).toMatch(/^ignored: /);
    expect(story.commands('gateway.refund')).toHaveLength(1);
  });

  it('tells the customer nothing more', () => {
    const story = place({ 'gateway.charge': ['failed'] });
    story.untilQuiet();
    story.send('payment', charged(story));
    expect(story.commands('mailer.send')).toHaveLength(1);
  });

  it('of an authorisation that was set free is refunded', () => {
    const story = place({}, { policy: { capture: 'later' } });
    story.cancel();
    expect(story.at('payment')).toBe('cancelled');
    story.send('payment', charged(story));
    expect(story.view).toMatchObject({ state: 'cancelled', paidAmount: 17_500, refundedAmount: 17_500 });
  });

  it('that was said to be impossible is refunded when it is confirmed after all', () => {
    const story = place(
      { 'gateway.capture': ['silent'], 'gateway.void': ['silent'] },
      { policy: { capture: 'later' } },
    );
    story.capture();
    story.untilQuiet();
    story.resolve('payment', 'not-captured');
    expect(story.at('payment')).toBe('voiding.asking');
    expect(story.answer('gateway.capture', 'captured')).toBe('applied');
    expect(story.view).toMatchObject({ state: 'failed', paidAmount: 17_500, refundedAmount: 17_500 });
  });

  it('that is confirmed even after the void is refunded', () => {
    const story = place({ 'gateway.capture': ['silent'] }, { policy: { capture: 'later' } });
    story.capture();
    story.untilQuiet();
    story.resolve('payment', 'not-captured');
    expect(story.at('payment')).toBe('cancelled');
    expect(story.answer('gateway.capture', 'captured')).toBe('applied');
    expect(story.view).toMatchObject({
      state: 'failed',
      paidAmount: 17_500,
      refundedAmount: 17_500,
      settled: true,
    });
  });
});

describe('a late authorisation', () => {
  it('after a cancel is set free', () => {
    const story = place(
      { 'gateway.charge': ['silent'], 'gateway.look-up': ['absent'] },
      { policy: { capture: 'later' } },
    );
    story.cancel();
    story.passDeadline('answerDeadline', 'payment');
    story.passDeadline('lookUpBackOff', 'payment');
    expect(story.view).toMatchObject({ state: 'cancelled', settled: true });
    expect(story.answer('gateway.charge', 'authorized')).toBe('applied');
    expect(story.commands('gateway.void')).toHaveLength(1);
    expect(story.at('payment')).toBe('cancelled');
    expect(story.settled).toBe(true);
  });
});

describe('an authorisation that was set free', () => {
  it('and is told once more changes nothing', () => {
    const story = place({}, { policy: { capture: 'later' } });
    story.cancel();
    const { key, attempt, transactionId, amount, currency } = charged(story);
    const again = { type: 'gateway.authorized', key, attempt, transactionId, amount, currency };
    expect(story.send('payment', again)).toMatch(/^ignored: .* known already$/);
    expect(story.commands('gateway.void')).toHaveLength(1);
    expect(story.eventsOf('payment.authorized')).toHaveLength(1);
  });
});

describe('money that is not ours', () => {
  it.each(['order-2/charge/1', 'order-1/charge/2', 'order-1/capture/1'])('(%s) changes nothing', (key) => {
    const story = place({ 'gateway.charge': ['silent'] });
    const foreign = { ...charged(story), key };
    expect(story.send('payment', foreign)).toMatch(/^ignored: it is not about our charge/);
    story.cancel();
    story.answer('gateway.charge', 'failed');
    expect(story.send('payment', foreign)).toMatch(/^ignored: it is not about our charge/);
    expect(story.view.paidAmount).toBe(0);
  });
});

describe('a settled order', () => {
  const settled: readonly [string, () => Story][] = [
    ['completed', () => place()],
    ['failed', () => place({ 'gateway.charge': ['declined'] })],
    ['failed after it was paid', () => place({ 'warehouse.commit': ['refused'] })],
    [
      'cancelled',
      () => {
        const story = place({ 'warehouse.check': ['silent'] });
        story.cancel();
        return story;
      },
    ],
    [
      'rejected',
      () =>
        place({
          'warehouse.check': [
            { type: 'warehouse.checked', problems: [{ productId: 'product-1', kind: 'unknown-product' }] },
          ],
        }),
    ],
  ];

  it.each(settled)('(%s) hears everything that it heard before once more, and nothing happens', (_, tell) => {
    const story = tell();
    const before = story.events.length;
    for (const { to, message } of story.told.filter((told) => told.to === 'order')) {
      // A refund is a sum, and is told by the payment alone: twice the same words are two refunds.
      if (to === 'order' && message.type !== 'payment.refunded') story.send('order', message);
    }
    const replies = story.received.filter(({ type }) => /^(warehouse|gateway|mailer)\./.test(type));
    for (const { to, type, data } of replies) {
      const actor = actorNames.find((name) => name === to);
      if (actor) expect(story.send(actor, { type, ...data })).toMatch(/^ignored: /);
    }
    expect(story.events).toHaveLength(before);
    expect(story.settled).toBe(true);
  });
});

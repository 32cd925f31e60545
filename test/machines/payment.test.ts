// One charge per order: declined, failed and unknown are three different things, and a time-out never makes
// a new key.
import { describe, expect, it } from 'vitest';
import { place } from './story.ts';

const keysOf = (commands: readonly { readonly [field: string]: unknown }[]) => commands.map(({ key }) => key);

describe('a charge', () => {
  it('carries its key, its attempt and the method, and so does its event', () => {
    const story = place();
    const about = { key: 'order-1/charge/1', attempt: 1, amount: 17_500, currency: 'USD', method: 'card' };
    expect(story.commands('gateway.charge')).toMatchObject([{ ...about, capture: 'at-once' }]);
    expect(story.eventsOf('payment.initiated')).toMatchObject([about]);
  });

  it('that fails is made again with the same key and a higher attempt, later and later', () => {
    const story = place({ 'gateway.charge': ['failed', 'failed', 'charged'] });
    const start = story.now;
    story.pass(999);
    expect(story.commands('gateway.charge')).toHaveLength(1);
    story.pass(1);
    expect(story.commands('gateway.charge')).toHaveLength(2);
    story.pass(2000);
    expect(story.now - start).toBe(3000);
    expect(keysOf(story.commands('gateway.charge'))).toEqual(Array(3).fill('order-1/charge/1'));
    expect(story.commands('gateway.charge').map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(story.view.state).toBe('completed');
  });

  it('that is refused is given up at once', () => {
    const story = place({ 'gateway.charge': ['refused'] });
    expect(story.commands('gateway.charge')).toHaveLength(1);
    expect(story.view).toMatchObject({ state: 'failed', failure: { kind: 'payment-gave-up' } });
  });

  it('is asked for once, whatever the order says', () => {
    const story = place({ 'gateway.charge': ['silent'] });
    const again = story.told.find(({ message }) => message.type === 'payment.charge')?.message;
    expect(story.send('payment', { type: 'payment.charge', ...again })).toBe(
      'ignored: one order is charged once',
    );
    expect(story.commands('gateway.charge')).toHaveLength(1);
  });

  it.each([
    ['asked for', { 'gateway.charge': ['silent'] }],
    ['looked up', { 'gateway.charge': ['unknown'], 'gateway.look-up': ['silent'] }],
  ])('that is %s is called off once', (_, script) => {
    const story = place(script);
    story.cancel();
    expect(story.send('payment', { type: 'payment.cancel' })).toBe(
      'ignored: the payment is called off already',
    );
  });

  it('fails by its last attempt only: an older failure changes nothing', () => {
    const story = place({ 'gateway.charge': ['silent'], 'gateway.look-up': ['absent', 'charged'] });
    story.passDeadline('answerDeadline', 'payment');
    story.passDeadline('lookUpBackOff', 'payment');
    story.passDeadline('backOff', 'payment');
    expect(story.at('payment')).toBe('charging.asking');
    expect(story.answer('gateway.charge', 'failed')).toBe(
      'ignored: no answer is awaited, or only that to a later attempt',
    );
    expect(story.at('payment')).toBe('charging.asking');
    expect(story.answer('gateway.charge', 'charged')).toBe('applied');
    expect(story.view.state).toBe('completed');
  });

  it('succeeds by any attempt: an older success is a fact', () => {
    const story = place({ 'gateway.charge': ['silent'], 'gateway.look-up': ['absent'] });
    story.passDeadline('answerDeadline', 'payment');
    story.passDeadline('lookUpBackOff', 'payment');
    expect(story.at('payment')).toBe('charging.backingOff');
    expect(story.answer('gateway.charge', 'charged')).toBe('applied');
    expect(story.view).toMatchObject({ state: 'completed', paidAmount: 17_500 });
    expect(story.commands('gateway.charge')).toHaveLength(1);
  });

  it('is declined by any attempt', () => {
    const story = place({ 'gateway.charge': ['silent'], 'gateway.look-up': ['silent'] });
    story.passDeadline('answerDeadline', 'payment');
    expect(story.answer('gateway.charge', 'declined')).toBe('applied');
    expect(story.view).toMatchObject({ state: 'failed', failure: { kind: 'payment-declined' } });
  });
});

describe('a charge whose outcome is unknown', () => {
  it.each([
    ['says so', ['unknown']],
    ['never answers', ['silent']],
  ])('because the gateway %s is looked up by its key, and not made again', (_, charge) => {
    const story = place({ 'gateway.charge': charge });
    story.untilQuiet();
    expect(keysOf(story.commands('gateway.look-up'))).toEqual(['order-1/charge/1']);
    expect(story.commands('gateway.charge')).toHaveLength(1);
    expect(story.eventsOf('payment.outcome-unknown')).toMatchObject([
      { key: 'order-1/charge/1', attempt: 1 },
    ]);
  });

  it('and is found charged completes the order', () => {
    const story = place({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['charged'] });
    expect(story.at('payment')).toBe('lookingUp.backingOff');
    story.untilQuiet();
    expect(story.view).toMatchObject({ state: 'completed', paidAmount: 17_500 });
  });

  it('and is found declined fails the order', () => {
    const story = place({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['declined'] });
    story.untilQuiet();
    expect(story.view).toMatchObject({ state: 'failed', failure: { kind: 'payment-declined' } });
  });

  it('and is found authorised waits for its capture', () => {
    const story = place(
      { 'gateway.charge': ['unknown'], 'gateway.look-up': ['authorized'] },
      { policy: { capture: 'later' } },
    );
    story.passDeadline('lookUpBackOff', 'payment');
    expect(story.at('order')).toBe('paying.authorized');
    story.capture();
    expect(story.view).toMatchObject({ state: 'completed', paidAmount: 17_500 });
  });

  it('and was authorised, and let go by the bank itself, is given up', () => {
    const story = place({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['voided'] });
    story.untilQuiet();
    expect(story.view).toMatchObject({
      state: 'failed',
      failure: { kind: 'payment-gave-up' },
      settled: true,
    });
    expect(story.commands('gateway.charge')).toHaveLength(1);
  });

  it('and is absent is made again with the same key', () => {
    const story = place({ 'gateway.charge': ['unknown', 'charged'], 'gateway.look-up': ['absent'] });
    story.untilQuiet();
    expect(keysOf(story.commands('gateway.charge'))).toEqual(['order-1/charge/1', 'order-1/charge/1']);
    expect(story.view.state).toBe('completed');
  });

  it('and is absent every time is given up', () => {
    const story = place({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['absent'] });
    story.untilQuiet();
    expect(story.commands('gateway.charge')).toHaveLength(3);
    expect(story.view).toMatchObject({ state: 'failed', failure: { kind: 'payment-gave-up' } });
  });

  it('and is absent, with a key that the gateway has forgotten, is made again with a new key', () => {
    const story = place({
      'gateway.charge': ['unknown', 'key-expired', 'charged'],
      'gateway.look-up': ['absent'],
    });
    story.untilQuiet();
    expect(keysOf(story.commands('gateway.charge'))).toEqual([
      'order-1/charge/1',
      'order-1/charge/1',
      'order-1/charge/2',
    ]);
    expect(story.view).toMatchObject({ state: 'completed', paidAmount: 17_500 });
  });

  it('and whose key is forgotten gets no new key before it is known to be absent', () => {
    const story = place({
      'gateway.charge': ['key-expired'],
      'gateway.look-up': ['unknown', 'failed', 'charged'],
    });
    story.untilQuiet();
    expect(story.commands('gateway.charge')).toHaveLength(1);
    expect(story.view.state).toBe('completed');
  });

  it('is looked up again with back-off, by time or by answer', () => {
    const story = place({
      'gateway.charge': ['unknown'],
      'gateway.look-up': ['silent', 'failed', 'charged'],
    });
    story.untilQuiet();
    expect(story.commands('gateway.look-up').map(({ attempt }) => attempt)).toEqual([2, 3, 4]);
    expect(story.view.state).toBe('completed');
  });

  it('takes a late answer while it waits for the next look-up', () => {
    const story = place({ 'gateway.charge': ['silent'], 'gateway.look-up': ['failed'] });
    story.passDeadline('answerDeadline', 'payment');
    expect(story.at('payment')).toBe('lookingUp.backingOff');
    expect(story.answer('gateway.charge', 'charged')).toBe('applied');
    expect(story.view.state).toBe('completed');
  });

  it('ignores what an older look-up did not find', () => {
    const story = place({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['silent'] });
    story.passDeadline('lookUpBackOff', 'payment');
    story.passDeadline('answerDeadline', 'payment');
    expect(story.answer('gateway.look-up', 'absent')).toBe('ignored: no look-up waits for this answer');
    expect(story.commands('gateway.charge')).toHaveLength(1);
  });
});

describe('a charge that nobody can tell of', () => {
  const parked = () => {
    const story = place({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['unknown'] });
    story.untilQuiet();
    return story;
  };

  it.each(['unknown', 'failed', 'silent'])('because its look-ups are %s is an incident', (lookUp) => {
    const story = place({ 'gateway.charge': ['unknown'], 'gateway.look-up': [lookUp] });
    story.untilQuiet();
    expect(story.commands('gateway.look-up')).toHaveLength(3);
    expect(story.incidents).toEqual(['payment: charge-unknown']);
    expect(story.moves).toEqual(['cancel', 'retry payment', 'resolve payment: charged, not-charged']);
  });

  it('is looked up again by a retry', () => {
    const story = parked();
    story.changeScript({ 'gateway.look-up': ['charged'] });
    expect(story.retry('payment')).toBe('applied');
    expect(story.view.state).toBe('completed');
  });

  it('is looked up as often again after a retry', () => {
    const story = parked();
    story.retry('payment');
    story.untilQuiet();
    expect(story.commands('gateway.look-up')).toHaveLength(6);
    expect(story.incidents).toEqual(['payment: charge-unknown']);
  });

  it('was made where a person says so and names its transaction', () => {
    const story = parked();
    expect(story.resolve('payment', 'charged', { transactionId: 'transaction-7' })).toBe('applied');
    expect(story.eventsOf('payment.completed')).toMatchObject([{ transactionId: 'transaction-7' }]);
    expect(story.view).toMatchObject({ state: 'completed', paidAmount: 17_500 });
  });

  it('is not believed to be made without its transaction', () => {
    const story = parked();
    expect(story.resolve('payment', 'charged')).toBe(
      'ignored: the outcome must be not-charged, or charged with a transactionId',
    );
    expect(story.incidents).toEqual(['payment: charge-unknown']);
  });

  it('is believed for no other word of a person', () => {
    const story = parked();
    expect(story.resolve('payment', 'lost', { transactionId: 'transaction-7' })).toMatch(/^ignored: /);
    expect(story.incidents).toEqual(['payment: charge-unknown']);
  });

  it('was not made where a person says so', () => {
    const story = parked();
    story.resolve('payment', 'not-charged');
    expect(story.view).toMatchObject({
      state: 'failed',
      failure: { kind: 'payment-gave-up' },
      settled: true,
    });
  });

  it('is taken when the bank tells of it after all', () => {
    const story = place({ 'gateway.charge': ['silent'], 'gateway.look-up': ['unknown'] });
    story.untilQuiet();
    expect(story.answer('gateway.charge', 'charged')).toBe('applied');
    expect(story.eventsOf('incident.closed')).toMatchObject([{ actor: 'payment', how: 'overtaken' }]);
    expect(story.view.state).toBe('completed');
  });

  it('lets the order go when it takes too long, and money found later is given back', () => {
    const story = parked();
    story.passDeadline('payDeadline');
    expect(story.view.state).toBe('compensating');
    story.resolve('payment', 'charged', { transactionId: 'transaction-7' });
    expect(story.view).toMatchObject({ state: 'failed', paidAmount: 17_500, refundedAmount: 17_500 });
  });
});

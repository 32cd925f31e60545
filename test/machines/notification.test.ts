// The notice to the customer: at most one, tried again with back-off, and it never holds the order back.
import { describe, expect, it } from 'vitest';
import { sampleOrder } from './sample.ts';
import { place } from './story.ts';

describe('a notice', () => {
  it('goes to the one who ordered, and says what about', () => {
    const { email, orderId, amount, currency, items } = sampleOrder;
    expect(place().commands('mailer.send')).toEqual([
      {
        ...{ type: 'mailer.send', key: 'order-1/confirmation/1', attempt: 1, notice: 'confirmation' },
        ...{ recipient: email, orderId, amount, currency, items, reason: null },
      },
    ]);
  });

  it('of a failure says why', () => {
    const story = place({ 'gateway.charge': ['declined'] });
    expect(story.commands('mailer.send')).toMatchObject([
      { notice: 'failure', key: 'order-1/failure/1', reason: { kind: 'payment-declined' } },
    ]);
  });

  it('is sent once, however often it is asked for', () => {
    const story = place();
    const asked = story.told.find(({ message }) => message.type === 'notification.send-confirmation');
    for (const type of ['notification.send-confirmation', 'notification.send-failure']) {
      expect(story.send('notification', { ...asked?.message, type })).toBe(
        'ignored: an order gets one notice',
      );
    }
    expect(story.commands('mailer.send')).toHaveLength(1);
  });

  it('that is confirmed twice is announced once', () => {
    const story = place();
    const sent = { type: 'mailer.sent', key: 'order-1/confirmation/1', attempt: 1 };
    expect(story.send('notification', sent)).toBe('ignored: no message waits for this answer');
    expect(story.eventsOf('order.confirmation-sent')).toHaveLength(1);
  });

  it('is announced to have been sent only when the mailer has taken it', () => {
    const story = place({ 'mailer.send': ['silent'] });
    expect(story.types).not.toContain('order.confirmation-sent');
    story.answer('mailer.send', 'sent');
    expect(story.eventsOf('order.confirmation-sent')).toMatchObject([{ recipient: sampleOrder.email }]);
  });

  it('that another message was sent for is not confirmed', () => {
    const story = place({ 'mailer.send': ['silent'] });
    const foreign = { type: 'mailer.sent', key: 'order-2/confirmation/1', attempt: 1 };
    expect(story.send('notification', foreign)).toBe('ignored: no message waits for this answer');
    expect(story.at('order')).toBe('notifying');
  });
});

describe('a notice that fails', () => {
  it('does not hold the order back', () => {
    const story = place({ 'mailer.send': ['failed'] });
    expect(story.at('order')).toBe('completed.closed');
    expect(story.at('notification')).toBe('sending.backingOff');
  });

  it.each([
    ['by answer', ['failed', 'failed', 'sent']],
    ['by silence', ['silent', 'silent', 'sent']],
  ])('%s is sent again with the same key', (_, send) => {
    const story = place({ 'mailer.send': send });
    story.untilQuiet();
    const sent = story.commands('mailer.send');
    expect(sent.map(({ key, attempt }) => [key, attempt])).toEqual([
      ['order-1/confirmation/1', 1],
      ['order-1/confirmation/1', 2],
      ['order-1/confirmation/1', 3],
    ]);
    expect(story.settled).toBe(true);
  });

  it.each(['failed', 'silent'])('every time (%s) is an incident of its own', (send) => {
    const story = place({ 'mailer.send': [send] });
    story.untilQuiet();
    expect(story.incidents).toEqual(['notification: notice-unsent']);
    expect(story.view).toMatchObject({ state: 'completed', settled: false });
    expect(story.moves).toEqual(['refunds', 'retry notification', 'resolve notification: sent']);
  });

  it('at its only try lets the order go at once', () => {
    const retrying = { attempts: 1, firstDelayMs: 1000, longestDelayMs: 1000, answerWithinMs: 1000 };
    const story = place({ 'mailer.send': ['failed'] }, { policy: { notification: retrying } });
    expect(story.at('order')).toBe('completed.closed');
    expect(story.incidents).toEqual(['notification: notice-unsent']);
  });

  it('is sent again by a retry', () => {
    const story = place({ 'mailer.send': ['failed'] });
    story.untilQuiet();
    story.changeScript({});
    story.retry('notification');
    expect(story.types).toContain('order.confirmation-sent');
    expect(story.settled).toBe(true);
  });

  it('is sent as often again after a retry', () => {
    const story = place({ 'mailer.send': ['failed'] });
    story.untilQuiet();
    story.retry('notification');
    story.untilQuiet();
    expect(story.commands('mailer.send')).toHaveLength(6);
  });

  it('was sent where a person says so', () => {
    const story = place({ 'mailer.send': ['failed'] });
    story.untilQuiet();
    expect(story.resolve('notification', 'read aloud')).toBe('ignored: the outcome must be one of: sent');
    story.resolve('notification', 'sent');
    expect(story.settled).toBe(true);
  });

  it('is taken as sent when the mailer says so after all', () => {
    const story = place({ 'mailer.send': ['silent'] });
    story.untilQuiet();
    expect(story.answer('mailer.send', 'sent')).toBe('applied');
    expect(story.eventsOf('incident.closed')).toMatchObject([{ actor: 'notification', how: 'overtaken' }]);
  });

  it('in an older attempt changes nothing', () => {
    const story = place({ 'mailer.send': ['silent'] });
    story.passDeadline('answerDeadline', 'notification');
    story.passDeadline('backOff', 'notification');
    expect(story.answer('mailer.send', 'failed')).toBe(
      'ignored: no answer is awaited, or only that to a later attempt',
    );
    expect(story.at('notification')).toBe('sending.asking');
  });

  it('does not keep a failed order from being over', () => {
    const story = place({ 'gateway.charge': ['declined'], 'mailer.send': ['failed'] });
    expect(story.view.state).toBe('failed');
  });
});

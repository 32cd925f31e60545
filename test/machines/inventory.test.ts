// The stock of one order: checked, reserved whole or not at all, sold or given back, each with one key.
import { describe, expect, it } from 'vitest';
import { place } from './story.ts';

describe('the warehouse is asked', () => {
  it('with the order, the lines and one key for each purpose', () => {
    const story = place();
    const lines = [
      { productId: 'product-1', quantity: 2, unitPrice: 5000, currency: 'USD' },
      { productId: 'product-2', quantity: 1, unitPrice: 7500, currency: 'USD' },
    ];
    expect(story.commands('warehouse.check')).toMatchObject([{ key: 'order-1/check/1', attempt: 1, lines }]);
    expect(story.commands('warehouse.reserve')).toMatchObject([
      { key: 'order-1/reserve/1', attempt: 2, lines, ttlMs: 900_000 },
    ]);
    expect(story.commands('warehouse.commit')).toMatchObject([{ key: 'order-1/commit/1', attempt: 3 }]);
  });

  it('nothing before the order is placed, and nothing after it is completed', () => {
    const story = place();
    const asked = story.told.filter(({ to }) => to === 'warehouse').length;
    for (const type of ['inventory.reserve', 'inventory.release', 'inventory.commit']) {
      expect(story.send('inventory', { type, why: 'failed' })).toMatch(/^ignored: /);
    }
    expect(story.told.filter(({ to }) => to === 'warehouse')).toHaveLength(asked);
  });
});

describe.each([
  ['check', 'checked', 'checking', 'check-unanswered', ['available']],
  ['reserve', 'reserved', 'reserving', 'reservation-unconfirmed', ['reserved']],
  ['commit', 'committed', 'committing', 'sale-unconfirmed', ['committed', 'not-committed']],
])('a %s', (purpose, done, state, incident, outcomes) => {
  const command = `warehouse.${purpose}`;

  it.each([
    ['fails', ['failed', 'failed', done]],
    ['is not answered', ['silent', 'silent', done]],
  ])('that %s is asked for again with the same key, later and later', (_, answers) => {
    const story = place({ [command]: answers });
    story.untilQuiet();
    const asked = story.commands(command);
    expect(asked.map(({ key }) => key)).toEqual(Array(3).fill(`order-1/${purpose}/1`));
    const [first = 0, second, third] = asked.map(({ attempt }) => Number(attempt));
    expect([second, third]).toEqual([first + 1, first + 2]);
    expect(story.view.state).toBe('completed');
  });

  it.each(['failed', 'silent'])('that stays %s is an incident', (answer) => {
    const story = place({ [command]: [answer] });
    story.untilQuiet();
    expect(story.commands(command)).toHaveLength(3);
    expect(story.incidents).toEqual([`inventory: ${incident}`]);
    expect(story.moves).toEqual(['cancel', 'retry inventory', `resolve inventory: ${outcomes.join(', ')}`]);
  });

  it('goes on after a retry', () => {
    const story = place({ [command]: ['failed', 'failed', 'failed', done] });
    story.untilQuiet();
    expect(story.retry('inventory')).toBe('applied');
    expect(story.view.state).toBe('completed');
  });

  it('is tried as often again after a retry', () => {
    const story = place({ [command]: ['failed'] });
    story.untilQuiet();
    story.retry('inventory');
    story.untilQuiet();
    expect(story.commands(command)).toHaveLength(6);
    expect(story.incidents).toEqual([`inventory: ${incident}`]);
  });

  it('goes on where a person says what is so', () => {
    const story = place({ [command]: ['failed'] });
    story.untilQuiet();
    expect(story.resolve('inventory', 'whatever')).toBe(
      `ignored: the outcome must be one of: ${outcomes.join(', ')}`,
    );
    story.resolve('inventory', String(outcomes[0]));
    expect(story.view.state).toBe('completed');
  });

  it('goes on when the answer comes after all, from whichever attempt', () => {
    const story = place({ [command]: ['silent'] });
    story.untilQuiet();
    expect(story.answer(command, done)).toBe('applied');
    expect(story.view.state).toBe('completed');
    expect(story.eventsOf('incident.closed')).toMatchObject([{ actor: 'inventory', how: 'overtaken' }]);
  });

  it('does not fail by an older attempt', () => {
    const story = place({ [command]: ['silent'] });
    story.passDeadline('answerDeadline', 'inventory');
    expect(story.at('inventory')).toBe(`${state}.backingOff`);
    story.passDeadline('backOff', 'inventory');
    expect(story.answer(command, 'failed')).toBe(
      'ignored: no answer is awaited, or only that to a later attempt',
    );
    expect(story.at('inventory')).toBe(`${state}.asking`);
  });

  it('is not answered by what was said about something else', () => {
    const story = place({ [command]: ['silent'] });
    const foreign = { key: `order-2/${purpose}/1`, attempt: 1, problems: [] };
    expect(story.send('inventory', { type: `warehouse.${done}`, ...foreign })).toMatch(
      /^ignored: no .* waits/,
    );
    expect(story.at('inventory')).toBe(`${state}.asking`);
  });
});

describe('a check that the warehouse refuses', () => {
  it('is tried again, and then an incident', () => {
    const story = place({ 'warehouse.check': ['refused'] });
    story.untilQuiet();
    expect(story.incidents).toEqual(['inventory: check-unanswered']);
    expect(story.commands('warehouse.check')).toHaveLength(3);
  });
});

describe('a reservation', () => {
  it('that the warehouse refuses is an incident at once', () => {
    const story = place({ 'warehouse.reserve': ['refused'] });
    expect(story.incidents).toEqual(['inventory: reservation-unconfirmed']);
    expect(story.commands('warehouse.reserve')).toHaveLength(1);
  });

  it('is announced once for each product', () => {
    expect(place().eventsOf('inventory.reserved')).toMatchObject([
      { productId: 'product-1', quantity: 2 },
      { productId: 'product-2', quantity: 1 },
    ]);
  });

  it('that is confirmed twice is announced once', () => {
    const story = place({ 'gateway.charge': ['silent'] });
    const again = { type: 'warehouse.reserved', key: 'order-1/reserve/1', attempt: 2 };
    expect(story.send('inventory', again)).toBe('ignored: no reservation waits for this answer');
    expect(story.eventsOf('inventory.reserved')).toHaveLength(2);
  });

  it('that nobody wants any more is released only once its answer is there', () => {
    const story = place({ 'warehouse.reserve': ['silent'] });
    story.cancel();
    expect(story.commands('warehouse.release')).toEqual([]);
    expect(story.send('inventory', { type: 'inventory.release', why: 'failed' })).toBe(
      'ignored: it was asked for before, and follows the answer that is awaited',
    );
    story.answer('warehouse.reserve', 'reserved');
    expect(story.commands('warehouse.release')).toHaveLength(1);
  });
});

describe('a sale', () => {
  it('is announced once for each product', () => {
    expect(place().eventsOf('inventory.committed')).toMatchObject([
      { productId: 'product-1', quantity: 2 },
      { productId: 'product-2', quantity: 1 },
    ]);
  });

  it('that was not made, as a person says, gives the stock back and the money too', () => {
    const story = place({ 'warehouse.commit': ['failed'] });
    story.untilQuiet();
    story.resolve('inventory', 'not-committed');
    expect(story.commands('warehouse.release')).toHaveLength(1);
    expect(story.eventsOf('inventory.released')).toMatchObject([{ why: 'failed' }, { why: 'failed' }]);
    expect(story.view).toMatchObject({ state: 'failed', refundedAmount: 17_500, settled: true });
  });

  it('is not refused by what is said about another', () => {
    const story = place({ 'warehouse.commit': ['silent'] });
    const foreign = { type: 'warehouse.refused', key: 'order-1/check/1', attempt: 3, reason: 'not-held' };
    expect(story.send('inventory', foreign)).toMatch(/^ignored: /);
    expect(story.at('inventory')).toBe('committing.asking');
  });

  it('that is asked for twice is made once', () => {
    const story = place({ 'warehouse.commit': ['silent'] });
    expect(story.send('inventory', { type: 'inventory.commit' })).toBe(
      'ignored: the sale is under way already',
    );
    story.answer('warehouse.commit', 'committed');
    expect(story.send('inventory', { type: 'inventory.commit' })).toBe('ignored: the stock is sold already');
    expect(story.commands('warehouse.commit')).toHaveLength(1);
  });

  it('that turns out to be made after a cancel is put before a person', () => {
    const story = place({ 'warehouse.commit': ['silent'], 'warehouse.release': ['refused'] });
    story.cancel();
    expect(story.answer('warehouse.commit', 'committed')).toBe('ignored: no sale waits for this answer');
    expect(story.incidents).toEqual(['inventory: release-unconfirmed']);
    expect(story.view.state).toBe('compensating');
  });
});

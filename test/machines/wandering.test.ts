// Orders that wander at random end well, whatever happens to them on the way; and no transition of any chart
// is there for nothing.
import { describe, expect, it } from 'vitest';
import type { AnyStateNode } from 'xstate';
import { registered, taken } from './listening.ts';
import { place, type Story } from './story.ts';
import { wander } from './wandering.ts';

const journeys = 300;
/** A chart that was changed leads the same seeds elsewhere: so many more may look for what they missed. */
const longestSearch = 3000;
const perTest = 50;

describe('an order that wanders', () => {
  const firsts = Array.from({ length: journeys / perTest }, (_, index) => index * perTest + 1);

  it.each(firsts)('comes to rest with its money and its stock right (seeds from %i)', (first) => {
    const ends = new Set<string>();
    for (let seed = first; seed < first + perTest; seed += 1) ends.add(wander(seed).view.state);
    expect(ends).toContain('completed');
    expect(ends).toContain('cancelled');
    expect(ends).toContain('failed');
  });

  it('goes the same way with the same seed', () => {
    expect(wander(7).events).toEqual(wander(7).events);
  });
});

type Plot = (story: Story) => unknown;
const later = { policy: { capture: 'later' } } as const;
/** The bank tells unasked that it took the money. */
const tellCharged = (story: Story): string =>
  story.send('payment', {
    type: 'gateway.charged',
    key: 'order-1/charge/1',
    attempt: 1,
    transactionId: 'transaction-1',
    amount: 17_500,
    currency: 'USD',
  });
const seldom: readonly [string, () => Story, Plot, object][] = [
  [
    'a refund that a person gives up on the way out, and that is made after all',
    () => place({ 'warehouse.commit': ['refused'], 'gateway.refund': ['refused'] }),
    (story) => {
      story.resolve('payment', 'not-refunded');
      const fact = { key: 'order-1/refund/rest', attempt: 2, refundTransactionId: 'refund-1' };
      story.send('payment', { type: 'gateway.refunded', ...fact });
    },
    { state: 'failed', paidAmount: 17_500, refundedAmount: 17_500 },
  ],
  [
    'a refund that takes too long, a second one meanwhile, and then the first',
    () => place({ 'gateway.refund': ['silent'] }),
    (story) => {
      story.refund(500);
      story.passDeadline('refundDeadline');
      story.retry('order');
      story.passDeadline('refundDeadline');
      story.resolve('order', 'refused');
      story.refund(700);
      story.answer('gateway.refund', 'refunded');
    },
    { state: 'completed', refundedAmount: 500 },
  ],
  [
    'a refund that fails however often it is tried',
    () => place({ 'gateway.refund': ['failed'] }),
    (story) => {
      story.refund(500);
      story.untilQuiet();
      story.resolve('payment', 'refunded');
    },
    { state: 'completed', refundedAmount: 500 },
  ],
  [
    'a free order whose stock is not sold',
    () => place({ 'warehouse.commit': ['refused'] }, { order: { amount: 0 } }),
    () => {},
    { state: 'failed', paidAmount: 0 },
  ],
  [
    'a reservation that is refused after nobody wants it any more',
    () => place({ 'warehouse.reserve': ['silent'] }),
    (story) => {
      story.cancel();
      story.answer('warehouse.reserve', 'refused');
    },
    { state: 'cancelled' },
  ],
  [
    'a reservation that expired and that a person puts back',
    () =>
      place(
        { 'gateway.charge': ['silent'], 'warehouse.release': ['refused'] },
        { policy: { reservationTtlMs: 1000 } },
      ),
    (story) => {
      story.passDeadline('reservationExpiry');
      story.resolve('inventory', 'released');
      story.answer('gateway.charge', 'failed');
    },
    { state: 'failed' },
  ],
  [
    'a sale that a person confirms before the warehouse does',
    () => place({ 'warehouse.commit': ['silent'] }),
    (story) => {
      story.passDeadline('sellDeadline', 'order');
      story.resolve('order', 'sold');
      story.answer('warehouse.commit', 'committed');
    },
    { state: 'completed' },
  ],
  [
    'a charge whose look-ups fail, and that a person finds',
    () => place({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['failed'] }),
    (story) => {
      story.untilQuiet();
      story.resolve('payment', 'charged', { transactionId: 'transaction-7' });
    },
    { state: 'completed', paidAmount: 17_500 },
  ],
  [
    'a charge between two tries that is called off',
    () => place({ 'gateway.charge': ['failed'] }),
    (story) => story.cancel(),
    { state: 'cancelled', paidAmount: 0 },
  ],
  [
    'a charge that the bank let go by itself',
    () => place({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['voided'] }),
    (story) => story.untilQuiet(),
    { state: 'failed', paidAmount: 0 },
  ],
  [
    'a capture that the bank makes before it is asked',
    () => place({}, later),
    tellCharged,
    { state: 'completed', paidAmount: 17_500 },
  ],
  [
    'a capture that the bank tells of as a charge',
    () => place({ 'gateway.capture': ['silent'] }, later),
    (story) => {
      story.capture();
      tellCharged(story);
    },
    { state: 'completed', paidAmount: 17_500 },
  ],
  [
    'a capture that fails once',
    () => place({ 'gateway.capture': ['failed', 'captured'] }, later),
    (story) => {
      story.capture();
      story.untilQuiet();
    },
    { state: 'completed', paidAmount: 17_500 },
  ],
  [
    'a capture that fails however often it is tried, and that a person finds',
    () => place({ 'gateway.capture': ['failed'] }, later),
    (story) => {
      story.capture();
      story.untilQuiet();
      story.resolve('payment', 'captured');
    },
    { state: 'completed', paidAmount: 17_500 },
  ],
  [
    'a capture that takes longer than the payment may',
    () => place({ 'gateway.capture': ['silent'] }, later),
    (story) => {
      story.capture();
      story.passDeadline('payDeadline', 'order');
      story.answer('gateway.capture', 'captured');
    },
    { state: 'failed', paidAmount: 17_500, refundedAmount: 17_500 },
  ],
  [
    'a capture that is unknown, called off, and known to have failed',
    () => place({ 'gateway.capture': ['unknown', 'unknown', 'unknown', 'silent'] }, later),
    (story) => {
      story.capture();
      story.untilQuiet();
      story.retry('payment');
      story.cancel();
      story.answer('gateway.capture', 'failed');
    },
    { state: 'cancelled', paidAmount: 0 },
  ],
  [
    'a void that fails, then stays unknown, while the capture comes through',
    () => place({ 'gateway.capture': ['silent'], 'gateway.void': ['failed', 'unknown', 'unknown'] }, later),
    (story) => {
      story.capture();
      story.untilQuiet();
      story.resolve('payment', 'not-captured');
      story.untilQuiet();
      story.answer('gateway.capture', 'captured');
    },
    { state: 'failed', paidAmount: 17_500, refundedAmount: 17_500 },
  ],
  [
    'a capture that comes through after the void',
    () => place({ 'gateway.capture': ['silent'] }, later),
    (story) => {
      story.capture();
      story.untilQuiet();
      story.resolve('payment', 'not-captured');
      story.answer('gateway.capture', 'captured');
    },
    { state: 'failed', paidAmount: 17_500, refundedAmount: 17_500 },
  ],
];

describe('what wanderers seldom meet', () => {
  it.each(seldom)('ends well too: %s', (_, begin, plot, end) => {
    const story = begin();
    plot(story);
    expect(story.view).toMatchObject({ ...end, settled: true });
  });
});

/** Every transition of a chart with the name that it has in a report. */
const toTransitions = (node: AnyStateNode): [object, string][] => [
  ...[...node.transitions.entries(), ['always', node.always ?? []] as const].flatMap(([type, transitions]) =>
    transitions.map((transition, index): [object, string] => [
      transition,
      `${node.id} ${type} #${index} → ${transition.target?.map(({ id }) => id).join() ?? 'stays'}`,
    ]),
  ),
  ...Object.values(node.states).flatMap(toTransitions),
];

describe('every transition', () => {
  it('of every chart is taken in some story', () => {
    const all = [...registered.charts.values()].flatMap(({ machine }) => toTransitions(machine.root));
    const missing = () => all.filter(([transition]) => !taken.has(transition)).map(([, name]) => name);
    for (let seed = journeys + 1; missing().length > 0 && seed <= longestSearch; seed += 1) wander(seed);
    expect(missing()).toEqual([]);
  }, 240_000);
});

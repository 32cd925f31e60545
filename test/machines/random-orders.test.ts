// Random orders settle correctly whatever happens to them, and every transition of every chart is taken.
import { describe, expect, it } from 'vitest';
import type { AnyStateNode } from 'xstate';
import { runRandomOrder } from './random-orders.ts';
import { registered, takenTransitions } from './recorded-charts.ts';
import { discountTo, placeOrder, type TestOrder } from './test-order.ts';

const orderCount = 300;
/** A changed chart changes what each seed does: further seeds may take what the first ones missed. */
const maxSeeds = 3000;
const perTest = 50;

describe('a random order', () => {
  const firsts = Array.from({ length: orderCount / perTest }, (_, index) => index * perTest + 1);

  it.each(firsts)('settles with its money and its stock right (seeds from %i)', (first) => {
    const ends = new Set<string>();
    for (let seed = first; seed < first + perTest; seed += 1) ends.add(runRandomOrder(seed).view.state);
    expect(ends).toContain('completed');
    expect(ends).toContain('cancelled');
    expect(ends).toContain('failed');
  });

  it('is the same for the same seed', () => {
    expect(runRandomOrder(7).events).toEqual(runRandomOrder(7).events);
  });
});

type Steps = (order: TestOrder) => unknown;
const later = { policy: { capture: 'later' } } as const;
/** The bank reports the charge unsolicited. */
const reportCharged = (order: TestOrder): string =>
  order.send('payment', {
    type: 'gateway.charged',
    key: 'order-1/charge/1',
    attempt: 1,
    transactionId: 'transaction-1',
    amount: 17_500,
    currency: 'USD',
  });
const rareCases: readonly [string, () => TestOrder, Steps, object][] = [
  [
    'a refund that an operator gives up on the way out, and that is made after all',
    () => placeOrder({ 'warehouse.commit': ['refused'], 'gateway.refund': ['refused'] }),
    (order) => {
      order.resolve('payment', 'not-refunded');
      const fact = { key: 'order-1/refund/rest', attempt: 2, refundTransactionId: 'refund-1' };
      order.send('payment', { type: 'gateway.refunded', ...fact });
    },
    { state: 'failed', paidAmount: 17_500, refundedAmount: 17_500 },
  ],
  [
    'a refund that takes too long, a second one meanwhile, and then the first',
    () => placeOrder({ 'gateway.refund': ['silent'] }),
    (order) => {
      order.refund(500);
      order.fireDeadline('refundDeadline');
      order.retry('order');
      order.fireDeadline('refundDeadline');
      order.resolve('order', 'refused');
      order.refund(700);
      order.answer('gateway.refund', 'refunded');
    },
    { state: 'completed', refundedAmount: 500 },
  ],
  [
    'a refund that fails however often it is tried',
    () => placeOrder({ 'gateway.refund': ['failed'] }),
    (order) => {
      order.refund(500);
      order.runUntilIdle();
      order.resolve('payment', 'refunded');
    },
    { state: 'completed', refundedAmount: 500 },
  ],
  [
    'a free order whose stock is not sold',
    () => placeOrder({ 'warehouse.commit': ['refused'] }, { order: discountTo(0) }),
    () => {},
    { state: 'failed', paidAmount: 0 },
  ],
  [
    'a reservation that is refused after nobody wants it any more',
    () => placeOrder({ 'warehouse.reserve': ['silent'] }),
    (order) => {
      order.cancel();
      order.answer('warehouse.reserve', 'refused');
    },
    { state: 'cancelled' },
  ],
  [
    'a reservation that expired and that an operator puts back',
    () =>
      placeOrder(
        { 'gateway.charge': ['silent'], 'warehouse.release': ['refused'] },
        { policy: { reservationTtlMs: 1000 } },
      ),
    (order) => {
      order.fireDeadline('reservationExpiry');
      order.resolve('inventory', 'released');
      order.answer('gateway.charge', 'failed');
    },
    { state: 'failed' },
  ],
  [
    'a sale that an operator confirms before the warehouse does',
    () => placeOrder({ 'warehouse.commit': ['silent'] }),
    (order) => {
      order.fireDeadline('commitDeadline', 'order');
      order.resolve('order', 'committed');
      order.answer('warehouse.commit', 'committed');
    },
    { state: 'completed' },
  ],
  [
    'a charge whose look-ups fail, and that an operator finds',
    () => placeOrder({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['failed'] }),
    (order) => {
      order.runUntilIdle();
      order.resolve('payment', 'charged', { transactionId: 'transaction-7' });
    },
    { state: 'completed', paidAmount: 17_500 },
  ],
  [
    'a charge between two attempts that is cancelled',
    () => placeOrder({ 'gateway.charge': ['failed'] }),
    (order) => order.cancel(),
    { state: 'cancelled', paidAmount: 0 },
  ],
  [
    'a charge that the bank let go by itself',
    () => placeOrder({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['voided'] }),
    (order) => order.runUntilIdle(),
    { state: 'failed', paidAmount: 0 },
  ],
  [
    'a capture that the bank makes before it is asked',
    () => placeOrder({}, later),
    reportCharged,
    { state: 'completed', paidAmount: 17_500 },
  ],
  [
    'a capture that the bank tells of as a charge',
    () => placeOrder({ 'gateway.capture': ['silent'] }, later),
    (order) => {
      order.capture();
      reportCharged(order);
    },
    { state: 'completed', paidAmount: 17_500 },
  ],
  [
    'a capture that fails once',
    () => placeOrder({ 'gateway.capture': ['failed', 'captured'] }, later),
    (order) => {
      order.capture();
      order.runUntilIdle();
    },
    { state: 'completed', paidAmount: 17_500 },
  ],
  [
    'a capture that fails however often it is tried, and that an operator finds',
    () => placeOrder({ 'gateway.capture': ['failed'] }, later),
    (order) => {
      order.capture();
      order.runUntilIdle();
      order.resolve('payment', 'captured');
    },
    { state: 'completed', paidAmount: 17_500 },
  ],
  [
    'a capture that takes longer than the payment may',
    () => placeOrder({ 'gateway.capture': ['silent'] }, later),
    (order) => {
      order.capture();
      order.fireDeadline('payDeadline', 'order');
      order.answer('gateway.capture', 'captured');
    },
    { state: 'failed', paidAmount: 17_500, refundedAmount: 17_500 },
  ],
  [
    'a capture that is unknown, cancelled, and known to have failed',
    () => placeOrder({ 'gateway.capture': ['unknown', 'unknown', 'unknown', 'silent'] }, later),
    (order) => {
      order.capture();
      order.runUntilIdle();
      order.retry('payment');
      order.cancel();
      order.answer('gateway.capture', 'failed');
    },
    { state: 'cancelled', paidAmount: 0 },
  ],
  [
    'a void that fails, then stays unknown, while the capture comes through',
    () =>
      placeOrder({ 'gateway.capture': ['silent'], 'gateway.void': ['failed', 'unknown', 'unknown'] }, later),
    (order) => {
      order.capture();
      order.runUntilIdle();
      order.resolve('payment', 'not-captured');
      order.runUntilIdle();
      order.answer('gateway.capture', 'captured');
    },
    { state: 'failed', paidAmount: 17_500, refundedAmount: 17_500 },
  ],
  [
    'a capture that comes through after the void',
    () => placeOrder({ 'gateway.capture': ['silent'] }, later),
    (order) => {
      order.capture();
      order.runUntilIdle();
      order.resolve('payment', 'not-captured');
      order.answer('gateway.capture', 'captured');
    },
    { state: 'failed', paidAmount: 17_500, refundedAmount: 17_500 },
  ],
];

describe('a case that random orders rarely reach', () => {
  it.each(rareCases)('settles correctly: %s', (_, begin, steps, end) => {
    const order = begin();
    steps(order);
    expect(order.view).toMatchObject({ ...end, settled: true });
  });
});

/** Every transition of a chart, with its name for reports. */
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
  it('of every chart is taken by some order', () => {
    const all = [...registered.charts.values()].flatMap(({ machine }) => toTransitions(machine.root));
    const missing = () =>
      all.filter(([transition]) => !takenTransitions.has(transition)).map(([, name]) => name);
    for (let seed = orderCount + 1; missing().length > 0 && seed <= maxSeeds; seed += 1) runRandomOrder(seed);
    expect(missing()).toEqual([]);
  });
});

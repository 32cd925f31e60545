// Orders that take the transitions which random orders rarely take, and how each ends.
import { discountTo, placeOrder, type TestOrder } from './test-order.ts';

const dispute = {
  ...{ key: 'order-1/charge/1', attempt: 1 },
  ...{ disputeId: 'dispute-1', amount: 17_500, currency: 'USD' },
};
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
/** What it is, the order, what happens, and what its view has then. */
export const rareCases: readonly [string, () => TestOrder, Steps, object][] = [
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
  [
    'a return that an operator gives up',
    () => placeOrder({ 'warehouse.return': ['refused'] }),
    (order) => {
      order.refundLines([{ productId: 'product-1', quantity: 1, restock: true }], 'refund-1');
      order.resolve('inventory', 'not-returned');
    },
    { state: 'completed', refundedAmount: 5000 },
  ],
  [
    'a charge that waits for its customer, and that the bank forgets',
    () => placeOrder({ 'gateway.charge': ['action-required'], 'gateway.look-up': ['absent'] }),
    (order) => order.runUntilIdle(),
    { state: 'failed', paidAmount: 0 },
  ],
  [
    'a refund that an operator gives up, that is made after all, and that the customer disputes before it is known',
    () => placeOrder({ 'gateway.refund': ['refused', 'silent'] }),
    (order) => {
      order.refund(500, 'first');
      order.resolve('payment', 'not-refunded');
      order.send('payment', { ...dispute, type: 'gateway.dispute-opened', reason: 'general' });
      const fact = { key: 'order-1/refund/first', attempt: 2, refundTransactionId: 'refund-1' };
      order.send('payment', { ...fact, type: 'gateway.refunded' });
      // The order asks for no refund while it knows of the dispute: the payment is safe without it.
      order.send('payment', { type: 'payment.refund', refundId: 'second', amount: 500 });
      order.send('payment', { ...dispute, type: 'gateway.dispute-closed', outcome: 'won' });
    },
    { state: 'completed', refundedAmount: 500 },
  ],
  [
    'a notice to confirm the payment that is asked for again, while it is sent and afterwards',
    () => placeOrder({ 'gateway.charge': ['action-required'], 'mailer.send': ['silent', 'sent'] }),
    (order) => {
      const asked = order.sent.find(({ message }) => message.type === 'notification.send-payment-action');
      if (asked === undefined) throw new Error('its customer was told nothing');
      order.send('notification', asked.message);
      order.answer('mailer.send', 'sent');
      order.send('notification', asked.message);
      order.cancel();
    },
    { state: 'cancelled', paidAmount: 0 },
  ],
];

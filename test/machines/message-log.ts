// Every message that many orders send, by sender and receiver, with one example of each: declared messages
// are checked against it.
import type { AnyEventObject } from 'xstate';
import { runRandomOrder } from './random-orders.ts';
import { discountTo, placeOrder, type TestOrder } from './test-order.ts';

const orderCount = 150;

/** With everything that an order may carry. */
const fullOrder = {
  ...discountTo(17_000),
  ...{ locale: 'de', paymentMethod: 'pm_card', reference: 'cart-1' },
};
const about = { key: 'order-1/charge/1', attempt: 1 };
const charge = { transactionId: 'transaction-1', amount: 17_500, currency: 'USD' };
const dispute = { disputeId: 'dispute-1', amount: 17_500, currency: 'USD' };

/** Orders that send messages which random orders rarely send. */
const rareOrders: readonly (() => TestOrder)[] = [
  () => {
    const order = placeOrder({ 'gateway.refund': ['silent'] });
    order.refund(500);
    order.fireDeadline('refundDeadline');
    order.resolve('order', 'refused');
    order.refund(700);
    return order;
  },
  () => {
    const order = placeOrder({ 'gateway.charge': ['unknown'], 'gateway.look-up': ['unknown'] });
    order.runUntilIdle();
    order.resolve('payment', 'charged', { transactionId: 'transaction-7' });
    return order;
  },
  () => placeOrder({ 'warehouse.reserve': ['insufficient'] }),
  () => placeOrder({}, { policy: { capture: 'later' } }),
  () => {
    const order = placeOrder({ 'gateway.charge': ['action-required'] }, { order: fullOrder });
    const reduced = { ...charge, amount: 17_000 };
    order.send('payment', { ...about, type: 'gateway.authorized', expiresInMs: 60_000, ...reduced });
    order.send('payment', { ...about, type: 'gateway.charged', ...reduced });
    order.refundLines([{ productId: 'product-1', quantity: 1, restock: true }], 'returned');
    return order;
  },
  () => placeOrder({}, { order: { ...fullOrder, ...discountTo(0) } }),
  () => {
    const order = placeOrder({ 'gateway.charge': ['declined'] }, { order: fullOrder });
    return order;
  },
  () => {
    const order = placeOrder({ 'gateway.charge': ['silent'] }, { order: fullOrder });
    order.cancel();
    order.answer('gateway.charge', 'declined');
    return order;
  },
  () => {
    const order = placeOrder({}, { policy: { capture: 'later', provider: 'stripe' }, order: fullOrder });
    order.capture(10_000);
    return order;
  },
  ...(['won', 'lost'] as const).map((outcome) => () => {
    const order = placeOrder();
    const evidence = { evidenceDueAt: '2026-01-08T00:00:00.000Z', evidenceDueInMs: 604_800_000 };
    order.send('payment', {
      ...{ ...about, ...dispute, ...evidence },
      ...{ type: 'gateway.dispute-opened', reason: 'fraudulent' },
    });
    order.fireDeadline('evidenceDeadline');
    order.send('payment', { ...about, ...dispute, type: 'gateway.dispute-closed', outcome });
    return order;
  }),
];

export interface MessageLog {
  /** `payment → order: payment.failed`; senders outside the system are all called `outside`. */
  readonly routes: ReadonlySet<string>;
  /** An example of each message, with its type. */
  readonly examples: ReadonlyMap<string, AnyEventObject>;
}

export const collectMessages = (): MessageLog => {
  const routes = new Set<string>();
  const examples = new Map<string, AnyEventObject>();
  const logMessage = (from: string, to: string, message: AnyEventObject) => {
    routes.add(`${from} → ${to}: ${message.type}`);
    const known = examples.get(message.type);
    // The fullest example shows most.
    if (known === undefined || Object.keys(message).length > Object.keys(known).length) {
      examples.set(message.type, message);
    }
  };
  const logOrder = (order: TestOrder) => {
    for (const { from, to, message } of order.sent) logMessage(from, to, message);
    for (const { actor, ...event } of order.events) {
      // An incident carries its actor.
      logMessage(actor, 'journal', event.type.startsWith('incident.') ? { ...event, actor } : event);
    }
    for (const { to, type, data, disposition } of order.received) {
      if (disposition === 'applied') logMessage('outside', to, { type, ...data });
    }
  };
  for (let seed = 1; seed <= orderCount; seed += 1) logOrder(runRandomOrder(seed));
  for (const runOrder of rareOrders) logOrder(runOrder());
  return { routes, examples };
};

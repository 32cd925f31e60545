// Every message that many orders send, by sender and receiver, with one example of each: declared messages
// are checked against it.
import type { AnyEventObject } from 'xstate';
import { runRandomOrder } from './random-orders.ts';
import { placeOrder, type TestOrder } from './test-order.ts';

const orderCount = 150;

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

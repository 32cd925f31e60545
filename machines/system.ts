// The order system: the four charts of one order in their newest version, and the moves that people can make. It runs
// nothing: the durable host does, or plain `createActor` in a test.
import { inventoryChart } from './inventory.ts';
import { type MessageType, serviceNames } from './messages.ts';
import { notificationChart } from './notification.ts';
import { orderChart } from './order.ts';
import { paymentChart } from './payment.ts';

export const orderSystem = {
  /** Released: what these charts do is kept in fingerprints/. A change takes a copy of them to v2/, and another version. */
  version: '2',
  charts: {
    order: orderChart,
    inventory: inventoryChart,
    payment: paymentChart,
    notification: notificationChart,
  },
  services: serviceNames,
} as const;

/** What people may ask of an order: the message that is sent, and who may ask. */
export const moves = {
  cancel: { type: 'order.cancel', by: 'customer' },
  capture: { type: 'order.capture', by: 'operator' },
  refund: { type: 'order.refund', by: 'operator' },
  retry: { type: 'incident.retry', by: 'operator' },
  resolve: { type: 'incident.resolve', by: 'operator' },
} as const satisfies Record<string, { type: MessageType; by: 'customer' | 'operator' }>;
export type MoveName = keyof typeof moves;

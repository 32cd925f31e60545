// The order system: the four charts that make one order, the moves that people can make on it, and the
// version under which its snapshots are kept. It runs nothing; whoever runs it (the durable host, a test
// with plain `createActor`) starts from here.
import { inventoryChart } from './inventory.ts';
import { type MessageType, serviceNames } from './messages.ts';
import { notificationChart } from './notification.ts';
import { orderChart } from './order.ts';
import { paymentChart } from './payment.ts';

export const orderSystem = {
  /** Raised whenever a stored snapshot of the charts before would not mean the same in these. */
  version: '1',
  charts: {
    order: orderChart,
    inventory: inventoryChart,
    payment: paymentChart,
    notification: notificationChart,
  },
  services: serviceNames,
} as const;

/** What people may ask of an order: the message it becomes, and who may ask. */
export const moves = {
  cancel: { type: 'order.cancel', by: 'customer' },
  capture: { type: 'order.capture', by: 'operator' },
  refunds: { type: 'order.refund', by: 'operator' },
  retry: { type: 'incident.retry', by: 'operator' },
  resolve: { type: 'incident.resolve', by: 'operator' },
} as const satisfies Record<string, { type: MessageType; by: 'customer' | 'operator' }>;
export type MoveName = keyof typeof moves;
export const moveNames = [
  'cancel',
  'capture',
  'refunds',
  'retry',
  'resolve',
] as const satisfies readonly MoveName[];

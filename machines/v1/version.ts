// Version 1 of the charts, as release 0.1.0 shipped them, and how they meet today's messages. Nothing in this folder changes
// any more, except translators when today's messages change: orders are stored on it.
import type { AnyEventObject } from 'xstate';
import { inventoryChart } from './inventory.ts';
import { messages } from './messages.ts';
import { notificationChart } from './notification.ts';
import { orderChart } from './order.ts';
import { paymentChart } from './payment.ts';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Words that version 2 has others for: today's, and those of these charts. */
const refusals: Readonly<Record<string, string>> = {
  'already-committed': 'already-sold',
  'not-reserved': 'not-held',
};
const failureKinds: Readonly<Record<string, string>> = { 'stock-not-sold': 'stock-not-committed' };

const toCharts = (message: AnyEventObject): AnyEventObject => {
  const { policy, reason } = message;
  if (message.type === 'order.place' && isRecord(policy)) {
    const { commitWithinMs, ...same } = policy;
    return { ...message, policy: { ...same, sellWithinMs: commitWithinMs } };
  }
  if (message.type === 'warehouse.refused') return { ...message, reason: refusals[reason] ?? reason };
  return message;
};

const toService = <Command extends AnyEventObject>(command: Command): Command => {
  const reason: unknown = command['reason'];
  if (command.type !== 'mailer.send' || !isRecord(reason)) return command;
  const kind = String(reason['kind']);
  return { ...command, reason: { ...reason, kind: failureKinds[kind] ?? kind } };
};

export const version1 = {
  charts: {
    order: orderChart,
    inventory: inventoryChart,
    payment: paymentChart,
    notification: notificationChart,
  },
  messages,
  translator: { toCharts, toService },
} as const;

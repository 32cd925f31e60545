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

/** Words of these charts, and today's for them. */
const words = [
  ['already-sold', 'already-committed'],
  ['not-held', 'not-reserved'],
  ['stock-not-sold', 'stock-not-committed'],
  ['sale-unconfirmed', 'commit-unconfirmed'],
  ['paid-but-not-sold', 'paid-but-not-committed'],
] as const;
const today: Readonly<Record<string, string>> = Object.fromEntries(words);
const then: Readonly<Record<string, string>> = Object.fromEntries(words.map(([old, word]) => [word, old]));

const toCharts = (message: AnyEventObject): AnyEventObject => {
  const { policy, reason } = message;
  if (message.type === 'order.place' && isRecord(policy)) {
    const { commitWithinMs, ...same } = policy;
    return { ...message, policy: { ...same, sellWithinMs: commitWithinMs } };
  }
  if (message.type === 'warehouse.refused') return { ...message, reason: then[reason] ?? reason };
  return message;
};

/** With a reason that is a word of these charts: facts, and messages of the domain. */
const withReason: ReadonlySet<string> = new Set([
  ...['warehouse.refused', 'incident.opened'],
  ...['mailer.send', 'order.failed', 'order.failure-notification-sent'],
]);
const withOutcome: ReadonlySet<string> = new Set(['incident.resolve', 'incident.closed']);
const toToday = (word: unknown): unknown => today[String(word)] ?? word;

/** The event of the deadline that has another name today. */
const renameDeadline = (type: string): string =>
  type.replace(
    /^xstate\.after\.sellDeadline\.order\.paying\.selling\./,
    'xstate.after.commitDeadline.order.paying.committing.',
  );

const fromCharts = <M extends AnyEventObject>(message: M): M => {
  const policy: unknown = message['policy'];
  const reason: unknown = message['reason'];
  if (message.type === 'order.place' && isRecord(policy)) {
    const { sellWithinMs, ...same } = policy;
    return { ...message, policy: { ...same, commitWithinMs: sellWithinMs } };
  }
  if (withReason.has(message.type)) {
    const word = isRecord(reason) ? { ...reason, kind: toToday(reason['kind']) } : toToday(reason);
    return { ...message, reason: word };
  }
  if (withOutcome.has(message.type)) {
    return message['outcome'] === 'sold' ? { ...message, outcome: 'committed' } : message;
  }
  return message.type.startsWith('xstate.') ? { ...message, type: renameDeadline(message.type) } : message;
};

export const version1 = {
  charts: {
    order: orderChart,
    inventory: inventoryChart,
    payment: paymentChart,
    notification: notificationChart,
  },
  messages,
  translator: { toCharts, fromCharts },
} as const;

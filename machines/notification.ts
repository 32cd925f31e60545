// The order's notice to its customer: a confirmation or a failure notice, once, retried with backoff. It
// never holds the order back: after the first failed attempt the order learns that the notice is delayed,
// and a notice that cannot be sent is an incident of its own. The chart sends no mail itself: it sends
// commands to `mailer`, always with the same key, so that no notice is sent twice.
import { assign, setup } from 'xstate';
import {
  type CallContext,
  type ChartNotes,
  callDelays,
  callGuards,
  chartParts,
  ifCurrentTryAgain,
  noIncidentReasons,
  noRetrying,
  staleAnswerReason,
} from './chart.ts';
import type { DomainEvent, Failure, Item, MessageTo, Notice } from './messages.ts';

type NotificationContext = CallContext & {
  orderId: string;
  notice: Notice;
  recipient: string;
  amount: number;
  currency: string;
  items: Item[];
  /** Why the order failed; null in a confirmation. */
  reason: Failure | null;
};

const { tell, announce, callStates } = chartParts<NotificationContext, MessageTo<'notification'>>(
  'notification',
  'mailer',
);

export const notificationChart = setup({
  types: {
    context: {} as NotificationContext,
    events: {} as MessageTo<'notification'>,
    emitted: {} as DomainEvent,
    tags: {} as 'settled' | 'incident',
    meta: {} as ChartNotes,
  },
  guards: callGuards,
  delays: callDelays,
  actions: {
    forgetTries: assign({ tries: 0 }),
    count: assign(({ context }) => ({
      key: `${context.orderId}/${context.notice}/1`,
      attempt: context.attempt + 1,
      tries: context.tries + 1,
    })),
    askToSend: tell('mailer', ({ context: { key, attempt, notice, recipient, orderId, ...about } }) => ({
      type: 'mailer.send',
      key,
      attempt,
      notice,
      recipient,
      orderId,
      amount: about.amount,
      currency: about.currency,
      items: about.items,
      reason: about.reason,
    })),
    announceSent: announce(({ context: { recipient, reason } }) =>
      reason === null
        ? { type: 'order.confirmation-sent', recipient }
        : { type: 'order.failure-notification-sent', recipient, reason },
    ),
    tellDelivered: tell('order', ({ context }) => ({
      type: 'notification.delivered',
      notice: context.notice,
    })),
    tellDelayed: tell('order', ({ context }) => ({ type: 'notification.delayed', notice: context.notice })),
  },
}).createMachine({
  id: 'notification',
  context: {
    orderId: '',
    notice: 'confirmation',
    recipient: '',
    amount: 0,
    currency: '',
    items: [],
    reason: null,
    retrying: noRetrying,
    key: '',
    attempt: 0,
    tries: 0,
  },
  initial: 'idle',
  meta: {
    ignores: {
      ...noIncidentReasons,
      'notification.send-confirmation': 'an order gets one notice',
      'notification.send-failure': 'an order gets one notice',
      'mailer.sent': 'no notice is waiting for this answer',
      'mailer.failed': staleAnswerReason,
    },
  },
  states: {
    idle: {
      tags: 'settled',
      description: 'no notice was requested',
      on: {
        'notification.send-confirmation': {
          target: 'sending',
          actions: assign(({ event: { type: _, ...notice } }) => ({
            ...notice,
            notice: 'confirmation' as const,
          })),
        },
        'notification.send-failure': {
          target: 'sending',
          actions: assign(({ event: { type: _, ...notice } }) => ({ ...notice, notice: 'failure' as const })),
        },
      },
    },

    sending: {
      on: { 'mailer.sent': { guard: 'isOurs', target: 'sent' } },
      ...callStates({
        asking: {
          description: "the mail server's answer",
          entry: ['count', 'askToSend'],
          on: { 'mailer.failed': ifCurrentTryAgain },
        },
        backingOff: {
          description: 'the next attempt of the notice',
          entry: 'tellDelayed',
        },
        needsAttention: {
          reason: 'notice-unsent',
          text: 'the notice cannot be sent',
          entry: ['tellDelayed'],
          outcomes: { sent: { target: '#notification.sent' } },
        },
      }),
    },

    sent: {
      tags: 'settled',
      description: 'the notice was sent',
      entry: ['announceSent', 'tellDelivered'],
    },
  },
});

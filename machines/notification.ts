// The order's notices to its customer: a confirmation or a failure or cancellation notice, one for each refund, and one if the bank
// wants the customer to confirm the payment. One is sent at a time, in the order of asking, retried with backoff. None holds the
// order back: after the first failed attempt the order learns that the notice is delayed, and a notice that cannot be sent is
// an incident of its own. The chart sends no mail itself: it sends commands to `mailer`, each notice always with the same
// key, so that none is sent twice.
import { assertEvent, assign, setup } from 'xstate';
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
import type { Adjustment, DomainEvent, Failure, Item, MessageTo, Notice, Refunded } from './messages.ts';

/** What one notice says beside what all say of the order. */
export interface Asked {
  notice: Notice;
  /** Why the order failed or was cancelled; null in other notices. */
  reason: Failure | null;
  refund: Refunded | null;
}
type NotificationContext = CallContext &
  Asked & {
    orderId: string;
    recipient: string;
    amount: number;
    currency: string;
    items: Item[];
    adjustments: Adjustment[];
    locale: string | null;
    /** Notices that wait for the one that is being sent. */
    waiting: Asked[];
  };

const { tell, announce, callStates } = chartParts<NotificationContext, MessageTo<'notification'>>(
  'notification',
  'mailer',
);

const notices = {
  'notification.send-confirmation': 'confirmation',
  'notification.send-failure': 'failure',
  'notification.send-cancellation': 'cancellation',
  'notification.send-refund': 'refund',
  'notification.send-payment-action': 'payment-action',
} as const satisfies Record<string, Notice>;
type Send = Extract<MessageTo<'notification'>, { type: keyof typeof notices }>;
const sends = [
  'notification.send-confirmation',
  'notification.send-failure',
  'notification.send-cancellation',
  'notification.send-refund',
  'notification.send-payment-action',
] as const;
const toAsked = (event: Send): Asked => ({
  notice: notices[event.type],
  reason: 'reason' in event ? event.reason : null,
  refund: 'refund' in event ? event.refund : null,
});
/** A refund's own key is the gateway's. */
const toKey = ({ orderId, notice, refund }: NotificationContext): string =>
  refund === null ? `${orderId}/${notice}/1` : `${orderId}/refund-notice/${refund.refundId}`;
/** Whatever is asked for. */
const onSend = <const Transition>(transition: Transition) => ({
  'notification.send-confirmation': transition,
  'notification.send-failure': transition,
  'notification.send-cancellation': transition,
  'notification.send-refund': transition,
  'notification.send-payment-action': transition,
});

export const notificationChart = setup({
  types: {
    context: {} as NotificationContext,
    events: {} as MessageTo<'notification'>,
    emitted: {} as DomainEvent,
    tags: {} as 'settled' | 'incident',
    meta: {} as ChartNotes,
  },
  guards: { ...callGuards, isAnotherWaiting: ({ context }) => context.waiting.length > 0 },
  delays: callDelays,
  actions: {
    noteOrder: assign(({ event }) => {
      assertEvent(event, sends);
      const { orderId, recipient, amount, currency, items, retrying, adjustments = [] } = event;
      const order = { orderId, recipient, amount, currency, items, retrying, adjustments };
      return { ...order, locale: event.locale ?? null, ...toAsked(event) };
    }),
    noteWaiting: assign(({ context, event }) => {
      assertEvent(event, sends);
      return { waiting: [...context.waiting, toAsked(event)] };
    }),
    takeNext: assign(({ context: { waiting } }) => ({ ...waiting[0], waiting: waiting.slice(1) })),
    forgetTries: assign({ tries: 0 }),
    count: assign(({ context }) => ({
      key: toKey(context),
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
      ...(about.adjustments.length > 0 && { adjustments: about.adjustments }),
      ...(about.locale !== null && { locale: about.locale }),
      reason: about.reason,
      ...(about.refund !== null && { refund: about.refund }),
    })),
    announceSent: announce(({ context: { notice, recipient, reason, refund } }) => {
      if (refund !== null) return { type: 'order.refund-notice-sent', recipient, refundId: refund.refundId };
      if (notice === 'payment-action') return { type: 'order.payment-action-notice-sent', recipient };
      if (reason === null) return { type: 'order.confirmation-sent', recipient };
      return notice === 'cancellation'
        ? { type: 'order.cancellation-notice-sent', recipient, reason }
        : { type: 'order.failure-notification-sent', recipient, reason };
    }),
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
    adjustments: [],
    locale: null,
    reason: null,
    refund: null,
    waiting: [],
    retrying: noRetrying,
    key: '',
    attempt: 0,
    tries: 0,
  },
  initial: 'idle',
  meta: {
    ignores: {
      ...noIncidentReasons,
      'mailer.sent': 'no notice is waiting for this answer',
      'mailer.failed': staleAnswerReason,
    },
  },
  states: {
    idle: {
      tags: 'settled',
      description: 'no notice was requested',
      on: onSend({ target: 'sending', actions: 'noteOrder' } as const),
    },

    sending: {
      entry: 'forgetTries',
      on: {
        'mailer.sent': { guard: 'isOurs', target: 'sent' },
        ...onSend({ actions: 'noteWaiting' } as const),
      },
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
      description: 'every notice that was requested was sent',
      entry: ['announceSent', 'tellDelivered'],
      always: { guard: 'isAnotherWaiting', target: 'sending', actions: 'takeNext' },
      on: onSend({ target: 'sending', actions: 'noteOrder' } as const),
    },
  },
});

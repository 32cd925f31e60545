// The order from placement to its end: validating, reserving, paying, notifying, completed. An order that
// fails or is cancelled first releases its stock and returns its money (compensating), then notifies the
// customer. The chart never acts itself: it sends commands to `inventory`, `payment` and `notification`, and
// never waits for an answer without a deadline. Settled states still react: a completed order can be
// refunded, and late money is recorded.
import { newOrder } from './order-context.ts';
import { ignoreReasons, ignoreReasonsWhileCompensating } from './order-reasons.ts';
import {
  failWith,
  incident,
  onAuthorized,
  onCancel,
  onDispute,
  onPaid,
  onRefundDone,
  onRefunded,
  orderSetup,
} from './order-setup.ts';

export const orderChart = orderSetup.createMachine({
  id: 'order',
  context: newOrder,
  initial: 'placing',
  meta: { ignores: ignoreReasons },
  states: {
    placing: {
      description: 'the order to be placed',
      meta: { ignores: { 'order.cancel': 'there is no order yet' } },
      on: { 'order.place': { target: 'validating', actions: 'noteOrder' } },
    },

    validating: {
      description: 'the check of stock and prices',
      meta: { slo: { share: 0.99, withinMs: 1000 } },
      entry: ['announceCreated', 'askToCheck'],
      after: { validateDeadline: failWith('deadline-passed') },
      on: {
        'inventory.check-passed': 'reserving',
        'inventory.check-failed': { target: 'rejected', actions: 'noteProblems' },
        'order.cancel': onCancel,
      },
    },

    reserving: {
      description: 'the stock reservation',
      meta: { slo: { share: 0.95, withinMs: 2000 } },
      entry: ['announceValidated', 'announceStarted', 'askToReserve'],
      after: { reserveDeadline: failWith('deadline-passed') },
      on: {
        'inventory.reservation-completed': [
          { guard: 'isFree', target: 'paying.committing', actions: 'announceNotNeeded' },
          { target: 'paying' },
        ],
        'inventory.reservation-failed': {
          target: 'compensating',
          actions: ['noteProblems', { type: 'noteFailure', params: { kind: 'insufficient-stock' } }],
        },
        'order.cancel': onCancel,
      },
    },

    paying: {
      initial: 'charging',
      on: {
        'payment.failed': { target: 'compensating', actions: 'notePaymentFailure' },
        'inventory.reservation-expired': failWith('reservation-expired'),
        'order.cancel': onCancel,
      },
      states: {
        charging: {
          description: 'the payment',
          meta: { slo: { share: 0.95, withinMs: 10_000 }, waitsFor: 'gateway' },
          entry: 'askForPayment',
          after: { payDeadline: failWith('deadline-passed') },
          on: {
            'payment.action-required': 'awaitingCustomer',
            'payment.authorized': onAuthorized,
            'payment.completed': onPaid,
          },
        },
        awaitingCustomer: {
          tags: 'awaitingCustomer',
          description: 'the customer to confirm the payment at the bank (3-D Secure)',
          entry: 'askToTellAction',
          after: { actionDeadline: failWith('payment-not-confirmed') },
          on: { 'payment.authorized': onAuthorized, 'payment.completed': onPaid },
        },
        authorized: {
          description: 'a request to capture the authorised payment',
          // The bank's own expiry among them: it is never postponed.
          after: { authorizationExpiry: failWith('authorization-expired') },
          on: {
            'order.capture': { guard: 'isCapturable', target: 'capturing' },
            'payment.completed': onPaid,
          },
        },
        capturing: {
          description: 'the capture of the authorised payment',
          meta: {
            ignores: { 'order.capture': 'the capture is already under way' },
            waitsFor: 'gateway',
          },
          entry: 'askForCapture',
          after: { payDeadline: failWith('deadline-passed') },
          on: { 'payment.completed': onPaid },
        },
        committing: {
          initial: 'asking',
          on: {
            ...onDispute,
            'inventory.commit-completed': '#order.notifying',
            'inventory.commit-failed': failWith('stock-not-committed'),
          },
          states: {
            asking: {
              description: 'the reserved stock to be committed',
              entry: 'askToCommit',
              after: { commitDeadline: 'needsAttention' },
            },
            needsAttention: incident({
              reason: 'paid-but-not-committed',
              text: 'the order is paid, but its stock is not committed',
              retry: 'asking',
              outcomes: { committed: { target: '#order.notifying' } },
            }),
          },
        },
      },
    },

    notifying: {
      description: 'the confirmation to be sent',
      meta: {
        ignores: { 'order.cancel': 'the order is paid; once it is completed it can be refunded' },
        slo: { share: 0.95, withinMs: 5000 },
      },
      entry: 'askToConfirm',
      after: { notifyDeadline: 'completed' },
      on: {
        ...onDispute,
        'notification.delivered': { guard: 'isConfirmation', target: 'completed' },
        'notification.delayed': 'completed',
      },
    },

    completed: {
      initial: 'closed',
      entry: 'announceCompleted',
      on: onDispute,
      meta: { ignores: { 'order.cancel': 'the order is completed: it can only be refunded' } },
      states: {
        closed: {
          tags: 'settled',
          description: 'the order is paid and its stock is committed',
          on: {
            'order.refund': {
              guard: 'isRefundable',
              target: 'refunding',
              actions: ['askForRefund', 'noteRefund'],
            },
            'payment.refunded': onRefunded,
          },
        },
        refunding: {
          initial: 'waiting',
          meta: { ignores: { 'order.refund': 'another refund is under way' } },
          on: {
            'payment.refunded': onRefundDone,
            'payment.refund-refused': { target: 'closed', actions: 'forgetRefund' },
          },
          states: {
            waiting: {
              description: 'the refund',
              meta: { waitsFor: 'gateway' },
              after: { refundDeadline: 'needsAttention' },
            },
            needsAttention: incident({
              reason: 'refund-overdue',
              text: 'the refund is overdue',
              retry: 'waiting',
              outcomes: { refused: { target: '#order.completed.closed', actions: 'forgetRefund' } },
            }),
          },
        },
      },
    },

    compensating: {
      type: 'parallel',
      meta: { ignores: ignoreReasonsWhileCompensating },
      onDone: [{ guard: 'isCancelled', target: 'cancelled' }, { target: 'failed' }],
      on: {
        ...onDispute,
        'payment.completed': { actions: 'notePaid' },
        'payment.refunded': onRefunded,
      },
      states: {
        stock: {
          initial: 'returning',
          on: { 'inventory.release-completed': '.returned' },
          states: {
            returning: {
              description: 'the stock to be released',
              entry: 'askForStockBack',
              after: { compensateDeadline: 'needsAttention' },
            },
            needsAttention: incident({
              reason: 'stock-not-returned',
              text: 'the stock is not released',
              retry: 'returning',
              outcomes: { 'stock-returned': { target: 'returned' } },
            }),
            returned: { type: 'final' },
          },
        },
        money: {
          initial: 'returning',
          on: { 'payment.cancelled': '.returned', 'payment.refund-refused': '.returned' },
          states: {
            returning: {
              description: 'the money to be returned',
              meta: { waitsFor: 'gateway' },
              entry: 'askForMoneyBack',
              after: { compensateDeadline: 'needsAttention' },
            },
            needsAttention: incident({
              reason: 'money-not-returned',
              text: 'the money is not returned',
              retry: 'returning',
              outcomes: { 'money-returned': { target: 'returned' } },
            }),
            returned: { type: 'final' },
          },
        },
      },
    },

    rejected: {
      tags: 'settled',
      description: 'the order cannot be fulfilled as it was placed',
      entry: ['announceRejected', 'askToTellFailure'],
    },
    failed: {
      tags: 'settled',
      description: 'the order failed; any stock was released and any money returned',
      entry: ['announceFailed', 'askToTellFailure'],
      on: { ...onDispute, 'payment.completed': { actions: 'notePaid' }, 'payment.refunded': onRefunded },
    },
    cancelled: {
      tags: 'settled',
      description: 'the order was cancelled; any stock was released and any money returned',
      entry: ['announceCancelled', 'askToTellCancellation'],
      on: { ...onDispute, 'payment.completed': { actions: 'notePaid' }, 'payment.refunded': onRefunded },
    },
  },
});

// The story of an order: validating, reserving, paying, notifying, completed. On every way out, whatever
// was held or taken is given back first (compensating), and the customer is told. The chart does nothing
// itself: it tells `inventory`, `payment` and `notification`, and waits for their answers, never without a
// deadline. Settled states still answer: a completed order can be refunded, late money is noted.
import {
  callOff,
  giveUp,
  incident,
  newOrder,
  orderSetup,
  paid,
  whyIgnored,
  whyIgnoredOnTheWayOut,
} from './order-words.ts';

export const orderChart = orderSetup.createMachine({
  id: 'order',
  context: newOrder,
  initial: 'placing',
  meta: { ignores: whyIgnored },
  states: {
    placing: {
      description: 'the order itself',
      meta: { ignores: { 'order.cancel': 'there is no order yet' } },
      on: { 'order.place': { target: 'validating', actions: 'noteOrder' } },
    },

    validating: {
      description: 'whether the warehouse has every line at its price',
      entry: ['announceCreated', 'askToCheck'],
      after: { validateDeadline: giveUp('deadline-passed') },
      on: {
        'inventory.check-passed': 'reserving',
        'inventory.check-failed': { target: 'rejected', actions: 'noteProblems' },
        'order.cancel': callOff,
      },
    },

    reserving: {
      description: 'the stock to be held',
      entry: ['announceValidated', 'announceStarted', 'askToReserve'],
      after: { reserveDeadline: giveUp('deadline-passed') },
      on: {
        'inventory.reservation-completed': 'paying',
        'inventory.reservation-failed': {
          target: 'compensating',
          actions: ['noteProblems', { type: 'noteFailure', params: { kind: 'insufficient-stock' } }],
        },
        'order.cancel': callOff,
      },
    },

    paying: {
      initial: 'charging',
      on: {
        'payment.failed': { target: 'compensating', actions: 'notePaymentFailure' },
        'inventory.reservation-expired': giveUp('reservation-expired'),
        'order.cancel': callOff,
      },
      states: {
        charging: {
          description: 'the payment',
          entry: 'askForPayment',
          after: { payDeadline: giveUp('deadline-passed') },
          on: { 'payment.authorized': 'authorized', 'payment.completed': paid },
        },
        authorized: {
          description: 'the word to capture the authorised payment',
          after: { authorizationExpiry: giveUp('authorization-expired') },
          on: { 'order.capture': 'capturing', 'payment.completed': paid },
        },
        capturing: {
          description: 'the capture of the authorised payment',
          meta: { ignores: { 'order.capture': 'the capture is under way already' } },
          entry: 'askForCapture',
          after: { payDeadline: giveUp('deadline-passed') },
          on: { 'payment.completed': paid },
        },
        selling: {
          initial: 'asking',
          on: {
            'inventory.commit-completed': '#order.notifying',
            'inventory.commit-failed': giveUp('stock-not-sold'),
          },
          states: {
            asking: {
              description: 'the held stock to be sold',
              entry: 'askToSell',
              after: { sellDeadline: 'needsAttention' },
            },
            needsAttention: incident({
              reason: 'paid-but-not-sold',
              text: 'the order is paid and its stock is not sold',
              retry: 'asking',
              outcomes: { sold: { target: '#order.notifying' } },
            }),
          },
        },
      },
    },

    notifying: {
      description: 'the confirmation to be sent',
      meta: { ignores: { 'order.cancel': 'the order is paid and sold; once completed it can be refunded' } },
      entry: 'askToConfirm',
      after: { notifyDeadline: 'completed' },
      on: { 'notification.delivered': 'completed', 'notification.delayed': 'completed' },
    },

    completed: {
      initial: 'closed',
      entry: 'announceCompleted',
      meta: { ignores: { 'order.cancel': 'the order is completed: it can only be refunded' } },
      states: {
        closed: {
          tags: 'settled',
          description: 'paid, sold and confirmed',
          on: {
            'order.refund': { guard: 'isRefundable', target: 'refunding', actions: 'askForRefund' },
            'payment.refunded': { actions: 'noteRefunded' },
          },
        },
        refunding: {
          initial: 'waiting',
          meta: { ignores: { 'order.refund': 'another refund is under way' } },
          on: {
            'payment.refunded': { target: 'closed', actions: 'noteRefunded' },
            'payment.refund-refused': 'closed',
          },
          states: {
            waiting: { description: 'the refund', after: { refundDeadline: 'needsAttention' } },
            needsAttention: incident({
              reason: 'refund-overdue',
              text: 'the refund takes too long',
              retry: 'waiting',
              outcomes: { refused: { target: '#order.completed.closed' } },
            }),
          },
        },
      },
    },

    compensating: {
      type: 'parallel',
      meta: { ignores: whyIgnoredOnTheWayOut },
      onDone: [{ guard: 'isCancelled', target: 'cancelled' }, { target: 'failed' }],
      on: {
        'payment.completed': { actions: 'notePaid' },
        'payment.refunded': { actions: 'noteRefunded' },
      },
      states: {
        stock: {
          initial: 'returning',
          on: { 'inventory.release-completed': '.returned' },
          states: {
            returning: {
              description: 'the stock to be given back',
              entry: 'askForStockBack',
              after: { compensateDeadline: 'needsAttention' },
            },
            needsAttention: incident({
              reason: 'stock-not-returned',
              text: 'the stock is not given back',
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
              description: 'the money to be given back',
              entry: 'askForMoneyBack',
              after: { compensateDeadline: 'needsAttention' },
            },
            needsAttention: incident({
              reason: 'money-not-returned',
              text: 'the money is not given back',
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
      description: 'the order could not be filled as it was placed',
      entry: ['announceRejected', 'askToTellFailure'],
    },
    failed: {
      tags: 'settled',
      description: 'the order failed; what was held or taken was given back',
      entry: ['announceFailed', 'askToTellFailure'],
      on: { 'payment.completed': { actions: 'notePaid' }, 'payment.refunded': { actions: 'noteRefunded' } },
    },
    cancelled: {
      tags: 'settled',
      description: 'the order was cancelled; what was held or taken was given back',
      entry: ['announceCancelled', 'askToTellFailure'],
      on: { 'payment.completed': { actions: 'notePaid' }, 'payment.refunded': { actions: 'noteRefunded' } },
    },
  },
});

// The order's money: one charge, and its outcome. Declined (the bank refused), failed (no effect) and
// unknown (no answer) are three different states; an unknown charge is looked up by its key and never blindly
// repeated. If the order is cancelled, money is voided or refunded however late it arrives. The chart never
// talks to a bank: it sends commands to `gateway`, and each answer names the key and attempt that it answers.
import { and, assign, not } from 'xstate';
import { ifCurrentTryAgain, says } from './chart.ts';
import {
  callStates,
  captureResults,
  chargeResults,
  ifCurrentLookUpAgain,
  ignoreReasons,
  ignoreReasonsBeforeCancel,
  lookUpAgain,
  newPayment,
  onDeclined,
  onRefunded,
  paymentSetup,
  voidAuthorization,
} from './payment-setup.ts';

export const paymentChart = paymentSetup.createMachine({
  id: 'payment',
  context: newPayment,
  initial: 'idle',
  meta: { ignores: ignoreReasons },
  states: {
    idle: {
      tags: 'settled',
      description: 'no payment was requested',
      on: {
        'payment.charge': {
          target: 'charging',
          actions: assign(({ event: { type: _, ...asked } }) => asked),
        },
        'payment.cancel': 'cancelled',
      },
    },

    charging: {
      initial: 'asking',
      on: { ...chargeResults, 'gateway.declined': onDeclined },
      states: {
        asking: {
          description: "the bank's answer to the charge",
          entry: [{ type: 'count', params: { purpose: 'charge' } }, 'announceInitiated', 'askForCharge'],
          meta: { waitsFor: 'gateway' },
          after: { answerDeadline: '#payment.lookingUp' },
          on: {
            'payment.cancel': { guard: not('isUnwanted'), actions: 'noteUnwanted' },
            'gateway.failed': [
              { guard: and(['isCurrent', 'isUnwanted']), target: '#payment.cancelled' },
              { guard: and(['isCurrent', 'mayTryAgain']), target: 'backingOff' },
              { guard: 'isCurrent', target: '#payment.failed' },
            ],
            'gateway.refused': { guard: 'isCurrent', target: '#payment.failed' },
            'gateway.unknown': {
              guard: 'isCurrent',
              target: '#payment.lookingUp',
              actions: assign({ keyExpired: ({ event }) => event.reason === 'key-expired' }),
            },
          },
        },
        backingOff: {
          description: 'the next attempt of the charge, which has had no effect so far',
          after: { backOff: 'asking' },
          on: { 'payment.cancel': { target: '#payment.cancelled', actions: 'noteUnwanted' } },
        },
      },
    },

    lookingUp: {
      entry: ['forgetLookUps', 'announceUnknown'],
      on: {
        ...chargeResults,
        'gateway.declined': onDeclined,
        'payment.cancel': { guard: not('isUnwanted'), actions: 'noteUnwanted' },
      },
      ...callStates({
        asking: {
          description: 'the outcome of the charge, looked up by its key',
          entry: ['countLookUp', 'askForLookUp'],
          after: { answerDeadline: lookUpAgain },
          on: {
            'gateway.absent': [
              { guard: and(['isCurrent', 'isUnwanted']), target: '#payment.cancelled' },
              {
                guard: and(['isCurrent', 'isKeyExpired']),
                target: '#payment.charging',
                actions: 'takeNewKey',
              },
              { guard: and(['isCurrent', 'mayTryAgain']), target: '#payment.charging.backingOff' },
              { guard: 'isCurrent', target: '#payment.failed' },
            ],
            'gateway.voided': { guard: 'isCurrent', target: '#payment.failed' },
            'gateway.failed': ifCurrentLookUpAgain,
            'gateway.unknown': ifCurrentLookUpAgain,
          },
        },
        backingOff: { description: 'the next look-up of the charge', after: { lookUpBackOff: 'asking' } },
        needsAttention: {
          reason: 'charge-unknown',
          text: 'the bank does not say whether the charge was made (if it was, give its transactionId)',
          hint: 'the outcome must be not-charged, or charged with a transactionId',
          outcomes: {
            charged: {
              guard: and([says('charged'), 'namesTransaction']),
              target: '#payment.charged',
              actions: 'noteTransaction',
            },
            'not-charged': { target: '#payment.failed' },
          },
          retry: { target: 'asking', actions: 'forgetLookUps' },
        },
      }),
      // A look-up that overtakes the charge would find none.
      initial: 'backingOff',
    },

    authorized: {
      description: 'a request to capture the authorised money',
      entry: 'reportAuthorized',
      always: { guard: 'isUnwanted', target: 'voiding' },
      on: {
        'payment.capture': 'capturing',
        'payment.cancel': { target: 'voiding', actions: 'noteUnwanted' },
        'gateway.charged': chargeResults['gateway.charged'],
      },
    },

    capturing: {
      meta: { ignores: { 'payment.capture': 'the capture is already under way' } },
      entry: 'forgetTries',
      on: {
        ...captureResults,
        'gateway.refused': { guard: 'isOurs', ...voidAuthorization('reportDeclined') },
        'payment.cancel': { guard: not('isUnwanted'), actions: 'noteUnwanted' },
      },
      ...callStates({
        asking: {
          description: "the bank's answer to the capture",
          entry: [{ type: 'count', params: { purpose: 'capture' } }, 'askForCapture'],
          on: {
            'gateway.failed': [
              { guard: and(['isCurrent', 'isUnwanted']), target: '#payment.voiding' },
              ...ifCurrentTryAgain,
            ],
            'gateway.unknown': ifCurrentTryAgain,
          },
        },
        backingOff: { description: 'the next attempt of the capture' },
        needsAttention: {
          reason: 'capture-unconfirmed',
          text: 'the capture is not confirmed',
          outcomes: {
            captured: { target: '#payment.charged' },
            'not-captured': voidAuthorization('reportGaveUp'),
          },
        },
      }),
    },

    voiding: {
      entry: 'forgetTries',
      on: {
        ...captureResults,
        'gateway.voided': { guard: 'isOurs', target: 'cancelled', actions: 'announceCancelled' },
      },
      ...callStates({
        asking: {
          description: "the bank's answer to the void",
          entry: [{ type: 'count', params: { purpose: 'void' } }, 'askForVoid'],
          on: {
            'gateway.refused': { guard: 'isCurrent', target: 'needsAttention' },
            'gateway.failed': ifCurrentTryAgain,
            'gateway.unknown': ifCurrentTryAgain,
          },
        },
        backingOff: { description: 'the next attempt of the void' },
        needsAttention: {
          reason: 'void-unconfirmed',
          text: 'the bank does not confirm that the authorisation is void',
          outcomes: {
            voided: { target: '#payment.cancelled', actions: 'announceCancelled' },
            captured: { target: '#payment.charged' },
          },
        },
      }),
    },

    charged: {
      initial: 'kept',
      entry: ['noteCapture', 'reportCompleted'],
      states: {
        kept: {
          tags: 'settled',
          description: 'the money is captured',
          always: [
            { guard: 'isFullyRefunded', target: '#payment.refunded' },
            { guard: 'isUnwanted', target: 'refunding', actions: 'planFullRefund' },
          ],
          on: {
            'payment.refund': {
              guard: 'isRefundable',
              target: 'refunding',
              actions: assign(({ event }) => ({
                refundId: event.refundId,
                refundAmount: event.amount,
                tries: 0,
              })),
            },
            'payment.cancel': { target: 'refunding', actions: ['noteUnwanted', 'planFullRefund'] },
            'gateway.refunded': { guard: 'isRefundedAfterAll', actions: ['reportRefunded', 'noteRefund'] },
          },
        },
        refunding: {
          meta: { ignores: { 'payment.cancel': 'a refund is already under way' } },
          on: {
            'gateway.refunded': { guard: 'isOurs', ...onRefunded },
            'payment.refund': { actions: 'refuseRefund' },
          },
          ...callStates({
            asking: {
              description: "the bank's answer to the refund",
              entry: [{ type: 'count', params: { purpose: 'refund' } }, 'askForRefund'],
              on: {
                'gateway.refused': { guard: 'isCurrent', target: 'needsAttention' },
                'gateway.failed': ifCurrentTryAgain,
                'gateway.unknown': ifCurrentTryAgain,
              },
            },
            backingOff: { description: 'the next attempt of the refund' },
            needsAttention: {
              reason: 'refund-unconfirmed',
              text: 'the refund is not confirmed',
              outcomes: {
                refunded: onRefunded,
                'not-refunded': {
                  target: '#payment.charged.kept',
                  actions: ['noteWanted', 'reportRefundRefused'],
                },
              },
            },
          }),
        },
      },
    },

    refunded: {
      tags: 'settled',
      description: 'all of the money was refunded',
      entry: 'tellCancelled',
      on: { 'payment.cancel': { actions: 'tellCancelled' } },
    },
    declined: {
      tags: 'settled',
      description: 'the bank declined the charge',
      meta: { ignores: ignoreReasonsBeforeCancel },
      entry: 'reportDeclined',
      always: { guard: 'isUnwanted', target: 'cancelled' },
      on: { 'payment.cancel': { target: 'cancelled', actions: 'noteUnwanted' } },
    },
    failed: {
      tags: 'settled',
      description: 'the charge had no effect and is not retried',
      meta: { ignores: ignoreReasonsBeforeCancel },
      entry: 'reportGaveUp',
      always: { guard: 'isUnwanted', target: 'cancelled' },
      on: { 'payment.cancel': { target: 'cancelled', actions: 'noteUnwanted' } },
    },
    cancelled: {
      tags: 'settled',
      description: 'the payment was cancelled: no money is authorised or captured',
      entry: 'tellCancelled',
      on: { ...chargeResults, ...captureResults },
    },
  },
});

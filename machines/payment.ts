// The order's money: one charge, and its outcome. Declined (the bank refused), failed (no effect) and
// unknown (no answer) are three different states; an unknown charge is looked up by its key and never blindly
// repeated. If the order is cancelled, money is voided or refunded however late it arrives. The chart never
// talks to a bank: it sends commands to `gateway`, and each answer names the key and attempt that it answers.
import { and, assign, not } from 'xstate';
import { ifCurrentTryAgain, says } from './chart.ts';
import { charged } from './payment-charged.ts';
import { newPayment } from './payment-context.ts';
import { ignoreReasons, ignoreReasonsBeforeCancel } from './payment-reasons.ts';
import {
  callStates,
  captureResults,
  chargeResults,
  disputes,
  ifCurrentLookUpAgain,
  lookUpAgain,
  onActionRequired,
  onDeclined,
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
          actions: 'noteCharge',
        },
        'payment.cancel': 'cancelled',
      },
    },

    charging: {
      initial: 'asking',
      on: { ...chargeResults, 'gateway.declined': onDeclined, 'gateway.action-required': onActionRequired },
      states: {
        asking: {
          description: "the bank's answer to the charge",
          meta: { waitsFor: 'gateway' },
          entry: [{ type: 'count', params: { purpose: 'charge' } }, 'announceInitiated', 'askForCharge'],
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
        'gateway.action-required': onActionRequired,
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

    awaitingCustomer: {
      initial: 'waiting',
      entry: 'reportActionRequired',
      always: { guard: 'isUnwanted', target: 'voiding' },
      on: {
        'gateway.charged': chargeResults['gateway.charged'],
        // The transaction is the one that is known.
        'gateway.authorized': { guard: 'isOurCharge', target: 'authorized', actions: 'noteTransaction' },
        'gateway.declined': onDeclined,
        'gateway.voided': { guard: 'isOurCharge', target: 'declined' },
        'payment.cancel': { target: 'voiding', actions: 'noteUnwanted' },
      },
      states: {
        waiting: {
          description: 'the customer to confirm the charge at the bank',
          entry: 'forgetLookUps',
          after: { confirmationPoll: 'asking' },
        },
        asking: {
          description: 'whether the customer has confirmed the charge, looked up by its key',
          meta: { waitsFor: 'gateway' },
          entry: ['countLookUp', 'askForLookUp'],
          after: { answerDeadline: 'waiting' },
          on: {
            'gateway.action-required': { guard: 'isCurrent', target: 'waiting' },
            'gateway.absent': { guard: 'isCurrent', target: '#payment.failed' },
            'gateway.voided': { guard: 'isCurrent', target: '#payment.declined' },
            'gateway.failed': { guard: 'isCurrent', target: 'waiting' },
            'gateway.unknown': { guard: 'isCurrent', target: 'waiting' },
          },
        },
      },
    },

    authorized: {
      description: 'a request to capture the authorised money',
      entry: 'reportAuthorized',
      always: { guard: 'isUnwanted', target: 'voiding' },
      on: {
        'payment.capture': { target: 'capturing', actions: 'noteCapturing' },
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

    charged,

    refunded: {
      tags: 'settled',
      description: 'nothing of the money is left: it was refunded, or lost in a dispute',
      entry: 'tellCancelled',
      always: { guard: 'isDisputed', target: 'charged.disputed' },
      on: { ...disputes, 'payment.cancel': { actions: 'tellCancelled' } },
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

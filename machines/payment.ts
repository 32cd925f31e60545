// The order's money: one charge, and whatever it takes to know what became of it. Declined (the bank said
// no), failed (it did not take effect) and unknown (no answer) are three different things and three
// different states; an unknown charge is looked up by its key and never blindly made again. Money that is
// not wanted any more is given back, however late it arrives. The chart never talks to a bank: it tells
// `gateway`, and every answer names the key and the attempt that it answers.
import { and, assign, not } from 'xstate';
import { ifCurrentTryAgain, says } from './chart.ts';
import {
  callStates,
  captureArrives,
  chargeIsDeclined,
  ifCurrentLookUpAgain,
  lookUpAgain,
  moneyArrives,
  newPayment,
  paymentSetup,
  refundIsMade,
  setFree,
  whyIgnored,
  whyIgnoredInPassing,
} from './payment-words.ts';

export const paymentChart = paymentSetup.createMachine({
  id: 'payment',
  context: newPayment,
  initial: 'idle',
  meta: { ignores: whyIgnored },
  states: {
    idle: {
      tags: 'settled',
      description: 'no payment was asked for',
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
      on: { ...moneyArrives, 'gateway.declined': chargeIsDeclined },
      states: {
        asking: {
          description: "the bank's answer to the charge",
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
          description: 'the next try of the charge, which has not taken effect so far',
          after: { backOff: 'asking' },
          on: { 'payment.cancel': { target: '#payment.cancelled', actions: 'noteUnwanted' } },
        },
      },
    },

    lookingUp: {
      entry: ['forgetLookUps', 'announceUnknown'],
      on: {
        ...moneyArrives,
        'gateway.declined': chargeIsDeclined,
        'payment.cancel': { guard: not('isUnwanted'), actions: 'noteUnwanted' },
      },
      ...callStates({
        asking: {
          description: 'what became of the charge, by its key',
          entry: ['countLookUp', 'askWhatBecameOfIt'],
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
          text: 'the bank does not say what became of the charge (if it was made, name its transactionId)',
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
      // A look-up that overtakes the charge would not find it.
      initial: 'backingOff',
    },

    authorized: {
      description: 'the word to capture the authorised money',
      entry: 'reportAuthorized',
      always: { guard: 'isUnwanted', target: 'voiding' },
      on: {
        'payment.capture': 'capturing',
        'payment.cancel': { target: 'voiding', actions: 'noteUnwanted' },
        'gateway.charged': moneyArrives['gateway.charged'],
      },
    },

    capturing: {
      meta: { ignores: { 'payment.capture': 'the capture is under way already' } },
      entry: 'forgetTries',
      on: {
        ...captureArrives,
        'gateway.refused': { guard: 'isOurs', ...setFree('reportDeclined') },
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
        backingOff: { description: 'the next try of the capture' },
        needsAttention: {
          reason: 'capture-unconfirmed',
          text: 'the capture is not confirmed',
          outcomes: {
            captured: { target: '#payment.charged' },
            'not-captured': setFree('reportGaveUp'),
          },
        },
      }),
    },

    voiding: {
      entry: 'forgetTries',
      on: {
        ...captureArrives,
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
        backingOff: { description: 'the next try of the void' },
        needsAttention: {
          reason: 'void-unconfirmed',
          text: 'the held money is not known to be free',
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
          description: 'the money is taken',
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
          meta: { ignores: { 'payment.cancel': 'a refund is under way already' } },
          on: {
            'gateway.refunded': { guard: 'isOurs', ...refundIsMade },
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
            backingOff: { description: 'the next try of the refund' },
            needsAttention: {
              reason: 'refund-unconfirmed',
              text: 'the refund is not confirmed',
              outcomes: {
                refunded: refundIsMade,
                'not-refunded': {
                  target: '#payment.charged.kept',
                  actions: ['noteKept', 'reportRefundRefused'],
                },
              },
            },
          }),
        },
      },
    },

    refunded: {
      tags: 'settled',
      description: 'all of the money was given back',
      entry: 'tellCancelled',
      on: { 'payment.cancel': { actions: 'tellCancelled' } },
    },
    declined: {
      tags: 'settled',
      description: 'the bank declined',
      meta: { ignores: whyIgnoredInPassing },
      entry: 'reportDeclined',
      always: { guard: 'isUnwanted', target: 'cancelled' },
      on: { 'payment.cancel': { target: 'cancelled', actions: 'noteUnwanted' } },
    },
    failed: {
      tags: 'settled',
      description: 'the charge did not take effect, and is not tried again',
      meta: { ignores: whyIgnoredInPassing },
      entry: 'reportGaveUp',
      always: { guard: 'isUnwanted', target: 'cancelled' },
      on: { 'payment.cancel': { target: 'cancelled', actions: 'noteUnwanted' } },
    },
    cancelled: {
      tags: 'settled',
      description: 'called off: no money is held or taken',
      entry: 'tellCancelled',
      on: { ...moneyArrives, ...captureArrives },
    },
  },
});

// The state of the payment chart in which the money is captured: it is kept, refunded, or disputed at the bank.
import { and, assign } from 'xstate';
import { ifCurrentTryAgain } from './chart.ts';
import { callStates, disputes, incident, onRefunded, paymentSetup } from './payment-setup.ts';

export const charged = paymentSetup.createStateConfig({
  // Not on entry: a dispute of money that was refunded comes back in here, and nothing is captured again.
  initial: { target: 'kept', actions: ['noteCapture', 'reportCompleted'] },
  on: disputes,
  states: {
    kept: {
      tags: 'settled',
      description: 'the money is captured',
      always: [
        { guard: 'isDisputed', target: 'disputed' },
        { guard: 'isNothingLeft', target: '#payment.refunded' },
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
    disputed: {
      ...incident({
        reason: 'payment-disputed',
        text: 'the customer disputes the payment at the bank: send evidence there before its deadline, or accept the loss',
        hint: 'the outcome must be won or lost, as the bank decided',
        outcomes: {
          won: { target: 'kept', actions: ['reportDisputeClosed', 'noteDisputeClosed'] },
          lost: { target: 'kept', actions: ['reportDisputeClosed', 'noteDisputeClosed'] },
        },
        on: {
          'gateway.dispute-closed': {
            guard: and(['isOurCharge', 'isOpenDispute']),
            target: 'kept',
            actions: ['reportDisputeClosed', 'noteDisputeClosed'],
          },
          'gateway.refunded': { guard: 'isRefundedAfterAll', actions: ['reportRefunded', 'noteRefund'] },
          'payment.cancel': { actions: 'noteUnwanted' },
          'payment.refund': { actions: 'refuseRefund' },
        },
      }),
      after: { evidenceDeadline: { actions: 'announceEvidenceDue' } },
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
});

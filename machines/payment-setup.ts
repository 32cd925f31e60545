// The guards, actions and delays of the payment chart. When each applies is said by the
// chart itself (payment.ts).
import { and, assertEvent, assign, setup } from 'xstate';
import { type ChartNotes, callDelays, callGuards, chartParts, currentCall, toBackoffMs } from './chart.ts';
import type { DomainEvent, MessageTo } from './messages.ts';
import {
  at,
  closeDispute,
  currentDispute,
  disputeOf,
  evidenceWithinMs,
  money,
  openDispute,
  type PaymentContext,
  type Purpose,
  toKey,
  toLeft,
} from './payment-context.ts';

const { tell, announce, report, incident, callStates } = chartParts<PaymentContext, MessageTo<'payment'>>(
  'payment',
  'gateway',
);

export { callStates, incident };

export const paymentSetup = setup({
  types: {
    context: {} as PaymentContext,
    events: {} as MessageTo<'payment'>,
    emitted: {} as DomainEvent,
    tags: {} as 'settled' | 'incident',
    meta: {} as ChartNotes,
  },
  guards: {
    ...callGuards,
    /** The answer is to our charge, from whichever attempt: the outcome under a key is final. */
    isOurCharge: ({ context, event }) => 'key' in event && event.key === toKey(context, 'charge'),
    /** Not a repeated answer about an authorisation that is known, and may be voided by now. */
    isNewTransaction: ({ context, event }) =>
      'transactionId' in event && event.transactionId !== context.transactionId,
    /** Of a transaction that is known: without one nothing could be given back. */
    isOurCapture: ({ context, event }) =>
      'key' in event && event.key === toKey(context, 'capture') && context.transactionId !== '',
    isUnwanted: ({ context }) => context.unwanted,
    isDisputed: ({ context }) => openDispute(context) !== undefined,
    isNewDispute: ({ context, event }) =>
      'disputeId' in event && !context.disputes.some(({ disputeId }) => disputeId === event.disputeId),
    /** Or one whose opening was not reported yet. */
    isOpenDispute: ({ context, event }) =>
      'disputeId' in event &&
      !context.disputes.some(({ disputeId, state }) => disputeId === event.disputeId && state !== 'open'),
    isKeyExpired: ({ context }) => context.keyExpired,
    mayLookUpAgain: ({ context }) => context.lookUps < context.retrying.attempts,
    isRefundable: ({ context, event }) =>
      'refundId' in event && openDispute(context) === undefined && event.amount <= toLeft(context),
    /** The operator gave up on the refund, and it took effect after all. */
    isRefundedAfterAll: ({ context, event }) =>
      'key' in event && event.key === context.key && context.refundAmount > 0,
    isNothingLeft: ({ context }) => toLeft(context) === 0,
    /** A charge that an operator reports can be refunded only if its transaction is known. */
    namesTransaction: ({ event }) => 'transactionId' in event && event.transactionId !== undefined,
  },
  delays: {
    ...callDelays,
    /** Until a customer's confirmation is looked for, should its report be lost. */
    confirmationPoll: ({ context }) => context.retrying.longestDelayMs,
    evidenceDeadline: ({ context }) => currentDispute(context).evidenceDueInMs ?? evidenceWithinMs,
    lookUpBackOff: ({ context }) => toBackoffMs(context.retrying, context.lookUps),
  },
  actions: {
    noteCharge: assign(({ event }) => {
      assertEvent(event, 'payment.charge');
      const { type: _, provider = null, paymentMethod = null, ...asked } = event;
      return { ...asked, provider, paymentMethod };
    }),
    forgetTries: assign({ tries: 0, lookUps: 0 }),
    forgetLookUps: assign({ lookUps: 0 }),
    noteUnwanted: assign({ unwanted: true }),
    noteWanted: assign({ unwanted: false }),
    count: assign(({ context }, { purpose }: { purpose: Purpose }) => ({
      key: toKey(context, purpose),
      attempt: context.attempt + 1,
      tries: context.tries + 1,
    })),
    countLookUp: assign(({ context }) => ({
      key: toKey(context, 'charge'),
      attempt: context.attempt + 1,
      lookUps: context.lookUps + 1,
    })),
    /** The charge does not exist, and the gateway has forgotten its key: the next one is a new charge. */
    takeNewKey: assign(({ context }) => ({ charge: context.charge + 1, keyExpired: false, tries: 0 })),
    noteTransaction: assign(({ event }) => {
      assertEvent(event, [
        'gateway.charged',
        'gateway.authorized',
        'gateway.action-required',
        'incident.resolve',
      ]);
      const expiresInMs = event.type === 'gateway.authorized' ? (event.expiresInMs ?? null) : null;
      return { transactionId: String(event.transactionId), expiresInMs };
    }),
    noteCapturing: assign(({ event }) => {
      assertEvent(event, 'payment.capture');
      return { captureAmount: event.amount };
    }),
    noteCapture: assign(({ context }) => ({ captured: context.captureAmount || context.amount })),
    noteDispute: assign(({ context, event }) => {
      assertEvent(event, 'gateway.dispute-opened');
      const { disputeId, amount, currency, evidenceDueInMs = null } = event;
      const dispute = { disputeId, amount, currency, state: 'open' as const, evidenceDueInMs };
      return { disputes: [...context.disputes, dispute] };
    }),
    noteDisputeClosed: assign(({ context, event }) => {
      assertEvent(event, ['gateway.dispute-closed', 'incident.resolve']);
      return closeDispute(context, event);
    }),
    /** Refunds everything that was captured and not refunded yet. */
    planFullRefund: assign(({ context }) => ({
      refundId: 'rest',
      refundAmount: toLeft(context),
      tries: 0,
    })),
    noteRefund: assign(({ context }) => ({
      refunded: context.refunded + context.refundAmount,
      refundAmount: 0,
    })),

    askForCharge: tell('gateway', ({ context }) => ({
      type: 'gateway.charge',
      ...currentCall(context),
      ...at(context),
      ...money(context),
      method: context.method,
      capture: context.capture,
      ...(context.paymentMethod !== null && { paymentMethod: context.paymentMethod }),
    })),
    askForLookUp: tell('gateway', ({ context }) => ({
      type: 'gateway.look-up',
      ...currentCall(context),
      ...at(context),
    })),
    askForCapture: tell('gateway', ({ context }) => ({
      type: 'gateway.capture',
      ...currentCall(context),
      ...at(context),
      amount: context.captureAmount,
      currency: context.currency,
      transactionId: context.transactionId,
    })),
    askForVoid: tell('gateway', ({ context }) => ({
      type: 'gateway.void',
      ...currentCall(context),
      ...at(context),
      transactionId: context.transactionId,
    })),
    askForRefund: tell('gateway', ({ context }) => ({
      type: 'gateway.refund',
      ...currentCall(context),
      ...at(context),
      amount: context.refundAmount,
      currency: context.currency,
      transactionId: context.transactionId,
    })),

    announceInitiated: announce(({ context }) => ({
      type: 'payment.initiated',
      ...money(context),
      method: context.method,
      ...currentCall(context),
    })),
    announceUnknown: announce(({ context }) => ({
      type: 'payment.outcome-unknown',
      ...currentCall(context),
    })),
    reportAuthorized: report(({ context }) => ({
      type: 'payment.authorized',
      ...money(context),
      transactionId: context.transactionId,
      ...(context.expiresInMs !== null && { expiresInMs: context.expiresInMs }),
    })),
    reportActionRequired: report(({ context }) => ({
      type: 'payment.action-required',
      transactionId: context.transactionId,
    })),
    reportDispute: report(({ event }) => {
      assertEvent(event, 'gateway.dispute-opened');
      const { disputeId, amount, currency, reason, evidenceDueAt } = event;
      return {
        ...{ type: 'payment.dispute-opened' as const, disputeId, amount, currency, reason },
        ...(evidenceDueAt !== undefined && { evidenceDueAt }),
      };
    }),
    announceEvidenceDue: announce(({ context }) => ({
      type: 'payment.evidence-due',
      disputeId: currentDispute(context).disputeId,
    })),
    /** Before `noteDisputeClosed`, which ends the dispute that an operator speaks of. */
    reportDisputeClosed: report(({ context, event }) => {
      assertEvent(event, ['gateway.dispute-closed', 'incident.resolve']);
      const { disputeId, amount, currency } = disputeOf(context, event);
      const type = event.outcome === 'lost' ? 'payment.dispute-lost' : 'payment.dispute-won';
      return { type, disputeId, amount, currency };
    }),
    reportCompleted: report(({ context }) => ({
      type: 'payment.completed',
      amount: context.captured,
      currency: context.currency,
      transactionId: context.transactionId,
    })),
    reportDeclined: report(() => ({ type: 'payment.failed', reason: 'declined' })),
    reportGaveUp: report(() => ({ type: 'payment.failed', reason: 'gave-up' })),
    announceCancelled: announce(() => ({ type: 'payment.cancelled' })),
    tellCancelled: tell('order', () => ({ type: 'payment.cancelled' })),
    reportRefunded: report(({ context }) => ({
      type: 'payment.refunded',
      amount: context.refundAmount,
      currency: context.currency,
      refundId: context.refundId,
      transactionId: context.transactionId,
    })),
    /** One refund at a time: the bank has not answered the previous one. */
    refuseRefund: report(({ event }) => {
      assertEvent(event, 'payment.refund');
      return { type: 'payment.refund-refused', refundId: event.refundId };
    }),
    reportRefundRefused: report(({ context }) => ({
      type: 'payment.refund-refused',
      refundId: context.refundId,
    })),
  },
});

/** The bank authorised or captured the charge, whenever it says so. */
export const chargeResults = {
  'gateway.charged': { guard: 'isOurCharge', target: '#payment.charged', actions: 'noteTransaction' },
  'gateway.authorized': {
    guard: and(['isOurCharge', 'isNewTransaction']),
    target: '#payment.authorized',
    actions: 'noteTransaction',
  },
} as const;
/** The bank wants the customer to confirm the charge, whoever says so. */
export const onActionRequired = {
  guard: 'isOurCharge',
  target: '#payment.awaitingCustomer',
  actions: 'noteTransaction',
} as const;
/** The bank captured the authorised money, whenever it says so. */
export const captureResults = {
  'gateway.charged': chargeResults['gateway.charged'],
  'gateway.captured': { guard: 'isOurCapture', target: '#payment.charged' },
} as const;
/** The authorised money will not be captured: it is voided, and the order learns why. */
export const voidAuthorization = (how: 'reportDeclined' | 'reportGaveUp') =>
  ({ target: '#payment.voiding', actions: ['noteUnwanted', how] }) as const;
export const onRefunded = {
  target: '#payment.charged.kept',
  actions: ['reportRefunded', 'noteRefund'],
} as const;
export const onDeclined = { guard: 'isOurCharge', target: '#payment.declined' } as const;

/** What the bank reports of captured money. */
export const disputes = {
  'gateway.dispute-opened': {
    guard: and(['isOurCharge', 'isNewDispute']),
    actions: ['noteDispute', 'reportDispute'],
  },
  'gateway.dispute-closed': {
    guard: and(['isOurCharge', 'isOpenDispute']),
    actions: ['reportDisputeClosed', 'noteDisputeClosed'],
  },
} as const;

/** Another look-up while attempts are left, then an incident. */
export const lookUpAgain = [
  { guard: 'mayLookUpAgain', target: 'backingOff' },
  { target: 'needsAttention' },
] as const;
export const ifCurrentLookUpAgain = [
  { guard: and(['isCurrent', 'mayLookUpAgain']), target: 'backingOff' },
  { guard: 'isCurrent', target: 'needsAttention' },
] as const;

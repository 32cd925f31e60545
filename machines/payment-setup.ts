// The context, guards, actions, delays and reasons of the payment chart. When each applies is said by the
// chart itself (payment.ts).
import { and, assertEvent, assign, setup } from 'xstate';
import {
  type CallContext,
  type ChartNotes,
  callDelays,
  callGuards,
  chartParts,
  currentCall,
  noIncidentReasons,
  noRetrying,
  staleAnswerReason,
  toBackoffMs,
} from './chart.ts';
import type { DomainEvent, MessageTo } from './messages.ts';

type Purpose = 'charge' | 'capture' | 'void' | 'refund';
type PaymentContext = CallContext & {
  orderId: string;
  amount: number;
  currency: string;
  method: 'card';
  capture: 'at-once' | 'later';
  /** Number of the charge, part of its key. It grows only if the charge is known not to exist. */
  charge: number;
  keyExpired: boolean;
  /** Look-ups of the charge so far. */
  lookUps: number;
  transactionId: string;
  captured: number;
  refunded: number;
  refundId: string;
  refundAmount: number;
  /** The order cancelled the payment: any money is returned. */
  unwanted: boolean;
};

const { tell, announce, report, callStates } = chartParts<PaymentContext, MessageTo<'payment'>>(
  'payment',
  'gateway',
);

export { callStates };

const toKey = ({ orderId, charge, refundId }: PaymentContext, purpose: Purpose): string =>
  `${orderId}/${purpose}/${purpose === 'refund' ? refundId : charge}`;
const money = ({ amount, currency }: PaymentContext) => ({ amount, currency });

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
    isOurCapture: ({ context, event }) => 'key' in event && event.key === toKey(context, 'capture'),
    isUnwanted: ({ context }) => context.unwanted,
    isKeyExpired: ({ context }) => context.keyExpired,
    mayLookUpAgain: ({ context }) => context.lookUps < context.retrying.attempts,
    isRefundable: ({ context, event }) =>
      'refundId' in event && event.amount <= context.captured - context.refunded,
    /** The operator gave up on the refund, and it took effect after all. */
    isRefundedAfterAll: ({ context, event }) =>
      'key' in event && event.key === context.key && context.refundAmount > 0,
    isFullyRefunded: ({ context }) => context.refunded === context.captured,
    /** A charge that an operator reports can be refunded only if its transaction is known. */
    namesTransaction: ({ event }) => 'transactionId' in event && event.transactionId !== undefined,
  },
  delays: {
    ...callDelays,
    lookUpBackOff: ({ context }) => toBackoffMs(context.retrying, context.lookUps),
  },
  actions: {
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
      assertEvent(event, ['gateway.charged', 'gateway.authorized', 'incident.resolve']);
      return { transactionId: String(event.transactionId) };
    }),
    noteCapture: assign(({ context }) => ({ captured: context.amount })),
    /** Refunds everything that was captured and not refunded yet. */
    planFullRefund: assign(({ context }) => ({
      refundId: 'rest',
      refundAmount: context.captured - context.refunded,
      tries: 0,
    })),
    noteRefund: assign(({ context }) => ({
      refunded: context.refunded + context.refundAmount,
      refundAmount: 0,
    })),

    askForCharge: tell('gateway', ({ context }) => ({
      type: 'gateway.charge',
      ...currentCall(context),
      ...money(context),
      method: context.method,
      capture: context.capture,
    })),
    askForLookUp: tell('gateway', ({ context }) => ({ type: 'gateway.look-up', ...currentCall(context) })),
    askForCapture: tell('gateway', ({ context }) => ({
      type: 'gateway.capture',
      ...currentCall(context),
      ...money(context),
      transactionId: context.transactionId,
    })),
    askForVoid: tell('gateway', ({ context }) => ({
      type: 'gateway.void',
      ...currentCall(context),
      transactionId: context.transactionId,
    })),
    askForRefund: tell('gateway', ({ context }) => ({
      type: 'gateway.refund',
      ...currentCall(context),
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
    })),
    reportCompleted: report(({ context }) => ({
      type: 'payment.completed',
      ...money(context),
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

export const newPayment: PaymentContext = {
  orderId: '',
  amount: 0,
  currency: '',
  method: 'card',
  capture: 'at-once',
  retrying: noRetrying,
  charge: 1,
  keyExpired: false,
  key: '',
  attempt: 0,
  tries: 0,
  lookUps: 0,
  transactionId: '',
  captured: 0,
  refunded: 0,
  refundId: '',
  refundAmount: 0,
  unwanted: false,
};

const known = 'it is not about this charge, or the outcome is already known';
/** Why a message is ignored if no transition takes it, unless its state gives a better reason. Recorded. */
export const ignoreReasons = {
  ...noIncidentReasons,
  'payment.charge': 'one order is charged once',
  'payment.capture': 'no authorised payment is waiting to be captured',
  'payment.cancel': 'the payment was already cancelled',
  'payment.refund': 'only captured money can be refunded, up to what is left',
  'gateway.charged': known,
  'gateway.authorized': known,
  'gateway.declined': known,
  'gateway.absent': 'no look-up is waiting for this answer',
  'gateway.captured': 'no capture is waiting for this answer',
  'gateway.voided': 'no void is waiting for this answer',
  'gateway.refunded': 'no refund is waiting for this answer',
  'gateway.refused': staleAnswerReason,
  'gateway.failed': staleAnswerReason,
  'gateway.unknown': staleAnswerReason,
} as const;
const calledOffFirst =
  'the order calls this payment off before anything else can come; late money is taken then';
/** In states that a cancelled payment leaves at once. */
export const ignoreReasonsBeforeCancel = {
  'gateway.charged': calledOffFirst,
  'gateway.authorized': calledOffFirst,
} as const;

/** The bank authorised or captured the charge, whenever it says so. */
export const chargeResults = {
  'gateway.charged': { guard: 'isOurCharge', target: '#payment.charged', actions: 'noteTransaction' },
  'gateway.authorized': {
    guard: and(['isOurCharge', 'isNewTransaction']),
    target: '#payment.authorized',
    actions: 'noteTransaction',
  },
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

/** Another look-up while attempts are left, then an incident. */
export const lookUpAgain = [
  { guard: 'mayLookUpAgain', target: 'backingOff' },
  { target: 'needsAttention' },
] as const;
export const ifCurrentLookUpAgain = [
  { guard: and(['isCurrent', 'mayLookUpAgain']), target: 'backingOff' },
  { guard: 'isCurrent', target: 'needsAttention' },
] as const;

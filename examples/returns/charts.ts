// What happens to a return, as two charts: the return itself, and the refund of its money. They name every deadline, and
// an incident for each service that never answers.
import { assign, emit, sendTo, setup } from 'xstate';
import type { Message } from './messages.ts';

const oneDay = 86_400_000;
const retryMs = 60_000;
const mostAttempts = 3;

interface Notes {
  readonly incident?: { readonly reason: string; readonly text: string };
  readonly outcomes?: readonly string[];
  readonly ignores?: Readonly<Record<string, string>>;
}
type ToReturn = Message<
  | `return.${'request' | 'approve' | 'refuse' | 'withdraw' | 'receive' | 'inspect'}`
  | `carrier.${'label-made' | 'failed'}`
  | 'refund.paid'
  | `incident.${'retry' | 'resolve'}`
>;
type Announced =
  Message<`return.${'requested' | 'label-sent' | 'received' | 'refunded' | 'refused' | 'withdrawn' | 'expired'}`>;
interface Return {
  readonly returnId: string;
  readonly customerId: string;
  readonly address: string;
  readonly amount: number;
  readonly currency: string;
  readonly trackingNumber: string;
  readonly attempt: number;
}

const returnSetup = setup({
  types: {
    context: {} as Return,
    events: {} as ToReturn,
    emitted: {} as Announced,
    meta: {} as Notes,
    tags: {} as 'settled' | 'incident',
  },
  delays: {
    decideWithin: 7 * oneDay,
    retryDelay: retryMs,
    sendWithin: 14 * oneDay,
    inspectWithin: 3 * oneDay,
  },
  guards: {
    mayTryAgain: ({ context }) => context.attempt < mostAttempts,
    isAsNew: ({ event }) => event.type === 'return.inspect' && event.verdict === 'as-new',
    isSentByHand: ({ event }) => event.type === 'incident.resolve' && event.outcome === 'sent-by-hand',
  },
  actions: {
    keep: assign(({ context, event }) => {
      if (event.type !== 'return.request') return context;
      const { returnId, customerId, address, amount, currency } = event;
      return { ...context, returnId, customerId, address, amount, currency };
    }),
    keepLabel: assign(({ context, event }) =>
      event.type === 'carrier.label-made' ? { ...context, trackingNumber: event.trackingNumber } : context,
    ),
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    forgetAttempts: assign({ attempt: 0 }),
    askForLabel: sendTo(
      ({ system }) => system.get('carrier'),
      ({ context: { returnId, attempt, address } }) => ({
        ...{ type: 'carrier.make-label', key: `${returnId}/label/1`, attempt, address },
      }),
    ),
    payBack: sendTo(
      ({ system }) => system.get('refund'),
      ({ context: { returnId, amount, currency } }) => ({ type: 'refund.pay', returnId, amount, currency }),
    ),
    sayRequested: emit(({ context: { amount, currency } }) => ({
      type: 'return.requested',
      amount,
      currency,
    })),
    sayLabelSent: emit(({ context: { trackingNumber } }) => ({ type: 'return.label-sent', trackingNumber })),
    sayReceived: emit({ type: 'return.received' }),
    sayRefunded: emit(({ context: { amount, currency } }) => ({ type: 'return.refunded', amount, currency })),
    sayNotAccepted: emit({ type: 'return.refused', why: 'not-accepted' }),
    sayDamaged: emit({ type: 'return.refused', why: 'damaged' }),
    sayWithdrawn: emit({ type: 'return.withdrawn' }),
    sayExpired: emit({ type: 'return.expired' }),
  },
});

export const returnChart = returnSetup.createMachine({
  id: 'return',
  context: {
    ...{ returnId: '', customerId: '', address: '', amount: 0, currency: '', trackingNumber: '', attempt: 0 },
  },
  initial: 'new',
  states: {
    new: { on: { 'return.request': { target: 'requested', actions: ['keep', 'sayRequested'] } } },
    requested: {
      description: 'a clerk decides',
      on: { 'return.approve': 'approved', 'return.refuse': 'notAccepted', 'return.withdraw': 'withdrawn' },
      after: { decideWithin: 'approved' },
    },
    approved: {
      initial: 'asking',
      on: { 'return.withdraw': 'withdrawn' },
      states: {
        asking: {
          description: 'the carrier makes the label',
          entry: ['countAttempt', 'askForLabel'],
          on: {
            'carrier.label-made': { target: '#return.labelSent', actions: 'keepLabel' },
            'carrier.failed': [{ guard: 'mayTryAgain', target: 'backingOff' }, { target: 'needsAttention' }],
          },
        },
        backingOff: { description: 'the carrier is asked again soon', after: { retryDelay: 'asking' } },
        needsAttention: {
          tags: 'incident',
          description: 'a person',
          meta: {
            incident: { reason: 'no-label', text: 'the carrier makes no label' },
            outcomes: ['sent-by-hand'],
          },
          on: {
            'incident.retry': { target: 'asking', actions: 'forgetAttempts' },
            'incident.resolve': { guard: 'isSentByHand', target: '#return.labelSent' },
          },
        },
      },
    },
    labelSent: {
      description: 'the customer sends the parcel',
      entry: 'sayLabelSent',
      on: { 'return.receive': 'received', 'return.withdraw': 'withdrawn' },
      after: { sendWithin: 'expired' },
    },
    received: {
      initial: 'waiting',
      entry: 'sayReceived',
      on: { 'return.inspect': [{ guard: 'isAsNew', target: 'inspected' }, { target: 'damaged' }] },
      states: {
        waiting: { description: 'the inspection', after: { inspectWithin: 'overdue' } },
        overdue: {
          tags: 'incident',
          description: 'a late inspection',
          meta: { incident: { reason: 'not-inspected', text: 'the parcel was not inspected in time' } },
        },
      },
    },
    inspected: { description: 'the refund', entry: 'payBack', on: { 'refund.paid': 'refunded' } },
    refunded: { tags: 'settled', description: 'paid back', entry: 'sayRefunded' },
    notAccepted: { tags: 'settled', description: 'refused by a clerk', entry: 'sayNotAccepted' },
    damaged: { tags: 'settled', description: 'refused: damaged', entry: 'sayDamaged' },
    withdrawn: { tags: 'settled', description: 'kept by the customer', entry: 'sayWithdrawn' },
    expired: {
      tags: 'settled',
      description: 'no parcel came in time',
      entry: 'sayExpired',
      // A parcel that comes after all is inspected as any other.
      on: { 'return.receive': 'received' },
    },
  },
});

type ToRefund = Message<`refund.pay` | `bank.${'paid' | 'failed'}` | `incident.${'retry' | 'resolve'}`>;
interface Refund {
  readonly returnId: string;
  readonly amount: number;
  readonly currency: string;
  readonly attempt: number;
}

const refundSetup = setup({
  types: {
    context: {} as Refund,
    events: {} as ToRefund,
    emitted: {} as Message<'refund.paid'>,
    meta: {} as Notes,
    tags: {} as 'settled' | 'incident',
  },
  delays: { retryDelay: retryMs },
  guards: {
    mayTryAgain: ({ context }) => context.attempt < mostAttempts,
    isPaidByHand: ({ event }) => event.type === 'incident.resolve' && event.outcome === 'paid-by-hand',
  },
  actions: {
    keep: assign(({ context, event }) => {
      if (event.type !== 'refund.pay') return context;
      const { returnId, amount, currency } = event;
      return { ...context, returnId, amount, currency };
    }),
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    forgetAttempts: assign({ attempt: 0 }),
    // The bank pays once under one key, however often it is asked.
    askBank: sendTo(
      ({ system }) => system.get('bank'),
      ({ context: { returnId, attempt, amount, currency } }) => ({
        ...{ type: 'bank.pay-back', key: `${returnId}/refund/1`, attempt, amount, currency },
      }),
    ),
    tellPaid: sendTo(
      ({ system }) => system.get('return'),
      ({ context: { amount, currency } }) => ({ type: 'refund.paid', amount, currency }),
    ),
    sayPaid: emit(({ context: { amount, currency } }) => ({ type: 'refund.paid', amount, currency })),
  },
});

export const refundChart = refundSetup.createMachine({
  id: 'refund',
  context: { returnId: '', amount: 0, currency: '', attempt: 0 },
  initial: 'idle',
  states: {
    idle: { tags: 'settled', on: { 'refund.pay': { target: 'asking', actions: 'keep' } } },
    asking: {
      description: 'the bank pays back',
      entry: ['countAttempt', 'askBank'],
      on: {
        'bank.paid': 'paid',
        'bank.failed': [{ guard: 'mayTryAgain', target: 'backingOff' }, { target: 'needsAttention' }],
      },
    },
    backingOff: { description: 'the bank is asked again soon', after: { retryDelay: 'asking' } },
    needsAttention: {
      tags: 'incident',
      description: 'a person',
      meta: {
        incident: { reason: 'not-paid', text: 'the bank does not pay back' },
        outcomes: ['paid-by-hand'],
      },
      on: {
        'incident.retry': { target: 'asking', actions: 'forgetAttempts' },
        'incident.resolve': { guard: 'isPaidByHand', target: 'paid' },
      },
    },
    paid: { tags: 'settled', description: 'paid back', entry: ['sayPaid', 'tellPaid'] },
  },
});

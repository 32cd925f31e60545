// What the payment chart remembers, and what follows from it: keys, what is left of the money, how a dispute ends. It decides
// nothing: when each applies is said by the chart (payment.ts).
import { type CallContext, noRetrying } from './chart.ts';
import type { MessageTo } from './messages.ts';

export type Purpose = 'charge' | 'capture' | 'void' | 'refund';
interface Dispute {
  disputeId: string;
  amount: number;
  currency: string;
  state: 'open' | 'won' | 'lost';
  /** How long evidence is taken, in ms from when the dispute was reported. */
  evidenceDueInMs: number | null;
}
export type PaymentContext = CallContext & {
  orderId: string;
  amount: number;
  currency: string;
  method: 'card';
  capture: 'at-once' | 'later';
  provider: string | null;
  paymentMethod: string | null;
  /** Number of the charge, part of its key. It grows only if the charge is known not to exist. */
  charge: number;
  keyExpired: boolean;
  /** Look-ups of the charge so far. */
  lookUps: number;
  transactionId: string;
  /** In ms from the authorisation until the bank lets go of the money, if it says so. */
  expiresInMs: number | null;
  /** What is captured of the authorised money: the rest is let go. */
  captureAmount: number;
  captured: number;
  refunded: number;
  /** What the bank took back in disputes that were lost. */
  lost: number;
  disputes: Dispute[];
  refundId: string;
  refundAmount: number;
  /** The order cancelled the payment: any money is returned. */
  unwanted: boolean;
};

export const newPayment: PaymentContext = {
  orderId: '',
  amount: 0,
  currency: '',
  method: 'card',
  capture: 'at-once',
  provider: null,
  paymentMethod: null,
  retrying: noRetrying,
  charge: 1,
  keyExpired: false,
  key: '',
  attempt: 0,
  tries: 0,
  lookUps: 0,
  transactionId: '',
  expiresInMs: null,
  captureAmount: 0,
  captured: 0,
  refunded: 0,
  lost: 0,
  disputes: [],
  refundId: '',
  refundAmount: 0,
  unwanted: false,
};

export const toKey = ({ orderId, charge, refundId }: PaymentContext, purpose: Purpose): string =>
  `${orderId}/${purpose}/${purpose === 'refund' ? refundId : charge}`;
export const money = ({ amount, currency }: PaymentContext) => ({ amount, currency });
/** For each call: the provider that has this payment. */
export const at = ({ provider }: PaymentContext) => (provider === null ? {} : { provider });
/** A refund can take effect just before its dispute is lost, and be known of only afterwards: that is counted in both. */
export const toLeft = ({ captured, refunded, lost }: PaymentContext): number =>
  Math.max(0, captured - refunded - lost);
/** If the bank does not say until when it takes evidence: a week, the shortest that card schemes give. */
export const evidenceWithinMs = 604_800_000;
export const openDispute = ({ disputes }: PaymentContext): Dispute | undefined =>
  disputes.find(({ state }) => state === 'open');
/** The dispute that is open. Only for the state `disputed`, which always has one. */
export const currentDispute = (context: PaymentContext): Omit<Dispute, 'state'> => ({
  ...{ disputeId: '', amount: 0, currency: context.currency, evidenceDueInMs: null },
  ...openDispute(context),
});

type DisputeEnd = Extract<MessageTo<'payment'>, { type: 'gateway.dispute-closed' | 'incident.resolve' }>;
/** The dispute that ends: an operator speaks of the one that is open. */
export const disputeOf = (
  context: PaymentContext,
  event: DisputeEnd,
): Omit<Dispute, 'state' | 'evidenceDueInMs'> =>
  event.type === 'gateway.dispute-closed' ? event : currentDispute(context);
export const closeDispute = (context: PaymentContext, event: DisputeEnd) => {
  const { disputeId, amount, currency } = disputeOf(context, event);
  const others = context.disputes.filter((each) => each.disputeId !== disputeId);
  const state = event.outcome === 'lost' ? ('lost' as const) : ('won' as const);
  return {
    disputes: [...others, { disputeId, amount, currency, state, evidenceDueInMs: null }],
    // What was refunded before cannot be lost again.
    lost: context.lost + (state === 'lost' ? Math.min(amount, toLeft(context)) : 0),
  };
};

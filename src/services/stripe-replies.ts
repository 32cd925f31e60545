// What Stripe's objects and errors are to a payment chart: the replies of the gateway. It sends nothing.
import type Stripe from 'stripe';
import type { CommandTo, ReplyFrom } from '../shop/services.ts';
import { isUnconfirmed } from './stripe-intents.ts';
import { fromStripeMoney } from './stripe-money.ts';
import type { Judgement } from './stripe-outcomes.ts';

export type Reply = ReplyFrom<'gateway'>;
export type Command<Does extends string> = Extract<CommandTo<'gateway'>, { type: `gateway.${Does}` }>;

export const unknown: Reply = { type: 'gateway.unknown', reason: 'no-answer' };
export const refuse = (code: string): Reply => ({ type: 'gateway.refused', code });

/** Until the bank lets go of authorised money by itself. A charge that was not expanded says nothing of it. */
const toExpiry = (charge: string | Stripe.Charge | null, now: number) => {
  const until = typeof charge === 'string' ? undefined : charge?.payment_method_details?.card?.capture_before;
  return typeof until === 'number' ? { expiresInMs: Math.max(0, until * 1000 - now) } : {};
};

/** What has become of the charge; undefined: nothing was confirmed. */
export const toCharge = (intent: Stripe.PaymentIntent, now: number): Reply | undefined => {
  const { id: transactionId, status, amount, amount_received, currency, last_payment_error } = intent;
  switch (status) {
    case 'succeeded':
      return {
        type: 'gateway.charged',
        transactionId,
        ...fromStripeMoney({ amount: amount_received, currency }),
      };
    case 'requires_capture':
      return {
        type: 'gateway.authorized',
        transactionId,
        ...fromStripeMoney({ amount, currency }),
        ...toExpiry(intent.latest_charge, now),
      };
    case 'requires_action':
      return { type: 'gateway.action-required', transactionId };
    case 'canceled':
      return { type: 'gateway.voided' };
    case 'requires_payment_method':
    case 'requires_confirmation': {
      if (isUnconfirmed(intent)) return undefined;
      const { decline_code, code, type } = last_payment_error ?? {};
      return { type: 'gateway.declined', code: decline_code ?? code ?? type ?? 'declined' };
    }
    default:
      return unknown;
  }
};

export const toRefund = ({ id, status, failure_reason }: Stripe.Refund): Reply => {
  if (status === 'succeeded') return { type: 'gateway.refunded', refundTransactionId: id };
  return status === 'failed' || status === 'canceled'
    ? refuse(failure_reason ?? `refund-${status}`)
    : unknown;
};

/** The reply where an error alone decides it. */
export const toReply = (judgement: Judgement): Reply => {
  switch (judgement.kind) {
    case 'declined':
      return { type: 'gateway.declined', code: judgement.code };
    case 'failed':
      return { type: 'gateway.failed', reason: judgement.reason };
    case 'refused':
      return refuse(judgement.code);
    case 'unknown':
      return unknown;
  }
};

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

/** What has become of the charge; undefined: nothing was confirmed. */
export const toCharge = (intent: Stripe.PaymentIntent): Reply | undefined => {
  const { id: transactionId, status, amount, amount_received, currency, last_payment_error } = intent;
  switch (status) {
    case 'succeeded':
      return {
        type: 'gateway.charged',
        transactionId,
        ...fromStripeMoney({ amount: amount_received, currency }),
      };
    case 'requires_capture':
      return { type: 'gateway.authorized', transactionId, ...fromStripeMoney({ amount, currency }) };
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

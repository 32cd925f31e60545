// Giving money back for a payment intent of ours, in full or in part. A refund whose outcome is not certain is looked for
// among those of its intent, and asked for again only where money could not be given back twice.
import type Stripe from 'stripe';
import { readMetadata, toMetadata } from './stripe-intents.ts';
import { toStripeMoney } from './stripe-money.ts';
import type { Judgement } from './stripe-outcomes.ts';
import { type Command, type Reply, refuse, toRefund, toReply, unknown } from './stripe-replies.ts';

interface Asked {
  readonly key: string;
  readonly attempt: number;
  readonly intent: Stripe.PaymentIntent;
  readonly amount: number;
  /** Asks for the refund. */
  ask(idempotencyKey: string): Promise<Reply>;
}

export const createRefunds = (api: Stripe, judge: (error: unknown) => Judgement) => {
  const listRefunds = (payment_intent: string): Promise<readonly Stripe.Refund[]> =>
    api.refunds.list({ payment_intent, limit: 100 }).autoPagingToArray({ limit: 10_000 });
  const findOurs = (refunds: readonly Stripe.Refund[], key: string): Stripe.Refund | undefined =>
    refunds.find(({ metadata }) => readMetadata(metadata)?.key === key);

  /** After an error: whether it was made after all, and if not, whether it may be asked for again. */
  const settle = async (
    { key, attempt, intent, amount, ask }: Asked,
    judgement: Judgement,
  ): Promise<Reply> => {
    const refunds = await listRefunds(intent.id);
    const ours = findOurs(refunds, key);
    if (ours !== undefined) return toRefund(ours);
    if (judgement.kind === 'declined') return refuse(judgement.code);
    if (judgement.kind !== 'unknown') return toReply(judgement);
    const given = refunds.reduce((sum, each) => (each.status === 'failed' ? sum : sum + each.amount), 0);
    // Should Stripe make the first one later after all, it would refuse one of the two.
    const isSafe = 2 * amount > intent.amount_received - given;
    return judgement.isStored && isSafe ? ask(`${key}/${attempt}`) : unknown;
  };

  return async (command: Command<'refund'>, orderId: string): Promise<Reply> => {
    const { key, attempt, transactionId } = command;
    const money = toStripeMoney(command);
    if (money === undefined) return refuse('amount-not-representable');
    const { amount } = money;
    const intent = await api.paymentIntents.retrieve(transactionId);
    if (readMetadata(intent.metadata)?.orderId !== orderId) return refuse('no-such-transaction');
    if (intent.currency !== money.currency) return refuse('currency-mismatch');
    const params = { payment_intent: transactionId, amount, metadata: toMetadata(orderId, key) };
    const ask = async (idempotencyKey: string): Promise<Reply> =>
      toRefund(await api.refunds.create(params, { idempotencyKey }));
    try {
      const reply = await ask(key);
      if (reply.type !== 'gateway.unknown') return reply;
      // The answer of a repeated key is as old as the refund.
      const ours = findOurs(await listRefunds(intent.id), key);
      return ours === undefined ? unknown : toRefund(ours);
    } catch (error) {
      const judgement = judge(error);
      if (judgement.kind === 'failed') return toReply(judgement);
      return settle({ key, attempt, intent, amount, ask }, judgement);
    }
  };
};

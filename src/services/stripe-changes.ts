// Capturing and voiding an authorised payment intent: each can happen once, whatever its key, and what is not certain is read.
import type Stripe from 'stripe';
import { toStripeMoney } from './stripe-money.ts';
import type { Judgement } from './stripe-outcomes.ts';
import { type Command, type Reply, refuse, toReply, unknown } from './stripe-replies.ts';

export const createChanges = (api: Stripe, judge: (error: unknown) => Judgement) => {
  /** Asks for a change of the intent that can happen once; what is not certain is read. */
  const change = async (
    { key, attempt, transactionId }: Command<'capture'> | Command<'void'>,
    ask: (idempotencyKey: string) => Promise<Stripe.PaymentIntent>,
    toDone: (intent: Stripe.PaymentIntent) => Reply | undefined,
  ): Promise<Reply> => {
    try {
      return toDone(await ask(key)) ?? unknown;
    } catch (error) {
      const judgement = judge(error);
      if (judgement.kind === 'failed') return toReply(judgement);
      const intent = await api.paymentIntents.retrieve(transactionId);
      const done = toDone(intent);
      if (done !== undefined) return done;
      if (judgement.kind === 'declined') return refuse(judgement.code);
      if (judgement.kind === 'refused') return toReply(judgement);
      // A stored answer ends its key, and an intent is captured or cancelled once, under whatever key.
      if (!judgement.isStored || !/^requires_(capture|action)$/.test(intent.status)) return unknown;
      return toDone(await ask(`${key}/${attempt}`)) ?? unknown;
    }
  };
  const capture = async (command: Command<'capture'>): Promise<Reply> => {
    const money = toStripeMoney(command);
    if (money === undefined) return refuse('amount-not-representable');
    const params = { amount_to_capture: money.amount };
    return change(
      command,
      (idempotencyKey) => api.paymentIntents.capture(command.transactionId, params, { idempotencyKey }),
      // Money that was captured otherwise, such as by hand, is captured once: another amount was not, and cannot be any more.
      ({ status, amount_received }) => {
        if (status !== 'succeeded') return undefined;
        return amount_received === money.amount ? { type: 'gateway.captured' } : refuse('already-captured');
      },
    );
  };
  const cancel = (command: Command<'void'>): Promise<Reply> =>
    change(
      command,
      (idempotencyKey) => api.paymentIntents.cancel(command.transactionId, {}, { idempotencyKey }),
      ({ status }) =>
        status === 'canceled'
          ? { type: 'gateway.voided' }
          : status === 'succeeded'
            ? refuse('already-captured')
            : undefined,
    );
  return { capture, cancel };
};

// A payment gateway over Stripe: one payment intent for each charge, created unconfirmed and confirmed under one key for each
// attempt. Whatever is not certain is looked up and never repeated blindly. It knows nothing of charts and of the store.
import type Stripe from 'stripe';
import type { Clock } from '../clock.ts';
import { pause } from '../service.ts';
import type { ShopCall, ShopService } from '../shop/services.ts';
import { createChanges } from './stripe-changes.ts';
import type { StripeClient } from './stripe-client.ts';
import { createIntents, type Intents, toMetadata, type Wanted } from './stripe-intents.ts';
import { toStripeMoney } from './stripe-money.ts';
import { type Judgement, judge } from './stripe-outcomes.ts';
import { createRefunds } from './stripe-refunds.ts';
import { type Command, type Reply, refuse, toCharge, toReply, unknown } from './stripe-replies.ts';

interface StripeGateway {
  readonly client: StripeClient;
  /** What every charge is paid with. */
  readonly paymentMethod: string;
  /** How long a call may wait for the time that Stripe asked us to stay away. */
  readonly longestWaitMs: number;
  readonly clock: Clock;
}

interface Charging extends Pick<StripeGateway, 'paymentMethod'> {
  readonly api: Stripe;
  readonly intents: Intents;
  judge(error: unknown): Judgement;
}

/** A charge says what became of its money, and its void says nothing else than that there is none. */
const toOutcome = (intent: Stripe.PaymentIntent): Reply | undefined => {
  const reply = toCharge(intent);
  return reply?.type === 'gateway.voided' ? refuse('canceled') : reply;
};

const createCharge =
  ({ api, intents, paymentMethod, judge }: Charging) =>
  async (command: Command<'charge'>, orderId: string, wanted: Wanted): Promise<Reply> => {
    const { key, attempt, capture } = command;
    const money = toStripeMoney(command);
    if (money === undefined) return refuse('amount-not-representable');
    let intent: Stripe.PaymentIntent;
    try {
      intent = await intents.findOrCreate(wanted, {
        ...money,
        capture_method: capture === 'later' ? 'manual' : 'automatic',
        allowed_payment_method_types: ['card'],
        metadata: toMetadata(orderId, key),
      });
    } catch (error) {
      const judgement = judge(error);
      // Without a confirmation no money moves.
      if (judgement.kind === 'unknown') return { type: 'gateway.failed', reason: 'not-created' };
      return toReply(judgement);
    }
    const before = toOutcome(intent);
    if (before !== undefined) return before;
    const confirmation = { payment_method: paymentMethod, error_on_requires_action: true };
    try {
      const idempotencyKey = `${key}/confirm/${attempt}`;
      const confirmed = await api.paymentIntents.confirm(intent.id, confirmation, { idempotencyKey });
      return toOutcome(confirmed) ?? unknown;
    } catch (error) {
      const judgement = judge(error);
      if (judgement.kind !== 'refused') return toReply(judgement);
      // Another attempt can have been faster.
      return toOutcome(await api.paymentIntents.retrieve(intent.id)) ?? refuse(judgement.code);
    }
  };

export const createStripeGateway = (parts: StripeGateway): ShopService<'gateway'> => {
  const { client, paymentMethod, longestWaitMs, clock } = parts;
  const { api } = client;
  const intents = createIntents(api, clock);
  let busyUntil = 0;
  const judgeNow = (error: unknown): Judgement => {
    const judgement = judge(error, clock);
    if (judgement.kind === 'failed' && judgement.retryAfterMs !== undefined) {
      busyUntil = Math.max(busyUntil, clock.now() + judgement.retryAfterMs);
    }
    return judgement;
  };
  const charge = createCharge({ api, intents, paymentMethod, judge: judgeNow });
  const { capture, cancel } = createChanges(api, judgeNow);
  const refund = createRefunds(api, judgeNow);

  const carryOut = async ({ command, orderId, at, keyFirstUsedAt }: ShopCall<'gateway'>): Promise<Reply> => {
    const { key, attempt } = command;
    const wanted = { key, attempt, since: keyFirstUsedAt ?? at };
    switch (command.type) {
      case 'gateway.charge':
        return charge(command, orderId, wanted);
      case 'gateway.look-up': {
        const intent = await intents.find(wanted);
        return (intent === undefined ? undefined : toCharge(intent)) ?? { type: 'gateway.absent' };
      }
      case 'gateway.capture':
        return capture(command);
      case 'gateway.void':
        return cancel(command);
      case 'gateway.refund':
        return refund(command, orderId);
    }
  };

  return {
    name: 'gateway',
    place: 'outside',
    keyLifetimeMs: 86_400_000,
    answer: async (call) => {
      const { signal } = call;
      signal.throwIfAborted();
      const waitMs = busyUntil - clock.now();
      if (waitMs > longestWaitMs) return { type: 'gateway.failed', reason: 'rate-limited' };
      await pause(clock, Math.max(0, waitMs), signal);
      try {
        return await client.within(signal, () => carryOut(call));
      } catch (error) {
        // Reading failed: before a change, or after one that is not certain.
        judgeNow(error);
        return unknown;
      }
    },
  };
};

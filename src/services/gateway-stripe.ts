// A payment gateway over Stripe: one payment intent for each charge, created unconfirmed and confirmed under one key for each
// attempt. Whatever is not certain is looked up and never repeated blindly. It knows nothing of charts and of the store.
import type Stripe from 'stripe';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { pause } from '../service.ts';
import type { AwaitedPayment, Gateway, PaymentAction, ShopCall } from '../shop/services.ts';
import { createChanges } from './stripe-changes.ts';
import type { StripeClient } from './stripe-client.ts';
import {
  createIntents,
  type Intents,
  readMetadata,
  toMetadata,
  type Wanted,
  withCharge,
} from './stripe-intents.ts';
import { toStripeMoney } from './stripe-money.ts';
import { type Judgement, judge } from './stripe-outcomes.ts';
import { createRefunds } from './stripe-refunds.ts';
import { type Command, type Reply, refuse, toCharge, toReply, unknown } from './stripe-replies.ts';

interface StripeGateway {
  readonly client: StripeClient;
  /** What charges are paid with that name no payment method. Undefined: they are refused. */
  readonly testPaymentMethod: string | undefined;
  /** How long a call may wait for the time that Stripe asked us to stay away. */
  readonly longestWaitMs: number;
  readonly clock: Clock;
}

interface Charging extends Pick<StripeGateway, 'testPaymentMethod' | 'clock'> {
  readonly api: Stripe;
  readonly intents: Intents;
  judge(error: unknown): Judgement;
}

/** A charge says what became of its money, and its void says nothing else than that there is none. */
const toOutcome = (intent: Stripe.PaymentIntent, now: number): Reply | undefined => {
  const reply = toCharge(intent, now);
  return reply?.type === 'gateway.voided' ? refuse('canceled') : reply;
};

const createCharge =
  ({ api, intents, testPaymentMethod, judge, clock }: Charging) =>
  async (command: Command<'charge'>, orderId: string, wanted: Wanted): Promise<Reply> => {
    const { key, attempt, capture, paymentMethod = testPaymentMethod } = command;
    const money = toStripeMoney(command);
    if (money === undefined) return refuse('amount-not-representable');
    if (paymentMethod === undefined) return refuse('payment-method-missing');
    // Nothing but a token is ever sent.
    if (!/^pm_\w+$/.test(paymentMethod)) return refuse('payment-method-invalid');
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
    const before = toOutcome(intent, clock.now());
    if (before !== undefined) return before;
    // What the customer has to do is done by Stripe's own program in the customer's browser, with the client secret.
    const confirmation = { payment_method: paymentMethod, use_stripe_sdk: true, ...withCharge };
    try {
      const idempotencyKey = `${key}/confirm/${attempt}`;
      const confirmed = await api.paymentIntents.confirm(intent.id, confirmation, { idempotencyKey });
      return toOutcome(confirmed, clock.now()) ?? unknown;
    } catch (error) {
      const judgement = judge(error);
      if (judgement.kind !== 'refused') return toReply(judgement);
      // Another attempt can have been faster.
      const found = await api.paymentIntents.retrieve(intent.id, withCharge);
      return toOutcome(found, clock.now()) ?? refuse(judgement.code);
    }
  };

/** What the customer's browser needs to confirm a payment that waits for it. It goes to the one who asks, and nowhere else. */
const createPaymentAction =
  ({ api }: StripeClient) =>
  async ({ orderId, transactionId }: AwaitedPayment): Promise<PaymentAction | undefined> => {
    try {
      const intent = await api.paymentIntents.retrieve(transactionId);
      const { status, client_secret: clientSecret, metadata } = intent;
      const isOurs = readMetadata(metadata)?.orderId === orderId;
      if (!isOurs || status !== 'requires_action' || clientSecret === null) return undefined;
      return { provider: 'stripe', clientSecret };
    } catch {
      throw new AppError('provider-unavailable', 'Stripe does not say what is to be confirmed.');
    }
  };

export const createStripeGateway = (parts: StripeGateway): Gateway => {
  const { client, testPaymentMethod, longestWaitMs, clock } = parts;
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
  const charge = createCharge({ api, intents, testPaymentMethod, judge: judgeNow, clock });
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
        const reply = intent === undefined ? undefined : toCharge(intent, clock.now());
        return reply ?? { type: 'gateway.absent' };
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
    paymentAction: createPaymentAction(client),
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

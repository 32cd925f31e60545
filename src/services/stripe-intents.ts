// Our payment intents at Stripe, found again whatever became of the requests for them: each is created unconfirmed, which
// moves no money, so that its creation can be repeated. What is not ours (by its metadata) is never touched.
import Stripe from 'stripe';
import type { Clock } from '../clock.ts';
import { limits } from '../limits.ts';
import { isKeyReused } from './stripe-outcomes.ts';

/** What an object of ours says about itself. */
export const toMetadata = (orderId: string, key: string) => ({
  orchestrated_by: 'orderchart',
  orderchart_order: orderId,
  orderchart_key: key,
});

/** Undefined for an object of others. */
export const readMetadata = (
  metadata: Stripe.Metadata | null,
): { readonly orderId: string; readonly key: string } | undefined => {
  const { orderchart_order: orderId, orderchart_key: key } = metadata ?? {};
  return orderId === undefined || key === undefined ? undefined : { orderId, key };
};

/** With the charge, which says how long an authorisation lasts. */
export const withCharge = { expand: ['latest_charge'] };

/** A charge, as its creation and its look-up need to know it. */
export interface Wanted {
  readonly key: string;
  readonly attempt: number;
  /** When its key was first used. */
  readonly since: number;
}

/** Stripe forgets keys after a day: a creation would then be repeated for real. */
const keysLastMs = 86_400_000 - limits.keyMarginMs;
/** Clocks differ. */
const toleranceMs = 300_000;
/** Parameters of creations that a look-up can repeat. One that is not known any more is listed. */
const rememberedCreations = 10_000;

/** Nothing has been confirmed yet. */
export const isUnconfirmed = ({ status, last_payment_error }: Stripe.PaymentIntent): boolean =>
  (status === 'requires_payment_method' || status === 'requires_confirmation') && last_payment_error === null;

export interface Intents {
  /**
   * The one intent of this charge, as it is now.
   * @throws what the client throws. Nothing is confirmed by it, whatever it throws.
   */
  findOrCreate(wanted: Wanted, creation: Stripe.PaymentIntentCreateParams): Promise<Stripe.PaymentIntent>;
  /** Undefined: there is none. @throws what the client throws. */
  find(wanted: Wanted): Promise<Stripe.PaymentIntent | undefined>;
}

export const createIntents = (api: Stripe, clock: Pick<Clock, 'now'>): Intents => {
  const creations = new Map<string, Stripe.PaymentIntentCreateParams>();
  const remember = (key: string, creation: Stripe.PaymentIntentCreateParams): void => {
    creations.delete(key);
    creations.set(key, creation);
    const [oldest] = creations.keys();
    if (creations.size > rememberedCreations && oldest !== undefined) creations.delete(oldest);
  };

  /** A repeated creation is answered as the first one was: what has become of the intent is read. */
  const create = async (
    idempotencyKey: string,
    creation: Stripe.PaymentIntentCreateParams,
    isRepeated: boolean,
  ): Promise<Stripe.PaymentIntent> => {
    const intent = await api.paymentIntents.create(creation, { idempotencyKey });
    return isRepeated ? api.paymentIntents.retrieve(intent.id, withCharge) : intent;
  };

  /** By time and metadata: Stripe's search does not show at once what was written. */
  const list = async ({ key, since }: Wanted): Promise<Stripe.PaymentIntent | undefined> => {
    const toSeconds = (ms: number) => Math.floor(ms / 1000);
    const created = {
      gte: toSeconds(since - toleranceMs),
      lte: toSeconds(Math.min(clock.now(), since + 86_400_000) + toleranceMs),
    };
    let found: Stripe.PaymentIntent | undefined;
    const expand = ['data.latest_charge'];
    for await (const intent of api.paymentIntents.list({ created, limit: 100, expand })) {
      if (readMetadata(intent.metadata)?.key !== key) continue;
      if (!isUnconfirmed(intent)) return intent;
      // The newest first: the oldest is the one that every other search finds.
      found = intent;
    }
    return found;
  };

  /** Whether the key has an answer that does not name the intent: a stored error, or one to other parameters. */
  const isBlocked = (error: unknown): boolean =>
    isKeyReused(error) || (error instanceof Stripe.errors.StripeError && (error.statusCode ?? 0) >= 500);
  const isStored = (error: unknown): boolean =>
    error instanceof Stripe.errors.StripeError && error.headers?.['idempotent-replayed'] === 'true';

  return {
    findOrCreate: async (wanted, creation) => {
      const { key, attempt } = wanted;
      remember(key, creation);
      try {
        // A first attempt that is made again is confirmed again under its own key, and gets the first answer.
        return await create(`${key}/create`, creation, attempt > 1);
      } catch (error) {
        if (!isBlocked(error)) throw error;
        const found = await list(wanted);
        if (found !== undefined) return found;
        // A stored error stays under its key for a day. An intent more that is never confirmed does no harm.
        if (!isStored(error)) throw error;
        return create(`${key}/create/${attempt}`, creation, true);
      }
    },
    find: async (wanted) => {
      const { key, since } = wanted;
      const creation = creations.get(key);
      if (creation === undefined || clock.now() - since > keysLastMs) return list(wanted);
      try {
        return await create(`${key}/create`, creation, true);
      } catch (error) {
        if (!isBlocked(error)) throw error;
        return list(wanted);
      }
    },
  };
};

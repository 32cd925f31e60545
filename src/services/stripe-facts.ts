// What Stripe reports by webhook, as the payment chart understands it. A report is believed only if one of the secrets signed
// it, lately, for this account and mode; what is not ours is left alone. It knows no order and no HTTP.
import Stripe from 'stripe';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Fact, SignedFacts } from '../signed-facts.ts';
import { createDisputes } from './stripe-disputes.ts';
import { readMetadata } from './stripe-intents.ts';
import { type Reply, toCharge, toRefund } from './stripe-replies.ts';

interface FactsParts {
  readonly secrets: readonly string[];
  /** Whether the account's key is for tests. */
  readonly isTest: boolean;
  readonly clock: Pick<Clock, 'now'>;
  /** For what an event does not say itself. */
  readonly api: Stripe;
}

export const createStripeFacts = (parts: FactsParts): SignedFacts => {
  const { secrets, isTest, clock } = parts;
  const toFact = createReader(parts);
  const isSignedBy = (secret: string, body: Buffer, signature: string): boolean => {
    const { signature: signatures } = Stripe.webhooks;
    if (signatures === null) return false;
    try {
      const tolerance = limits.signatureSeconds;
      return signatures.verifyHeader(body, signature, secret, tolerance, undefined, clock.now());
    } catch (error) {
      if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false;
      throw error;
    }
  };
  return {
    whyUnsigned: ({ 'stripe-signature': signature }, body) => {
      if (typeof signature !== 'string') return 'The header Stripe-Signature is missing.';
      if (secrets.some((secret) => isSignedBy(secret, body, signature))) return undefined;
      const text = 'No secret in STRIPE_WEBHOOK_SECRET made this signature for this body in the last';
      return `${text} ${limits.signatureSeconds} seconds.`;
    },
    read: async (body) => {
      const event = toEvent(body);
      if (event.livemode === isTest) {
        const mode = event.livemode ? 'live' : 'test';
        throw new AppError('invalid-request', `The event is of ${mode} mode, and STRIPE_SECRET_KEY is not.`);
      }
      if (event.account !== undefined && event.account !== null) {
        throw new AppError('invalid-request', 'The event is of a connected account.');
      }
      return toFact(event);
    },
  };
};

const isEvent = (body: unknown): body is Stripe.Event =>
  typeof body === 'object' && body !== null && 'object' in body && body.object === 'event';

const toEvent = (body: unknown): Stripe.Event => {
  if (isEvent(body)) return body;
  throw new AppError('invalid-request', 'The body is no event of Stripe.');
};

const createReader = ({ api, clock }: FactsParts) => {
  const toDisputeFact = createDisputes(api, clock);
  /** @throws AppError `provider-unavailable`. */
  return async (event: Stripe.Event): Promise<Fact | undefined> => {
    switch (event.type) {
      case 'payment_intent.amount_capturable_updated': {
        const intent = await withExpiry(api, event.data.object);
        return toMessage(event, readMetadata(intent.metadata), toCharge(intent, clock.now()));
      }
      case 'payment_intent.succeeded': {
        const intent = event.data.object;
        const ours = readMetadata(intent.metadata);
        // What was captured by us, all of it or a part, is that capture's answer, and not the charge's.
        const key = ours && findKey(event, ours.orderId, 'capture');
        return key === undefined
          ? toMessage(event, ours, toCharge(intent, clock.now()))
          : toMessage(event, { ...ours, key }, { type: 'gateway.captured' });
      }
      case 'payment_intent.requires_action':
      case 'payment_intent.payment_failed': {
        const intent = event.data.object;
        return toMessage(event, readMetadata(intent.metadata), toCharge(intent, clock.now()));
      }
      case 'payment_intent.canceled': {
        const ours = readMetadata(event.data.object.metadata);
        const key = ours && findKey(event, ours.orderId, 'void');
        return key === undefined ? undefined : toMessage(event, { ...ours, key }, { type: 'gateway.voided' });
      }
      case 'refund.created':
      case 'refund.updated': {
        const refund = event.data.object;
        return toMessage(event, readMetadata(refund.metadata), toRefund(refund));
      }
      case 'charge.dispute.created':
      case 'charge.dispute.closed': {
        const { ours, reply } = (await toDisputeFact(event.type, event.data.object)) ?? {};
        return toMessage(event, ours, reply);
      }
      default:
        return undefined;
    }
  };
};

/** An event names its charge, and only the charge says how long its money is authorised. */
const withExpiry = async (api: Stripe, intent: Stripe.PaymentIntent): Promise<Stripe.PaymentIntent> => {
  const { latest_charge, metadata } = intent;
  if (typeof latest_charge !== 'string' || readMetadata(metadata) === undefined) return intent;
  try {
    return { ...intent, latest_charge: await api.charges.retrieve(latest_charge) };
  } catch {
    throw new AppError('provider-unavailable', 'Stripe does not say how long the money is authorised.');
  }
};

/** Only what is certain is a fact; a refund that is refused by itself waits for its look-up. */
const isFact = ({ type }: Reply): boolean =>
  /^gateway\.(charged|authorized|action-required|declined|captured|voided|refunded|dispute-(opened|closed))$/.test(
    type,
  );

const toMessage = (
  { id }: Stripe.Event,
  ours: { readonly orderId?: string; readonly key: string } | undefined,
  reply: Reply | undefined,
): Fact | undefined => {
  if (ours?.orderId === undefined || reply === undefined || !isFact(reply)) return undefined;
  const { orderId, key } = ours;
  return { id, orderId, to: 'payment', message: { ...reply, key, attempt: 1 } };
};

/** The intent names the charge; which void or capture changed it is in the request that did. */
const findKey = ({ request }: Stripe.Event, orderId: string, purpose: 'void' | 'capture') => {
  const [key, found] = /^.+\/(void|capture)\/[^/]+/.exec(request?.idempotency_key ?? '') ?? [];
  return found === purpose && key?.startsWith(`${orderId}/`) === true ? key : undefined;
};

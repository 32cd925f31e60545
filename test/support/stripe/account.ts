// What the provider's double knows of one account, and what each request does to it: payment intents, charges, refunds,
// disputes and events.
// It knows nothing of HTTP, of idempotency keys and of faults.
import type Stripe from 'stripe';
import {
  type About,
  type Params,
  type Stored,
  toCharge,
  toDispute,
  toEvent,
  toIntent,
  toRefund,
} from './objects.ts';

/** What the API answers in place of a resource. */
export class ApiError extends Error {
  readonly status: number;
  readonly error: Readonly<Record<string, unknown>>;
  constructor(status: number, error: Readonly<Record<string, unknown>>) {
    super(String(error['code'] ?? error['type']));
    this.status = status;
    this.error = error;
  }
}

const invalid = (code: string, message: string, status = 400): ApiError =>
  new ApiError(status, { type: 'invalid_request_error', code, message });

/** Payment methods for trials that the bank declines. */
const declines: Readonly<Record<string, string>> = {
  pm_card_chargeDeclined: 'generic_decline',
  pm_card_chargeDeclinedInsufficientFunds: 'insufficient_funds',
};
/** Those whose customer has to confirm the payment. */
const challenges = new Set(['pm_card_threeDSecure2Required', 'pm_card_authenticationRequired']);
/** How long money stays authorised, in seconds. */
const authorisedFor = 604_800;

/** One request: what it changes and what it raises is written down together. */
export interface Change {
  readonly key: string | null;
  readonly now: number;
  /** The bank declines whatever the payment method is. */
  readonly decline?: string | undefined;
  put(object: Stored): void;
}

export type Account = ReturnType<typeof createAccount>;

const find = <T>(all: ReadonlyMap<string, T>, id: string): T => {
  const found = all.get(id);
  if (found === undefined) throw invalid('resource_missing', `No such object: '${id}'`, 404);
  return found;
};
const toSeconds = ({ now }: Change): number => Math.floor(now / 1000);
const store = <T extends About>(object: T, type: string, change: Change): T => {
  change.put(object);
  change.put(toEvent(type, object, toSeconds(change), change.key));
  return object;
};
const requireState = (intent: Stripe.PaymentIntent, ...states: readonly string[]): void => {
  if (states.includes(intent.status)) return;
  const message = `This PaymentIntent has a status of ${intent.status}.`;
  throw new ApiError(400, {
    ...{ type: 'invalid_request_error', code: 'payment_intent_unexpected_state', message },
    payment_intent: intent,
  });
};

const create = (params: Params, change: Change): Stripe.PaymentIntent => {
  if (!/^[1-9]\d*$/.test(params['amount'] ?? '')) throw invalid('parameter_invalid_integer', 'amount');
  return store(toIntent(params, toSeconds(change)), 'payment_intent.created', change);
};
/** @throws ApiError as the bank's refusal is answered. */
const failWith = (intent: Stripe.PaymentIntent, decline_code: string, change: Change): never => {
  const why = { type: 'card_error', code: 'card_declined', decline_code, message: 'Declined.' } as const;
  const failed = store({ ...intent, last_payment_error: why }, 'payment_intent.payment_failed', change);
  throw new ApiError(402, { ...why, payment_intent: failed });
};
const confirm = (intent: Stripe.PaymentIntent, params: Params, change: Change): Stripe.PaymentIntent => {
  requireState(intent, 'requires_payment_method', 'requires_confirmation');
  const payment_method = params['payment_method'];
  if (payment_method === undefined) throw invalid('parameter_missing', 'payment_method');
  const decline_code = change.decline ?? declines[payment_method];
  if (decline_code !== undefined) return failWith(intent, decline_code, change);
  if (!challenges.has(payment_method)) return take({ ...intent, payment_method }, change);
  if (params['error_on_requires_action'] === 'true')
    return failWith(intent, 'authentication_required', change);
  // Where the customer has no browser that was sent to a page, Stripe.js does what is next.
  const next_action = { type: 'use_stripe_sdk', use_stripe_sdk: {} };
  const waiting = { ...intent, payment_method, next_action, last_payment_error: null };
  return store({ ...waiting, status: 'requires_action' } as const, 'payment_intent.requires_action', change);
};
/** The bank pays, or promises to. */
const take = (intent: Stripe.PaymentIntent, change: Change): Stripe.PaymentIntent => {
  const { amount } = intent;
  const isManual = intent.capture_method === 'manual';
  const until = isManual ? toSeconds(change) + authorisedFor : undefined;
  const charge = toCharge(intent, toSeconds(change), until);
  change.put(charge);
  const paid = { ...intent, next_action: null, last_payment_error: null, latest_charge: charge.id };
  return isManual
    ? store(
        { ...paid, status: 'requires_capture', amount_capturable: amount },
        'payment_intent.amount_capturable_updated',
        change,
      )
    : store({ ...paid, status: 'succeeded', amount_received: amount }, 'payment_intent.succeeded', change);
};
/** The customer confirms the payment, or fails to. */
const authenticate = (
  intent: Stripe.PaymentIntent,
  confirms: boolean,
  change: Change,
): Stripe.PaymentIntent => {
  requireState(intent, 'requires_action');
  if (confirms) return take(intent, change);
  const code = 'payment_intent_authentication_failure';
  const last_payment_error = { type: 'invalid_request_error', code, message: 'Not authenticated.' } as const;
  const failed = {
    ...intent,
    next_action: null,
    last_payment_error,
    status: 'requires_payment_method',
  } as const;
  return store(failed, 'payment_intent.payment_failed', change);
};
const capture = (intent: Stripe.PaymentIntent, params: Params, change: Change): Stripe.PaymentIntent => {
  requireState(intent, 'requires_capture');
  const amount_received = Number(params['amount_to_capture'] ?? intent.amount);
  if (amount_received > intent.amount) throw invalid('amount_too_large', 'amount_to_capture');
  const captured = { ...intent, amount_received, amount_capturable: 0, status: 'succeeded' } as const;
  return store(captured, 'payment_intent.succeeded', change);
};
const cancel = (intent: Stripe.PaymentIntent, change: Change): Stripe.PaymentIntent => {
  requireState(
    ...([
      intent,
      'requires_payment_method',
      'requires_confirmation',
      'requires_action',
      'requires_capture',
    ] as const),
  );
  const canceled_at = toSeconds(change);
  const canceled = { ...intent, canceled_at, amount_capturable: 0, status: 'canceled' } as const;
  return store(canceled, 'payment_intent.canceled', change);
};

export const createAccount = () => {
  const intents = new Map<string, Stripe.PaymentIntent>();
  const charges = new Map<string, Stripe.Charge>();
  const refunds = new Map<string, Stripe.Refund>();
  const disputes = new Map<string, Stripe.Dispute>();
  const events = new Map<string, Stripe.Event>();

  const put = (object: Stored): void => {
    if (object.object === 'payment_intent') intents.set(object.id, object);
    else if (object.object === 'charge') charges.set(object.id, object);
    else if (object.object === 'refund') refunds.set(object.id, object);
    else if (object.object === 'dispute') disputes.set(object.id, object);
    else events.set(object.id, object);
  };
  const refundedOf = (id: string): number =>
    [...refunds.values()]
      .filter(({ payment_intent, status }) => payment_intent === id && status !== 'failed')
      .reduce((sum, { amount }) => sum + amount, 0);
  const refund = (params: Params, change: Change): Stripe.Refund => {
    const intent = find(intents, params['payment_intent'] ?? '');
    const left = intent.amount_received - refundedOf(intent.id);
    const amount = Number(params['amount'] ?? left);
    if (left === 0) throw invalid('charge_already_refunded', 'This charge has already been refunded.');
    if (amount > left) throw invalid('amount_too_large', `Refund amount is greater than ${left}.`);
    return store(toRefund(params, intent, { amount, created: toSeconds(change) }), 'refund.created', change);
  };

  const dispute = (id: string, reason: string, change: Change): Stripe.Dispute => {
    const intent = find(intents, id);
    const opened = toDispute(intent, { amount: intent.amount_received, reason, created: toSeconds(change) });
    return store(opened, 'charge.dispute.created', change);
  };
  const closeDispute = (
    id: string,
    status: 'won' | 'lost' | 'warning_closed',
    change: Change,
  ): Stripe.Dispute => store({ ...find(disputes, id), status }, 'charge.dispute.closed', change);

  return {
    put,
    ...{ create, refund, dispute, closeDispute },
    authenticate: (id: string, confirms: boolean, change: Change) =>
      authenticate(find(intents, id), confirms, change),
    charge: (id: string) => find(charges, id),
    confirm: (id: string, params: Params, change: Change) => confirm(find(intents, id), params, change),
    capture: (id: string, params: Params, change: Change) => capture(find(intents, id), params, change),
    cancel: (id: string, change: Change) => cancel(find(intents, id), change),
    intent: (id: string) => find(intents, id),
    refundOf: (id: string) => find(refunds, id),
    event: (id: string) => find(events, id),
    intents: () => [...intents.values()],
    refunds: (params: Params) =>
      [...refunds.values()].filter(
        ({ payment_intent }) => payment_intent === (params['payment_intent'] ?? payment_intent),
      ),
    events: () => [...events.values()],
  };
};

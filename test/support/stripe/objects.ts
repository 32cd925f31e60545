// The resources of the provider's double: made from the provider's own example objects, and typed by its official package.
// It knows nothing of orders.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type Stripe from 'stripe';

/** Parameters of a request, flat as the form has them: `metadata[orderchart_key]`. */
export type Params = Readonly<Record<string, string>>;
export type Stored = Stripe.PaymentIntent | Stripe.Refund | Stripe.Event;

const fixtures: {
  readonly payment_intent: Stripe.PaymentIntent;
  readonly refund: Stripe.Refund;
  readonly event: Stripe.Event;
} = JSON.parse(readFileSync(new URL('./fixtures.json', import.meta.url), 'utf8'));

export const toId = (prefix: string): string => `${prefix}_${randomBytes(12).toString('hex')}`;

const toMetadata = (params: Params): Stripe.Metadata =>
  Object.fromEntries(
    Object.entries(params).flatMap(([name, value]) => {
      const [, field] = /^metadata\[(.+)\]$/.exec(name) ?? [];
      return field === undefined ? [] : [[field, value]];
    }),
  );

export const toIntent = (params: Params, created: number): Stripe.PaymentIntent => {
  const id = toId('pi');
  return {
    ...structuredClone(fixtures.payment_intent),
    ...{ id, created, client_secret: `${id}_secret_double`, canceled_at: null, last_payment_error: null },
    amount: Number(params['amount']),
    currency: String(params['currency']),
    capture_method: params['capture_method'] === 'manual' ? 'manual' : 'automatic',
    metadata: toMetadata(params),
    next_action: null,
    processing: null,
    status: 'requires_payment_method',
  };
};

export const toRefund = (
  params: Params,
  { id: payment_intent, currency }: Stripe.PaymentIntent,
  { amount, created }: { readonly amount: number; readonly created: number },
): Stripe.Refund => ({
  ...structuredClone(fixtures.refund),
  ...{ id: toId('re'), created, amount, currency, payment_intent, charge: null, status: 'succeeded' },
  metadata: toMetadata(params),
});

type About = Stripe.PaymentIntent | Stripe.Refund;

/** `about` as it is now, and the key of the request that led to it. */
export const toEvent = (
  type: string,
  about: About,
  created: number,
  idempotency_key: string | null,
): Stripe.Event =>
  Object.assign(structuredClone(fixtures.event), {
    ...{ id: toId('evt'), created, type, api_version: '2026-10-28.endive' },
    request: { id: toId('req'), idempotency_key },
    data: { object: structuredClone(about) },
  });

// The resources of the provider's double: made from the provider's own example objects, and typed by its official package.
// It knows nothing of orders.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type Stripe from 'stripe';

/** Parameters of a request, flat as the form has them: `metadata[orderchart_key]`. */
export type Params = Readonly<Record<string, string>>;
/** What events are about. */
export type About = Stripe.PaymentIntent | Stripe.Charge | Stripe.Refund | Stripe.Dispute;
export type Stored = About | Stripe.Event;

const fixtures: {
  readonly payment_intent: Stripe.PaymentIntent;
  readonly charge: Stripe.Charge;
  readonly dispute: Stripe.Dispute;
  readonly refund: Stripe.Refund;
  readonly event: Stripe.Event;
} = JSON.parse(readFileSync(new URL('./fixtures.json', import.meta.url), 'utf8'));

const toId = (prefix: string): string => `${prefix}_${randomBytes(12).toString('hex')}`;

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

/** The charge of a confirmed intent. Money that is only authorised can be captured until `captureBefore` (in seconds). */
export const toCharge = (
  { id: payment_intent, amount, currency }: Stripe.PaymentIntent,
  created: number,
  captureBefore: number | undefined,
): Stripe.Charge => {
  const charge = structuredClone(fixtures.charge);
  const { card } = charge.payment_method_details ?? {};
  if (card !== undefined && captureBefore !== undefined) card.capture_before = captureBefore;
  const captured = captureBefore === undefined;
  return Object.assign(charge, { id: toId('ch'), created, payment_intent, amount, currency, captured });
};

/** Evidence is taken for a week. */
export const toDispute = (
  { id: payment_intent, latest_charge, currency }: Stripe.PaymentIntent,
  { amount, reason, created }: { readonly amount: number; readonly reason: string; readonly created: number },
): Stripe.Dispute => {
  const dispute = structuredClone(fixtures.dispute);
  const evidence_details = { ...dispute.evidence_details, due_by: created + 604_800 };
  const about = { payment_intent, charge: latest_charge, amount, currency, reason };
  const status = 'needs_response';
  return Object.assign(dispute, { id: toId('dp'), created, ...about, status, evidence_details });
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

// Three differences for a reconciliation to find, planted in the double's ledger: money of an order that nobody placed, a
// capture of another amount, and a refund by hand. It changes no order.
import type Stripe from 'stripe';
import { z } from 'zod';
import { runCommand } from '../../e2e/server.ts';
import type { StripeDouble } from './open-double.ts';
import { secretKey } from './open-double.ts';

const unknownOrder = '01900000-0000-7000-8000-0000000000aa';

export interface Planted {
  readonly kind: string;
  readonly orderId: string;
}

const orderOf = ({ metadata }: Stripe.PaymentIntent): string => String(metadata['orderchart_order']);

/** Of orders that were charged and not refunded. */
export const plantDifferences = async (double: StripeDouble): Promise<readonly Planted[]> => {
  const { intents, refunds } = await double.ledger();
  const refunded = new Set(refunds.map(({ payment_intent }) => payment_intent));
  const [first, second] = intents.filter(({ id, status }) => status === 'succeeded' && !refunded.has(id));
  if (first === undefined || second === undefined) throw new Error('too few orders were charged');
  const created = Math.floor(Date.now() / 1000);
  const stranger: Stripe.PaymentIntent = {
    ...{ ...first, id: 'pi_planted', created },
    metadata: {
      ...first.metadata,
      orderchart_order: unknownOrder,
      orderchart_key: `${unknownOrder}/charge/1`,
    },
  };
  const byHand = await giveBack(double, second.id, 1000);
  await double.plant(stranger, { ...first, amount_received: first.amount_received - 500 });
  await double.plant({ ...byHand, metadata: {} });
  return [
    { kind: 'amount-differs', orderId: orderOf(first) },
    { kind: 'refund-not-recorded', orderId: orderOf(second) },
    { kind: 'unknown-order', orderId: unknownOrder },
  ].toSorted((one, other) => one.kind.localeCompare(other.kind));
};

/** As a person does it in the provider's dashboard: the order is told nothing. */
const giveBack = async (double: StripeDouble, intentId: string, amount: number): Promise<Stripe.Refund> => {
  const response = await fetch(`${double.url}/v1/refunds`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secretKey}`, 'idempotency-key': crypto.randomUUID() },
    body: `payment_intent=${intentId}&amount=${amount}`,
  });
  const { id } = z.looseObject({ id: z.string() }).parse(await response.json());
  const made = (await double.ledger()).refunds.find((refund) => refund.id === id);
  if (made === undefined) throw new Error('the refund is not in the ledger');
  return made;
};

const report = z.looseObject({
  orders: z.int(),
  differences: z.array(
    z.looseObject({ kind: z.string(), orderId: z.string(), object: z.string(), incident: z.string() }),
  ),
  pending: z.array(z.string()),
});

/** The command, for the database in `folder`, from an hour ago on. */
export const runReconcile = async (double: StripeDouble, folder: string, words: readonly string[] = []) => {
  const from = new Date(Date.now() - 3_600_000).toISOString();
  const given = ['reconcile', '--gateway', 'stripe', '--from', from, '--json', ...words];
  const environment = { STRIPE_SECRET_KEY: secretKey, STRIPE_API_BASE: double.url };
  const { code, output } = await runCommand(given, folder, environment);
  if (!output.startsWith('{')) throw new Error(output);
  const { differences, pending, orders } = report.parse(JSON.parse(output));
  return { code, orders, pending, differences };
};

export const toPlanted = ({
  differences,
}: {
  readonly differences: readonly Planted[];
}): readonly Planted[] =>
  differences
    .map(({ kind, orderId }) => ({ kind, orderId }))
    .toSorted((one, other) => one.kind.localeCompare(other.kind));

// What an account at Stripe has of ours, for a reconciliation: payment intents and refunds, listed page by page. It reads, and
// changes nothing; what is not ours (by its metadata) is left out.
import Stripe from 'stripe';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { limits } from '../limits.ts';
import { pause } from '../service.ts';
import type {
  PaymentProvider,
  ProviderPayment,
  ProviderRefund,
  Range,
} from '../shop/reconciliation/provider.ts';
import { readMetadata } from './stripe-intents.ts';
import { toLedgerEntries, toRefundEntry } from './stripe-ledger.ts';
import { toStripeMoney } from './stripe-money.ts';

interface AccountParts {
  readonly api: Stripe;
  readonly clock: Clock;
}

const toPayment = (intent: Stripe.PaymentIntent): ProviderPayment | undefined => {
  const orderId = readMetadata(intent.metadata)?.orderId;
  if (orderId === undefined) return undefined;
  const { id, status, currency, amount_received, amount_capturable } = intent;
  if (status === 'succeeded')
    return { id, orderId, state: 'taken', money: { amount: amount_received, currency } };
  return status === 'requires_capture'
    ? { id, orderId, state: 'held', money: { amount: amount_capturable, currency } }
    : { id, orderId, state: 'none', money: { amount: 0, currency } };
};

/** One that is under way counts as made. */
const toRefund = (
  { id, status, metadata, amount, currency, payment_intent }: Stripe.Refund,
  orderIdOfPayment?: string,
): ProviderRefund | undefined => {
  if (status === 'failed' || status === 'canceled' || payment_intent === null) return undefined;
  const [paymentId, ofPayment] =
    typeof payment_intent === 'string'
      ? [payment_intent, orderIdOfPayment]
      : [payment_intent.id, readMetadata(payment_intent.metadata)?.orderId];
  const ours = readMetadata(metadata);
  const orderId = ours?.orderId ?? ofPayment;
  return orderId === undefined
    ? undefined
    : { id, orderId, paymentId, key: ours?.key, money: { amount, currency } };
};

/** In whole seconds, as Stripe has it: no less than was asked for. */
const toCreated = ({ from, to }: Range) => ({ gte: Math.floor(from / 1000), lte: Math.ceil(to / 1000) });

const describe = (error: Stripe.errors.StripeError): string =>
  error.statusCode === undefined
    ? 'no answer'
    : `${error.statusCode} ${error.code ?? error.rawType ?? ''}`.trim();

/** A read can be repeated. @throws AppError `service-failed`. */
const createRead =
  (clock: Clock) =>
  async <T>(ask: () => Promise<T>): Promise<T> => {
    for (let left: number = limits.reconcileTries; ; left -= 1) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof Stripe.errors.StripeError)) throw error;
        const isPassing = (error.statusCode ?? 500) >= 500 || error.statusCode === 429;
        if (!isPassing || left === 1) {
          throw new AppError('service-failed', `Stripe cannot be read (${describe(error)}).`);
        }
      }
      await pause(clock, limits.reconcileRestMs, new AbortController().signal);
    }
  };

const pageSize = 100;

export const createStripeAccount = ({ api, clock }: AccountParts): PaymentProvider => {
  const read = createRead(clock);
  const list = async function* <T extends { readonly id: string }>(
    askPage: (place: {
      readonly limit: number;
      readonly starting_after?: string;
    }) => Promise<Stripe.ApiList<T>>,
  ): AsyncGenerator<T> {
    for (let last: string | undefined; ; ) {
      const place = { limit: pageSize, ...(last !== undefined && { starting_after: last }) };
      const { data, has_more } = await read(() => askPage(place));
      yield* data;
      last = data.at(-1)?.id;
      if (!has_more || last === undefined) return;
    }
  };
  const listIntents = (range: Range, expand: string[] = []) =>
    list((place) => api.paymentIntents.list({ ...place, created: toCreated(range), expand }));
  const listRefunds = (range: Range) =>
    list((place) =>
      api.refunds.list({ ...place, created: toCreated(range), expand: ['data.payment_intent'] }),
    );
  const find = async (id: string): Promise<ProviderPayment | undefined> => {
    if (!id.startsWith('pi_')) return undefined;
    const intent = await read(() => api.paymentIntents.retrieve(id).catch(ignoreMissing));
    return intent && toPayment(intent);
  };
  return {
    name: 'Stripe',
    payments: async function* (range) {
      for await (const intent of listIntents(range)) {
        const payment = toPayment(intent);
        if (payment !== undefined) yield payment;
      }
    },
    refunds: async function* (range) {
      for await (const each of listRefunds(range)) {
        const refund = toRefund(each);
        if (refund !== undefined) yield refund;
      }
    },
    payment: find,
    refundsOf: async (paymentId) => {
      const orderId = (await find(paymentId))?.orderId;
      const refunds: ProviderRefund[] = [];
      for await (const each of list((place) => api.refunds.list({ ...place, payment_intent: paymentId }))) {
        refunds.push(...[toRefund(each, orderId)].flatMap((refund) => refund ?? []));
      }
      return refunds;
    },
    toTheirs: toStripeMoney,
    ledger: async function* (range) {
      const now = clock.now();
      for await (const intent of listIntents(range, ['data.latest_charge.balance_transaction'])) {
        yield* toLedgerEntries(intent, now);
      }
      for await (const each of listRefunds(range)) {
        const refund = toRefund(each);
        if (refund !== undefined) yield toRefundEntry(refund, each.created);
      }
    },
  };
};

const ignoreMissing = (error: unknown): undefined => {
  if (error instanceof Stripe.errors.StripeError && error.statusCode === 404) return undefined;
  throw error;
};

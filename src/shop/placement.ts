// How an order of the shop begins: the first message of its system, with the rules that it will keep to.
import type { Adjustment, Item, Policy } from '../../machines/messages.ts';
import type { Ids } from '../clock.ts';
import { makeWithinMs, type Settings } from '../config.ts';
import type { Host, Idempotency, OrderAccess, Outcome, Placement, Receipt } from '../host.ts';
import { limits } from '../limits.ts';
import { placeWithReference } from './order-references.ts';
import type { OrderView } from './view.ts';

/** What a customer orders, at the catalogue's names and prices. */
export interface Basket {
  readonly customerId: string;
  readonly email: string;
  readonly currency: string;
  /** Names, unit prices and line totals as in the catalogue (minor units). */
  readonly items: readonly Item[];
  /** Amounts beside the products, such as shipping. */
  readonly adjustments?: readonly Adjustment[] | undefined;
  /** The sum of all line totals and adjustments. */
  readonly amount: number;
  /** The payment provider's token for what pays. */
  readonly paymentMethod?: string | undefined;
  /** In which the customer gets notices, such as de-CH; left out: it is not known. */
  readonly locale?: string | undefined;
  /** What the caller calls the order: one at a time for each reference of a principal. */
  readonly reference?: string | undefined;
}

/** The host of a shop's orders: an order is placed by its basket. */
export interface ShopHost extends OrderAccess<OrderView> {
  /**
   * Stores a new order. Resolves after the commit. Left out, its id is a new UUIDv7.
   * @throws AppError `reference-in-use` (with `details.orderId`), `overloaded` or `closing`; then nothing was stored.
   */
  place(
    basket: Basket & { readonly orderId?: string; readonly principal?: string | undefined },
    idempotency?: Idempotency<OrderView>,
  ): Promise<Outcome<Receipt<OrderView>>>;
}

/** Orders are placed with the rules that `settings` say at the time, and paid at `provider`. */
export const createShopHost = (
  host: Host<OrderView>,
  settings: Settings,
  ids: Ids,
  provider: string = settings.PAYMENT_GATEWAY,
): ShopHost => ({
  ...host,
  place: ({ orderId = ids.next(), principal, ...basket }, idempotency) => {
    const placement = { ...toPlacement(settings, provider, orderId, basket), principal };
    const { reference } = basket;
    if (reference === undefined) return host.place(placement, idempotency);
    return placeWithReference(host, placement, { principal, reference }, idempotency);
  },
});

const toPlacement = (settings: Settings, provider: string, orderId: string, basket: Basket): Placement => {
  const { customerId, email, currency, items, amount } = basket;
  const { adjustments = [], paymentMethod, locale, reference } = basket;
  const order = { orderId, customerId, email, currency, items, amount };
  const rest = {
    ...(adjustments.length > 0 && { adjustments }),
    ...(paymentMethod !== undefined && { paymentMethod }),
    ...(locale !== undefined && { locale }),
    ...(reference !== undefined && { reference }),
  };
  const policy = toPolicy(settings, provider);
  return { orderId, message: { type: 'order.place', ...order, ...rest, policy } };
};

/** Stock is held at least as long as the authorised money waits, or a late capture would find none to sell. */
const toReservationTtl = (settings: Settings): number => {
  const { RESERVATION_TTL_MS, PAYMENT_CAPTURE, PAY_WITHIN_MS, AUTHORIZATION_TTL_MS, COMMIT_WITHIN_MS } =
    settings;
  if (PAYMENT_CAPTURE === 'at-once') return RESERVATION_TTL_MS;
  return Math.max(RESERVATION_TTL_MS, PAY_WITHIN_MS + AUTHORIZATION_TTL_MS + COMMIT_WITHIN_MS);
};

/** The rules that an order is placed with: they travel with it, so that a changed setting changes no order under way. */
export const toPolicy = (settings: Settings, provider: string = settings.PAYMENT_GATEWAY): Policy => {
  const retrying = (attempts: number) => ({
    attempts,
    firstDelayMs: settings.RETRY_FIRST_DELAY_MS,
    longestDelayMs: settings.RETRY_LONGEST_DELAY_MS,
    answerWithinMs: makeWithinMs(settings) + settings.CALL_TIMEOUT_MS + limits.leaseMarginMs,
  });
  return {
    capture: settings.PAYMENT_CAPTURE,
    provider,
    actionWithinMs: settings.ACTION_WITHIN_MS,
    validateWithinMs: settings.VALIDATE_WITHIN_MS,
    reserveWithinMs: settings.RESERVE_WITHIN_MS,
    payWithinMs: settings.PAY_WITHIN_MS,
    authorizationTtlMs: settings.AUTHORIZATION_TTL_MS,
    commitWithinMs: settings.COMMIT_WITHIN_MS,
    notifyWithinMs: settings.NOTIFY_WITHIN_MS,
    compensateWithinMs: settings.COMPENSATE_WITHIN_MS,
    refundWithinMs: settings.REFUND_WITHIN_MS,
    reservationTtlMs: toReservationTtl(settings),
    inventory: retrying(settings.INVENTORY_ATTEMPTS),
    payment: retrying(settings.PAYMENT_ATTEMPTS),
    notification: retrying(settings.NOTIFICATION_ATTEMPTS),
  };
};

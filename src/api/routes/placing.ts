// Placing an order: one key, one order, and an answer after the commit (and, if the caller waits, when it is settled). It
// reads no list.
import { z } from 'zod';
import type { Caller } from '../../access.ts';
import { publicPath } from '../../config.ts';
import { AppError } from '../../errors.ts';
import { FairShare } from '../../fair-share.ts';
import type { Answer, Receipt } from '../../host.ts';
import { limits } from '../../limits.ts';
import type { OrderView } from '../../shop/view.ts';
import { toOrderAddress } from '../edge/cloud-events.ts';
import type { Api } from '../edge/dependencies.ts';
import { type Answered, createOnce, toAnswered, toFingerprint, toKeyUse } from '../edge/idempotency.ts';
import { idempotencyKey, identifier, newIdentifier, prefer } from '../edge/inputs.ts';
import { beginWait, type Wait } from '../edge/preferences.ts';
import { json, problems } from '../edge/responses.ts';
import { sendStored } from '../edge/send-stored.ts';
import type { RouteDependencies } from './dependencies.ts';
import { requireMayPrice, requireOwnBasket } from './own-orders.ts';
import { priceOrder } from './pricing.ts';
import { order } from './schemas.ts';
import { adjustments, currency, email, locale, paymentMethod } from './shop-inputs.ts';
import { toOrder } from './views.ts';

const placing = z.strictObject({
  customerId: newIdentifier,
  email,
  currency,
  items: z
    .array(
      z.strictObject({
        productId: identifier,
        quantity: z.int().min(1).max(limits.quantity),
        unitPrice: z
          .int()
          .min(0)
          .max(limits.unitPrice)
          .optional()
          .describe('minor units; where given, it must equal the price in the catalogue'),
      }),
    )
    .min(1)
    .max(limits.lines),
  adjustments: adjustments.exactOptional(),
  total: z
    .int()
    .exactOptional()
    .describe('minor units; if it is given, it must equal the sum of the lines and adjustments'),
  paymentMethod: paymentMethod.exactOptional(),
  locale: locale.exactOptional(),
  reference: newIdentifier
    .exactOptional()
    .describe(
      'what you call the order, such as the id of its cart: another one with the same reference is refused (409) until this one failed, was rejected or cancelled',
    ),
});

/** A placed order's answer: 201, or 202 if the caller waits and it is not settled yet. */
const toPlaced =
  (isAwaited: boolean, path: string) =>
  (view: OrderView): Answer => ({
    status: !isAwaited || view.settled ? 201 : 202,
    body: JSON.stringify(toOrder(view, path)),
  });

/** Gives a refusal the address of the order that has the reference, unless it is another's. */
const withAddress = (error: unknown, { owner }: Caller): unknown => {
  if (!(error instanceof AppError) || error.code !== 'reference-in-use') return error;
  const { orderId, owner: holder } = error.details;
  if (owner !== undefined && owner !== holder) {
    return new AppError(error.code, 'Another order has this reference.');
  }
  return new AppError(error.code, error.message, { location: toOrderAddress(String(orderId)) });
};

/** Waits as the caller asked, and stores what is sent as the key's answer: with the commit that ends the wait, or after it. */
const waitAndAmend = async (
  { host, clock, logger }: RouteDependencies,
  use: { readonly scope: string; readonly key: string },
  placed: Answered,
  wait: Wait,
  toAnswer: (view: OrderView) => Answer,
): Promise<Answered> => {
  const { scope, key } = use;
  /** By the views whose commits store them. */
  const stored = new Map<OrderView, Answer>();
  const respond = (view: OrderView): Answer => {
    const answer = toAnswer(view);
    stored.set(view, answer);
    return answer;
  };
  try {
    const waitMs = Math.max(0, wait.until - clock.now());
    const view = await host.waitUntilSettled(placed.orderId, waitMs, wait.signal, { scope, key, respond });
    if (view === undefined || wait.gone()) return placed;
    const { version } = view;
    const known = stored.get(view);
    if (known !== undefined) return { ...placed, ...known, version };
    const answer = toAnswer(view);
    // A commit that is not over when the time is may store another answer.
    if (stored.size > 0 || answer.status !== placed.status || answer.body !== placed.body) {
      await host.amend(scope, key, { ...answer, version });
    }
    return { ...placed, ...answer, version };
  } catch (error) {
    // The order is placed: the key keeps its first answer.
    const name = error instanceof Error ? error.name : 'unknown';
    logger.warn({ orderId: placed.orderId, error: name }, 'an answer could not be amended');
    return placed;
  }
};

export const addPlacing = (api: Api, parts: RouteDependencies): void => {
  const { host, catalogue, settings } = parts;
  const once = createOnce<OrderView, Receipt<OrderView>>(parts);
  const path = publicPath(settings);
  const waits = new FairShare({ most: settings.MAX_WAITS_PER_KEY, what: 'requests that wait' });
  api.post(
    '/orders',
    {
      config: { access: 'orders:place', forCustomers: true },
      bodyLimit: limits.orderBytes,
      schema: {
        operationId: 'placeOrder',
        summary: 'Places an order',
        description:
          'Answers after the order is stored. A repetition with the same key gets the first answer.',
        tags: ['orders'],
        headers: z.object({ 'idempotency-key': idempotencyKey, prefer: prefer.optional() }),
        body: placing,
        response: {
          201: json('The order is stored (and settled, where `Prefer: wait` was given)', order),
          202: json('The order is stored, and not settled after the time in `Prefer: wait`', order),
          ...problems(
            'idempotency-key-missing',
            'idempotency-key-in-use',
            'idempotency-key-reused',
            'reference-in-use',
            'unknown-product',
            'product-off-sale',
            'price-mismatch',
            'currency-mismatch',
            'total-mismatch',
            'total-below-zero',
            'body-too-large',
            'unsupported-media-type',
            'overloaded',
            'store-unavailable',
          ),
        },
      },
    },
    async (request, reply) => {
      const { body, caller } = request;
      requireOwnBasket(caller, body.customerId);
      requireMayPrice(caller, body.adjustments);
      using wait = beginWait(request.headers.prefer, parts, reply);
      using _place = wait === undefined ? undefined : waits.take(request);
      const fingerprint = toFingerprint('POST /orders', body);
      const use = toKeyUse(caller, 'orders', request.headers['idempotency-key'], fingerprint);
      const respond = toPlaced(wait !== undefined, path);
      const answered = await once(
        use,
        respond,
        async (idempotency) => {
          const priced = await priceOrder(catalogue, body);
          const { total: _, ...asked } = body;
          const basket = { ...asked, ...priced, principal: caller.principal };
          return host.place(basket, idempotency).catch((error: unknown) => {
            throw withAddress(error, caller);
          });
        },
        async (receipt) => {
          const placed = toAnswered(receipt, respond);
          return wait === undefined ? placed : waitAndAmend(parts, use, placed, wait, respond);
        },
        wait,
      );
      if (wait !== undefined && !answered.replayed)
        reply.header('preference-applied', `wait=${wait.seconds}`);
      reply.header('location', toOrderAddress(answered.orderId));
      sendStored(reply, answered);
      return reply;
    },
  );
};

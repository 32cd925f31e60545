// What a customer's own program needs to confirm a payment at the bank (3-D Secure). It is fetched from the provider for each
// request, and goes to the one who asks alone: it is never stored, cached or logged.
import { z } from 'zod';
import type { Caller } from '../../access.ts';
import { AppError } from '../../errors.ts';
import type { AwaitedPayment } from '../../shop/services.ts';
import type { Api } from '../edge/dependencies.ts';
import { orderParams } from '../edge/inputs.ts';
import { json, problems } from '../edge/responses.ts';
import type { RouteDependencies } from './dependencies.ts';
import { findOrder } from './orders.ts';

const paymentAction = z.strictObject({
  provider: z.string().describe('stripe, or simulated'),
  clientSecret: z
    .string()
    .describe("for the provider's own program in the customer's browser, such as Stripe.js; never store it"),
});

const nothing = (orderId: string): AppError =>
  new AppError('no-payment-action', `The payment of the order ${orderId} has nothing to confirm.`);

/** @throws AppError `order-not-found`, `order-unreadable`, `no-payment-action`. */
const findAwaited = async (
  { host }: RouteDependencies,
  orderId: string,
  caller: Caller,
): Promise<AwaitedPayment> => {
  const view = await findOrder(host, orderId, caller);
  if (view.unreadable !== undefined) throw new AppError('order-unreadable', view.unreadable);
  if (view.awaitedPayment === null) throw nothing(orderId);
  return view.awaitedPayment;
};

export const addPaymentAction = (api: Api, parts: RouteDependencies): void => {
  const { gateway } = parts;
  api.get(
    '/orders/:id/payment-action',
    {
      config: { access: 'orders:place', forCustomers: true },
      schema: {
        operationId: 'readPaymentAction',
        summary: 'What the customer needs to confirm the payment (3-D Secure)',
        description:
          'While the payment waits for its customer. It is fetched from the payment provider each time, and stored nowhere.',
        tags: ['orders'],
        params: orderParams,
        response: {
          200: json('For the provider’s program in the customer’s browser', paymentAction),
          ...problems('order-not-found', 'order-unreadable', 'no-payment-action', 'provider-unavailable'),
        },
      },
    },
    async ({ caller, params: { id } }, reply) => {
      reply.header('cache-control', 'no-store');
      const awaited = await findAwaited(parts, id, caller);
      const action = await gateway.paymentAction?.(awaited);
      if (action === undefined) throw nothing(id);
      return action;
    },
  );
  // Trials have no bank where a customer could confirm anything.
  if (parts.settings.PAYMENT_GATEWAY === 'simulated') addPlayedCustomer(api, parts);
};

const addPlayedCustomer = (api: Api, parts: RouteDependencies): void => {
  api.post(
    '/orders/:id/payment-action',
    {
      config: { access: 'orders:place', forCustomers: true },
      schema: {
        hide: true,
        params: orderParams,
        body: z.strictObject({ outcome: z.enum(['confirmed', 'failed']) }),
      },
    },
    async ({ caller, params: { id }, body: { outcome } }, reply) => {
      const awaited = await findAwaited(parts, id, caller);
      const report = await parts.gateway.playCustomer?.(awaited, outcome === 'confirmed');
      if (report === undefined) throw nothing(id);
      const { key, reply: message } = report;
      await parts.host.send({
        ...{ orderId: id, to: 'payment', messageId: parts.ids.next(), otherwise: 'record' },
        message: { ...message, key, attempt: 1 },
      });
      return reply.code(204).send();
    },
  );
};

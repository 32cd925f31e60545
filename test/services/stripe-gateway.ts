// The gateway over Stripe with the provider's double, and the commands that its tests send.
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createStripeGateway } from '../../src/services/gateway-stripe.ts';
import { createStripeClient } from '../../src/services/stripe-client.ts';
import type { CommandTo, Gateway, ReplyFrom } from '../../src/shop/services.ts';
import { makeFolder } from '../e2e/server.ts';
import { openStripeDouble, type StripeDouble, secretKey } from '../support/stripe/open-double.ts';

const orderId = 'order-1';
export const chargeKey = 'order-1/charge/1';
const money = { amount: 17_500, currency: 'USD' };

type Does = 'charge' | 'look-up' | 'capture' | 'void' | 'refund';
type Command<D extends Does> = Extract<CommandTo<'gateway'>, { type: `gateway.${D}` }>;

export const charge = (rest: Partial<Command<'charge'>> = {}): Command<'charge'> => ({
  ...{ type: 'gateway.charge', key: chargeKey, attempt: 1, ...money, method: 'card', capture: 'at-once' },
  ...rest,
});
export const lookUp: Command<'look-up'> = { type: 'gateway.look-up', key: chargeKey, attempt: 2 };
export const capture = (transactionId: string, attempt = 1): Command<'capture'> => ({
  ...{ type: 'gateway.capture', key: 'order-1/capture/1', attempt, ...money, transactionId },
});
export const cancel = (transactionId: string, attempt = 1): Command<'void'> => ({
  ...{ type: 'gateway.void', key: 'order-1/void/1', attempt, transactionId },
});
export const refund = (transactionId: string, rest: Partial<Command<'refund'>> = {}): Command<'refund'> => ({
  ...{ type: 'gateway.refund', key: 'order-1/refund/a', attempt: 1, ...money, transactionId },
  ...rest,
});

export interface Client extends Pick<Gateway, 'paymentAction'> {
  send(command: CommandTo<'gateway'>, keyFirstUsedAt?: number): Promise<ReplyFrom<'gateway'>>;
}

interface ClientOptions {
  readonly paymentMethod?: string;
  readonly timeoutMs?: number;
  readonly key?: string;
}

/** One process of the service, as Stripe sees it: it remembers nothing of those before it. */
export const openClient = (
  apiBase: string,
  { paymentMethod = 'pm_card_visa', timeoutMs = 1000, key = secretKey }: ClientOptions = {},
): Client => {
  const client = createStripeClient({ secretKey: key, apiBase, timeoutMs });
  const gateway = createStripeGateway({
    ...{ client, testPaymentMethod: paymentMethod || undefined, longestWaitMs: 200, clock: systemClock },
  });
  return {
    ...(gateway.paymentAction && { paymentAction: gateway.paymentAction }),
    send: async (command, keyFirstUsedAt = systemClock.now()) => {
      const closing = new AbortController();
      const call = { orderId, correlationId: orderId, at: systemClock.now(), keyFirstUsedAt };
      return gateway.answer({ ...call, command, signal: closing.signal });
    },
  };
};

export const openGateway = async (
  options?: ClientOptions,
): Promise<Client & { readonly double: StripeDouble }> => {
  const folder = await makeFolder();
  const double = await openStripeDouble(folder.path);
  onTestFinished(async () => {
    await double.close();
    await folder.remove();
  });
  return { double, ...openClient(double.url, options) };
};

/** The id of the charge, which must have been made or authorised. */
export const transactionOf = (reply: ReplyFrom<'gateway'>): string =>
  'transactionId' in reply ? reply.transactionId : `none: ${reply.type}`;

// A real service that makes its payments at the provider's double, and what tests ask of both.
import Stripe from 'stripe';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { ask, post, sampleBody, until } from '../../e2e/client.ts';
import { makeFolder, type Server, startServer } from '../../e2e/server.ts';
import { openStripeDouble, type StripeDouble } from './open-double.ts';
import { settingsFor, webhookSecret } from './settings.ts';
import type { WebhookRules } from './webhooks.ts';

const orderSchema = z.looseObject({ id: z.string(), state: z.string() });
type Order = z.infer<typeof orderSchema>;
const receivedSchema = z.looseObject({
  messages: z.array(z.looseObject({ id: z.string(), type: z.string(), disposition: z.string() })),
});

export interface StripeShop {
  readonly double: StripeDouble;
  readonly server: Server;
  /** Where the service and the double keep their files. */
  readonly folder: string;
  place(): Promise<string>;
  read(orderId: string): Promise<Order>;
  untilState(orderId: string, state: string): Promise<Order>;
  received(orderId: string): Promise<z.infer<typeof receivedSchema>['messages']>;
  /** Sends a body to the webhook's address, signed with `secret`, `agoMs` ago. */
  report(
    event: unknown,
    signing?: { readonly secret?: string; readonly agoMs?: number },
  ): Promise<{ readonly status: number; readonly body: unknown }>;
  metric(line: string): Promise<boolean>;
}

export const openStripeShop = async (
  settings: Readonly<Record<string, string>> = {},
  webhooks: Partial<WebhookRules> | 'none' = {},
  isSampleSettled = true,
): Promise<StripeShop> => {
  const folder = await makeFolder();
  const double = await openStripeDouble(folder.path);
  const server = await startServer(folder.path, { ...settingsFor(double), ...settings }, 'start');
  if (isSampleSettled) await server.untilPrinted(/The order is \w+/);
  const address = `${server.url}/webhooks/stripe`;
  if (webhooks !== 'none') await double.setWebhooks({ url: address, secret: webhookSecret, ...webhooks });
  onTestFinished(async () => {
    await server.kill();
    await double.close();
    await folder.remove();
  });
  const read = async (orderId: string) =>
    orderSchema.parse((await ask(`${server.url}/orders/${orderId}`)).body);
  return {
    ...{ double, server, read, folder: folder.path },
    place: async () => {
      const { body } = await post(`${server.url}/orders`, sampleBody, crypto.randomUUID());
      return orderSchema.parse(body).id;
    },
    untilState: (orderId, state) =>
      until(
        () => read(orderId),
        (order) => order.state === state,
      ),
    received: async (orderId) => {
      const { body } = await ask(`${server.url}/orders/${orderId}/messages?limit=100`);
      return receivedSchema.parse(body).messages;
    },
    report: async (event, { secret = webhookSecret, agoMs = 0 } = {}) => {
      const payload = JSON.stringify(event);
      const timestamp = Math.floor((Date.now() - agoMs) / 1000);
      const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
      const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
      return ask(address, { method: 'POST', headers, body: payload });
    },
    metric: async (line) => (await (await fetch(`${server.url}/metrics`)).text()).includes(`${line}\n`),
  };
};

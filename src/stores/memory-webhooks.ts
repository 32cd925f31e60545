// The webhook endpoints of the memory store, and the last tries to deliver to each. It returns only copies.
import { limits } from '../limits.ts';
import type { WebhookDelivery, WebhookEndpoint } from '../webhooks.ts';
import { copy } from './memory-tables.ts';

export const createWebhookTables = () => {
  const endpoints = new Map<string, WebhookEndpoint>();
  const logs = new Map<string, readonly WebhookDelivery[]>();
  return {
    webhookEndpoints: () => copy([...endpoints.values()]),
    writeWebhook: (endpoint: WebhookEndpoint, deliveries: readonly WebhookDelivery[]): void => {
      const { endpointId } = endpoint;
      endpoints.set(endpointId, copy(endpoint));
      const log = [...(logs.get(endpointId) ?? []), ...copy(deliveries)];
      logs.set(endpointId, log.slice(-limits.webhookLog));
    },
    removeWebhook: (endpointId: string): void => {
      endpoints.delete(endpointId);
      logs.delete(endpointId);
    },
    webhookDeliveries: (endpointId: string, limit: number) =>
      copy((logs.get(endpointId) ?? []).toReversed().slice(0, limit)),
  };
};

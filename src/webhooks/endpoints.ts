// The webhook endpoints of one store: read at the start, and changed here and in the store together. Each has a delivery of
// its own. It knows no request.
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Ids } from '../clock.ts';
import { AppError } from '../errors.ts';
import { limits } from '../limits.ts';
import { isServiceUrl } from '../setting-values.ts';
import { drawSigningSecret } from '../signature.ts';
import type { WebhookEndpoint, Webhooks, WebhookWish } from '../webhooks.ts';
import { Delivery, type DeliveryParts, toIncidentKey } from './delivery.ts';

export interface WebhookParts extends Omit<DeliveryParts, 'noteTry'> {
  readonly ids: Ids;
  readonly registry: Registry;
}

/** Reads the endpoints of the store, and goes on with what was not delivered. */
export const openWebhooks = async ({ ids, registry, ...parts }: WebhookParts): Promise<Webhooks> => {
  const endpoints = new Map<string, Delivery>();
  const noteTry = addMetrics(registry, () => [...endpoints.values()].map(({ endpoint }) => endpoint));
  const add = (endpoint: WebhookEndpoint): void => {
    const delivery = new Delivery({ ...parts, noteTry }, endpoint);
    endpoints.set(endpoint.endpointId, delivery);
    delivery.start();
  };
  /** An endpoint that is not dead needs nobody. */
  const closeIncident = async (endpoint: WebhookEndpoint, by: string | null, note: string): Promise<void> => {
    if (endpoint.state !== 'dead') await parts.incidents.closeKey(toIncidentKey(endpoint), { by, note });
  };
  for (const endpoint of await parts.store.webhookEndpoints()) {
    // The last run can have ended before it closed the incident.
    await closeIncident(endpoint, null, `the endpoint is ${endpoint.state}`);
    add(endpoint);
  }
  const find = (endpointId: string): Delivery => {
    const found = endpoints.get(endpointId);
    if (found === undefined) throw new AppError('webhook-not-found', `No endpoint has the id ${endpointId}.`);
    return found;
  };
  return {
    list: () => [...endpoints.values()].map(({ endpoint }) => endpoint),
    create: async (wish) => {
      refuseTooMany(endpoints.size);
      const endpoint = toEndpoint(wish, ids.next(), parts.clock.now());
      await parts.store.writeWebhook(endpoint, []);
      add(endpoint);
      return endpoint;
    },
    change: async (endpointId, changes) => {
      if (changes.url !== undefined) refuseUrl(changes.url);
      return find(endpointId).change(() => changes);
    },
    rotate: async (endpointId, keepOldMs) =>
      find(endpointId).change(({ secrets: [newest] }) => ({
        secrets: [
          { secret: drawSigningSecret(), endsAt: null },
          ...(newest ? [{ ...newest, endsAt: parts.clock.now() + keepOldMs }] : []),
        ],
      })),
    setEnabled: async (endpointId, isEnabled, by) => {
      const state = isEnabled ? 'enabled' : 'disabled';
      const changed = await find(endpointId).change(() => ({ state, ...untried }));
      await closeIncident(changed, by, `the endpoint was ${state}`);
      return changed;
    },
    replay: async (endpointId, position) => find(endpointId).change(() => ({ position, ...untried })),
    remove: async (endpointId, by) => {
      const delivery = find(endpointId);
      const disabled = await delivery.change(() => ({ state: 'disabled' }));
      await closeIncident(disabled, by, 'the endpoint was removed');
      await parts.store.removeWebhook(endpointId);
      endpoints.delete(endpointId);
    },
    deliveries: async (endpointId, limit) =>
      parts.store.webhookDeliveries(find(endpointId).endpoint.endpointId, limit),
    close: async () => {
      await Promise.all([...endpoints.values()].map((delivery) => delivery.stop()));
    },
  };
};

const untried = { tries: 0, nextAt: null, failingSince: null } as const;

const toEndpoint = ({ url, types, after }: WebhookWish, endpointId: string, now: number): WebhookEndpoint => {
  refuseUrl(url);
  const secrets = [{ secret: drawSigningSecret(), endsAt: null }];
  return { endpointId, url, types, secrets, state: 'enabled', createdAt: now, position: after, ...untried };
};

const refuseTooMany = (count: number): void => {
  if (count < limits.webhookEndpoints) return;
  const message = `There are ${limits.webhookEndpoints} endpoints, which is the most. Remove one first.`;
  throw new AppError('invalid-request', message);
};

const refuseUrl = (text: string): void => {
  // A URL's parser drops line breaks and blanks: what is called would not be what lists and logs show.
  const isOneWord = !/[\s\p{Cc}]/u.test(text);
  if (isOneWord && isServiceUrl(text) && text.length <= limits.webhookUrlLength) return;
  const message = 'must be an http or https address without blanks, user, password and fragment';
  throw new AppError('invalid-request', `/url: ${message}.`, { errors: [{ path: '/url', message }] });
};

const addMetrics = (registry: Registry, list: () => readonly WebhookEndpoint[]): DeliveryParts['noteTry'] => {
  const tries = new Counter({
    name: 'orderchart_webhook_tries_total',
    help: 'Tries to deliver an event to a webhook endpoint, by result',
    labelNames: ['result'],
    registers: [registry],
  });
  for (const result of ['delivered', 'failed']) tries.inc({ result }, 0);
  const gauge: Gauge<'state'> = new Gauge({
    name: 'orderchart_webhook_endpoints',
    help: 'Webhook endpoints by state: one that is dead gets nothing until it is enabled',
    labelNames: ['state'],
    registers: [registry],
    collect: () => {
      const endpoints = list();
      for (const state of ['enabled', 'disabled', 'dead']) {
        gauge.set({ state }, endpoints.filter((each) => each.state === state).length);
      }
    },
  });
  return (isDelivered) => tries.inc({ result: isDelivered ? 'delivered' : 'failed' });
};

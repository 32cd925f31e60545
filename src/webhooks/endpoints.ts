// The webhook endpoints of one store: read at the start, and changed here and in the store together; what other nodes change is
// read when the store says so. Each has a delivery of its own. It knows no request.
import { AppError } from '../errors.ts';
import { limits } from '../limits.ts';
import { isServiceUrl } from '../setting-values.ts';
import { drawSigningSecret } from '../signature.ts';
import type { WebhookEndpoint, Webhooks, WebhookWish } from '../webhooks.ts';
import { Deliveries, type WebhookParts } from './deliveries.ts';
import type { Delivery } from './delivery.ts';

/** Reads the endpoints of the store, and goes on with what was not delivered. */
export const openWebhooks = async (parts: WebhookParts): Promise<Webhooks> => {
  const deliveries = new Deliveries(parts);
  const { store, clock, ids } = parts;
  for (const endpoint of await store.webhookEndpoints()) {
    // The last run can have ended before it closed the incident.
    await deliveries.closeIncident(endpoint, null, `the endpoint is ${endpoint.state}`);
    deliveries.add(endpoint);
  }
  deliveries.follow();
  const change = async (endpointId: string, ...given: Parameters<Delivery['change']>) =>
    (await deliveries.find(endpointId)).change(...given);
  return {
    list: () => deliveries.list(),
    create: async (wish) => {
      refuseTooMany((await deliveries.list()).length);
      const endpoint = toEndpoint(wish, ids.next(), clock.now());
      await store.writeWebhook(endpoint, []);
      deliveries.add(endpoint);
      return endpoint;
    },
    change: async (endpointId, changes) => {
      if (changes.url !== undefined) refuseUrl(changes.url);
      return change(endpointId, () => changes);
    },
    rotate: (endpointId, keepOldMs) =>
      change(endpointId, ({ secrets: [newest] }) => ({
        secrets: [
          { secret: drawSigningSecret(), endsAt: null },
          ...(newest ? [{ ...newest, endsAt: clock.now() + keepOldMs }] : []),
        ],
      })),
    setEnabled: async (endpointId, isEnabled, by) => {
      const state = isEnabled ? 'enabled' : 'disabled';
      const changed = await change(endpointId, () => ({ state, ...untried }));
      await deliveries.closeIncident(changed, by, `the endpoint was ${state}`);
      return changed;
    },
    replay: (endpointId, position) => change(endpointId, () => ({ position, ...untried })),
    remove: async (endpointId, by) => {
      const disabled = await change(endpointId, () => ({ state: 'disabled' }));
      await deliveries.closeIncident(disabled, by, 'the endpoint was removed');
      await store.removeWebhook(endpointId);
      await deliveries.drop(endpointId);
    },
    deliveries: async (endpointId, limit) =>
      store.webhookDeliveries((await deliveries.find(endpointId)).endpoint.endpointId, limit),
    close: () => deliveries.close(),
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

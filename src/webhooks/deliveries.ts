// The deliveries to all endpoints of one store, as this node knows them: one for each. It follows what other nodes change.
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Ids } from '../clock.ts';
import { AppError, describeError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Store } from '../store.ts';
import type { WebhookEndpoint, WebhookStore } from '../webhooks.ts';
import { Delivery, type DeliveryParts, toIncidentKey } from './delivery.ts';

export interface WebhookParts extends Omit<DeliveryParts, 'noteTry' | 'owner' | 'store'> {
  readonly store: WebhookStore & Pick<Store, 'onChange'>;
  readonly ids: Ids;
  readonly registry: Registry;
}

export class Deliveries {
  readonly #parts: WebhookParts;
  readonly #delivery: DeliveryParts;
  readonly #all = new Map<string, Delivery>();
  #unfollow: () => void = () => {};
  #refreshing: Promise<void> | undefined;
  #isDue = false;
  #isClosed = false;

  constructor(parts: WebhookParts) {
    this.#parts = parts;
    const noteTry = addMetrics(parts.registry, () => [...this.#all.values()].map(({ endpoint }) => endpoint));
    this.#delivery = { ...parts, noteTry, owner: parts.ids.next() };
  }

  add(endpoint: WebhookEndpoint): void {
    if (this.#all.has(endpoint.endpointId) || this.#isClosed) return;
    const delivery = new Delivery(this.#delivery, endpoint);
    this.#all.set(endpoint.endpointId, delivery);
    delivery.start();
  }

  /** Takes over from now on what other nodes change. */
  follow(): void {
    const unfollow = this.#parts.store.onChange?.(({ topic }) => {
      if (topic === 'webhooks') void this.#refresh();
    });
    if (unfollow) this.#unfollow = unfollow;
  }

  /** As they are stored; those that this node delivers to, as they are. */
  async list(): Promise<readonly WebhookEndpoint[]> {
    const { store } = this.#parts;
    if (store.onChange === undefined) return [...this.#all.values()].map(({ endpoint }) => endpoint);
    return (await store.webhookEndpoints()).map((stored) => {
      const known = this.#all.get(stored.endpointId);
      return known?.isHere ? known.endpoint : stored;
    });
  }

  /** @throws AppError `webhook-not-found`. */
  async find(endpointId: string): Promise<Delivery> {
    if (!this.#all.has(endpointId)) await this.#refresh();
    const found = this.#all.get(endpointId);
    if (found === undefined) throw new AppError('webhook-not-found', `No endpoint has the id ${endpointId}.`);
    return found;
  }

  async drop(endpointId: string): Promise<void> {
    const delivery = this.#all.get(endpointId);
    this.#all.delete(endpointId);
    await delivery?.stop();
  }

  /** An endpoint that is not dead needs nobody. */
  async closeIncident(endpoint: WebhookEndpoint, by: string | null, note: string): Promise<void> {
    if (endpoint.state === 'dead') return;
    await this.#parts.incidents.closeKey(toIncidentKey(endpoint), { by, note });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unfollow();
    await Promise.all([...this.#all.values()].map((delivery) => delivery.stop()));
  }

  /** Once, and once more for all who ask meanwhile. */
  #refresh(): Promise<void> {
    if (this.#parts.store.onChange === undefined) return Promise.resolve();
    this.#isDue = true;
    this.#refreshing ??= this.#refreshAll().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refreshAll(): Promise<void> {
    while (this.#isDue && !this.#isClosed) {
      this.#isDue = false;
      try {
        await this.#adopt(await this.#parts.store.webhookEndpoints());
      } catch (error) {
        this.#parts.logger.error({ error: describeError(error) }, 'the webhook endpoints cannot be read');
        this.#parts.clock.schedule(() => void this.#refresh(), limits.nodes.heartbeatMs);
      }
    }
  }

  async #adopt(endpoints: readonly WebhookEndpoint[]): Promise<void> {
    const stored = new Map(endpoints.map((endpoint) => [endpoint.endpointId, endpoint]));
    for (const endpointId of [...this.#all.keys()]) if (!stored.has(endpointId)) await this.drop(endpointId);
    for (const [endpointId, endpoint] of stored) {
      const known = this.#all.get(endpointId);
      if (known) await known.adopt(endpoint);
      else this.add(endpoint);
    }
  }
}

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

// What every store promises of webhook endpoints: they are kept as they are written, each with the last tries to deliver to it.
import { expect, it } from 'vitest';
import { limits } from '../../src/limits.ts';
import type { Store } from '../../src/store.ts';
import type { WebhookDelivery, WebhookEndpoint } from '../../src/webhooks.ts';
import { noon } from './store-samples.ts';

const toEndpoint = (endpointId: string, changes: Partial<WebhookEndpoint> = {}): WebhookEndpoint => ({
  ...{ endpointId, url: 'https://a.example/hooks', types: null, state: 'enabled', createdAt: noon },
  secrets: [{ secret: 'whsec_1', endsAt: null }],
  ...{ position: 0, tries: 0, nextAt: null, failingSince: null },
  ...changes,
});
const toTry = (position: number, changes: Partial<WebhookDelivery> = {}): WebhookDelivery => ({
  ...{ position, eventId: `o/events/${position}`, type: 'order.created', at: noon + position },
  ...{ try: 1, status: 200, problem: null, ...changes },
});

export const describeWebhooks = (current: () => Store): void => {
  it('endpoints are read as they were written, the oldest first, and a second time instead of the first', async () => {
    const full = toEndpoint('b', {
      ...{ types: ['order.created', 'order.completed'], state: 'dead', createdAt: noon + 1 },
      secrets: [
        { secret: 'whsec_2', endsAt: null },
        { secret: 'whsec_1', endsAt: noon + 9 },
      ],
      ...{ position: 41, tries: 10, nextAt: noon + 2, failingSince: noon - 1 },
    });
    await current().writeWebhook(toEndpoint('a'), []);
    await current().writeWebhook(full, []);
    expect(await current().webhookEndpoints()).toEqual([toEndpoint('a'), full]);
    const changed = toEndpoint('a', { position: 7, state: 'disabled' });
    await current().writeWebhook(changed, []);
    expect(await current().webhookEndpoints()).toHaveLength(2);
    expect(await current().webhookEndpoints()).toContainEqual(changed);
  });

  it('tries are read the newest first, of one endpoint, and so many', async () => {
    const failed = toTry(1, { status: null, problem: 'timed-out' });
    await current().writeWebhook(toEndpoint('a'), [failed, toTry(1, { try: 2 })]);
    await current().writeWebhook(toEndpoint('a'), [toTry(2)]);
    await current().writeWebhook(toEndpoint('b'), [toTry(3)]);
    expect(await current().webhookDeliveries('a', 10)).toEqual([toTry(2), toTry(1, { try: 2 }), failed]);
    expect(await current().webhookDeliveries('a', 1)).toEqual([toTry(2)]);
    expect(await current().webhookDeliveries('c', 10)).toEqual([]);
  });

  it('of the tries of one endpoint the oldest go', async () => {
    const tries = Array.from({ length: limits.webhookLog }, (_, index) => toTry(index));
    await current().writeWebhook(toEndpoint('other'), [toTry(1)]);
    await current().writeWebhook(toEndpoint('a'), tries);
    await current().writeWebhook(toEndpoint('a'), [toTry(1000), toTry(1001)]);
    const kept = await current().webhookDeliveries('a', 1000);
    expect(kept).toHaveLength(limits.webhookLog);
    expect([kept[0]?.position, kept.at(-1)?.position]).toEqual([1001, 2]);
    expect(await current().webhookDeliveries('other', 10)).toHaveLength(1);
  });

  it('an endpoint that is removed is gone with its tries, and no other', async () => {
    await current().writeWebhook(toEndpoint('a'), [toTry(1)]);
    await current().writeWebhook(toEndpoint('b'), [toTry(1)]);
    await current().removeWebhook('a');
    expect(await current().webhookEndpoints()).toEqual([toEndpoint('b')]);
    expect(await current().webhookDeliveries('a', 10)).toEqual([]);
    expect(await current().webhookDeliveries('b', 10)).toHaveLength(1);
  });
};

// Webhooks out over the API: what an endpoint gets, in which order, how often it is tried, and what can be done about it. The
// endpoints are real servers; the clock stands still until a test moves it.
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { limits } from '../../src/limits.ts';
import { wish } from '../access/open-keys.ts';
import { until } from '../e2e/client.ts';
import { type Got, openEndpoint, openWithWebhooks, tryAgain } from './webhook-endpoints.ts';

describe('an endpoint', () => {
  it('gets every event of every order once, in the order of the journal, as signed CloudEvents', async () => {
    const edge = await openWithWebhooks();
    const endpoint = await openEndpoint();
    const { secret } = await edge.subscribe(endpoint.url);
    const [first, second] = [await edge.settle('order-1'), await edge.settle('order-2')];
    await endpoint.untilGot(first.length + second.length);
    expect(endpoint.ids()).toEqual([...first, ...second]);
    for (const { headers, body } of endpoint.got) {
      expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
      const signed = Object.entries(headers).map(([name, value]) => [name, String(value)]);
      // The clock of the edge stands in January.
      const webhook = new Webhook(secret);
      const at = new Date(Number(headers['webhook-timestamp']) * 1000);
      expect(at.getTime()).toBe(edge.clock.now());
      expect(webhook.sign(String(headers['webhook-id']), at, body)).toBe(
        Object.fromEntries(signed)['webhook-signature'],
      );
      expect(JSON.parse(body).eventId).toBe(headers['webhook-id']);
    }
    const listed = await until(edge.list, ([only]) =>
      only.delivered.endsWith(`-${first.length + second.length}`),
    );
    expect(listed).toMatchObject([{ state: 'delivering', tries: 0, failingSince: null }]);
  });

  it('gets only the types that it asked for, and those from the place that it asked for', async () => {
    const edge = await openWithWebhooks();
    await edge.settle('order-1');
    const endpoint = await openEndpoint();
    const types = ['order.created', 'order.completed'];
    await edge.subscribe(endpoint.url, { types, after: String(await edge.runner.lastPosition()) });
    const wanted = await edge.settle('order-2', types);
    expect(wanted).toHaveLength(2);
    await endpoint.untilGot(2);
    await edge.settle('order-3');
    await endpoint.untilGot(4);
    expect(endpoint.ids().slice(0, 2)).toEqual(wanted);
    expect(endpoint.got).toHaveLength(4);
  });

  it('without a place gets what happens from now on', async () => {
    const edge = await openWithWebhooks();
    await edge.settle('order-1');
    const endpoint = await openEndpoint();
    expect((await edge.post('/webhooks', { url: endpoint.url })).statusCode).toBe(201);
    const news = await edge.settle('order-2');
    await endpoint.untilGot(news.length);
    expect(endpoint.ids()).toEqual(news);
  });

  it('that never answers holds up no other, and no order', async () => {
    const edge = await openWithWebhooks();
    const [stuck, quick] = [await openEndpoint(0), await openEndpoint()];
    await edge.subscribe(stuck.url);
    await edge.subscribe(quick.url);
    const events = await edge.settle('order-1');
    await quick.untilGot(events.length);
    expect(stuck.got).toHaveLength(1);
    await edge.clock.advance(limits.webhookTimeoutMs);
    const [listed] = await until(edge.list, ([first]) => first.tries === 1);
    expect(listed).toMatchObject({ state: 'retrying' });
  });
});

describe('an event that is not taken', () => {
  it('is tried again over three days, each wait a tenth longer by chance, and then the endpoint is dead', async () => {
    const edge = await openWithWebhooks();
    const endpoint = await openEndpoint(500);
    const { webhook } = await edge.subscribe(endpoint.url, { types: ['order.created'] });
    const [eventId] = await edge.settle('order-1', ['order.created']);
    await endpoint.untilGot(1);
    for (const [index, waitMs] of limits.webhookWaitsMs.entries()) {
      const [listed] = await until(edge.list, ([only]) => only.tries === index + 1);
      expect(Date.parse(listed.nextTryAt) - edge.clock.now()).toBe(Math.round(waitMs * 1.1));
      await edge.clock.advance(Math.round(waitMs * 1.1) - 1);
      expect(endpoint.got).toHaveLength(index + 1);
      await tryAgain(edge, endpoint, 1);
    }
    const [dead] = await until(edge.list, ([only]) => only.state === 'dead');
    expect(dead).toMatchObject({ id: webhook.id, tries: 10, nextTryAt: null });
    expect(new Set(endpoint.ids())).toEqual(new Set([eventId]));
    expect(edge.log()).toContain('a webhook endpoint is dead');
    expect(await edge.metrics.metrics()).toContain('orderchart_webhook_endpoints{state="dead"} 1');
    const { deliveries } = (await edge.get(`/webhooks/${webhook.id}/deliveries`)).json();
    expect(deliveries).toHaveLength(10);
    expect(deliveries[0]).toMatchObject({ try: 10, status: 500, problem: 'http-500', eventId });
  });

  it('goes first when it is taken at last, and what waited follows in order', async () => {
    const edge = await openWithWebhooks();
    const endpoint = await openEndpoint(503);
    await edge.subscribe(endpoint.url);
    const events = await edge.settle('order-1');
    await until(edge.list, ([only]) => only.tries === 1);
    endpoint.answer.status = 204;
    await edge.clock.advance(5500);
    await endpoint.untilGot(events.length + 1);
    expect(endpoint.ids()).toEqual([events[0], ...events]);
  });

  it('waits as long as the endpoint asks, at least', async () => {
    const edge = await openWithWebhooks();
    const endpoint = await openEndpoint(429);
    endpoint.answer.headers = { 'retry-after': '3600' };
    await edge.subscribe(endpoint.url);
    await edge.settle('order-1');
    const [listed] = await until(edge.list, ([only]) => only.tries === 1);
    expect(Date.parse(listed.nextTryAt) - edge.clock.now()).toBe(3_600_000);
  });

  it('because the endpoint is gone (410) makes it dead at once, until it is enabled', async () => {
    const edge = await openWithWebhooks();
    const endpoint = await openEndpoint(410);
    const { webhook } = await edge.subscribe(endpoint.url);
    const events = await edge.settle('order-1');
    await until(edge.list, ([only]) => only.state === 'dead');
    expect(endpoint.got).toHaveLength(1);
    endpoint.answer.status = 200;
    expect(await edge.turn(webhook.id, 'enable')).toMatchObject({ state: 'delivering', tries: 0 });
    await endpoint.untilGot(events.length + 1);
    expect(endpoint.ids().slice(1)).toEqual(events);
  });
});

describe('whoever runs the service', () => {
  it('sees a secret once, and two sign while it changes', async () => {
    const edge = await openWithWebhooks();
    const endpoint = await openEndpoint();
    const { webhook, secret } = await edge.subscribe(endpoint.url);
    expect(secret).toMatch(/^whsec_/);
    const { secret: next, webhook: rotated } = await edge.turn(webhook.id, 'rotate', { keepOldMinutes: 60 });
    expect(next).not.toBe(secret);
    expect(Date.parse(rotated.oldSecretUntil) - edge.clock.now()).toBe(3_600_000);
    expect(JSON.stringify([await edge.list(), edge.log()])).not.toMatch(/whsec_/);
    const signatures = ({ headers, body }: Got, secrets: readonly string[]) => {
      const at = new Date(Number(headers['webhook-timestamp']) * 1000);
      const signed = secrets.map((each) => new Webhook(each).sign(String(headers['webhook-id']), at, body));
      expect(headers['webhook-signature']).toBe(signed.join(' '));
    };
    await edge.settle('order-1');
    await endpoint.untilGot(1);
    signatures(endpoint.got[0] ?? { headers: {}, body: '' }, [next, secret]);
    await edge.clock.advance(3_600_000);
    const count = endpoint.got.length;
    await edge.settle('order-2');
    await endpoint.untilGot(count + 1);
    const last = await until(
      async () => endpoint.got.at(-1),
      (got) => got !== undefined,
    );
    signatures(last ?? { headers: {}, body: '' }, [next]);
  });

  it('disables an endpoint, and enables it again: nothing is lost meanwhile', async () => {
    const edge = await openWithWebhooks();
    const endpoint = await openEndpoint();
    const { webhook } = await edge.subscribe(endpoint.url);
    expect(await edge.turn(webhook.id, 'disable')).toMatchObject({ state: 'disabled' });
    const events = await edge.settle('order-1');
    expect(endpoint.got).toEqual([]);
    await edge.turn(webhook.id, 'enable');
    await endpoint.untilGot(events.length);
    expect(endpoint.ids()).toEqual(events);
  });

  it('replays what comes behind a place', async () => {
    const edge = await openWithWebhooks();
    const endpoint = await openEndpoint();
    const { webhook } = await edge.subscribe(endpoint.url);
    const events = await edge.settle('order-1');
    await endpoint.untilGot(events.length);
    expect((await edge.turn(webhook.id, 'replay', { after: '2' })).delivered).toMatch(/-2$/);
    await endpoint.untilGot(2 * events.length - 2);
    expect(endpoint.ids()).toEqual([...events, ...events.slice(2)]);
    const unknown = await edge.post(`/webhooks/${webhook.id}/replay`, { after: '9999' });
    expect(unknown.statusCode).toBe(410);
  });

  it('changes where an endpoint is and what it gets, and removes it', async () => {
    const edge = await openWithWebhooks();
    const [before, after] = [await openEndpoint(), await openEndpoint()];
    const { webhook } = await edge.subscribe(before.url, { types: ['order.created'] });
    const changes = { url: after.url, types: ['order.completed'] };
    const changed = await edge.post(`/webhooks/${webhook.id}`, changes);
    expect(changed.json()).toMatchObject(changes);
    await edge.settle('order-1');
    await after.untilGot(1);
    expect(before.got).toEqual([]);
    expect((await edge.post(`/webhooks/${webhook.id}/remove`, {})).statusCode).toBe(200);
    expect(await edge.list()).toEqual([]);
    await edge.settle('order-2');
    expect(after.got).toHaveLength(1);
  });

  it.each([
    ['with a URL of no use', '/webhooks', { url: 'ftp://a.example' }, 400, 'invalid-request'],
    ['with a line break in its URL', '/webhooks', { url: 'https://a.example/a\nb' }, 400, 'invalid-request'],
    ['without a URL', '/webhooks', {}, 400, 'invalid-request'],
    [
      'for a type that is no event',
      '/webhooks',
      { url: 'https://a.example', types: ['order.place'] },
      400,
      'invalid-request',
    ],
    ['for no types', '/webhooks', { url: 'https://a.example', types: [] }, 400, 'invalid-request'],
    [
      'with a place that is none',
      '/webhooks',
      { url: 'https://a.example', after: '77' },
      410,
      'cursor-unknown',
    ],
    ['that does not exist', '/webhooks/none', {}, 404, 'webhook-not-found'],
    ['that does not exist, enabled', '/webhooks/none/enable', {}, 404, 'webhook-not-found'],
    ['that does not exist, removed', '/webhooks/none/remove', {}, 404, 'webhook-not-found'],
  ])('is refused an endpoint %s', async (_what, path, body, status, code) => {
    const edge = await openWithWebhooks();
    const answer = await edge.post(path, body);
    expect({ status: answer.statusCode, type: answer.json().type }).toEqual({
      status,
      type: `/problems/${code}`,
    });
    expect(await edge.list()).toEqual([]);
  });

  it('has so many endpoints at most', async () => {
    const edge = await openWithWebhooks();
    for (let count = 0; count < limits.webhookEndpoints; count += 1)
      await edge.subscribe('https://a.invalid/');
    expect((await edge.post('/webhooks', { url: 'https://a.invalid/' })).statusCode).toBe(400);
    expect(await edge.list()).toHaveLength(limits.webhookEndpoints);
  });

  it('needs the scope admin', async () => {
    const edge = await openWithWebhooks();
    const { token } = await edge.keys.create({ ...wish, scopes: ['events', 'orders:read'] });
    const answer = await edge.get('/webhooks', { authorization: `Bearer ${token}` });
    expect(answer.statusCode).toBe(403);
  });
});

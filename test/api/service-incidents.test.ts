// Incidents whose subject is a service: who sees them, in which pages, who closes them, and what opens them.
import { expect, it } from 'vitest';
import { wish } from '../access/open-keys.ts';
import { until } from '../e2e/client.ts';
import { createEdge, type Edge, noon, withIncident } from './edge.ts';
import { openEndpoint, openWithWebhooks } from './webhook-endpoints.ts';

const about = (number: number) => ({
  ...{ service: 'gateway', reason: 'unknown-order', text: 'Look at the event.', once: true },
  ...{ key: `stripe/event/${number}`, details: { eventId: `evt_${number}` } },
});
const list = async (edge: Pick<Edge, 'get'>, query = '', headers: Record<string, string> = {}) =>
  (await edge.get(`/services/incidents${query}`, headers)).json();

it('they are listed the newest first, in pages, with a service as their subject', async () => {
  const edge = await createEdge();
  for (const number of [1, 2, 3]) expect(await edge.incidents.open(about(number))).toBe('opened');
  const { incidents, next } = await list(edge, '?limit=2');
  expect(incidents).toMatchObject([{ details: { eventId: 'evt_3' } }, { details: { eventId: 'evt_2' } }]);
  expect(incidents[0]).toEqual({
    ...{ id: incidents[0].id, subject: { type: 'service', name: 'gateway' }, reason: 'unknown-order' },
    ...{ text: 'Look at the event.', details: { eventId: 'evt_3' }, since: new Date(noon).toISOString() },
    ...{ closedAt: null, closedBy: null, note: null },
    links: { resolve: `/incidents/${incidents[0].id}/resolve` },
  });
  const last = await list(edge, `?limit=2&after=${next}`);
  expect(last).toMatchObject({ incidents: [{ details: { eventId: 'evt_1' } }], next: null });
  expect((await edge.get('/services/incidents?after=nothing')).statusCode).toBe(400);
});

it('GET /incidents counts them beside those of orders, which name their order as the subject', async () => {
  const edge = await createEdge(withIncident);
  const { id } = (await edge.placeOrder()).json();
  await edge.incidents.open(about(1));
  const body = await until(
    async () => (await edge.get('/incidents')).json(),
    ({ incidents }) => incidents.length > 0,
  );
  expect(body.services).toEqual({ open: 1, href: '/services/incidents' });
  expect(body.incidents).toMatchObject([{ subject: { type: 'order', id }, orderId: id }]);
  expect(await edge.metrics.metrics()).toContain('orderchart_service_incidents{service="gateway"} 1');
});

it('one is closed once, with a note and by whom, and is not opened again for the same', async () => {
  const edge = await createEdge();
  const { token } = await edge.keys.create({
    ...{ ...wish, principal: 'ada', scopes: ['orders:read', 'incidents'] },
  });
  const headers = { authorization: `Bearer ${token}` };
  await edge.incidents.open(about(1));
  const { incidents } = await list(edge, '', headers);
  const resolve = (path: string, body: object) => edge.post(path, body, headers);
  const path = incidents[0].links.resolve;
  expect((await resolve(path, { note: ' ' })).statusCode).toBe(400);
  const closed = await resolve(path, { note: 'refunded in the dashboard' });
  expect(closed.statusCode).toBe(200);
  expect(closed.json()).toMatchObject({
    ...{ closedBy: 'ada', note: 'refunded in the dashboard', closedAt: new Date(noon).toISOString() },
  });
  const again = await resolve(path, { note: 'another note' });
  expect([again.statusCode, again.json().type]).toEqual([409, '/problems/incident-closed']);
  const missing = await resolve('/incidents/nothing/resolve', { note: 'a note' });
  expect([missing.statusCode, missing.json().type]).toEqual([404, '/problems/incident-not-found']);
  expect(await edge.incidents.open(about(1))).toBe('closed');
  expect(await list(edge, '', headers)).toEqual({ incidents: [], next: null });
  expect((await list(edge, '?closed=true', headers)).incidents).toEqual([closed.json()]);
});

it('keys that are bound to a customer neither see nor count nor close them, and reading does not allow closing', async () => {
  const edge = await createEdge();
  await edge.incidents.open(about(1));
  const scopes = ['orders:read', 'incidents'] as const;
  const bound = await edge.keys.create({ ...wish, principal: 'app', scopes, owner: 'customer-1' });
  const reader = await edge.keys.create({ ...wish, principal: 'reader', scopes: ['orders:read'] });
  const asBound = { authorization: `Bearer ${bound.token}` };
  const asReader = { authorization: `Bearer ${reader.token}` };
  expect((await edge.get('/services/incidents', asBound)).statusCode).toBe(403);
  expect((await edge.get('/incidents', asBound)).json()).toEqual({ incidents: [], next: null });
  const [{ links }] = (await list(edge, '', asReader)).incidents;
  for (const headers of [asBound, asReader]) {
    expect((await edge.post(links.resolve, { note: 'done' }, headers)).statusCode).toBe(403);
  }
  expect(await edge.incidents.countOpen()).toBe(1);
});

it('details that are too long are left out', async () => {
  const edge = await createEdge();
  await edge.incidents.open({ ...about(1), details: { long: 'x'.repeat(5000) } });
  expect((await list(edge)).incidents).toMatchObject([{ reason: 'unknown-order', details: {} }]);
});

it('a webhook endpoint that dies opens one, and enabling or removing it closes it', async () => {
  const edge = await openWithWebhooks();
  const endpoint = await openEndpoint(410);
  const { webhook } = await edge.subscribe(endpoint.url);
  await edge.settle('order-1');
  const { incidents } = await until(
    () => list(edge),
    (page) => page.incidents.length > 0,
  );
  expect(incidents).toMatchObject([
    {
      ...{ subject: { type: 'service', name: 'webhooks' }, reason: 'endpoint-dead' },
      details: { endpointId: webhook.id, tries: 1, status: 410, problem: 'http-410' },
    },
  ]);
  await until(edge.list, ([only]) => only.state === 'dead');
  await edge.turn(webhook.id, 'enable');
  expect((await list(edge, '?closed=true')).incidents).toMatchObject([{ note: 'the endpoint was enabled' }]);
  // It dies again, and that is another incident.
  await until(
    () => list(edge),
    (page) => page.incidents.length === 1,
  );
  await edge.post(`/webhooks/${webhook.id}/remove`, {});
  expect(await list(edge)).toEqual({ incidents: [], next: null });
});

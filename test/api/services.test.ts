// The services over HTTP: what is shown of each, who pauses one and why, and every call of an order.
import { expect, it } from 'vitest';
import { wish } from '../access/open-keys.ts';
import { chargeAll, settleNow } from '../hosts/harness.ts';
import { createClosedBank, createEdge, type Edge, noon } from './edge.ts';

const since = new Date(noon).toISOString();
const json = { 'content-type': 'application/json' };

const list = async (edge: Pick<Edge, 'get'>, headers: Record<string, string> = {}) =>
  (await edge.get('/services', headers)).json().services;
const read = async (edge: Pick<Edge, 'get'>, name = 'gateway', headers: Record<string, string> = {}) =>
  (await edge.get(`/services/${name}`, headers)).json();
const put = (edge: Edge, body: object, name = 'gateway', headers: Record<string, string> = {}) =>
  edge.app.inject({
    ...{ method: 'PUT', url: `/services/${name}` },
    ...{ headers: { ...json, ...headers }, payload: body },
  });
const pause = { paused: true, reason: 'the bank is at work' };

const headersOf = async (edge: Edge, principal: string, ...scopes: ('incidents' | 'orders:read')[]) => {
  const { token } = await edge.keys.create({ ...wish, principal, scopes });
  return { authorization: `Bearer ${token}` };
};

it('GET /services says of each whether it is called, how its calls went, and where its incidents are', async () => {
  const edge = await createEdge({ gateway: chargeAll });
  await edge.placeOrder();
  await settleNow(edge);
  await edge.incidents.open({
    ...{ service: 'gateway', reason: 'unknown-order', text: 'Look at the event.', once: true },
    ...{ key: 'stripe/event/1', details: {} },
  });
  const services = await list(edge);
  expect(services.map(({ name, place }: { name: string; place: string }) => [name, place])).toEqual([
    ...[
      ['warehouse', 'inside'],
      ['gateway', 'outside'],
    ],
    ['mailer', 'outside'],
  ]);
  expect(await read(edge)).toEqual({
    ...{ name: 'gateway', place: 'outside', state: 'running', held: null, inFlight: 0, waiting: 0 },
    recently: { windowMs: 600_000, calls: 1, failed: 0, errorRate: 0, p50Ms: 0, p95Ms: 0 },
    ...{ lastErrors: [], holds: [], incidents: 1 },
    links: { self: '/services/gateway', incidents: '/services/incidents' },
  });
  const warehouse = await read(edge, 'warehouse');
  expect(warehouse).toMatchObject({ state: 'running', incidents: 0, recently: { errorRate: null } });
});

it('a paused service makes no call, says who paused it and why, and is resumed by whom', async () => {
  const edge = await createEdge({ gateway: chargeAll });
  const ada = await headersOf(edge, 'ada', 'incidents');
  const reader = await headersOf(edge, 'reader', 'orders:read');
  const answer = await put(edge, pause, 'gateway', ada);
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({ name: 'gateway', state: 'paused', incidents: 0 });
  const { id } = await edge.add('order-1');
  await settleNow(edge);
  const paused = await read(edge, 'gateway', reader);
  expect(paused).toMatchObject({ state: 'paused', inFlight: 0, waiting: 1 });
  expect(paused.held).toEqual({
    ...{ kind: 'pause', reason: pause.reason, since, by: 'ada', resumedAt: null, triedAgainAt: null },
  });
  const bob = await headersOf(edge, 'bob', 'incidents');
  expect((await put(edge, { paused: false }, 'gateway', bob)).json()).toMatchObject({
    ...{ state: 'resuming', held: { kind: 'pause', by: 'ada', resumedAt: since } },
  });
  await edge.clock.advance(10_000);
  expect((await edge.runner.get(id))?.state).toBe('completed');
  expect(await read(edge, 'gateway', reader)).toMatchObject({
    ...{ state: 'running', held: null, waiting: 0 },
    holds: [{ kind: 'pause', reason: pause.reason, by: 'ada', resumedBy: 'bob', resumedAt: since }],
  });
});

it('pausing a paused service changes the reason, and the log says what was before, and by whom', async () => {
  const edge = await createEdge();
  await put(edge, pause, 'gateway', await headersOf(edge, 'ada', 'incidents'));
  const bob = await headersOf(edge, 'bob', 'incidents');
  await put(edge, { paused: true, reason: 'their answer is wrong' }, 'gateway', bob);
  await put(edge, { paused: false }, 'gateway', bob);
  const changes = edge.lines.filter(({ msg }) => /^a service is (paused|resumed)$/.test(String(msg)));
  const byAda = { state: 'paused', reason: pause.reason, by: 'ada' };
  const byBob = { state: 'paused', reason: 'their answer is wrong', by: 'bob' };
  expect(changes).toMatchObject([
    { service: 'gateway', principal: 'ada', before: { state: 'running' }, after: byAda },
    { service: 'gateway', principal: 'bob', before: byAda, after: byBob },
    { service: 'gateway', principal: 'bob', before: byBob, after: { ...byBob, state: 'resuming' } },
  ]);
});

it.each([
  ['an unknown service is 404', 'nobody', pause, 404, '/problems/service-not-found'],
  ['a service in the store is 400', 'warehouse', pause, 400, '/problems/invalid-request'],
  ['a pause without a reason is 400', 'gateway', { paused: true }, 400, '/problems/invalid-request'],
  ['a blank reason is 400', 'gateway', { paused: true, reason: ' ' }, 400, '/problems/invalid-request'],
  ['nothing is 400', 'gateway', {}, 400, '/problems/invalid-request'],
])('%s, and nothing is paused', async (_what, name, body, status, type) => {
  const edge = await createEdge();
  const answer = await put(edge, body, name);
  expect([answer.statusCode, answer.json().type]).toEqual([status, type]);
  expect(edge.runner.heldServices()).toEqual([]);
  expect((await edge.get('/services/nobody')).statusCode).toBe(404);
});

it('an open circuit says when it is tried again, and which calls failed, and resuming leaves it alone', async () => {
  const gateway = () => {
    throw new Error('down');
  };
  const edge = await createEdge({ gateway, settings: { CIRCUIT_CALLS: 2 } });
  for (const id of ['order-1', 'order-2', 'order-3']) await edge.add(id);
  await settleNow(edge);
  const open = await read(edge);
  expect(open).toMatchObject({ state: 'open', held: { kind: 'circuit', by: null, resumedAt: null } });
  expect(Date.parse(open.held.triedAgainAt)).toBeGreaterThan(noon);
  expect(open.recently.errorRate).toBe(1);
  expect(open.lastErrors[0]).toMatchObject({ command: 'gateway.charge', what: 'error', at: since });
  expect((await put(edge, { paused: false })).json()).toMatchObject({ state: 'open' });
});

it('keys that are bound to a customer see no services, and reading does not allow pausing', async () => {
  const edge = await createEdge();
  const scopes = ['orders:read', 'incidents'] as const;
  const bound = await edge.keys.create({ ...wish, principal: 'app', scopes, owner: 'customer-1' });
  const asBound = { authorization: `Bearer ${bound.token}` };
  const asReader = await headersOf(edge, 'reader', 'orders:read');
  for (const url of ['/services', '/services/gateway']) {
    expect((await edge.get(url, asBound)).statusCode).toBe(403);
    expect((await edge.get(url, asReader)).statusCode).toBe(200);
  }
  for (const headers of [asBound, asReader]) {
    expect((await put(edge, pause, 'gateway', headers)).statusCode).toBe(403);
  }
  expect(edge.runner.heldServices()).toEqual([]);
});

it('every call of an order is listed with what came back, in pages', async () => {
  const edge = await createEdge({ gateway: chargeAll });
  const { id } = await edge.add('order-1');
  await settleNow(edge);
  const whole = (await edge.get(`/orders/${id}/calls`)).json();
  expect(whole.next).toBeNull();
  expect(whole.calls.map(({ number }: { number: number }) => number)).toEqual(
    whole.calls.map((_: object, index: number) => index + 1),
  );
  const charge = whole.calls.find(({ command }: { command: string }) => command === 'gateway.charge');
  expect(charge).toEqual({
    ...{ number: charge.number, id: charge.id, service: 'gateway', actor: 'payment' },
    ...{ command: 'gateway.charge', key: `${id}/charge/1`, attempt: 1, decidedAt: since },
    reply: { type: 'gateway.charged', at: since, reason: null, code: null, disposition: 'applied' },
    droppedAt: null,
  });
  const first = (await edge.get(`/orders/${id}/calls?limit=1`)).json();
  expect([first.calls, first.next]).toEqual([whole.calls.slice(0, 1), '1']);
  const rest = (await edge.get(`/orders/${id}/calls?after=1&limit=${whole.calls.length - 1}`)).json();
  expect(rest).toEqual({ calls: whole.calls.slice(1), next: null });
});

it('a call without an answer has no reply, and calls of others are those of an order that does not exist', async () => {
  const { gateway } = createClosedBank();
  const edge = await createEdge({ gateway });
  await edge.add('order-1');
  await edge.add('order-2', 'customer-2');
  await settleNow(edge);
  const bound = await edge.keys.create({
    ...{ ...wish, principal: 'app', scopes: ['orders:read'], owner: 'customer-1' },
  });
  const headers = { authorization: `Bearer ${bound.token}` };
  const own = (await edge.get('/orders/order-1/calls', headers)).json();
  expect(own.calls.at(-1)).toMatchObject({ command: 'gateway.charge', reply: null });
  for (const path of ['/orders/order-2/calls', '/orders/none/calls']) {
    const answer = await edge.get(path, headers);
    expect([answer.statusCode, answer.json().type]).toEqual([404, '/problems/order-not-found']);
  }
});

// What holds for every request, and what those who run the service ask: ids, headers, log lines, unknown
// addresses, unexpected errors, health and figures.
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { createEdge, problemOf } from './edge.ts';

describe('every answer', () => {
  it('has a request id and headers for browsers', async () => {
    const { get } = await createEdge();
    const { headers } = await get('/orders');
    expect(headers['x-request-id']).toMatch(/^0190/);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  it('keeps the request id of the caller where it is a UUID', async () => {
    const { get } = await createEdge();
    const id = '8e03978e-40d5-43dd-bc93-6894a57f9324';
    expect((await get('/livez', { 'x-request-id': id })).headers['x-request-id']).toBe(id);
    const answer = await get('/orders/x', { 'x-request-id': `${id}"}\nforged` });
    expect(answer.headers['x-request-id']).toMatch(/^0190/);
    expect(problemOf.parse(answer.json()).instance).toBe(`urn:uuid:${answer.headers['x-request-id']}`);
  });

  it('leaves one log line with id, method, route, status and time, and nothing of the customer', async () => {
    const { placeOrder, get, lines: all, log } = await createEdge();
    const answer = await placeOrder();
    await get('/orders?customerId=customer-1');
    await get('/orders/secret-looking-id');
    const lines = all.filter(({ msg }) => msg === 'request');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toEqual({
      level: 30,
      time: expect.any(Number),
      requestId: answer.headers['x-request-id'],
      method: 'POST',
      route: '/orders',
      status: 201,
      ms: expect.any(Number),
      msg: 'request',
    });
    expect(lines[2]).toMatchObject({ route: '/orders/:id', status: 404 });
    for (const secret of ['ada@example.com', 'customer-1', 'Kettle', 'secret-looking-id', 'key-1']) {
      expect(log()).not.toContain(secret);
    }
  });
});

describe('an unknown address', () => {
  it.each([
    ['GET', '/nothing'],
    ['POST', '/orders/x/explode'],
    ['GET', '/orders/x/'],
    ['POST', '/nothing'],
  ] as const)('%s %s is 404 as a problem', async (method, url) => {
    const { app } = await createEdge();
    const answer = await app.inject({
      method,
      url,
      headers: { 'content-type': 'text/xml' },
      payload: '<a/>',
    });
    expect(answer.statusCode).toBe(404);
    expect(problemOf.parse(answer.json()).type).toBe('/problems/route-not-found');
  });

  it.each([
    ['DELETE', '/orders/x?y=1', 'GET, HEAD'],
    ['PUT', '/orders', 'GET, HEAD, POST'],
    ['GET', '/orders/x/cancel', 'POST'],
    ['POST', '/products/p', 'GET, HEAD, PUT'],
    ['OPTIONS', '/orders', 'GET, HEAD, POST'],
    ['HEAD', '/events/stream', 'GET'],
  ] as const)('%s %s is 405 with Allow: %s', async (method, url, allow) => {
    const { app } = await createEdge();
    const answer = await app.inject({ method, url });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe(allow);
    if (method !== 'HEAD') expect(problemOf.parse(answer.json()).type).toBe('/problems/method-not-allowed');
  });
});

describe('an unexpected error', () => {
  it('is 500 without a word of its inside, and is logged with the request id', async () => {
    const { get, replaced, lines, log } = await createEdge();
    const error = Object.assign(new Error('SQL broke for ada@example.com'), {
      card: '4242',
      statusCode: 418,
    });
    replaced.get = () => Promise.reject(error);
    const answer = await get('/orders/x');
    expect(answer.statusCode).toBe(500);
    expect(problemOf.parse(answer.json()).type).toBe('/problems/internal-error');
    expect(answer.body).not.toMatch(/SQL|ada|stack|at /);
    const [line] = lines;
    expect(line).toMatchObject({
      level: 50,
      requestId: answer.headers['x-request-id'],
      route: '/orders/:id',
    });
    expect(line?.['error']).toMatch(/SQL broke for \[e-mail\]/);
    expect(log()).not.toContain('4242');
  });

  it('of a start is not shown either', async () => {
    const { get, replaced } = await createEdge();
    const inUse = new AppError('store-in-use', '/var/lib/orders.db is open in process 17');
    replaced.get = () => Promise.reject(inUse);
    const answer = await get('/orders/x');
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('/var/lib');
  });
});

describe('health', () => {
  it('is alive as long as it answers', async () => {
    const { get, runner } = await createEdge();
    await runner.close();
    expect((await get('/livez')).statusCode).toBe(200);
  });

  it('is ready when the host is', async () => {
    const { get } = await createEdge();
    const answer = await get('/readyz');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ ready: true, reason: null, unreadable: 0 });
  });

  it('is not ready when the storage is not, or the host is draining, and says why', async () => {
    const { get, runner } = await createEdge();
    await runner.close();
    const answer = await get('/readyz');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual({ ready: false, reason: 'the service is closing' });
  });

  it('is not ready when the check itself fails, without its inside', async () => {
    const { get, replaced } = await createEdge();
    replaced.health = () => Promise.reject(new Error('EIO /var/lib'));
    const answer = await get('/readyz');
    expect(answer.statusCode).toBe(503);
    expect(answer.body).not.toContain('/var/lib');
  });
});

describe('figures', () => {
  it('are printed for Prometheus, those of others too, and name routes but no orders', async () => {
    const { get, metrics } = await createEdge();
    const { Counter } = await import('prom-client');
    new Counter({ name: 'somebody_elses_total', help: 'x', registers: [metrics] }).inc();
    await get('/orders/order-77');
    await get('/nothing/here');
    const answer = await get('/metrics');
    expect(answer.headers['content-type']).toContain('text/plain; version=0.0.4');
    expect(answer.body).toContain('somebody_elses_total 1');
    expect(answer.body).toContain(
      'orderchart_http_request_seconds_count{method="GET",route="/orders/:id",status="404"} 1',
    );
    expect(answer.body).toContain('orderchart_event_streams 0');
    expect(answer.body).not.toMatch(/order-77|nothing\/here/);
  });
});

describe('the figures of messages', () => {
  it('count neither a refused order nor a refused move as failed', async () => {
    const { get, post, placeOrder } = await createEdge();
    const { location } = (await placeOrder()).headers;
    expect((await post(`${location}/refunds`, {}, { 'idempotency-key': 'k' })).statusCode).toBe(409);
    expect((await post(`${location}/cancel`, {}, { 'if-match': '"1"' })).statusCode).toBe(412);
    const { body } = await get('/metrics');
    expect(body).toContain('orderchart_messages_failed_total 0');
    expect(body).toContain('orderchart_messages_processed_total{disposition="applied"} 3');
  });
});

describe('the root', () => {
  it('says where everything is', async () => {
    const { get } = await createEdge();
    const links: Record<string, string> = (await get('/')).json();
    expect(links).toMatchObject({ service: 'orderchart', openapi: '/openapi.json', orders: '/orders' });
    for (const [name, link] of Object.entries(links)) {
      if (name !== 'service') expect((await get(link)).statusCode).toBe(200);
    }
  });
});

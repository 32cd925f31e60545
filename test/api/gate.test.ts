// Which requests a listening server lets in: names (DNS rebinding), pages of other sites, media types, and CORS.
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../src/config.ts';
import { exchange, listen, openSocket, readAll } from './connections.ts';
import { createEdge, problemOf, sampleOrder } from './edge.ts';

const json = { 'content-type': 'application/json' };
const open = async (settings: Record<string, string> = {}) => listen(await createEdge({ settings }));
const codeOf = (body: string): string => problemOf.parse(JSON.parse(body)).type;

describe('a name', () => {
  it.each(['127.0.0.1', '127.0.0.1:3000', 'localhost', 'LOCALHOST:8080', '[::1]', '[::1]:3000'])(
    'of loopback opens the service: %s',
    async (host) => {
      await using edge = await open();
      expect((await exchange(`${edge.url}/orders`, { headers: { host } })).status).toBe(200);
    },
  );

  it.each([
    ...['example.com', 'example.com:3000', '127.0.0.1.example.com', 'localhost.example.com', '192.168.1.7'],
    ...[
      'user@localhost',
      'localhost@example.com',
      'localhost/orders',
      'localhost:3000:80',
      'localhost,example.com',
    ],
  ])('that is not ours is 421 for every route: %s', async (host) => {
    await using edge = await open({ PUBLIC_HOSTS: 'shop.example' });
    for (const path of [
      '/',
      '/orders',
      '/metrics',
      '/openapi.json',
      '/docs',
      '/docs/static/index.css',
      '/nothing',
    ]) {
      const answer = await exchange(`${edge.url}${path}`, { headers: { host } });
      expect(answer.status).toBe(421);
      expect(codeOf(answer.body)).toBe('/problems/unknown-host');
    }
    const placed = await exchange(`${edge.url}/orders`, {
      method: 'POST',
      headers: { ...json, host, 'idempotency-key': 'key-1' },
      body: JSON.stringify(sampleOrder),
    });
    expect(placed.status).toBe(421);
    expect(await edge.runner.list({ limit: 1 })).toEqual([]);
  });

  it.each(['/orders/%zz', `/orders/${'a'.repeat(601)}`])(
    'that is not ours is 421 before the address is looked at: %s',
    async (path) => {
      await using edge = await open();
      expect((await exchange(`${edge.url}${path}`, { headers: { host: 'example.com' } })).status).toBe(421);
    },
  );

  it.each(['/livez', '/readyz'])('may be any for the probe %s', async (path) => {
    await using edge = await open();
    expect((await exchange(`${edge.url}${path}`, { headers: { host: '10.0.0.7:3000' } })).status).toBe(200);
  });

  it.each(['shop.example', 'SHOP.example:8443', 'xn--bcher-kva.example'])(
    'in PUBLIC_HOSTS opens the service: %s',
    async (host) => {
      await using edge = await open({ PUBLIC_HOSTS: 'Shop.Example, bücher.example' });
      expect((await exchange(`${edge.url}/orders`, { headers: { host } })).status).toBe(200);
    },
  );

  it('that is missing (HTTP/1.0) is 421, and one in the address counts as well as the header', async () => {
    await using edge = await open();
    const ask = async (head: string) => {
      const socket = await openSocket(edge.port);
      socket.write(`${head}\r\nConnection: close\r\n\r\n`);
      return readAll(socket);
    };
    expect(await ask('GET /orders HTTP/1.0')).toMatch(/^HTTP\/1\.1 421 /);
    expect(await ask('GET http://localhost/orders HTTP/1.1\r\nHost: localhost')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await ask('GET http://example.com/orders HTTP/1.1\r\nHost: localhost')).toMatch(
      /^HTTP\/1\.1 421 /,
    );
  });

  it.each([
    [{ PUBLIC_HOSTS: 'https://shop.example' }, 'PUBLIC_HOSTS'],
    [{ PUBLIC_HOSTS: 'shop.example:443/x' }, 'PUBLIC_HOSTS'],
    [{ PUBLIC_HOSTS: '*' }, 'PUBLIC_HOSTS'],
    [{ CORS_ORIGINS: '*' }, 'CORS_ORIGINS'],
    [{ PUBLIC_URL: 'shop.example' }, 'PUBLIC_URL'],
    [{ PUBLIC_URL: 'ftp://shop.example' }, 'PUBLIC_URL'],
    [{ PUBLIC_URL: 'https://shop.example/desk?x=1' }, 'PUBLIC_URL'],
    [{ PUBLIC_URL: 'https://user@shop.example' }, 'PUBLIC_URL'],
    [{ PUBLIC_URL: 'https://shop.example/a&b' }, 'PUBLIC_URL'],
    [{ TRUST_PROXY: 'true' }, 'TRUST_PROXY'],
    [{ TRUST_PROXY: 'proxy.example' }, 'TRUST_PROXY'],
    [{ TRUST_PROXY: '10.0.0.0/33' }, 'TRUST_PROXY'],
    [{ CORS_ORIGINS: 'https://shop.example/' }, 'CORS_ORIGINS'],
    [{ CORS_ORIGINS: 'null' }, 'CORS_ORIGINS'],
  ])(
    'or another setting of who may come in that cannot be one is refused at the start: %j',
    (settings, name) => {
      expect(() => readSettings(settings)).toThrow(new RegExp(`^Invalid ${name}=.*must be`));
    },
  );
});

describe('a page', () => {
  it.each<[string, Record<string, string>]>([
    ['of another site', { origin: 'https://example.com' }],
    ['of another service on this machine', { origin: 'http://127.0.0.1:1' }],
    ['without an origin', { origin: 'null' }],
    ['of another site whose browser hides the origin', { 'sec-fetch-site': 'cross-site' }],
    ['of no origin that exists', { origin: 'localhost' }],
  ])('%s changes nothing: 403', async (_what, headers) => {
    await using edge = await open();
    await edge.add('order-1');
    const before = await edge.stored();
    const product = JSON.stringify({ name: 'Cup', unitPrice: 1, currency: 'EUR', onHand: 1 });
    for (const [method, path, body] of [
      ['POST', '/orders/order-1/cancel', ''],
      ['POST', '/orders', JSON.stringify(sampleOrder)],
      ['POST', '/migrations', JSON.stringify({ to: '2' })],
      ['PUT', '/products/product-1', product],
      ['DELETE', '/orders/order-1', ''],
    ] as const) {
      const answer = await exchange(`${edge.url}${path}`, {
        method,
        headers: { ...json, 'idempotency-key': 'key-1', ...headers },
        body,
      });
      expect(answer.status).toBe(403);
      expect(codeOf(answer.body)).toBe('/problems/foreign-origin');
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
    expect(await edge.stored()).toEqual(before);
  });

  it.each(['127.0.0.1', 'localhost'])('of the service itself may change something, as %s', async (name) => {
    await using edge = await open();
    await edge.add('order-1');
    const host = `${name}:${edge.port}`;
    const headers = { ...json, host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
    expect((await exchange(`${edge.url}/orders/order-1/cancel`, { method: 'POST', headers })).status).toBe(
      200,
    );
  });

  it('of the service behind TLS may change something, whatever the port that is left out', async () => {
    await using edge = await open({ PUBLIC_HOSTS: 'shop.example' });
    await edge.add('order-1');
    const headers = { ...json, host: 'shop.example', origin: 'https://shop.example' };
    expect((await exchange(`${edge.url}/orders/order-1/cancel`, { method: 'POST', headers })).status).toBe(
      200,
    );
  });
});

describe('a move', () => {
  it.each<Record<string, string>>([
    {},
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/x-www-form-urlencoded' },
    { 'content-type': 'text/plain; application/json' },
  ])('without a body needs application/json: %j is 415', async (headers) => {
    await using edge = await open();
    await edge.add('order-1');
    const before = await edge.stored();
    for (const move of ['cancel', 'capture', 'refunds', 'retry', 'resolve']) {
      const answer = await exchange(`${edge.url}/orders/order-1/${move}`, { method: 'POST', headers });
      expect(answer.status).toBe(415);
      expect(codeOf(answer.body)).toBe('/problems/unsupported-media-type');
    }
    expect(await edge.stored()).toEqual(before);
  });

  it('with application/json needs no body', async () => {
    await using edge = await open();
    await edge.add('order-1');
    const answer = await exchange(`${edge.url}/orders/order-1/cancel`, { method: 'POST', headers: json });
    expect(answer.status).toBe(200);
  });
});

describe('an origin', () => {
  const asking = {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type',
  };
  const [desk, other] = ['https://desk.example', 'https://example.com'];

  it('is let in nowhere unless it is named', async () => {
    await using edge = await open();
    const asked = await exchange(`${edge.url}/orders`, {
      method: 'OPTIONS',
      headers: { origin: desk, ...asking },
    });
    expect(asked.status).toBe(405);
    const read = await exchange(`${edge.url}/orders`, { headers: { origin: desk } });
    for (const { headers } of [asked, read]) {
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it('in CORS_ORIGINS gets its preflight, reads, streams and moves', async () => {
    await using edge = await open({ CORS_ORIGINS: `${desk},https://two.example` });
    await edge.add('order-1');
    const address = `${edge.url}/orders/order-1/cancel`;
    const asked = await exchange(address, { method: 'OPTIONS', headers: { origin: desk, ...asking } });
    expect(asked).toMatchObject({ status: 204, body: '' });
    expect(asked.headers['access-control-allow-origin']).toBe(desk);
    expect(asked.headers['access-control-allow-methods']).toContain('POST');
    for (const name of ['idempotency-key', 'traceparent', 'tracestate']) {
      expect(asked.headers['access-control-allow-headers']?.split(', ')).toContain(name);
    }
    const site = { origin: desk, 'sec-fetch-site': 'cross-site' };
    const moved = await exchange(address, { method: 'POST', headers: { ...json, ...site } });
    const refused = await exchange(address, { method: 'POST', headers: { ...json, ...site } });
    const read = await exchange(`${edge.url}/orders/order-1`, { headers: site });
    expect([moved.status, refused.status, read.status]).toEqual([200, 409, 200]);
    const stream = await fetch(`${edge.url}/events/stream`, { headers: { origin: desk } });
    await stream.body?.cancel();
    expect(stream.headers.get('access-control-allow-origin')).toBe(desk);
    for (const { headers } of [moved, refused, read]) {
      expect(headers['access-control-allow-origin']).toBe(desk);
      expect(headers['access-control-expose-headers']).toContain('etag');
      expect(headers.vary).toBe('origin');
    }
  });

  it('that is not in CORS_ORIGINS gets nothing beside it, and caches keep the two apart', async () => {
    await using edge = await open({ CORS_ORIGINS: desk });
    const headers = { origin: other };
    const asked = await exchange(`${edge.url}/orders`, {
      method: 'OPTIONS',
      headers: { ...headers, ...asking },
    });
    const read = await exchange(`${edge.url}/orders`, { headers });
    expect([asked.status, read.status]).toEqual([405, 200]);
    for (const { headers } of [asked, read]) {
      expect(headers['access-control-allow-origin']).toBeUndefined();
      expect(headers.vary).toBe('origin');
    }
  });
});

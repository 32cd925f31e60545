// A service behind a URL (src/services/http.ts): what each HTTP outcome says of the money, and what is sent.
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { callService } from '../../src/service.ts';
import { httpService } from '../../src/services/http.ts';
import { shop } from '../../src/shop/shop.ts';
import { toCall } from '../contracts/service.ts';
import { closedUrl, openServer, openSockets } from './http-server.ts';
import { charge, lookUp } from './simulated-gateway.ts';

const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const nextSecret = `whsec_${Buffer.alloc(24, 2).toString('base64')}`;
const charged = { type: 'gateway.charged', transactionId: 'txn_1', amount: 17500, currency: 'USD' };
const json = JSON.stringify(charged);

const notDone = (reason: string) => ({ type: 'gateway.failed', reason });
const unknown = { type: 'gateway.unknown', reason: 'no-answer' };

const ask = (url: string, command: Parameters<typeof toCall>[1] = charge(), timeoutMs = 5000) => {
  const service = httpService({ name: 'gateway', url, secret: [secret, nextSecret] });
  const at = systemClock.now();
  return callService(shop, service, toCall('gateway', command, { at, keyFirstUsedAt: at }), {
    clock: systemClock,
    timeoutMs,
    makeWithinMs: 20_000,
    signal: new AbortController().signal,
  });
};
const answering = async (status: number, body = json, headers: Record<string, string> = {}) =>
  openServer((response) => response.writeHead(status, headers).end(body));

describe('an answer of the gateway', () => {
  it.each<[string, number, string, object]>([
    ['200 with a reply', 200, json, charged],
    ['200 that declines', 200, '{"type":"gateway.declined","code":"no"}', { type: 'gateway.declined' }],
    ['200 with a reply for its key', 200, JSON.stringify({ ...charged, key: charge().key }), charged],
    ['200 with a reply for another key', 200, JSON.stringify({ ...charged, key: 'other' }), unknown],
    ['200 that is empty', 200, '', unknown],
    ['200 that is not JSON', 200, '<html>', unknown],
    ['200 that is a list', 200, '[]', unknown],
    ['200 without an amount', 200, '{"type":"gateway.charged","transactionId":"t"}', unknown],
    ['200 with an amount in fractions', 200, JSON.stringify({ ...charged, amount: 1.5 }), unknown],
    ['200 with a field too many', 200, JSON.stringify({ ...charged, more: 1 }), unknown],
    ['200 with a message of another service', 200, '{"type":"mailer.sent"}', unknown],
    ['200 with an unknown message', 200, '{"type":"gateway.paid"}', unknown],
    ['200 that is too large', 200, json.padEnd(65_537), unknown],
    ['201', 201, json, unknown],
    ['202', 202, json, unknown],
    ['204', 204, '', unknown],
    ['400', 400, json, notDone('http-400')],
    ['401', 401, json, notDone('http-401')],
    ['403', 403, '', notDone('http-403')],
    ['404', 404, '', notDone('http-404')],
    ['402, which no service should answer', 402, '', unknown],
    ['408, which may be about a request that arrived', 408, '', unknown],
    ['409: the key is in progress', 409, '', unknown],
    ['422: the key was used with other parameters', 422, '', unknown],
    ['425', 425, '', unknown],
    ['429 without Retry-After', 429, '', notDone('rate-limited')],
    ['499, a proxy that gave up', 499, '', unknown],
    ['500', 500, json, unknown],
    ['502', 502, '', unknown],
    ['503', 503, '', unknown],
    ['504', 504, '', unknown],
  ])('%s', async (_what, status, body, expected) => {
    const { url } = await answering(status, body);
    expect(await ask(url)).toMatchObject({ ...expected, key: charge().key, attempt: 1 });
  });

  it.each([301, 302, 303, 307, 308])('%d is never followed', async (status) => {
    const target = await answering(200);
    const { url } = await answering(status, '', { location: target.url });
    expect(await ask(url)).toMatchObject(unknown);
    expect(target.seen).toEqual([]);
  });
});

describe('a connection to the gateway', () => {
  it('that is refused certainly charged nothing', async () => {
    expect(await ask(await closedUrl())).toMatchObject(notDone('not-connected'));
  });
  it('to a name that does not exist certainly charged nothing', async () => {
    expect(await ask('http://gateway.invalid/')).toMatchObject(notDone('not-connected'));
  });
  it('that is reset after the request may have charged', async () => {
    const url = await openSockets((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await ask(url)).toMatchObject(unknown);
  });
  it('that is reset in the middle of the answer may have charged', async () => {
    const url = await openSockets((socket) =>
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${json.length}\r\n\r\n${json.slice(0, 20)}`);
        setImmediate(() => socket.resetAndDestroy());
      }),
    );
    expect(await ask(url)).toMatchObject(unknown);
  });
  it('that ends before all of the answer may have charged', async () => {
    const url = await openSockets((socket) =>
      socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n${json}`)),
    );
    expect(await ask(url)).toMatchObject(unknown);
  });
  it('that never answers may have charged', async () => {
    const { url, seen } = await openServer(() => undefined);
    expect(await ask(url, charge(), 200)).toMatchObject(unknown);
    expect(seen).toHaveLength(1);
  });
  it('that answers what is no HTTP may have charged', async () => {
    const url = await openSockets((socket) => socket.once('data', () => socket.end('charged\r\n\r\n')));
    expect(await ask(url)).toMatchObject(unknown);
  });
  it('to a certificate that nobody signed sends nothing', async () => {
    const { url, seen } = await openServer((response) => response.end(json), true);
    expect(await ask(url)).toMatchObject(notDone('not-connected'));
    expect(seen).toEqual([]);
  });
  it('to what speaks no TLS sends nothing of the command', async () => {
    const received: string[] = [];
    const url = await openSockets((socket) => {
      socket.on('data', (bytes) => received.push(bytes.toString('latin1')));
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    }, 'https');
    expect(await ask(url)).toMatchObject(notDone('not-connected'));
    expect(received.join('')).not.toContain('gateway.charge');
  });
  it('that is reset before the request is sent charged nothing', async () => {
    const url = await openSockets((socket) => socket.once('data', () => socket.resetAndDestroy()), 'https');
    expect(await ask(url)).toMatchObject(notDone('not-connected'));
  });
});

describe('a gateway that takes no more', () => {
  const busyOnce = (retryAfter: string) => {
    let count = 0;
    return openServer((response) => {
      count += 1;
      if (count === 1) response.writeHead(429, { 'retry-after': retryAfter }).end();
      else response.end(json);
    });
  };
  it.each(['0', '1'])('is asked again with the same key after Retry-After: %s', async (retryAfter) => {
    const { url, seen } = await busyOnce(retryAfter);
    expect(await ask(url)).toMatchObject(charged);
    expect(seen.map(({ headers }) => headers['idempotency-key'])).toEqual([charge().key, charge().key]);
    expect(seen[1]?.headers['webhook-id']).toBe(seen[0]?.headers['webhook-id']);
  });
  it.each(['60', new Date(Date.now() + 60_000).toUTCString(), 'soon'])(
    'is not waited for beyond the deadline of the call: %s',
    async (retryAfter) => {
      const { url, seen } = await busyOnce(retryAfter);
      expect(await ask(url)).toMatchObject(notDone('rate-limited'));
      expect(seen).toHaveLength(1);
    },
  );
});

describe('a request to the gateway', () => {
  it('has the command, its key, the deadline and a signature of each secret', async () => {
    const { url, seen } = await answering(200);
    const before = Date.now();
    await ask(url);
    const [{ headers, body } = { headers: {}, body: '' }] = seen;
    expect(JSON.parse(body)).toEqual({
      ...{ orderId: 'order-1', correlationId: 'correlation-1', decidedAt: expect.any(String) },
      command: charge(),
    });
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': charge().key });
    const left = Number(headers['orderchart-timeout-ms']);
    expect(left).toBeGreaterThan(4000);
    expect(left).toBeLessThanOrEqual(5000);
    expect(Date.parse(String(headers['orderchart-deadline']))).toBeGreaterThanOrEqual(before + 5000);
    const signed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    for (const each of [secret, nextSecret]) expect(new Webhook(each).verify(body, signed)).toBeTruthy();
    const other = new Webhook(`whsec_${Buffer.alloc(24, 3).toString('base64')}`);
    expect(() => other.verify(body, signed)).toThrow('No matching signature');
  });

  it('that looks a charge up does not have the key of the charge as its own', async () => {
    const { url, seen } = await answering(200, '{"type":"gateway.absent"}');
    expect(await ask(url, lookUp())).toMatchObject({ type: 'gateway.absent' });
    expect(seen[0]?.headers['idempotency-key']).toBeUndefined();
    expect(JSON.parse(seen[0]?.body ?? '').command.key).toBe(charge().key);
  });

  it('belongs to the trace of its order', async () => {
    const { url, seen } = await answering(200);
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const call = { ...toCall('gateway', charge()), signal: new AbortController().signal };
    await httpService({ name: 'gateway', url, secret }).answer({ ...call, traceHeaders: { traceparent } });
    expect(seen[0]?.headers['traceparent']).toBe(traceparent);
  });

  it('is not made for a call that was given up', async () => {
    const { url, seen } = await answering(200);
    const call = { ...toCall('gateway', charge()), signal: AbortSignal.abort() };
    await expect(httpService({ name: 'gateway', url, secret }).answer(call)).rejects.toThrow();
    expect(seen).toEqual([]);
  });
});

it.each([
  ['ftp://pay.example', secret],
  ['pay.example', secret],
  ['https://user:word@pay.example', secret],
  ['https://pay.example/#part', secret],
  ['https://pay.example', 'word'],
  ['https://pay.example', `whsec_${Buffer.alloc(23).toString('base64')}`],
  ['https://pay.example', []],
])('a service at %s with the secret %s is refused, and the secret is not shown', (url, given) => {
  const open = () => httpService({ name: 'gateway', url, secret: given });
  expect(open).toThrow(/^The service 'gateway' cannot be called: its (URL|secret) must be/);
});

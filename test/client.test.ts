// `orderchart/client` with a real service, and with one that is made up where it has to fail on demand.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../src/client.ts';
import { makeFolder, type Server, startServer } from './e2e/server.ts';

const order = {
  customerId: 'customer-1',
  email: 'ada@example.com',
  currency: 'USD',
  items: [{ productId: 'product-1', quantity: 1 }],
};
const quick = { PAYMENT_DELAY_MS: '0', MAIL_DELAY_MS: '0', PAYMENT_DECLINE_RATE: '0', LOG_LEVEL: 'warn' };

describe('with a real service', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let server: Server;
  beforeAll(async () => {
    folder = await makeFolder();
    server = await startServer(folder.path, quick, 'start');
  });
  afterAll(async () => {
    await server.stop();
    await folder.remove();
  });

  test('an order is placed, read, listed, refunded and refused with a problem, without a key being made by hand', async () => {
    const client = createClient({ url: `${server.url}/` });
    const placed = await client.POST('/orders', { params: { header: { prefer: 'wait=10' } }, body: order });
    expect(placed.error).toBeUndefined();
    expect(placed.data).toMatchObject({ state: 'completed', settled: true });
    const id = placed.data?.id ?? '';
    const read = await client.GET('/orders/{id}', { params: { path: { id } } });
    expect(read.data?.version).toBe(placed.data?.version);
    const listed = await client.GET('/orders', { params: { query: { settled: true, limit: 5 } } });
    expect(listed.data?.orders.map((each) => each.id)).toContain(id);
    const refunded = await client.POST('/orders/{id}/refunds', {
      params: { path: { id } },
      body: { amount: 1000 },
    });
    expect(refunded.response.status).toBe(201);
    const refused = await client.POST('/orders/{id}/cancel', { params: { path: { id } }, body: {} });
    expect(refused.error).toMatchObject({ type: '/problems/move-not-allowed', status: 409 });
    const adjusted = await client.POST('/products/{id}/adjustments', {
      params: { path: { id: 'product-2' } },
      body: { by: 5, reason: 'delivery' },
    });
    expect(adjusted.data?.productId).toBe('product-2');
  });

  test('the same key twice gets the first answer, another key is another order', async () => {
    const client = createClient({ url: server.url });
    const place = (key?: string) =>
      client.POST('/orders', {
        params: { header: key === undefined ? {} : { 'idempotency-key': key } },
        body: order,
      });
    const [first, again, other, another] = [await place('k'), await place('k'), await place(), await place()];
    expect(again.data?.id).toBe(first.data?.id);
    expect(new Set([first, other, another].map(({ data }) => data?.id)).size).toBe(3);
  });
});

describe('with a service that fails', () => {
  const createService = (answers: readonly (() => Response)[]) => {
    const requests: Request[] = [];
    const client = createClient({
      url: 'http://shop.example/desk',
      key: 'secret',
      fetch: async (request) => {
        requests.push(request);
        const answer = answers[requests.length - 1];
        if (answer === undefined) throw new Error('asked too often');
        return answer();
      },
    });
    return { client, requests };
  };
  const noAnswer = (): Response => {
    throw new TypeError('fetch failed');
  };
  const busy =
    (status: number, seconds = '0') =>
    () =>
      new Response('{}', { status, headers: { 'retry-after': seconds } });
  const fine = () => Response.json({ id: 'order-1' }, { status: 201 });

  test('a request has the key of the client and the path of its address', async () => {
    const { client, requests } = createService([fine]);
    await client.GET('/orders/{id}', { params: { path: { id: 'a/b' } } });
    expect(requests[0]?.url).toBe('http://shop.example/desk/orders/a%2Fb');
    expect(requests[0]?.headers.get('authorization')).toBe('Bearer secret');
    expect(requests[0]?.headers.has('idempotency-key')).toBe(false);
  });

  test.each([
    ['no answer came', noAnswer],
    ['the first one is still running', busy(409)],
    ['too many came', busy(429)],
    ['the service is overloaded', busy(503)],
  ])('an order is sent again with the same key and body where %s', async (_why, refusal) => {
    const { client, requests } = createService([refusal, refusal, fine]);
    const { data } = await client.POST('/orders', { body: order });
    expect(data?.id).toBe('order-1');
    expect(new Set(requests.map(({ headers }) => headers.get('idempotency-key')))).toEqual(
      new Set([expect.stringMatching(/^[0-9a-f]{32}$/)]),
    );
    expect(await Promise.all(requests.map((request) => request.json()))).toEqual([order, order, order]);
  });

  test('a change without a key is not sent again where it may have been done', async () => {
    const { client, requests } = createService([noAnswer, fine]);
    const body = { name: 'Kettle', unitPrice: 1, currency: 'EUR' };
    const put = client.PUT('/products/{id}', { params: { path: { id: 'product-1' } }, body });
    await expect(put).rejects.toThrow('fetch failed');
    expect(requests).toHaveLength(1);
  });

  test('a new API key and a note are not asked for again where no answer came, and are while the service is busy', async () => {
    const path = { id: 'a' };
    const asked: readonly ((client: ReturnType<typeof createService>['client']) => Promise<unknown>)[] = [
      ({ POST }) => POST('/keys', { body: { principal: 'ada', scopes: ['orders:read'] } }),
      ({ POST }) => POST('/keys/{id}/rotate', { params: { path }, body: {} }),
      ({ POST }) => POST('/orders/{id}/notes', { params: { path }, body: { text: 'called her' } }),
    ];
    for (const ask of asked) {
      const lost = createService([noAnswer, fine]);
      await expect(ask(lost.client)).rejects.toThrow('fetch failed');
      expect(lost.requests).toHaveLength(1);
      expect(await ask(createService([busy(429), fine]).client)).toMatchObject({ data: { id: 'order-1' } });
    }
  });

  test('a refusal that says nothing of later, or of much later, is passed on at once', async () => {
    for (const refusal of [() => new Response('{}', { status: 409 }), busy(503, '3600')]) {
      const { client, requests } = createService([refusal, fine]);
      expect((await client.POST('/orders', { body: order })).response.ok).toBe(false);
      expect(requests).toHaveLength(1);
    }
  });

  test('the third failure is passed on', async () => {
    const { client } = createService([noAnswer, noAnswer, noAnswer, fine]);
    await expect(client.GET('/orders')).rejects.toThrow('fetch failed');
    const busyClient = createService([busy(503), busy(503), busy(503), fine]).client;
    expect((await busyClient.GET('/orders')).response.status).toBe(503);
  });

  test('a caller that gives up ends the pause before the next try', async () => {
    const { client, requests } = createService([busy(503, '20'), fine]);
    const leaving = new AbortController();
    const asked = client.GET('/orders', { signal: leaving.signal });
    while (requests.length === 0) await new Promise(setImmediate);
    leaving.abort(new Error('gave up'));
    await expect(asked).rejects.toThrow('gave up');
  });
});

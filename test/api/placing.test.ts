// POST /orders: what is stored, what is answered, and what a repetition gets.
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { createEdge, problemOf, sampleOrder } from './edge.ts';

describe('placing an order', () => {
  it('answers 201 with its address, its ETag and the view, after the commit', async () => {
    const { placeOrder, host } = createEdge();
    const answer = await placeOrder();
    expect(answer.statusCode).toBe(201);
    const order = answer.json();
    expect(answer.headers.location).toBe(`/orders/${order.id}`);
    expect(answer.headers.etag).toBe('"1"');
    expect(answer.headers['content-type']).toContain('application/json');
    expect(host.orders.get(order.id)?.state).toBe('validating');
    expect(order).toMatchObject({
      state: 'validating',
      settled: false,
      createdAt: '2026-01-31T12:00:00.000Z',
    });
  });

  it('takes names, prices and totals from the catalogue', async () => {
    const { placeOrder, host } = createEdge();
    const answer = await placeOrder();
    expect(answer.json().amount).toBe(17_500);
    expect(host.placements).toEqual([
      {
        customerId: 'customer-1',
        email: 'ada@example.com',
        currency: 'EUR',
        items: [
          { productId: 'product-1', name: 'Kettle', quantity: 2, unitPrice: 5000, lineTotal: 10_000 },
          { productId: 'product-2', name: 'Toaster', quantity: 1, unitPrice: 7500, lineTotal: 7500 },
        ],
        amount: 17_500,
      },
    ]);
  });

  it('has every wrong line in one answer, and stores nothing', async () => {
    const { placeOrder, host } = createEdge();
    const before = host.stored();
    const answer = await placeOrder(
      {},
      {
        ...sampleOrder,
        items: [
          { productId: 'product-9', quantity: 1 },
          { productId: 'product-1', quantity: 1, unitPrice: 4999 },
          { productId: 'product-3', quantity: 1 },
        ],
      },
    );
    expect(answer.statusCode).toBe(422);
    const problem = problemOf.parse(answer.json());
    expect(problem.type).toBe('/problems/unknown-product');
    expect(problem.errors).toEqual([
      { path: '/items/0/productId', message: 'is not in the catalogue' },
      { path: '/items/1/unitPrice', message: 'is not the price in the catalogue, which is 5000' },
      { path: '/items/2/productId', message: 'is sold in USD, not in EUR' },
    ]);
    expect(host.stored()).toEqual(before);
  });

  it.each([
    ['price-mismatch', { productId: 'product-1', quantity: 1, unitPrice: 1 }],
    ['currency-mismatch', { productId: 'product-3', quantity: 1 }],
    ['unknown-product', { productId: 'constructor', quantity: 1 }],
  ])('is refused with %s, and nothing is stored', async (code, item) => {
    const { placeOrder, host } = createEdge();
    const answer = await placeOrder({}, { ...sampleOrder, items: [item] });
    expect(answer.statusCode).toBe(422);
    expect(problemOf.parse(answer.json()).type).toBe(`/problems/${code}`);
    expect(host.placements).toEqual([]);
  });

  it('is refused where the total is too large to be exact, and nothing is stored', async () => {
    const { placeOrder, host, catalogue } = createEdge();
    catalogue.set('gold', { name: 'Gold', unitPrice: 100_000_000_000, currency: 'EUR', onHand: 10 });
    const items = Array.from({ length: 10 }, () => ({ productId: 'gold', quantity: 10_000 }));
    const answer = await placeOrder({}, { ...sampleOrder, items });
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors?.[0]?.path).toBe('/items');
    expect(host.placements).toEqual([]);
  });

  it('is refused where there is nothing to pay for, and nothing is stored', async () => {
    const { placeOrder, host, catalogue } = createEdge();
    catalogue.set('gift', { name: 'Gift', unitPrice: 0, currency: 'EUR', onHand: 10 });
    const answer = await placeOrder({}, { ...sampleOrder, items: [{ productId: 'gift', quantity: 2 }] });
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors).toEqual([
      { path: '/items', message: 'come to 0: there is nothing to pay for' },
    ]);
    expect(host.placements).toEqual([]);
  });

  it.each([
    ['overloaded', '1'],
    ['closing', '5'],
    ['store-unavailable', '5'],
  ] as const)(
    'answers 503 with Retry-After where the refusal is %s, and nothing is stored',
    async (code, seconds) => {
      const { placeOrder, host } = createEdge();
      host.failing.place = new AppError(code, 'not now');
      const answer = await placeOrder();
      expect(answer.statusCode).toBe(503);
      expect(answer.headers['retry-after']).toBe(seconds);
      expect(problemOf.parse(answer.json()).type).toBe(`/problems/${code}`);
      expect(host.placements).toEqual([]);
    },
  );

  it('answers 503 before it reads a body where the host has no room, and reading goes on', async () => {
    const { placeOrder, host, get, post } = createEdge();
    host.roomNow = false;
    const refused = await post('/orders', 'not even JSON', { 'content-type': 'application/json' });
    expect(refused.statusCode).toBe(503);
    expect(refused.headers['retry-after']).toBe('1');
    expect(problemOf.parse(refused.json()).type).toBe('/problems/overloaded');
    expect((await get('/orders')).statusCode).toBe(200);
    expect((await post('/nothing')).statusCode).toBe(404);
    host.roomNow = true;
    expect((await placeOrder()).statusCode).toBe(201);
  });
});

describe('an idempotency key', () => {
  it('is required, and nothing is stored without one', async () => {
    const { post, host } = createEdge();
    const answer = await post('/orders', sampleOrder);
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).type).toBe('/problems/idempotency-key-missing');
    expect(host.placements).toEqual([]);
  });

  it.each([
    ['empty', ''],
    ['longer than 255 characters', 'k'.repeat(256)],
    ['with a blank in it', 'key 1'],
    ['a string that is not closed', '"key'],
    ['two keys', '"a", "b"'],
    ['not ASCII', 'schlüssel'],
  ])('is refused when it is %s, and nothing is stored', async (_what, key) => {
    const { placeOrder, host } = createEdge();
    const answer = await placeOrder({ 'idempotency-key': key });
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).type).toBe('/problems/invalid-request');
    expect(host.placements).toEqual([]);
  });

  it.each([['k'], ['k'.repeat(255)], ['"quoted \\" and \\\\"'], ['8e03978e-40d5-43dd-bc93-6894a57f9324']])(
    'may be %s',
    async (key) => {
      const { placeOrder } = createEdge();
      expect((await placeOrder({ 'idempotency-key': key })).statusCode).toBe(201);
    },
  );

  it('is the same quoted and bare', async () => {
    const { placeOrder, host } = createEdge();
    const first = await placeOrder({ 'idempotency-key': '"key-7"' });
    const second = await placeOrder({ 'idempotency-key': 'key-7' });
    expect(second.body).toBe(first.body);
    expect(host.placements).toHaveLength(1);
  });

  it('replays the first status and the very bytes, and says so', async () => {
    const { placeOrder, host } = createEdge();
    const first = await placeOrder();
    host.change(first.json().id, { state: 'completed', settled: true });
    const second = await placeOrder();
    expect(second.statusCode).toBe(first.statusCode);
    expect(second.body).toBe(first.body);
    expect(host.records.get('orders key-1')?.body).toBe(first.body);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(second.headers.location).toBe(first.headers.location);
    expect(second.headers.etag).toBe(first.headers.etag);
    expect(host.placements).toHaveLength(1);
  });

  it('replays also when the order of the fields differs', async () => {
    const { placeOrder, host } = createEdge();
    await placeOrder();
    const reversed = Object.fromEntries(Object.entries(sampleOrder).reverse());
    expect((await placeOrder({}, reversed)).headers['idempotency-replayed']).toBe('true');
    expect(host.placements).toHaveLength(1);
  });

  it('replays also when the price has changed since', async () => {
    const { placeOrder, catalogue } = createEdge();
    const first = await placeOrder();
    catalogue.set('product-1', { name: 'Kettle', unitPrice: 9999, currency: 'EUR', onHand: 1 });
    const second = await placeOrder();
    expect(second.statusCode).toBe(201);
    expect(second.body).toBe(first.body);
  });

  it('is refused with 422 for another body, and nothing is stored', async () => {
    const { placeOrder, host } = createEdge();
    await placeOrder();
    const before = host.stored();
    const answer = await placeOrder({}, { ...sampleOrder, customerId: 'customer-2' });
    expect(answer.statusCode).toBe(422);
    expect(problemOf.parse(answer.json()).type).toBe('/problems/idempotency-key-reused');
    expect(host.stored()).toEqual(before);
  });

  it('answers 409 while the first request is still running, and then replays', async () => {
    const { placeOrder, host } = createEdge();
    const { promise, resolve } = Promise.withResolvers<void>();
    host.gate = promise;
    const first = placeOrder();
    const waiting = placeOrder();
    const second = await Promise.race([first, waiting]);
    expect(second.statusCode).toBe(409);
    expect(problemOf.parse(second.json()).type).toBe('/problems/idempotency-key-in-use');
    resolve();
    expect((await first).statusCode).toBe(201);
    expect((await placeOrder()).headers['idempotency-replayed']).toBe('true');
    expect(host.placements).toHaveLength(1);
  });

  it('replays what another node has stored meanwhile', async () => {
    const { placeOrder, host } = createEdge();
    const first = await placeOrder();
    const record = host.records.get('orders key-1');
    host.records.clear();
    const { promise, resolve } = Promise.withResolvers<void>();
    host.gate = promise;
    const second = placeOrder();
    if (record !== undefined) host.records.set('orders key-1', record);
    resolve();
    expect((await second).body).toBe(first.body);
    expect(host.placements).toHaveLength(1);
  });

  it('is free again after a refusal', async () => {
    const { placeOrder, host } = createEdge();
    host.failing.place = new AppError('overloaded', 'not now');
    expect((await placeOrder()).statusCode).toBe(503);
    delete host.failing.place;
    expect((await placeOrder()).statusCode).toBe(201);
  });
});

describe('Prefer: wait', () => {
  const settle = { state: 'completed', settled: true };

  it('answers 201 when the order is settled, and the key stands for that answer', async () => {
    const { placeOrder, host, clock } = createEdge();
    const pending = placeOrder({ prefer: 'wait=5' });
    await host.until(() => host.waits === 1);
    const [id = ''] = host.orders.keys();
    host.change(id, settle);
    const answer = await pending;
    expect(answer.statusCode).toBe(201);
    expect(answer.json().state).toBe('completed');
    expect(answer.headers['preference-applied']).toBe('wait=5');
    expect(host.records.get('orders key-1')).toMatchObject({ status: 201, body: answer.body });
    expect((await placeOrder()).body).toBe(answer.body);
    expect(clock.timers()).toBe(0);
  });

  it('answers 202 with the current view when the time is over', async () => {
    const { placeOrder, host, clock } = createEdge();
    const pending = placeOrder({ prefer: 'respond-async, wait=5' });
    await host.until(() => host.waits === 1);
    const [id = ''] = host.orders.keys();
    host.change(id, { state: 'paying' });
    await clock.advance(5000);
    const answer = await pending;
    expect(answer.statusCode).toBe(202);
    expect(answer.json().state).toBe('paying');
    expect(answer.headers.location).toBe(`/orders/${id}`);
    expect(host.records.get('orders key-1')).toMatchObject({ status: 202, body: answer.body });
  });

  it('keeps the key in use until the answer is known', async () => {
    const { placeOrder, host, clock } = createEdge();
    const pending = placeOrder({ prefer: 'wait=5' });
    await host.until(() => host.waits === 1);
    expect((await placeOrder()).statusCode).toBe(409);
    await clock.advance(5000);
    expect((await pending).statusCode).toBe(202);
  });

  it('waits no longer than the limit', async () => {
    const { placeOrder, host, clock } = createEdge();
    const pending = placeOrder({ prefer: 'wait=999999' });
    await host.until(() => host.waits === 1);
    await clock.advance(60_000);
    const answer = await pending;
    expect(answer.headers['preference-applied']).toBe('wait=60');
    expect(answer.statusCode).toBe(202);
  });

  it('with no seconds answers at once', async () => {
    const { placeOrder } = createEdge();
    expect((await placeOrder({ prefer: 'wait=0' })).statusCode).toBe(202);
  });

  it.each([['wait'], ['wait=soon'], ['wait=-1'], ['wait=1.5'], ['wait=1e3']])(
    'is refused as %s, and nothing is stored',
    async (prefer) => {
      const { placeOrder, host } = createEdge();
      const answer = await placeOrder({ prefer });
      expect(answer.statusCode).toBe(400);
      expect(host.placements).toEqual([]);
    },
  );

  it('leaves other wishes alone', async () => {
    const { placeOrder } = createEdge();
    const answer = await placeOrder({ prefer: 'return=minimal' });
    expect(answer.statusCode).toBe(201);
    expect(answer.headers['preference-applied']).toBeUndefined();
  });

  it('sends the stored answer where it cannot be amended', async () => {
    const { placeOrder, host } = createEdge();
    host.failing.amend = new Error('disk full');
    const pending = placeOrder({ prefer: 'wait=5' });
    await host.until(() => host.waits === 1);
    const [id = ''] = host.orders.keys();
    host.change(id, settle);
    const answer = await pending;
    expect(answer.statusCode).toBe(202);
    expect(answer.body).toBe(host.records.get('orders key-1')?.body);
  });
});

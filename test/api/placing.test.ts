// POST /orders: what is stored, what is answered, and what a repetition gets.
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { createEdge, type Edge, noon, problemOf, sampleOrder } from './edge.ts';

const countOrders = async ({ runner }: Edge) => (await runner.list({ limit: 100 })).length;

describe('placing an order', () => {
  it('answers 201 with its address, its ETag and the view, after the commit', async () => {
    const { placeOrder, runner } = await createEdge();
    const answer = await placeOrder();
    expect(answer.statusCode).toBe(201);
    const order = answer.json();
    expect(answer.headers.location).toBe(`/orders/${order.id}`);
    expect(answer.headers.etag).toBe('"3"');
    expect(answer.headers['content-type']).toContain('application/json');
    expect(await runner.get(order.id)).toMatchObject({ state: 'paying', version: 3 });
    expect(order).toMatchObject({
      state: 'paying',
      settled: false,
      createdAt: '2026-01-31T12:00:00.000Z',
    });
  });

  it('takes names, prices and totals from the catalogue', async () => {
    const { placeOrder, runner } = await createEdge();
    const { id, amount } = (await placeOrder()).json();
    expect(amount).toBe(17_500);
    expect(await runner.get(id)).toMatchObject({
      customerId: 'customer-1',
      email: 'ada@example.com',
      currency: 'EUR',
      items: [
        { productId: 'product-1', name: 'Kettle', quantity: 2, unitPrice: 5000, lineTotal: 10_000 },
        { productId: 'product-2', name: 'Toaster', quantity: 1, unitPrice: 7500, lineTotal: 7500 },
      ],
      amount: 17_500,
    });
  });

  it('has every wrong line in one answer, and stores nothing', async () => {
    const { placeOrder, stored } = await createEdge();
    const before = await stored();
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
    expect(await stored()).toEqual(before);
  });

  it.each([
    ['price-mismatch', { productId: 'product-1', quantity: 1, unitPrice: 1 }],
    ['currency-mismatch', { productId: 'product-3', quantity: 1 }],
    ['unknown-product', { productId: 'constructor', quantity: 1 }],
  ])('is refused with %s, and nothing is stored', async (code, item) => {
    const edge = await createEdge();
    const answer = await edge.placeOrder({}, { ...sampleOrder, items: [item] });
    expect(answer.statusCode).toBe(422);
    expect(problemOf.parse(answer.json()).type).toBe(`/problems/${code}`);
    expect(await countOrders(edge)).toBe(0);
  });

  it('is refused where the total is too large to be exact, and nothing is stored', async () => {
    const edge = await createEdge();
    const gold = { name: 'Gold', unitPrice: 100_000_000_000, currency: 'EUR', onHand: 10 };
    await edge.catalogue.addProduct('gold', gold, noon);
    const items = Array.from({ length: 10 }, () => ({ productId: 'gold', quantity: 10_000 }));
    const answer = await edge.placeOrder({}, { ...sampleOrder, items });
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors?.[0]?.path).toBe('/items');
    expect(await countOrders(edge)).toBe(0);
  });

  it.each([
    ['overloaded', '1'],
    ['closing', '5'],
    ['store-unavailable', '5'],
  ] as const)(
    'answers 503 with Retry-After where the refusal is %s, and nothing is stored',
    async (code, seconds) => {
      const edge = await createEdge();
      edge.replaced.place = () => Promise.reject(new AppError(code, 'not now'));
      const answer = await edge.placeOrder();
      expect(answer.statusCode).toBe(503);
      expect(answer.headers['retry-after']).toBe(seconds);
      expect(problemOf.parse(answer.json()).type).toBe(`/problems/${code}`);
      expect(await countOrders(edge)).toBe(0);
    },
  );

  it('answers 503 before it reads a body where the host has no room, and reading goes on', async () => {
    const { placeOrder, replaced, get, post } = await createEdge();
    replaced.acceptsWrites = () => false;
    const refused = await post('/orders', 'not even JSON', { 'content-type': 'application/json' });
    expect(refused.statusCode).toBe(503);
    expect(refused.headers['retry-after']).toBe('1');
    expect(problemOf.parse(refused.json()).type).toBe('/problems/overloaded');
    expect((await get('/orders')).statusCode).toBe(200);
    expect((await post('/nothing')).statusCode).toBe(404);
    delete replaced.acceptsWrites;
    expect((await placeOrder()).statusCode).toBe(201);
  });
});

describe('an idempotency key', () => {
  it('is required, and nothing is stored without one', async () => {
    const edge = await createEdge();
    const answer = await edge.post('/orders', sampleOrder);
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).type).toBe('/problems/idempotency-key-missing');
    expect(await countOrders(edge)).toBe(0);
  });

  it.each([
    ['empty', ''],
    ['longer than 255 characters', 'k'.repeat(256)],
    ['with a blank in it', 'key 1'],
    ['a string that is not closed', '"key'],
    ['two keys', '"a", "b"'],
    ['not ASCII', 'schlüssel'],
  ])('is refused when it is %s, and nothing is stored', async (_what, key) => {
    const edge = await createEdge();
    const answer = await edge.placeOrder({ 'idempotency-key': key });
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).type).toBe('/problems/invalid-request');
    expect(await countOrders(edge)).toBe(0);
  });

  it.each([['k'], ['k'.repeat(255)], ['"quoted \\" and \\\\"'], ['8e03978e-40d5-43dd-bc93-6894a57f9324']])(
    'may be %s',
    async (key) => {
      const { placeOrder } = await createEdge();
      expect((await placeOrder({ 'idempotency-key': key })).statusCode).toBe(201);
    },
  );

  it('is the same quoted and bare', async () => {
    const edge = await createEdge();
    const first = await edge.placeOrder({ 'idempotency-key': '"key-7"' });
    const second = await edge.placeOrder({ 'idempotency-key': 'key-7' });
    expect(second.body).toBe(first.body);
    expect(await countOrders(edge)).toBe(1);
  });

  it('replays the first status and the very bytes, and says so', async () => {
    const edge = await createEdge();
    const first = await edge.placeOrder();
    await edge.post(`${first.headers.location}/cancel`);
    const second = await edge.placeOrder();
    expect(second.statusCode).toBe(first.statusCode);
    expect(second.body).toBe(first.body);
    expect((await edge.runner.recall('orders', 'key-1'))?.body).toBe(first.body);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(second.headers.location).toBe(first.headers.location);
    expect(second.headers.etag).toBe(first.headers.etag);
    expect(await countOrders(edge)).toBe(1);
  });

  it('replays also when the order of the fields differs', async () => {
    const edge = await createEdge();
    await edge.placeOrder();
    const reversed = Object.fromEntries(Object.entries(sampleOrder).reverse());
    expect((await edge.placeOrder({}, reversed)).headers['idempotency-replayed']).toBe('true');
    expect(await countOrders(edge)).toBe(1);
  });

  it('replays also when the price has changed since', async () => {
    const { placeOrder, catalogue } = await createEdge();
    const first = await placeOrder();
    const dearer = { name: 'Kettle', unitPrice: 9999, currency: 'EUR' };
    await catalogue.describeProduct('product-1', dearer);
    const second = await placeOrder();
    expect(second.statusCode).toBe(201);
    expect(second.body).toBe(first.body);
  });

  it('is refused with 422 for another body, and nothing is stored', async () => {
    const { placeOrder, stored } = await createEdge();
    await placeOrder();
    const before = await stored();
    const answer = await placeOrder({}, { ...sampleOrder, customerId: 'customer-2' });
    expect(answer.statusCode).toBe(422);
    expect(problemOf.parse(answer.json()).type).toBe('/problems/idempotency-key-reused');
    expect(await stored()).toEqual(before);
  });

  it('is refused with 422 for the same lines in another order', async () => {
    const { placeOrder } = await createEdge();
    await placeOrder();
    const items = sampleOrder.items.toReversed();
    expect((await placeOrder({}, { ...sampleOrder, items })).statusCode).toBe(422);
  });

  it('answers 409 while the first request is still running, and then replays', async () => {
    const edge = await createEdge();
    const { promise, resolve } = Promise.withResolvers<void>();
    edge.replaced.place = async (...placing) => {
      await promise;
      return edge.runner.place(...placing);
    };
    const first = edge.placeOrder();
    const waiting = edge.placeOrder();
    const second = await Promise.race([first, waiting]);
    expect(second.statusCode).toBe(409);
    expect(second.headers['retry-after']).toBe('1');
    expect(problemOf.parse(second.json()).type).toBe('/problems/idempotency-key-in-use');
    resolve();
    expect((await first).statusCode).toBe(201);
    expect((await edge.placeOrder()).headers['idempotency-replayed']).toBe('true');
    expect(await countOrders(edge)).toBe(1);
  });

  it('replays what another node has stored meanwhile, and refuses another body then too', async () => {
    const edge = await createEdge();
    const first = await edge.placeOrder();
    edge.replaced.recall = async () => undefined;
    const second = await edge.placeOrder();
    expect(second.body).toBe(first.body);
    expect(second.headers['idempotency-replayed']).toBe('true');
    const other = await edge.placeOrder({}, { ...sampleOrder, customerId: 'customer-2' });
    expect(other.statusCode).toBe(422);
    expect(await countOrders(edge)).toBe(1);
  });

  it('is free again after a refusal', async () => {
    const { placeOrder, replaced } = await createEdge();
    replaced.place = () => Promise.reject(new AppError('overloaded', 'not now'));
    expect((await placeOrder()).statusCode).toBe(503);
    delete replaced.place;
    expect((await placeOrder()).statusCode).toBe(201);
  });
});

// The catalogue over HTTP: what is shown, what can be set, and that a refused change changes nothing.
import { describe, expect, it } from 'vitest';
import { createClosedBank, createEdge, type Edge, problemOf } from './edge.ts';

const kettle = { name: 'Kettle', unitPrice: 5100, currency: 'EUR' };
const newKettle = { ...kettle, onHand: 7 };
const put = ({ app }: Edge, id: string, payload: object, ifMatch?: string) =>
  app.inject({
    method: 'PUT',
    url: `/products/${encodeURIComponent(id)}`,
    payload,
    headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
  });
const typeOf = (answer: { json(): unknown }) => problemOf.parse(answer.json()).type;
const adjust = ({ post }: Edge, id: string, payload: object, key = 'adjustment-1') =>
  post(`/products/${encodeURIComponent(id)}/adjustments`, payload, { 'idempotency-key': key });

describe('products', () => {
  it('are listed by id with their stock, in pages', async () => {
    const { get, placeOrder } = await createEdge();
    await placeOrder();
    const first = (await get('/products?limit=2')).json();
    expect(first.products[1]).toEqual({
      productId: 'product-2',
      name: 'Toaster',
      unitPrice: 7500,
      currency: 'EUR',
      onSale: true,
      revision: 1,
      onHand: 50,
      held: 1,
      sold: 0,
      available: 49,
    });
    expect(first.next).toBe('product-2');
    const second = (await get(`/products?limit=2&after=${first.next}`)).json();
    expect(second).toMatchObject({ products: [{ productId: 'product-3' }], next: null });
  });

  it('are shown one by one, and an unknown one is 404', async () => {
    const { get } = await createEdge();
    expect((await get('/products/product-3')).json()).toMatchObject({ productId: 'product-3', onHand: 25 });
    const answer = await get('/products/product-9');
    expect(answer.statusCode).toBe(404);
    expect(problemOf.parse(answer.json()).type).toBe('/problems/product-not-found');
  });

  it('are made with 201 and their stock', async () => {
    const edge = await createEdge();
    const made = await put(edge, 'new/one', newKettle);
    expect(made.statusCode).toBe(201);
    expect(await edge.catalogue.product('new/one')).toMatchObject({ name: 'Kettle', available: 7 });
  });

  it('are changed with 200, and their stock stays', async () => {
    const edge = await createEdge();
    await edge.placeOrder();
    const changed = await put(edge, 'product-2', kettle, '"1"');
    expect(changed.statusCode).toBe(200);
    expect(changed.headers['etag']).toBe('"2"');
    expect(changed.json()).toMatchObject({ ...kettle, productId: 'product-2', onHand: 50, held: 1 });
  });

  it('have an ETag that sales and adjustments do not change', async () => {
    const edge = await createEdge();
    const read = async () => (await edge.get('/products/product-2')).headers['etag'];
    expect(await read()).toBe('"1"');
    await edge.placeOrder();
    expect((await adjust(edge, 'product-2', { by: 5, reason: 'delivery' })).headers['etag']).toBe('"1"');
    expect(await read()).toBe('"1"');
    await put(edge, 'product-2', kettle, '"1"');
    expect(await read()).toBe('"2"');
  });

  it('that exist are not changed without If-Match', async () => {
    const edge = await createEdge();
    const before = await edge.stored();
    const answer = await put(edge, 'product-1', kettle);
    expect(answer.statusCode).toBe(428);
    expect(typeOf(answer)).toBe('/problems/precondition-required');
    expect(await edge.stored()).toEqual(before);
    expect((await put(edge, 'product-1', kettle, '*')).statusCode).toBe(200);
  });

  it.each(['"2"', 'W/"1"', '"first"'])(
    'are not changed with the ETag %s that they do not have',
    async (etag) => {
      const edge = await createEdge();
      const before = await edge.stored();
      const answer = await put(edge, 'product-1', kettle, etag);
      expect(answer.statusCode).toBe(412);
      expect(typeOf(answer)).toBe('/problems/product-changed');
      expect(await edge.stored()).toEqual(before);
    },
  );

  it.each(['*', '"1"'])('are not made with If-Match: %s', async (etag) => {
    const edge = await createEdge();
    const answer = await put(edge, 'new', newKettle, etag);
    expect(answer.statusCode).toBe(412);
    expect(await edge.catalogue.product('new')).toBeUndefined();
  });

  it('of two people who change one, the second learns that it has changed', async () => {
    const edge = await createEdge();
    const dearer = { ...kettle, unitPrice: 6000 };
    const answers = await Promise.all([kettle, dearer].map((each) => put(edge, 'product-1', each, '"1"')));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 412]);
    expect(await edge.catalogue.product('product-1')).toMatchObject({ ...kettle, revision: 2 });
  });

  it('need a count when they are new', async () => {
    const edge = await createEdge();
    const answer = await put(edge, 'new', kettle);
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors).toEqual([
      { path: '/onHand', message: 'is required for a new product' },
    ]);
    expect(await edge.catalogue.product('new')).toBeUndefined();
  });

  it('that exist never get a count, and the answer names the way', async () => {
    const edge = await createEdge();
    const before = await edge.stored();
    const answer = await put(edge, 'product-1', newKettle);
    expect(answer.statusCode).toBe(422);
    const problem = problemOf.parse(answer.json());
    expect(problem.type).toBe('/problems/stock-not-set');
    expect(problem.detail).toContain('POST /products/product-1/adjustments {"by": 5, "reason": "delivery"}');
    expect(await edge.stored()).toEqual(before);
  });

  it('that are off sale are refused in new orders, and their placed orders go on', async () => {
    const bank = createClosedBank();
    const edge = await createEdge({ gateway: bank.gateway });
    const placed = await edge.placeOrder();
    const toaster = { name: 'Toaster', unitPrice: 7500, currency: 'EUR' };
    const off = await put(edge, 'product-2', { ...toaster, onSale: false }, '"1"');
    expect(off.json()).toMatchObject({ onSale: false, revision: 2, onHand: 50, held: 1 });
    const refused = await edge.placeOrder({ 'idempotency-key': 'key-2' });
    expect(refused.statusCode).toBe(422);
    expect(problemOf.parse(refused.json())).toMatchObject({
      type: '/problems/product-off-sale',
      errors: [{ path: '/items/1/productId', message: 'is off sale' }],
    });
    // The order that is placed is not placed again, and is carried out.
    expect((await edge.placeOrder()).body).toBe(placed.body);
    bank.open();
    const { id } = placed.json();
    await expect.poll(async () => (await edge.runner.get(id))?.state).toBe('completed');
    expect(await edge.catalogue.product('product-2')).toMatchObject({ onHand: 49, held: 0, sold: 1 });
  });

  it('that are off sale stay so when they are described, until they are put on sale again', async () => {
    const edge = await createEdge();
    await put(edge, 'product-1', { ...kettle, onSale: false }, '"1"');
    expect((await put(edge, 'product-1', kettle, '"2"')).json()).toMatchObject({ onSale: false });
    await put(edge, 'product-1', { ...kettle, onSale: true }, '"3"');
    const order = { customerId: 'c', email: 'c@example.com', currency: 'EUR' };
    const items = [{ productId: 'product-1', quantity: 1 }];
    expect((await edge.placeOrder({}, { ...order, items })).statusCode).toBe(201);
  });

  it.each<[string, object, string]>([
    ['with a sale that is neither on nor off', { ...kettle, onSale: 'no' }, '/onSale'],
    ['without a name', { ...kettle, name: undefined }, '/name'],
    ['with a name of two lines', { ...kettle, name: 'a\nb' }, '/name'],
    ['with a negative price', { ...kettle, unitPrice: -1 }, '/unitPrice'],
    ['with a fraction of a cent', { ...kettle, unitPrice: 0.5 }, '/unitPrice'],
    ['with a price above the limit', { ...kettle, unitPrice: 100_000_000_001 }, '/unitPrice'],
    ['with an unknown currency', { ...kettle, currency: 'QQQ' }, '/currency'],
    ['with less than nothing on hand', { ...kettle, onHand: -1 }, '/onHand'],
    ['with too much on hand to be exact', { ...kettle, onHand: 2 ** 53 }, '/onHand'],
    ['with a figure that only orders move', { ...kettle, held: 0 }, '/held'],
  ])('are refused %s, and nothing is changed', async (_what, payload, path) => {
    const edge = await createEdge();
    const before = await edge.stored();
    const answer = await put(edge, 'product-1', payload);
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors?.map((error) => error.path)).toEqual([path]);
    expect(await edge.stored()).toEqual(before);
  });

  it('cannot be changed while the store is closing', async () => {
    const edge = await createEdge();
    await edge.store.close();
    expect((await put(edge, 'product-1', kettle)).statusCode).toBe(503);
  });
});

describe('an adjustment of stock', () => {
  it('changes what is on hand by a difference', async () => {
    const edge = await createEdge();
    await edge.placeOrder();
    const answer = await adjust(edge, 'product-2', { by: 5, reason: 'delivery' });
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({ productId: 'product-2', onHand: 55, held: 1, available: 54 });
    const less = await adjust(edge, 'product-2', { by: -54, reason: 'broken' }, 'adjustment-2');
    expect(less.json()).toMatchObject({ onHand: 1, held: 1, available: 0 });
  });

  it('is made once per key: a repetition gets the first answer', async () => {
    const edge = await createEdge();
    const first = await adjust(edge, 'product-2', { by: 5, reason: 'delivery' });
    await edge.placeOrder();
    const second = await adjust(edge, 'product-2', { reason: 'delivery', by: 5 });
    expect(second.statusCode).toBe(201);
    expect(second.body).toBe(first.body);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(await edge.catalogue.product('product-2')).toMatchObject({ onHand: 55, held: 1 });
  });

  it('with the key of another is refused, and one of another product is not', async () => {
    const edge = await createEdge();
    await adjust(edge, 'product-2', { by: 5, reason: 'delivery' });
    const reused = await adjust(edge, 'product-2', { by: 6, reason: 'delivery' });
    expect(reused.statusCode).toBe(422);
    expect(problemOf.parse(reused.json()).type).toBe('/problems/idempotency-key-reused');
    expect((await adjust(edge, 'product-3', { by: 5, reason: 'delivery' })).statusCode).toBe(201);
    expect(await edge.catalogue.product('product-2')).toMatchObject({ onHand: 55 });
  });

  it('never goes below what orders have reserved, and nothing is changed', async () => {
    const edge = await createEdge();
    await edge.placeOrder();
    const before = await edge.stored();
    const answer = await adjust(edge, 'product-2', { by: -50, reason: 'stolen' });
    expect(answer.statusCode).toBe(409);
    const problem = problemOf.parse(answer.json());
    expect(problem.type).toBe('/problems/stock-below-held');
    expect(problem.detail).toContain('at most 49 can be taken away');
    expect(await edge.stored()).toEqual(before);
    // The key is free: nothing was done under it.
    expect((await adjust(edge, 'product-2', { by: -49, reason: 'stolen' })).statusCode).toBe(201);
  });

  it('of an unknown product is 404', async () => {
    const edge = await createEdge();
    const answer = await adjust(edge, 'product-9', { by: 5, reason: 'delivery' });
    expect(answer.statusCode).toBe(404);
    expect(problemOf.parse(answer.json()).type).toBe('/problems/product-not-found');
  });

  it('without a key is refused', async () => {
    const { post, catalogue } = await createEdge();
    const answer = await post('/products/product-2/adjustments', { by: 5, reason: 'delivery' });
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).type).toBe('/problems/idempotency-key-missing');
    expect(await catalogue.product('product-2')).toMatchObject({ onHand: 50 });
  });

  it.each<[string, object, string]>([
    ['by nothing', { by: 0, reason: 'delivery' }, '/by'],
    ['by half a piece', { by: 0.5, reason: 'delivery' }, '/by'],
    ['by more than can be exact', { by: 2 ** 53, reason: 'delivery' }, '/by'],
    ['to more than can be exact', { by: 2 ** 53 - 1, reason: 'delivery' }, '/by'],
    ['without a reason', { by: 5 }, '/reason'],
    ['with a blank reason', { by: 5, reason: ' ' }, '/reason'],
    ['with a count', { by: 5, reason: 'delivery', onHand: 5 }, '/onHand'],
  ])('%s is refused, and nothing is changed', async (_what, payload, path) => {
    const edge = await createEdge();
    const before = await edge.stored();
    const answer = await adjust(edge, 'product-2', payload);
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors?.map((error) => error.path)).toEqual([path]);
    expect(await edge.stored()).toEqual(before);
  });
});

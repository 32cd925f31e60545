// The catalogue over HTTP: what is shown, what can be set, and that a refused change changes nothing.
import { describe, expect, it } from 'vitest';
import { createEdge, type Edge, problemOf } from './edge.ts';

const kettle = { name: 'Kettle', unitPrice: 5100, currency: 'EUR', onHand: 7 };
const put = ({ app }: Edge, id: string, payload: object) =>
  app.inject({ method: 'PUT', url: `/products/${encodeURIComponent(id)}`, payload });

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

  it('are changed with 200 and made with 201', async () => {
    const edge = await createEdge();
    const changed = await put(edge, 'product-1', kettle);
    expect(changed.statusCode).toBe(200);
    expect(changed.json()).toMatchObject({ productId: 'product-1', unitPrice: 5100, onHand: 7 });
    const made = await put(edge, 'new/one', kettle);
    expect(made.statusCode).toBe(201);
    expect(await edge.catalogue.product('new/one')).toMatchObject({ name: 'Kettle', available: 7 });
  });

  it('cannot have less on hand than orders hold, and nothing is changed', async () => {
    const edge = await createEdge();
    await edge.placeOrder();
    const before = await edge.stored();
    const answer = await put(edge, 'product-1', { ...kettle, onHand: 1 });
    expect(answer.statusCode).toBe(409);
    expect(problemOf.parse(answer.json()).type).toBe('/problems/stock-below-held');
    expect(await edge.stored()).toEqual(before);
    expect((await put(edge, 'product-1', { ...kettle, onHand: 2 })).statusCode).toBe(200);
  });

  it.each<[string, object, string]>([
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

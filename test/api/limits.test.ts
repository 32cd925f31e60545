// The limits agree with each other: the largest order that each of them allows is accepted, found and explained by its
// address, however its JSON is written; and one step beyond any of them is refused with the problem that says so.
import { describe, expect, it } from 'vitest';
import { limits } from '../../src/limits.ts';
import { createEdge, problemOf, sampleOrder } from './edge.ts';

/** Not one byte more: `bytes` in UTF-8, most of them in characters of three. */
const toIdentifier = (number: number, bytes: number = limits.identifierBytes): string => {
  const start = String(number).padStart(3, '0');
  const wide = '漢'.repeat(Math.floor((bytes - start.length) / 3));
  return start + wide + 'x'.repeat((bytes - start.length) % 3);
};
const toEscaped = (json: string): string =>
  json.replace(/("(?:[^"\\]|\\.)*")(:?)/g, (all: string, text: string, colon: string) => {
    if (colon !== '') return all;
    const value: string = JSON.parse(text);
    const units = value.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
    return `"${units.join('')}"`;
  });
/** As an address that encodes every byte. */
const toAddress = (id: string): string =>
  [...Buffer.from(id)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

const unitPrice = 4_500_000_000;
const email = `${'a'.repeat(64)}@${'b'.repeat(60)}.${'c'.repeat(59)}.${'d'.repeat(60)}.example`;

const createLargest = async (toId: (number: number) => string = toIdentifier) => {
  const edge = await createEdge();
  const ids = Array.from({ length: limits.lines }, (_, number) => toId(number));
  for (const id of ids) {
    const product = { name: '漢'.repeat(200), unitPrice, currency: 'EUR', onHand: 1_000_000, onSale: true };
    await edge.catalogue.addProduct(id, product, 0);
  }
  const items = ids.map((productId) => ({ productId, quantity: limits.quantity, unitPrice }));
  const order = { customerId: toId(999), email, currency: 'EUR', items };
  const post = (body: string, key: string) => edge.post('/orders', body, { 'idempotency-key': key });
  return { ...edge, order, ids, post };
};

describe('the largest order', () => {
  it.each<[string, (number: number) => string]>([
    ['of characters with three bytes each', toIdentifier],
    ['of quotes', (number) => String(number).padStart(3, '0') + '"'.repeat(limits.identifierBytes - 3)],
    ['of ASCII', (number) => String(number).padStart(limits.identifierBytes, 'x')],
  ])('%s is accepted, also if its JSON escapes every character', async (_what, toId) => {
    const { order, post } = await createLargest(toId);
    const body = JSON.stringify(order);
    expect((await post(body, 'plain')).statusCode).toBe(201);
    expect(JSON.parse(toEscaped(body))).toEqual(order);
    expect((await post(toEscaped(body), 'escaped')).statusCode).toBe(201);
  });

  it('is listed by its customer, and its products are found, in addresses that encode every byte', async () => {
    const { order, ids, post, get } = await createLargest();
    const { id } = (await post(JSON.stringify(order), 'key')).json();
    const listed = (await get(`/orders?customerId=${toAddress(order.customerId)}`)).json();
    expect(listed.orders).toMatchObject([{ id, customerId: order.customerId }]);
    expect((await get(`/products/${toAddress(ids[0] ?? '')}`)).json()).toMatchObject({
      productId: ids[0],
    });
  });
});

describe('one step beyond a limit', () => {
  const [line] = sampleOrder.items;
  const tooWide = toIdentifier(1, limits.identifierBytes + 1);
  it.each<[string, object, string]>([
    ['a line too many', { items: Array(limits.lines + 1).fill(line) }, '/items'],
    ['a customer of 201 bytes', { customerId: tooWide }, '/customerId'],
    ['a product of 201 bytes', { items: [{ ...line, productId: tooWide }] }, '/items/0/productId'],
    ['a piece too many', { items: [{ ...line, quantity: limits.quantity + 1 }] }, '/items/0/quantity'],
    ['a price too high', { items: [{ ...line, unitPrice: limits.unitPrice + 1 }] }, '/items/0/unitPrice'],
    ['an e-mail address of 255 characters', { email: `e${email}` }, '/email'],
  ])('%s is refused by its field', async (_what, changes, path) => {
    const { placeOrder } = await createEdge();
    expect(email).toHaveLength(254);
    const answer = await placeOrder({}, { ...sampleOrder, ...changes });
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors?.map((error) => error.path)).toContain(path);
  });

  it('a total that is no exact number is refused by its lines', async () => {
    const { order, ids, catalogue, post } = await createLargest();
    await catalogue.describeProduct(ids[0] ?? '', {
      ...{ name: 'Gold', unitPrice: limits.unitPrice, currency: 'EUR', onSale: true },
    });
    const [first, ...others] = order.items;
    const items = [{ ...first, unitPrice: limits.unitPrice }, ...others];
    const answer = await post(JSON.stringify({ ...order, items }), 'key');
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors?.map((error) => error.path)).toEqual(['/items']);
  });

  it('a byte too many in the body of an order is 413, and one of another body at 64 KiB', async () => {
    const { post } = await createEdge();
    const toBody = (bytes: number): string =>
      JSON.stringify({ pad: '' }).replace('""', `"${'x'.repeat(bytes - 10)}"`);
    const placing = (bytes: number) => post('/orders', toBody(bytes), { 'idempotency-key': 'key' });
    expect(Buffer.byteLength(toBody(1000))).toBe(1000);
    expect((await placing(limits.orderBytes)).statusCode).toBe(400);
    expect((await placing(limits.orderBytes + 1)).statusCode).toBe(413);
    expect((await post('/orders/o/cancel', toBody(limits.bodyBytes))).statusCode).toBe(400);
    expect((await post('/orders/o/cancel', toBody(limits.bodyBytes + 1))).statusCode).toBe(413);
  });

  it('an identifier of 201 bytes in an address is refused, and a much longer part before it is looked at', async () => {
    const { get } = await createEdge();
    expect((await get(`/orders/${toAddress(tooWide)}`)).statusCode).toBe(400);
    expect((await get(`/orders/${'x'.repeat(601)}`)).statusCode).toBe(414);
    expect((await get(`/orders/${'x'.repeat(201)}`)).statusCode).toBe(400);
    expect((await get(`/orders?customerId=${toAddress(tooWide)}`)).statusCode).toBe(400);
    expect((await get(`/orders/${toAddress(toIdentifier(1))}`)).statusCode).toBe(404);
  });
});

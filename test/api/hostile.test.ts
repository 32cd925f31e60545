// Input that means harm, or was never meant: each gets a clear 4xx, and nothing is stored.
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createEdge, problemOf, sampleOrder } from './edge.ts';

const json = { 'content-type': 'application/json', 'idempotency-key': 'key-1' };
const [line] = sampleOrder.items;
const withLine = (patch: object) => ({ ...sampleOrder, items: [{ ...line, ...patch }] });
const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const raw = (order: string) => JSON.stringify(sampleOrder).replace(/"customerId":"[^"]*"/, order);

describe('an order', () => {
  it.each<[string, string | object, string]>([
    ['with an unknown field', { ...sampleOrder, coupon: 'x' }, '/coupon'],
    ['with an unknown field in a line', withLine({ total: 1 }), '/items/0/total'],
    ['without a customer', { ...sampleOrder, customerId: undefined }, '/customerId'],
    ['with a number for a customer', { ...sampleOrder, customerId: 7 }, '/customerId'],
    ['with null for a customer', { ...sampleOrder, customerId: null }, '/customerId'],
    ['with a blank customer', { ...sampleOrder, customerId: '   ' }, '/customerId'],
    ['with a customer of 201 characters', { ...sampleOrder, customerId: 'c'.repeat(201) }, '/customerId'],
    ['with a line break in the customer', { ...sampleOrder, customerId: 'a\r\nb' }, '/customerId'],
    ['with a wrong e-mail', { ...sampleOrder, email: 'ada' }, '/email'],
    ['with a header in the e-mail', { ...sampleOrder, email: 'a@b.example\r\nBcc: c@d.example' }, '/email'],
    ['with a currency in small letters', { ...sampleOrder, currency: 'eur' }, '/currency'],
    ['with an unknown currency', { ...sampleOrder, currency: 'ZZZ' }, '/currency'],
    ['without lines', { ...sampleOrder, items: [] }, '/items'],
    ['with an object for lines', { ...sampleOrder, items: {} }, '/items'],
    ['with 201 lines', { ...sampleOrder, items: Array.from({ length: 201 }, () => line) }, '/items'],
    ['with quantity 0', withLine({ quantity: 0 }), '/items/0/quantity'],
    ['with a negative quantity', withLine({ quantity: -1 }), '/items/0/quantity'],
    ['with quantity 10001', withLine({ quantity: 10_001 }), '/items/0/quantity'],
    ['with half a piece', withLine({ quantity: 1.5 }), '/items/0/quantity'],
    ['with true for a quantity', withLine({ quantity: true }), '/items/0/quantity'],
    ['with null for a quantity', withLine({ quantity: null }), '/items/0/quantity'],
    ['with a text for a quantity', withLine({ quantity: '1' }), '/items/0/quantity'],
    ['with a price above 2^53', withLine({ unitPrice: 2 ** 53 }), '/items/0/unitPrice'],
    ['with a negative price', withLine({ unitPrice: -1 }), '/items/0/unitPrice'],
    ['with null for a price', withLine({ unitPrice: null }), '/items/0/unitPrice'],
    [
      'with an infinite price',
      JSON.stringify(withLine({ unitPrice: 1 })).replace('"unitPrice":1', '"unitPrice":1e999'),
      '/items/0/unitPrice',
    ],
    ['with NUL', { ...sampleOrder, customerId: 'a\0b' }, '/customerId'],
    ['with a lone surrogate', raw('"customerId":"\\ud800"'), '/customerId'],
    ['with NUL in a field name', { ...sampleOrder, 'a\0': 1 }, '/a\0'],
    ['with __proto__', raw('"customerId":"c","__proto__":{"settled":true}'), '/__proto__'],
    ['with __proto__ in disguise', raw('"customerId":"c","__\\u0070roto__":1'), '/__proto__'],
    ['with constructor', raw('"customerId":"c","constructor":{"prototype":{}}'), '/constructor'],
    ['that is too deep', nested(11), '/a/a/a/a/a/a/a/a/a/a'],
    ['that is a list', [], ''],
    ['that is null', 'null', ''],
  ])('%s is refused by its field, and nothing is stored', async (_what, order, path) => {
    const { app, stored } = await createEdge();
    const before = await stored();
    const payload = typeof order === 'string' ? order : JSON.stringify(order);
    const answer = await app.inject({ method: 'POST', url: '/orders', headers: json, payload });
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    const problem = problemOf.parse(answer.json());
    expect(problem).toMatchObject({ type: '/problems/invalid-request', status: 400 });
    expect(problem.errors?.map((error) => error.path)).toContain(path);
    expect(await stored()).toEqual(before);
  });

  it('may have 200 lines of 10000 pieces', async () => {
    const { placeOrder } = await createEdge();
    const items = Array.from({ length: 200 }, () => ({ productId: 'product-1', quantity: 10_000 }));
    expect((await placeOrder({}, { ...sampleOrder, items })).statusCode).toBe(201);
  });
});

describe('a body', () => {
  it.each<[string, string | Buffer, Record<string, string>, number, string]>([
    ['that is empty', '', json, 400, 'invalid-request'],
    ['that is not JSON', '{"customerId":', json, 400, 'invalid-request'],
    ['with NaN', '{"quantity":NaN}', json, 400, 'invalid-request'],
    ['that is not UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), json, 400, 'invalid-request'],
    ['of more than 256 KiB', `"${'x'.repeat(262_143)}"`, json, 413, 'body-too-large'],
    ['as text', 'hello', { ...json, 'content-type': 'text/plain' }, 415, 'unsupported-media-type'],
    [
      'as a form',
      'a=1',
      { ...json, 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'unsupported-media-type',
    ],
    ['of a broken type', '{}', { ...json, 'content-type': '///' }, 415, 'unsupported-media-type'],
    ['of no type', '{}', { 'idempotency-key': 'k' }, 415, 'unsupported-media-type'],
    [
      'that is compressed',
      gzipSync('{}'),
      { ...json, 'content-encoding': 'gzip' },
      415,
      'unsupported-media-type',
    ],
    ['with 20000 levels', '['.repeat(20_000) + ']'.repeat(20_000), json, 400, 'invalid-request'],
  ])('%s is refused, and nothing is stored', async (_what, payload, headers, status, code) => {
    const { app, runner } = await createEdge();
    const answer = await app.inject({
      method: 'POST',
      url: '/orders',
      headers,
      payload: Buffer.from(payload),
    });
    expect(answer.statusCode).toBe(status);
    expect(problemOf.parse(answer.json())).toMatchObject({ type: `/problems/${code}`, status });
    expect(await runner.list({ limit: 1 })).toEqual([]);
  });

  it.each([
    { 'content-type': 'application/json; charset=utf-8' },
    { 'content-type': 'Application/JSON', 'content-encoding': 'identity' },
  ])('is read with the headers %j', async (headers) => {
    const { placeOrder } = await createEdge();
    expect((await placeOrder(headers)).statusCode).toBe(201);
  });

  it('is echoed only in part where it is wrong', async () => {
    const { placeOrder } = await createEdge();
    const unknown = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`${'f'.repeat(150)}${index}`, 1]),
    );
    const answer = await placeOrder({}, { ['x'.repeat(10_000)]: 'card 4242', ...unknown });
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors).toHaveLength(50);
    expect(answer.body.length).toBeLessThan(15_000);
    expect(answer.body).not.toContain('4242');
  });
});

describe('a query', () => {
  it.each([
    ['/orders?colour=red', '?colour'],
    ['/orders?__proto__=1', '?__proto__'],
    ['/orders?settled=1', '?settled'],
    ['/orders?settled=', '?settled'],
    ['/orders?incident=TRUE', '?incident'],
    ['/orders?limit=0', '?limit'],
    ['/orders?limit=101', '?limit'],
    ['/orders?limit=1e1', '?limit'],
    ['/orders?limit=0x10', '?limit'],
    ['/orders?limit=%201', '?limit'],
    ['/orders?limit=1&limit=2', '?limit'],
    ['/orders?limit=99999999999999999999', '?limit'],
    ['/orders?createdFrom=yesterday', '?createdFrom'],
    ['/orders?createdFrom=2026-02-30T00:00:00Z', '?createdFrom'],
    ['/orders?createdBefore=2026-01-01', '?createdBefore'],
    ['/orders?customerId=a%00b', '?customerId'],
    ['/orders?after=', '?after'],
    ['/events?types=order.exploded', '?types.0'],
    ['/events?types=', '?types.0'],
    ['/events?after=-1', '?after'],
    ['/events?limit=1001', '?limit'],
    ['/events/stream?after=9007199254740993', '?after'],
    ['/orders/none/stream?types=gateway.charge', '?types.0'],
    ['/orders/none/events?types=order.created', '?types'],
    ['/products?limit=-1', '?limit'],
    ['/incidents?settled=true', '?settled'],
  ])('%s is refused by its parameter', async (url, path) => {
    const { get } = await createEdge();
    const answer = await get(url);
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors?.map((error) => error.path)).toContain(path);
  });
});

describe('an address', () => {
  it.each([
    ['/orders/%00', 400],
    ['/orders/a%0Ab', 400],
    ['/orders/%zz', 400],
    ['/orders/%ed%a0%80', 400],
    [`/orders/${'a'.repeat(201)}`, 400],
    [`/orders/${'a'.repeat(601)}`, 414],
    ['/orders/..%2f..%2fetc%2fpasswd', 404],
    ['/orders/__proto__', 404],
    ['/products/constructor', 404],
    ['/schemas/__proto__/1', 404],
    ['/problems/constructor', 404],
  ])('%s is refused as a problem', async (url, status) => {
    const { get } = await createEdge();
    const answer = await get(url);
    expect(answer.statusCode).toBe(status);
    expect(problemOf.parse(answer.json()).status).toBe(status);
    expect(answer.headers['x-request-id']).toBeDefined();
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });
});

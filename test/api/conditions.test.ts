// Conditions, ranges, empty parts of addresses and duplicate keys, as RFC 9110 and RFC 8259 have them, on a listening server.
import { describe, expect, it } from 'vitest';
import { exchange, listen } from './connections.ts';
import { createEdge, problemOf, sampleOrder } from './edge.ts';

const json = { 'content-type': 'application/json' };
const file = '/docs/static/index.css';
const open = async () => {
  const edge = await listen(await createEdge());
  await edge.add('order-1');
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    exchange(`${edge.url}${path}`, { method, headers });
  return { ...edge, get };
};
const typeOf = (body: string): string => problemOf.parse(JSON.parse(body)).type;

describe('If-None-Match', () => {
  it.each(['"3"', 'W/"3"', '"1", "3"', 'W/"1" , W/"3","4"', '*', '"a,b", "3"'])(
    'of an order that is still on version 3 is 304: %s',
    async (tags) => {
      await using edge = await open();
      for (const method of ['GET', 'HEAD']) {
        const answer = await edge.get('/orders/order-1', { 'if-none-match': tags }, method);
        expect(answer).toMatchObject({ status: 304, body: '' });
        expect(answer.headers.etag).toBe('"3"');
        expect(answer.headers['content-type']).toBeUndefined();
      }
    },
  );

  it.each(['"4"', 'W/"4"', '"33"', '"1", "2"', '3', '"*"', '"3'])(
    'with other tags shows it: %s',
    async (tags) => {
      await using edge = await open();
      const answer = await edge.get('/orders/order-1', { 'if-none-match': tags });
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body)).toMatchObject({ id: 'order-1' });
    },
  );

  it('of a product is never 304 for its tag: its stock may be another with the same one', async () => {
    await using edge = await open();
    const { headers, body } = await edge.get('/products/product-1');
    const again = await edge.get('/products/product-1', { 'if-none-match': String(headers.etag) });
    expect(again).toMatchObject({ status: 200, body });
  });

  it('of a file is 304 for its tag, weak or not, in a list, or *', async () => {
    await using edge = await open();
    const { headers, body } = await edge.get(file);
    const tag = String(headers.etag);
    for (const tags of [tag, tag.replace('W/', ''), `"x", ${tag}`, '*']) {
      expect(await edge.get(file, { 'if-none-match': tags })).toMatchObject({ status: 304, body: '' });
    }
    expect(await edge.get(file, { 'if-none-match': '"x"' })).toMatchObject({ status: 200, body });
  });

  it.each([
    '/',
    '/orders',
    '/events',
    '/products',
    '/products/product-1',
    '/incidents',
    '/openapi.json',
    '/docs',
  ])('with * is 304 for everything that is there, and a tag leaves it as it is: %s', async (path) => {
    await using edge = await open();
    expect((await edge.get(path, { 'if-none-match': '*' })).status).toBe(304);
    expect((await edge.get(path, { 'if-none-match': '"x"' })).status).toBe(200);
  });

  it('hides no error', async () => {
    await using edge = await open();
    for (const path of ['/orders/none', '/nothing']) {
      expect((await edge.get(path, { 'if-none-match': '*' })).status).toBe(404);
    }
  });
});

describe('a condition that does not hold', () => {
  it.each([
    ['/orders/order-1', '"4"'],
    ['/orders/order-1', 'W/"3"'],
    ['/orders', '"3"'],
    [file, '"x"'],
    ['/docs', '"x"'],
  ])('is 412 for reading %s with If-Match %s', async (path, tags) => {
    await using edge = await open();
    const answer = await edge.get(path, { 'if-match': tags });
    expect(answer.status).toBe(412);
    expect(typeOf(answer.body)).toBe('/problems/precondition-failed');
    expect((await edge.get(path, { 'if-match': tags }, 'HEAD')).status).toBe(412);
  });

  it.each(['"3"', '"2", "3"', '*'])('does not hinder what holds: %s', async (tags) => {
    await using edge = await open();
    expect((await edge.get('/orders/order-1', { 'if-match': tags })).status).toBe(200);
  });

  it('is 412 for a file that was changed since', async () => {
    await using edge = await open();
    const answer = await edge.get(file, { 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' });
    expect(answer.status).toBe(412);
    expect(typeOf(answer.body)).toBe('/problems/precondition-failed');
  });

  it('is 412 for a change whose route checks no conditions, and nothing is stored', async () => {
    await using edge = await open();
    const before = await edge.stored();
    const product = JSON.stringify({ name: 'Cup', unitPrice: 1, currency: 'EUR', onHand: 1 });
    for (const [method, path, body, condition] of [
      ['PUT', '/products/product-9', product, { 'if-none-match': '"x"' }],
      ['POST', '/orders', JSON.stringify(sampleOrder), { 'if-match': '"1"' }],
      ['POST', '/migrations', JSON.stringify({ to: '2' }), { 'if-match': '"1"' }],
    ] as const) {
      const headers = { ...json, 'idempotency-key': 'key-1', ...condition };
      const answer = await exchange(`${edge.url}${path}`, { method, headers, body });
      expect([path, answer.status]).toEqual([path, 412]);
    }
    expect(await edge.stored()).toEqual(before);
  });
});

describe('a range', () => {
  it('of a file is sent, also when If-Match has *', async () => {
    await using edge = await open();
    const { body } = await edge.get(file);
    const part = await edge.get(file, { range: 'bytes=0-4', 'if-match': '*' });
    expect(part).toMatchObject({ status: 206, body: body.slice(0, 5) });
    expect(part.headers['content-range']).toBe(`bytes 0-4/${Buffer.byteLength(body)}`);
  });

  it.each(['bytes=9999999-', 'bytes=9999999-99999999', 'bytes=-0'])(
    'that a file does not have is 416 with its length: %s',
    async (range) => {
      await using edge = await open();
      const { headers } = await edge.get(file);
      const answer = await edge.get(file, { range });
      expect(answer.status).toBe(416);
      expect(answer.headers['content-range']).toBe(`bytes */${headers['content-length']}`);
      expect(typeOf(answer.body)).toBe('/problems/range-not-satisfiable');
    },
  );

  it.each(['bytes', 'bytes=', 'bytes=a-b', 'lines=1-2', 'bytes=4-2', 'bytes=0-1,4-5'])(
    'that cannot be read, or has several parts, is never a failure: %s',
    async (range) => {
      await using edge = await open();
      expect([200, 206, 416]).toContain((await edge.get(file, { range })).status);
    },
  );

  it('is left out for HEAD, for a weak tag, and where there are no ranges', async () => {
    await using edge = await open();
    const { headers } = await edge.get(file);
    const range = 'bytes=9999999-';
    expect((await edge.get(file, { range }, 'HEAD')).status).toBe(200);
    expect((await edge.get(file, { range: 'bytes=0-1', 'if-range': String(headers.etag) })).status).toBe(200);
    for (const path of ['/orders', '/orders/order-1', '/docs']) {
      expect((await edge.get(path, { range })).status).toBe(200);
    }
  });
});

describe('an address with an empty part', () => {
  it.each([
    ...['/orders/', '/products/', '/problems/', '/orders//events', '/orders//explain', '/orders//stream'],
    ...['/schemas//1', '/schemas/order.created/', '/orders//'],
  ])('is 404 for every method: %s', async (path) => {
    await using edge = await open();
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await exchange(`${edge.url}${path}`, { method, headers: json });
      expect([method, answer.status]).toEqual([method, 404]);
      if (method !== 'HEAD') expect(typeOf(answer.body)).toBe('/problems/route-not-found');
    }
  });
});

describe('a key that is there twice', () => {
  const order = JSON.stringify(sampleOrder);
  it.each([
    ['in the body', order.replace('{', '{"currency":"USD",'), '/currency'],
    ['in a line', order.replace('"quantity":1', '"quantity":1,"quantity":2'), '/items/1/quantity'],
    ['in disguise', order.replace('{', '{"c\\u0075rrency":"USD",'), '/currency'],
    ['with an escaped quote', order.replace('{', '{"a\\"b":1,"a\\"b":2,'), '/a"b'],
    ['behind strings with brackets', order.replace('{', '{"x":"}],\\"{","x":[{},{"x":1}],'), '/x'],
    ['with blanks before the colon', order.replace('{', '{ "email" \n : "b@example.com",'), '/email'],
    ['that is empty', order.replace('{', '{"":1,"":2,'), '/'],
  ])('%s is 400 with its name, and nothing is stored', async (_where, body, path) => {
    await using edge = await open();
    const before = await edge.stored();
    const headers = { ...json, 'idempotency-key': 'key-1' };
    const answer = await exchange(`${edge.url}/orders`, { method: 'POST', headers, body });
    expect(answer.status).toBe(400);
    expect(problemOf.parse(JSON.parse(answer.body)).errors).toEqual([
      { path, message: 'is there twice in its object' },
    ]);
    expect(await edge.stored()).toEqual(before);
  });

  it('in two objects, or as a value, is none', async () => {
    await using edge = await open();
    const body = order.replace('"customer-1"', '"\\"email\\":\\"email\\":"');
    const headers = { ...json, 'idempotency-key': 'key-1' };
    expect((await exchange(`${edge.url}/orders`, { method: 'POST', headers, body })).status).toBe(201);
  });
});

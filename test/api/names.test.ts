// Names and addresses of people in many scripts, and those that deceive: new ones are refused, stored ones stay readable.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { line, newIdentifier } from '../../src/api/edge/inputs.ts';
import { createEdge, noon, problemOf, sampleOrder } from './edge.ts';

const product = { name: 'Kettle', unitPrice: 100, currency: 'EUR', onHand: 1 };
const put = async (changes: object, id = 'product-9') => {
  const { app } = await createEdge();
  return app.inject({
    method: 'PUT',
    url: `/products/${encodeURIComponent(id)}`,
    payload: { ...product, ...changes },
  });
};
const turning = [
  '\u061c',
  '\u200e',
  '\u200f',
  '\u202a',
  '\u202b',
  '\u202c',
  '\u202d',
  '\u202e',
  '\u2066',
  '\u2069',
];
const unseen = [
  '\u200b',
  '\u200d',
  '\u200c\u200d',
  '\u00ad',
  '\u2060',
  '\u3164',
  '\u2800',
  '\ufe0f',
  '\u{e0041}',
  '\u200b \u200b',
];

describe('a name', () => {
  it.each(['قوری', 'کتاب‌ها', '👩‍👩‍👧', '🏴\u{e0067}\u{e0062}\u{e007f}', 'क्‍ष', 'Ünï “x” & <b>'])(
    'may be %s',
    async (name) => {
      const answer = await put({ name });
      expect(answer.statusCode).toBe(201);
      expect(answer.json().name).toBe(name);
    },
  );

  it.each(turning)('cannot have %j, which turns the direction of what follows', async (character) => {
    const answer = await put({ name: `Kettle${character}elttek` });
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors).toEqual([
      { path: '/name', message: 'must not have characters that change the direction of text' },
    ]);
  });

  it.each(unseen)('cannot be %j, of which nothing can be seen', async (name) => {
    const answer = await put({ name });
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors).toEqual([
      { path: '/name', message: 'must have something that can be seen' },
    ]);
  });

  it('is refused with any such character at any place, and taken without', () => {
    const visible = fc.string({
      unit: fc.constantFrom(...'aשع漢🛒', '\u200c', '\u200d'),
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(visible, visible, fc.constantFrom(...turning), (before, after, character) => {
        expect(line(200).safeParse(`a${before}${after}`).success).toBe(true);
        expect(line(200).safeParse(`a${before}${character}${after}`).success).toBe(false);
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...unseen), { minLength: 1, maxLength: 9 }), (parts) => {
        expect(newIdentifier.safeParse(parts.join('')).success).toBe(false);
      }),
    );
  });
});

describe('an id', () => {
  it('of a new product or of a customer who orders cannot turn the direction of text', async () => {
    const answer = await put({}, 'product-\u202e1');
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors?.map(({ path }) => path)).toEqual(['{id}']);
    const { placeOrder } = await createEdge();
    const order = await placeOrder({}, { ...sampleOrder, customerId: 'customer\u202e' });
    expect(problemOf.parse(order.json()).errors?.map(({ path }) => path)).toEqual(['/customerId']);
  });

  it('that was stored earlier is found, listed, changed, adjusted and ordered by', async () => {
    const edge = await createEdge();
    const [productId, customerId] = ['old\u202eproduct', 'old\u202ecustomer'];
    const old = { name: 'old\u202ename', unitPrice: 100, currency: 'EUR', onHand: 9 };
    await edge.catalogue.addProduct(productId, old, noon);
    await edge.add('order-1', customerId);
    const address = `/products/${encodeURIComponent(productId)}`;
    const read = await edge.get(address);
    expect(read.json()).toMatchObject({ name: 'old\u202ename' });
    const changed = await edge.app.inject({
      method: 'PUT',
      url: address,
      headers: { 'if-match': String(read.headers['etag']) },
      payload: { name: 'New name', unitPrice: 100, currency: 'EUR' },
    });
    expect(changed.statusCode).toBe(200);
    const adjusted = await edge.post(
      `${address}/adjustments`,
      { by: 1, reason: 'found' },
      { 'idempotency-key': 'k' },
    );
    expect(adjusted.statusCode).toBe(201);
    const listed = await edge.get(`/orders?customerId=${encodeURIComponent(customerId)}`);
    expect(listed.json().orders).toHaveLength(1);
    expect(
      (await edge.placeOrder({}, { ...sampleOrder, items: [{ productId, quantity: 1 }] })).statusCode,
    ).toBe(201);
  });
});

describe('the e-mail address of an order', () => {
  it.each([
    'käufer@münchen.example',
    'a@xn--mnchen-3ya.example',
    'a&b@x.example',
    'x=y@x.example',
    'team/eu@x.example',
  ])('may be %s, and is shown as it was given', async (email) => {
    const { placeOrder } = await createEdge();
    const answer = await placeOrder({}, { ...sampleOrder, email });
    expect(answer.statusCode).toBe(201);
    expect(answer.json().email).toBe(email);
  });

  it.each([
    ['ada', 'must be an e-mail address, such as ada@example.com'],
    ['a..b@x.example', 'has something before its @ that no mailbox is named'],
    ['ada@localhost', 'has no domain behind its @, such as example.com or münchen.example'],
  ])('cannot be %s, with one reason', async (email, message) => {
    const { placeOrder } = await createEdge();
    const answer = await placeOrder({}, { ...sampleOrder, email });
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors).toEqual([{ path: '/email', message }]);
  });
});

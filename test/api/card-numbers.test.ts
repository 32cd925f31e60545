// Numbers of payment cards in the bodies of requests: refused in every text, repeated and logged nowhere; other numbers pass.
import { beforeAll, describe, expect, it } from 'vitest';
import { hasCardNumber } from '../../src/api/edge/card-numbers.ts';
import { createEdge, type Edge, noon, problemOf, sampleOrder } from './edge.ts';

/** Test numbers that card networks and payment providers publish: nothing can be paid with them. */
const cards = [
  ['Visa', '4242424242424242'],
  ['Visa with 13 digits', '4222222222222'],
  ['Visa with 19 digits', '4000000000000000006'],
  ['Mastercard', '5555555555554444'],
  ['Mastercard of the 2 series', '2223003122003222'],
  ['American Express', '378282246310005'],
  ['Discover', '6011111111111117'],
  ['Diners Club with 14 digits', '36227206271667'],
  ['JCB', '3566002020360505'],
  ['UnionPay', '6205500000000000004'],
] as const;
const visa = cards[0][1];

describe('a text', () => {
  it.each(cards)('with a number of %s is seen, however it is written', (_network, number) => {
    const grouped = number.replaceAll(/(\d{4})(?=\d)/g, '$1 ');
    const written = [number, grouped, grouped.replaceAll(' ', '-'), grouped.replaceAll(' ', ' – ')];
    for (const text of written) {
      expect([text, hasCardNumber(text)]).toEqual([text, true]);
      expect([text, hasCardNumber(`card ${text}, 12/29, 123`)]).toEqual([text, true]);
    }
  });

  it.each([
    ['two numbers after each other', '4242 4242 4242 4242 5555 5555 5555 4444'],
    ['its security code behind it', '4242 4242 4242 4242 123'],
    ['letters around it', 'pan4242424242424242x'],
    ['letters and digits before it that make no IBAN', 'BE1842424242424242'],
    ['the start of a key of ours before it', 'oc_4242424242424242_short'],
    ['full-width digits', '４２４２４２４２４２４２４２４２'],
  ])('with %s is seen', (_what, text) => {
    expect(hasCardNumber(text)).toBe(true);
  });

  it.each([
    ['a number that does not pass the check', '4242424242424241'],
    ['an EAN-13', '4006381333931'],
    ['an EAN-13 that passes the check of cards, too', '4000000000006'],
    ['an EAN-8', '96385074'],
    ['a UPC', '036000291452'],
    ['20 digits', '42424242424242424242'],
    ['12 digits', '424242424242'],
    ['a UUID of digits', '01900000-0000-7000-8000-000000000175'],
    ['a UUID with digits by chance', '019a4242-4242-7242-8242-4242abcdef01'],
    ['an object id with digits by chance', '4242424242424242abcdef01'],
    ["a gateway's id of a transaction with digits by chance", 'txn_4ccdf56475063561481ba9db'],
    ['an order with such an id behind its name', 'order_019a4242-4242-7242-8242-4242abcdef01'],
    ['a key of ours with digits by chance', `oc_4242424242424242_${'x'.repeat(43)}`],
    ['a session of ours with digits by chance', `ocs_42424242424242ab_${'-'.repeat(43)}`],
    ['a time in ms', '1764370000004'],
    ['a telephone number', '+49 170 1234567'],
    ['an IBAN whose digits pass the check', 'AT610005390075470340'],
    ['such an IBAN in groups', 'DK61 0539 0075 4703 40'],
    ['zeros', '0000000000000000'],
    ['a date and an amount', '2026-11-28, 175.00 USD'],
  ])('with %s is not', (_what, text) => {
    expect(hasCardNumber(text)).toBe(false);
  });

  it('of random UUIDs is never one', () => {
    const found = Array.from({ length: 20_000 }, () => crypto.randomUUID()).filter(hasCardNumber);
    expect(found).toEqual([]);
  });
});

describe('a request', () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await createEdge();
    await edge.add('order-1');
  });
  const item = { productId: 'product-1', quantity: 1 };
  const discount = { kind: 'discount', name: visa, amount: -1 };
  const fields: readonly [string, string, object][] = [
    ['/customerId', '/orders', { ...sampleOrder, customerId: visa }],
    ['/email', '/orders', { ...sampleOrder, email: `${visa}@example.com` }],
    ['/reference', '/orders', { ...sampleOrder, reference: visa }],
    ['/paymentMethod', '/orders', { ...sampleOrder, paymentMethod: visa }],
    ['/locale', '/orders', { ...sampleOrder, locale: visa }],
    ['/currency', '/orders', { ...sampleOrder, currency: visa }],
    ['/adjustments/0/name', '/orders', { ...sampleOrder, adjustments: [discount] }],
    ['/items/0', '/orders', { ...sampleOrder, items: [{ ...item, [visa]: 1 }] }],
    ['', '/orders', { ...sampleOrder, [`x${visa}`]: 1 }],
    ['/reason', '/orders/order-1/cancel', { reason: `paid with ${visa}` }],
    ['/reason', '/orders/order-1/refunds', { reason: visa }],
    ['/note', '/orders/order-1/retry', { note: visa }],
    ['/outcome', '/orders/order-1/resolve', { outcome: visa, note: 'by phone' }],
    ['/note', '/orders/order-1/resolve', { outcome: 'charged', note: visa }],
    ['/transactionId', '/orders/order-1/resolve', { outcome: 'charged', note: 'x', transactionId: visa }],
    ['/text', '/orders/order-1/notes', { text: visa }],
    ['/reason', '/products/product-1/adjustments', { by: 1, reason: visa }],
  ];
  it.each(fields)(
    'with a number of a card in %j to %s is refused and stores nothing',
    async (path, url, body) => {
      const before = await edge.stored();
      const answer = await edge.post(url, body, { 'idempotency-key': 'key-1' });
      expect(answer.statusCode).toBe(422);
      expect(problemOf.parse(answer.json())).toMatchObject({
        type: '/problems/card-number',
        errors: [{ path, message: 'has what reads as the number of a card' }],
      });
      expect(answer.body).not.toContain(visa);
      expect(edge.log()).not.toContain(visa);
      expect(await edge.stored()).toEqual(before);
    },
  );

  it('may name a product by such a number, or by an EAN in any text', async () => {
    const gold = { name: 'EAN 4006381333931', unitPrice: 1, currency: 'EUR', onHand: 9 };
    await edge.catalogue.addProduct(visa, gold, noon);
    const order = { ...sampleOrder, items: [{ productId: visa, quantity: 1 }], reference: '4006381333931' };
    expect((await edge.placeOrder({ 'idempotency-key': 'key-2' }, order)).statusCode).toBe(201);
  });

  it('keeps its idempotency key, whatever that is', async () => {
    expect((await edge.placeOrder({ 'idempotency-key': visa })).statusCode).toBe(201);
  });
});

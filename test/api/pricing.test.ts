// What an order comes to, and how it is paid: amounts beside the products, a total that is proved, a token, and a language.
import { describe, expect, it } from 'vitest';
import type { Scope } from '../../src/access.ts';
import { limits } from '../../src/limits.ts';
import { createEdge, type Edge, problemOf, sampleOrder } from './edge.ts';

const countOrders = async ({ runner }: Edge) => (await runner.list({ limit: 100 })).length;

describe('amounts beside the products', () => {
  const shipping = { kind: 'shipping', name: 'Parcel', amount: 490 };
  const discount = { kind: 'discount', name: 'Welcome', amount: -1000 };

  it('are part of the total, and shown with the order', async () => {
    const { placeOrder } = await createEdge();
    const answer = await placeOrder({}, { ...sampleOrder, adjustments: [shipping, discount], total: 16_990 });
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({ amount: 16_990, adjustments: [shipping, discount] });
  });

  it.each([
    ['a discount above 0', { ...discount, amount: 1 }],
    ['shipping below 0', { ...shipping, amount: -1 }],
    ['half a cent', { ...shipping, amount: 0.5 }],
    ['a kind that is none', { ...shipping, kind: 'tip' }],
  ])('are refused as %s, and nothing is stored', async (_what, adjustment) => {
    const edge = await createEdge();
    const answer = await edge.placeOrder({}, { ...sampleOrder, adjustments: [adjustment] });
    expect(answer.statusCode).toBe(400);
    expect(await countOrders(edge)).toBe(0);
  });

  it('of more than the limit are refused', async () => {
    const { placeOrder } = await createEdge();
    const adjustments = Array.from({ length: limits.adjustments + 1 }, () => shipping);
    expect((await placeOrder({}, { ...sampleOrder, adjustments })).statusCode).toBe(400);
  });

  it('are refused from a key without the scope orders:price, and taken with it', async () => {
    const edge = await createEdge();
    const wish = { owner: null, expiresAt: null, requestsPerMinute: null, refundsPerDay: null };
    const place = async (principal: string, scopes: readonly Scope[], order: object) => {
      const { token } = await edge.keys.create({ ...wish, principal, scopes });
      return edge.placeOrder({ authorization: `Bearer ${token}` }, order);
    };
    const order = { ...sampleOrder, adjustments: [discount] };
    const refused = await place('site', ['orders:place'], order);
    expect(refused.statusCode).toBe(403);
    expect(problemOf.parse(refused.json())).toMatchObject({ type: '/problems/scope-missing' });
    expect(await countOrders(edge)).toBe(0);
    expect((await place('plain', ['orders:place'], sampleOrder)).statusCode).toBe(201);
    expect((await place('shop', ['orders:place', 'orders:price'], order)).statusCode).toBe(201);
  });
});

describe('the total', () => {
  it('is refused if it is not what the shop computes, with both figures, and nothing is stored', async () => {
    const edge = await createEdge();
    const answer = await edge.placeOrder({}, { ...sampleOrder, total: 17_499 });
    expect(answer.statusCode).toBe(422);
    expect(problemOf.parse(answer.json())).toMatchObject({
      type: '/problems/total-mismatch',
      errors: [{ path: '/total', message: 'is 17499, and the products and adjustments come to 17500' }],
    });
    expect(await countOrders(edge)).toBe(0);
  });

  it('is refused below 0, and nothing is stored', async () => {
    const edge = await createEdge();
    const adjustments = [{ kind: 'discount', name: 'Too much', amount: -17_501 }];
    const answer = await edge.placeOrder({}, { ...sampleOrder, adjustments });
    expect(answer.statusCode).toBe(422);
    expect(problemOf.parse(answer.json()).type).toBe('/problems/total-below-zero');
    expect(await countOrders(edge)).toBe(0);
  });

  it.each(['at-once', 'later'])('of 0 needs no payment, with capture %s', async (PAYMENT_CAPTURE) => {
    const { placeOrder, get } = await createEdge({ settings: { PAYMENT_CAPTURE } });
    const adjustments = [{ kind: 'discount', name: 'Sample', amount: -17_500 }];
    const answer = await placeOrder({ prefer: 'wait=10' }, { ...sampleOrder, adjustments, total: 0 });
    expect(answer.json()).toMatchObject({ state: 'completed', settled: true, amount: 0, paidAmount: 0 });
    const events: { type: string }[] = (await get(`/orders/${answer.json().id}/events`)).json().events;
    const types = events.map(({ type }) => type);
    expect(types).toContain('payment.not-needed');
    expect(types.filter((type) => type.startsWith('payment.'))).toEqual(['payment.not-needed']);
  });
});

describe('what an order is paid with, and its language', () => {
  it('reach the payment and the notices, and the language is shown in its canonical form', async () => {
    const { placeOrder, runner } = await createEdge();
    const order = { ...sampleOrder, paymentMethod: 'pm_card_visa', locale: 'DE-ch' };
    const { id, locale } = (await placeOrder({}, order)).json();
    expect(locale).toBe('de-CH');
    const [placed] = await runner.received(id, 0, 10);
    expect(placed?.data).toMatchObject({ paymentMethod: 'pm_card_visa', locale: 'de-CH' });
  });

  it('are null if they are left out', async () => {
    const { placeOrder } = await createEdge();
    expect((await placeOrder()).json()).toMatchObject({ locale: null, reference: null, adjustments: [] });
  });

  it.each([
    ['paymentMethod', '12345678'],
    ['paymentMethod', 'pm card'],
    ['paymentMethod', ''],
    ['locale', 'no locale'],
    ['locale', ''],
  ])('are refused where %s is %j, and nothing is stored', async (field, value) => {
    const edge = await createEdge();
    const answer = await edge.placeOrder({}, { ...sampleOrder, [field]: value });
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors?.[0]?.path).toBe(`/${field}`);
    expect(await countOrders(edge)).toBe(0);
  });
});

// What a customer needs to confirm a payment is fetched for those who may place the order, and for nobody else
// (src/api/routes/payment-action.ts).
import { expect, it, vi } from 'vitest';
import type { KeyWish } from '../../src/access.ts';
import { AppError } from '../../src/errors.ts';
import type { Answer } from '../hosts/harness.ts';
import { createEdge, sampleOrder } from './edge.ts';

const wish: KeyWish = {
  ...{ principal: 'shop', scopes: ['orders:place'], owner: null },
  ...{ expiresAt: null, requestsPerMinute: null, refundsPerDay: null },
};
const gateway: Answer<'gateway'> = async () => ({ type: 'gateway.action-required', transactionId: 't-1' });
const action = { provider: 'simulated', clientSecret: 'a-secret' };

/** An order of customer-1 whose payment waits for its customer. */
const open = async (rest: Parameters<typeof createEdge>[0] = {}) => {
  const edge = await createEdge({ gateway, customerActions: { paymentAction: async () => action }, ...rest });
  const { id } = (await edge.placeOrder({}, { ...sampleOrder, customerId: 'customer-1' })).json();
  await vi.waitUntil(async () => {
    const view = await edge.runner.get(id);
    return view !== undefined && view.unreadable === undefined && view.awaitedPayment !== null;
  });
  const keyOf = async (principal: string, given: Partial<KeyWish>) => ({
    authorization: `Bearer ${(await edge.keys.create({ ...wish, principal, ...given })).token}`,
  });
  return { ...edge, id, keyOf, url: `/orders/${id}/payment-action` };
};

it('comes from the provider, each time, and is kept by nobody on its way', async () => {
  const paymentAction = vi.fn(async () => action);
  const edge = await open({ customerActions: { paymentAction } });
  for (let count = 1; count <= 2; count += 1) {
    const answer = await edge.get(edge.url);
    expect([answer.statusCode, answer.headers['cache-control'], answer.json()]).toEqual([
      200,
      'no-store',
      action,
    ]);
    expect(paymentAction).toHaveBeenCalledTimes(count);
  }
  expect(paymentAction).toHaveBeenCalledWith({
    ...{ orderId: edge.id, provider: 'simulated', transactionId: 't-1' },
  });
  expect(edge.log()).not.toContain(action.clientSecret);
});

it('is for keys that may place the order: of the shop, or of its customer', async () => {
  const edge = await open();
  const ask = async (principal: string, given: Partial<KeyWish>) =>
    (await edge.get(edge.url, await edge.keyOf(principal, given))).statusCode;
  expect(await ask('shop', {})).toBe(200);
  expect(await ask('ada', { owner: 'customer-1' })).toBe(200);
  expect(await ask('grace', { owner: 'customer-2' })).toBe(404);
  expect(await ask('reader', { scopes: ['orders:read'] })).toBe(403);
});

it('is refused where there is nothing to confirm, or the provider has no confirmations', async () => {
  const paid = await createEdge({ gateway: async () => ({ type: 'gateway.declined', code: 'no' }) });
  const { id } = (await paid.placeOrder()).json();
  await vi.waitUntil(async () => (await paid.runner.get(id))?.settled === true);
  const without = await open({ customerActions: {} });
  const answers = [await paid.get(`/orders/${id}/payment-action`), await without.get(without.url)];
  for (const answer of answers) {
    expect([answer.statusCode, answer.json().type]).toEqual([409, '/problems/no-payment-action']);
  }
  without.showUnreadable('torn');
  expect((await without.get(without.url)).json().type).toBe('/problems/order-unreadable');
});

it('is asked for again later if the provider does not answer', async () => {
  const paymentAction = async () => {
    throw new AppError('provider-unavailable', 'The provider does not answer.');
  };
  const edge = await open({ customerActions: { paymentAction } });
  const answer = await edge.get(edge.url);
  expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '5']);
});

it('is played with the simulated gateway, and with no other', async () => {
  const playCustomer = vi.fn(async () => ({
    key: `${edge.id}/charge/1`,
    reply: { type: 'gateway.declined', code: 'card-declined' },
  }));
  const edge = await open({ customerActions: { playCustomer } });
  expect((await edge.post(edge.url, { outcome: 'failed' })).statusCode).toBe(204);
  expect(playCustomer).toHaveBeenCalledWith(expect.objectContaining({ orderId: edge.id }), false);
  await vi.waitUntil(async () => (await edge.runner.get(edge.id))?.state === 'failed');
  const stripe = { STRIPE_SECRET_KEY: 'sk_test_abc', STRIPE_WEBHOOK_SECRET: 'whsec_abc' };
  const other = await open({ settings: { PAYMENT_GATEWAY: 'stripe', ...stripe } });
  expect((await other.post(other.url, { outcome: 'failed' })).statusCode).toBe(405);
});

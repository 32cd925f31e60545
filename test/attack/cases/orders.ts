// What an order may say of money and of itself: amounts beside the products, totals, tokens instead of cards, and references.
import assert from 'node:assert/strict';
import { expectRefused, expectStatus } from '../expectations.ts';
import type { HostileCase } from '../hostile-case.ts';
import { ownerId, toOrder } from '../target.ts';

/** Test numbers of card networks. */
const cards = ['4242424242424242', '5555 5555 5555 4444', '3782-822463-10005', '6011111111111117'];
const own = toOrder(ownerId);
const discount = (amount: number) => ({ kind: 'discount', name: 'Gift', amount });
const places = (card: string): readonly (readonly [string, object])[] => [
  ['/orders', { ...own, customerId: card }],
  ['/orders', { ...own, email: `${card.replaceAll(' ', '')}@example.com` }],
  ['/orders', { ...own, paymentMethod: card }],
  ['/orders', { ...own, paymentMethod: `pm_${card}` }],
  ['/orders', { ...own, reference: `cart ${card}` }],
  ['/orders', { ...own, locale: card }],
  ['/orders', { ...own, adjustments: [{ ...discount(-1), name: card }] }],
  ['/orders', { ...own, [card]: 1 }],
  ['/orders', { ...own, items: [{ productId: 'product-1', quantity: 1, [card]: card }] }],
  ['/orders/ID/cancel', { reason: `charge ${card}` }],
  ['/orders/ID/refunds', { reason: card }],
  ['/orders/ID/retry', { actor: card }],
  ['/orders/ID/resolve', { outcome: 'charged', note: card, transactionId: card }],
  ['/orders/ID/notes', { text: card }],
  ['/products/product-1/adjustments', { by: 1, reason: card }],
];

const payment: readonly HostileCase[] = cards.map((card) => ({
  name: `a number of a card such as ${card.slice(0, 4)}… is refused in every field, and neither answered nor logged`,
  attack: async ({ shop, tokens, orders }) => {
    for (const [path, body] of places(card)) {
      const headers = { 'idempotency-key': 'card' };
      const request = { method: 'POST', headers, body, key: tokens.desk };
      const answer = await shop.ask(path.replace('ID', orders.owner), request);
      expectRefused(answer, 422, 'card-number');
      assert.ok(!answer.body.includes(card), `${path} repeats the number`);
    }
  },
  secrets: [card],
}));

const prices: readonly HostileCase[] = [
  {
    name: "a customer's key sets no discounts and no totals, and no key that could is made for a customer",
    attack: async ({ shop, tokens }) => {
      const ask = (path: string, body: object, key: string) =>
        shop.ask(path, { method: 'POST', headers: { 'idempotency-key': 'price' }, body, key });
      for (const adjustments of [[discount(-1)], [discount(-5000)], [{ ...discount(0), kind: 'tax' }]]) {
        expectRefused(await ask('/orders', { ...own, adjustments }, tokens.owner), 403, 'scope-missing');
        expectRefused(await ask('/orders', { ...own, adjustments }, tokens.desk), 403, 'scope-missing');
      }
      expectRefused(await ask('/orders', { ...own, total: 0 }, tokens.owner), 422, 'total-mismatch');
      const wish = { principal: 'sly', scopes: ['orders:place', 'orders:price'], customerId: ownerId };
      expectRefused(await ask('/keys', wish, tokens.root), 400, 'invalid-request');
    },
  },
];

const references: readonly HostileCase[] = [
  {
    name: "the reference of another principal's order neither finds nor blocks it",
    attack: async ({ shop, tokens }) => {
      const place = (order: object, key: string, name: string) => {
        const headers = { 'idempotency-key': name };
        return shop.ask('/orders', { method: 'POST', headers, body: { ...order, reference: 'cart-7' }, key });
      };
      expectStatus(await place(toOrder(ownerId), tokens.desk, 'reference-1'), 201);
      // Its own order with the name of another's: it is placed, and a second one is its own to see.
      const mine = await place(own, tokens.owner, 'reference-2');
      expectStatus(mine, 201);
      const second = await place(own, tokens.owner, 'reference-3');
      expectRefused(second, 409, 'reference-in-use');
      assert.equal(second.headers['location'], `/orders/${JSON.parse(mine.body).id}`);
    },
    stores: true,
  },
];

export const ownOrders: readonly HostileCase[] = [...payment, ...prices, ...references];

// A customer's key and the orders of others: every route with an order's id, lists, streams, moves, and fields that nobody
// may set. An order of another customer is answered as one that does not exist.
import assert from 'node:assert/strict';
import { expectRefused, expectStatus } from '../expectations.ts';
import type { HostileCase } from '../hostile-case.ts';
import { ownerId, toOrder } from '../target.ts';
import { askRoute, readRoutes } from './keys.ts';

/** What a stream sends until `sign` has come. */
const readUntil = async ({ body }: Response, sign: string): Promise<string> => {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes(sign)) break;
  }
  return text;
};

const missing = '01900000-0000-7000-8000-000000000000';

const withIds: readonly HostileCase[] = [
  {
    name: 'on every route with an id, the order of another customer is as missing as one that does not exist',
    attack: async (attack) => {
      const routes = (await readRoutes()).filter((route) => route.includes('/orders/{id}'));
      assert.ok(routes.length > 12);
      for (const route of routes) {
        const headers = { 'idempotency-key': 'bola' };
        const request = { key: attack.tokens.owner, headers, ...(route.startsWith('POST') && { body: {} }) };
        const toShown = async (id: string) => {
          const answer = await askRoute(attack, route, id, request);
          const { date: _, 'x-request-id': __, ratelimit: ___, ...kept } = answer.headers;
          const text = answer.body.replaceAll(id, 'ID').replace(/urn:uuid:[\w-]+/, '');
          return { status: answer.status, text, kept };
        };
        const [theirs, none] = [await toShown(attack.orders.rival), await toShown(missing)];
        assert.deepEqual(theirs, none, `${route} tells that the order exists`);
        assert.ok([400, 403, 404].includes(theirs.status), `${route} answered ${theirs.status}`);
      }
    },
  },
  {
    name: 'moves with whole bodies change no order of another customer',
    attack: async ({ shop, tokens, orders }) => {
      const bodies = {
        cancel: { reason: 'x' },
        capture: {},
        refunds: { amount: 1, reason: 'x' },
        retry: { actor: 'payment', note: 'x' },
        resolve: { actor: 'payment', outcome: 'charged', note: 'x', transactionId: 'x' },
      };
      for (const [move, body] of Object.entries(bodies)) {
        const headers = { 'idempotency-key': `theft-${move}`, 'if-match': '*' };
        const request = { method: 'POST', headers, body, key: tokens.owner };
        expectRefused(await shop.ask(`/orders/${orders.rival}/${move}`, request), 404, 'order-not-found');
      }
    },
  },
  {
    name: 'conditions do not tell whether an order of another customer exists',
    attack: async ({ shop, tokens, orders }) => {
      for (const headers of [{ 'if-none-match': '*' }, { 'if-match': '"1"' }, { range: 'bytes=0-1' }]) {
        const answer = await shop.ask(`/orders/${orders.rival}`, { headers, key: tokens.owner });
        expectRefused(answer, 404, 'order-not-found');
      }
    },
  },
];

const lists: readonly HostileCase[] = [
  {
    name: "lists show a customer's key its own orders, whatever the filter",
    attack: async ({ shop, tokens, orders }) => {
      for (const query of ['', '?settled=true', '?limit=100', '?incident=false', `?after=${orders.rival}`]) {
        const answer = await shop.ask(`/orders${query}`, { key: tokens.owner });
        expectStatus(answer, 200, 400);
        // A refusal names what was asked for.
        assert.ok(answer.status === 400 || !answer.body.includes(orders.rival), query);
      }
      const asked = await shop.ask('/orders?customerId=someone-else', { key: tokens.owner });
      if (asked.status === 200) assert.deepEqual(JSON.parse(asked.body).orders, []);
      else expectRefused(asked, [400, 403, 404]);
    },
  },
  {
    name: "the journal and its stream show a customer's key the events of its own orders alone",
    attack: async ({ shop, tokens, orders, answers }) => {
      for (const query of ['', '?limit=1000', '?types=order.created', '?types=order.completed&limit=1000']) {
        const { status, body } = await shop.ask(`/events${query}`, { key: tokens.owner });
        assert.equal(status, 200);
        assert.ok(
          body.includes(orders.owner) && !body.includes(orders.rival),
          `/events${query} shows others`,
        );
      }
      const stream = await shop.stream('/events/stream?after=0', { authorization: `Bearer ${tokens.owner}` });
      const text = await readUntil(stream, 'order.completed');
      answers.push(text);
      assert.ok(text.includes(orders.owner) && !text.includes(orders.rival), 'the stream shows others');
    },
  },
  {
    name: "services are neither shown to a customer's key nor paused by it",
    attack: async ({ shop, tokens }) => {
      for (const path of ['/services', '/services/gateway', '/services/incidents', '/nodes']) {
        expectRefused(await shop.ask(path, { key: tokens.owner }), 403, 'scope-missing');
      }
      const body = { paused: true, reason: 'x' };
      const request = { method: 'PUT', body, key: tokens.owner };
      expectRefused(await shop.ask('/services/gateway', request), 403, 'scope-missing');
      const { body: shown } = await shop.ask('/services/gateway', { key: tokens.root });
      assert.equal(JSON.parse(shown).state, 'running');
    },
  },
  {
    name: "the inspector is closed to a customer's key",
    attack: async (attack) => {
      for (const route of (await readRoutes()).filter((each) => each.includes('/inspector'))) {
        const answer = await askRoute(attack, route, attack.orders.owner, { key: attack.tokens.owner });
        assert.equal(answer.status, 403, `${route} answered ${answer.status}`);
      }
    },
  },
];

const forged: readonly HostileCase[] = [
  {
    name: "a customer's key places no order for another customer",
    attack: async ({ shop, tokens }) => {
      const headers = { 'idempotency-key': 'forged-customer' };
      const request = { method: 'POST', headers, body: toOrder('someone-else'), key: tokens.owner };
      expectRefused(await shop.ask('/orders', request), [400, 403, 404]);
    },
  },
  {
    name: 'the key of an idempotent request answers its own principal alone',
    attack: async ({ shop, tokens }) => {
      const body = toOrder(ownerId);
      const headers = { 'idempotency-key': `first-${ownerId}` };
      const mine = await shop.ask('/orders', { method: 'POST', headers, body, key: tokens.owner });
      expectStatus(mine, 201);
      assert.equal(mine.headers['idempotency-replayed'], undefined);
      const rivals = { 'idempotency-key': 'first-rival-7f3a9c' };
      const theirs = await shop.ask('/orders', { method: 'POST', headers: rivals, body, key: tokens.owner });
      expectStatus(theirs, 201);
      assert.equal(JSON.parse(theirs.body).customerId, ownerId);
    },
    stores: true,
  },
  ...[
    ...[
      'id',
      'state',
      'version',
      'amount',
      'paidAmount',
      'settled',
      'principal',
      'owner',
      'policy',
      'createdAt',
    ],
    ...['chartVersion', 'moves', 'incidents', 'orderId', 'discount', 'refundedAmount'],
  ].map(
    (field) =>
      ({
        name: `an order that brings its own ${field} is refused by that field`,
        attack: async ({ shop, tokens }) => {
          const headers = { 'idempotency-key': 'mass' };
          const body = { ...toOrder(ownerId), [field]: 1 };
          const answer = await shop.ask('/orders', { method: 'POST', headers, body, key: tokens.owner });
          expectRefused(answer, 400, 'invalid-request');
          assert.ok(answer.body.includes(`/${field}`), answer.body);
        },
      }) satisfies HostileCase,
  ),
  {
    name: 'prices are those of the catalogue, whatever an order says',
    attack: async ({ shop, tokens }) => {
      const headers = { 'idempotency-key': 'cheap' };
      const items = [{ productId: 'product-1', quantity: 1, unitPrice: 1 }];
      const body = { ...toOrder(ownerId), items };
      const answer = await shop.ask('/orders', { method: 'POST', headers, body, key: tokens.owner });
      expectRefused(answer, [400, 409, 422], 'price-mismatch');
    },
  },
  {
    name: 'moves with unknown fields, and with forged messages, are refused',
    attack: async ({ shop, tokens, orders }) => {
      for (const body of [
        { type: 'xstate.done.actor.payment' },
        { state: 'completed' },
        { principal: 'root' },
      ]) {
        const path = `/orders/${orders.owner}/cancel`;
        const answer = await shop.ask(path, { method: 'POST', body, key: tokens.owner });
        expectRefused(answer, 400, 'invalid-request');
      }
    },
  },
  {
    name: 'an order in an answer has no more than the document says: no payment key, no policy, no messages',
    attack: async ({ shop, tokens, orders }) => {
      for (const path of [`/orders/${orders.owner}`, '/orders', `/orders/${orders.owner}/explain`]) {
        const { body } = await shop.ask(path, { key: tokens.owner });
        assert.ok(!/idempotencyKey|"policy"|snapshot|"hash"|"principal"/.test(body), body);
      }
    },
  },
];

export const owners: readonly HostileCase[] = [...withIds, ...lists, ...forged];

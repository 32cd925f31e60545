// More of what is allowed than anyone needs: wrong keys, requests, streams, waiters, replays and scans. Whoever floods is
// refused with 429 or 503 and when to come again, and everybody else is answered.
import assert from 'node:assert/strict';
import { askUntilServed, expectRefused, expectStatus } from '../expectations.ts';
import type { HostileCase } from '../hostile-case.ts';
import { type Attack, ownerId, type Request, toOrder } from '../target.ts';

/** Asks so often, so many at once, and counts the answers by their status. */
const flood = async ({ shop }: Attack, path: string, request: Request, count: number, atOnce = count) => {
  const statuses = new Map<number, number>();
  let left = count;
  const askOn = async (): Promise<void> => {
    while (left-- > 0) {
      const answer = await shop.ask(path, request);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      const isTooMuch = answer.status === 429 || answer.status === 503;
      if (isTooMuch) assert.match(String(answer.headers['retry-after']), /^[1-9]\d*$/);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, askOn));
  return (status: number): number => statuses.get(status) ?? 0;
};

/** Somebody else is answered in time. */
const expectServed = async ({ shop, tokens, orders }: Attack): Promise<void> => {
  const startedAt = performance.now();
  const read = () => shop.ask(`/orders/${orders.owner}`, { key: tokens.desk });
  expectStatus(await askUntilServed(read), 200);
  expectStatus(await shop.ask('/livez'), 200);
  const ms = performance.now() - startedAt;
  assert.ok(ms < 3000, `others waited ${Math.round(ms)} ms`);
};

const callers: readonly HostileCase[] = [
  {
    name: 'a key that asks more often than it may is refused with 429, and others are not',
    attack: async (attack) => {
      const count = await flood(attack, '/orders', { key: attack.tokens.limited }, 30);
      assert.deepEqual([count(200), count(429)], [10, 20]);
      await expectServed(attack);
    },
  },
  {
    name: 'two hundred waiters of one key are not all let in, and the others are answered meanwhile',
    attack: async (attack) => {
      const { shop, tokens } = attack;
      const wait = (number: number) => {
        const headers = { 'idempotency-key': `wait-${number}`, prefer: 'wait=1' };
        return shop.ask('/orders', { method: 'POST', headers, body: toOrder(ownerId), key: tokens.owner });
      };
      const waiting = Promise.all(Array.from({ length: 60 }, (_, number) => wait(number)));
      await expectServed(attack);
      for (const answer of await waiting) expectStatus(answer, 201, 202, 429);
    },
    stores: true,
  },
  {
    name: 'one stream more than there may be is refused with 503, and orders are answered meanwhile',
    attack: async (attack) => {
      const { shop, tokens, orders } = attack;
      const path = `/orders/${orders.owner}/stream`;
      const open = (key: string) => shop.stream(path, { authorization: `Bearer ${key}` });
      const streams = await Promise.all(Array.from({ length: 60 }, () => open(tokens.owner)));
      const count = (wanted: number) => streams.filter(({ status }) => status === wanted).length;
      assert.deepEqual([count(200), count(429) + count(503)], [40, 20]);
      for (const { status, headers } of streams) {
        if (status !== 200) assert.match(headers.get('retry-after') ?? '', /^\d+$/);
      }
      await expectServed(attack);
    },
  },
];

const readers: readonly HostileCase[] = [
  {
    name: 'previews of an order of 2,300 messages, fifty times in one request and fifty requests at once, keep nobody waiting',
    attack: async (attack) => {
      const { tokens, orders } = attack;
      const body = { move: 'cancel', orderIds: Array(50).fill(orders.long) };
      const request = { method: 'POST', body, key: tokens.desk };
      const flooding = flood(attack, '/inspector/api/preview', request, 50);
      await expectServed(attack);
      const count = await flooding;
      assert.equal(count(200) + count(429) + count(503), 50);
    },
  },
  {
    name: 'a preview of 51 orders and a what-if of 51 steps are refused',
    attack: async ({ shop, tokens, orders }) => {
      const body = { move: 'cancel', orderIds: Array(51).fill(orders.owner) };
      const request = { method: 'POST', body, key: tokens.desk };
      expectRefused(await shop.ask('/inspector/api/preview', request), 400);
      const step = { kind: 'message', to: 'order', message: { type: 'order.cancel' } };
      const whatIf = { version: 1, hypotheticals: Array(51).fill(step) };
      const path = `/inspector/api/orders/${orders.owner}/what-if`;
      expectRefused(await shop.ask(path, { method: 'POST', body: whatIf, key: tokens.desk }), 400);
    },
  },
  {
    name: 'a connection for more than 50 channels of the inspector is refused, and so is one of nonsense',
    attack: async ({ shop, tokens, orders }) => {
      const channels = Array(51).fill({ order: orders.owner, after: 0 });
      for (const text of [JSON.stringify(channels), '[]', '{', '[{"order":"","after":-1}]', '"x"']) {
        const path = `/inspector/api/shared-live?channels=${encodeURIComponent(text)}`;
        expectRefused(await shop.ask(path, { key: tokens.desk }), [400, 414, 431]);
      }
    },
  },
  ...['/orders?limit=100', '/events?limit=1000', '/events?types=order.failed', '/products', '/metrics'].map(
    (path): HostileCase => ({
      name: `two hundred reads of ${path} at once are answered or refused, and keep nobody waiting`,
      attack: async (attack) => {
        const flooding = flood(attack, path, { key: attack.tokens.root }, 200, 100);
        const { status } = await attack.shop.ask('/livez');
        assert.equal(status, 200);
        const count = await flooding;
        assert.equal(count(200) + count(503), 200);
        await expectServed(attack);
      },
    }),
  ),
];

const guesses: readonly HostileCase[] = [
  {
    name: 'whoever guesses keys is refused with 429, also at the sign-in, and right keys still open',
    attack: async (attack) => {
      const count = await flood(attack, '/orders', { key: `oc_0123456789abcdef_${'A'.repeat(43)}` }, 100, 5);
      assert.ok(count(429) >= 70, `${count(429)} were refused`);
      assert.equal(count(401) + count(429), 100);
      const signIn = { method: 'POST', body: { key: 'guessed' } };
      expectRefused(await attack.shop.ask('/session', signIn), 429, 'rate-limited');
      await expectServed(attack);
    },
  },
];

export const floods: readonly HostileCase[] = [...callers, ...readers, ...guesses];

import { expect, test } from 'vitest';
import type { ShopHost } from '../../src/shop/placement.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createFakeClock } from '../fake-clock.ts';
import { interceptWrites, noteSizes } from '../stores/intercept.ts';
import { chargeAll, never, openHost, place, settle, widgets } from './harness.ts';

test('one commit carries an order from accepted to reserved with its charge intended', async () => {
  const { host, catalogue, store } = await openHost({ gateway: never });
  const view = await place({ host });
  expect(view.actors).toMatchObject({
    order: { state: 'paying.charging' },
    inventory: { state: 'reserved' },
  });
  expect(view.version).toBe(3);
  expect(await catalogue.product('product-1')).toMatchObject({ onHand: 100, held: 2, available: 98 });
  expect((await store.figures()).pendingCalls).toBe(1);
});

test('the sample order completes, charged once, sold once and confirmed once', async () => {
  const open = await openHost();
  const { id } = await place(open);
  expect(await settle(open, id)).toMatchObject({ state: 'completed', settled: true, paidAmount: 17_500 });
  expect(open.gatewayCalls.map(({ command }) => command.type)).toEqual(['gateway.charge']);
  expect(open.mailerCalls.map(({ command }) => command.notice)).toEqual(['confirmation']);
  expect(await open.catalogue.product('product-1')).toMatchObject({ onHand: 98, held: 0, sold: 2 });
});

test('a call leaves only after the commit that decided on it', async () => {
  const happened: string[] = [];
  const store = createMemoryStore();
  const { host } = await openHost({
    store: interceptWrites(store, async ({ orders }, proceed) => {
      await proceed();
      await new Promise((resolve) => setImmediate(resolve));
      if (orders.length > 0) happened.push('committed');
    }),
    gateway: ({ signal }) => {
      happened.push('charged');
      return never({ signal });
    },
  });
  await place({ host });
  expect(happened).toEqual(['committed', 'charged']);
});

test('a lone order is committed without waiting for company', async () => {
  const { host, clock } = await openHost({ gateway: never });
  const before = clock.now();
  await place({ host });
  expect(clock.now()).toBe(before);
});

test('orders that are ready together share commits, none larger than the limit', async () => {
  const sizes: number[] = [];
  const store = createMemoryStore();
  const { host } = await openHost({
    store: noteSizes(store, sizes),
    gateway: never,
    settings: { MAX_BATCH_ORDERS: 20 },
  });
  await Promise.all(Array.from({ length: 50 }, () => place({ host }, widgets(1))));
  // An idle store gets half of what there is, and no more than the limit; the next batch is decided meanwhile.
  expect(sizes).toEqual([20, 15, 8, 7]);
});

const tellCharged = (host: ShopHost, orderId: string) =>
  host.send({
    orderId,
    to: 'payment',
    messageId: 'webhook-1',
    message: {
      type: 'gateway.charged',
      key: `${orderId}/charge/1`,
      attempt: 1,
      transactionId: 't',
      amount: 17_500,
      currency: 'USD',
    },
    otherwise: 'record',
  });

test('the same message twice changes nothing the second time', async () => {
  const { host } = await openHost({ gateway: never, mailer: never });
  const { id } = await place({ host });
  const send = () => tellCharged(host, id);
  expect(await send()).toMatchObject({ result: { disposition: 'applied' } });
  const { version } = (await host.get(id)) ?? { version: 0 };
  expect(await send()).toMatchObject({ result: { disposition: 'duplicate' } });
  expect((await host.get(id))?.version).toBe(version);
});

test('a late capture after a cancel is refunded', async () => {
  const open = await openHost({
    gateway: (call) => (call.command.type === 'gateway.charge' ? never(call) : chargeAll(call)),
    settings: { PAYMENT_ATTEMPTS: 1 },
  });
  const { id } = await place(open);
  await open.host.send({
    orderId: id,
    to: 'order',
    message: { type: 'order.cancel', reason: 'no' },
    otherwise: 'refuse',
  });
  expect(await settle(open, id)).toMatchObject({ state: 'cancelled', paidAmount: 0 });
  await open.host.send({
    orderId: id,
    to: 'payment',
    message: {
      type: 'gateway.charged',
      key: `${id}/charge/1`,
      attempt: 1,
      transactionId: 'late',
      amount: 17_500,
      currency: 'USD',
    },
    otherwise: 'record',
  });
  expect(await settle(open, id)).toMatchObject({
    state: 'cancelled',
    paidAmount: 17_500,
    refundedAmount: 17_500,
  });
  expect(open.gatewayCalls.at(-1)?.command).toMatchObject({
    type: 'gateway.refund',
    amount: 17_500,
    transactionId: 'late',
  });
});

test('a slow bank holds up one order and no other', async () => {
  const open = await openHost({
    gateway: (call) => (call.command.key.includes('id-0002') ? never(call) : chargeAll(call)),
  });
  const slow = await place(open);
  const quick = await place(open);
  expect(await open.host.waitUntilSettled(quick.id, 60_000)).toMatchObject({ state: 'completed' });
  expect(await open.host.get(slow.id)).toMatchObject({ state: 'paying' });
});

test('too many waiting messages refuse new orders, and it returns to normal by itself', async () => {
  const { host } = await openHost({ gateway: never, settings: { MAX_PENDING_MESSAGES: 2 } });
  const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => place({ host }, widgets(1))));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
  expect(outcomes[2]).toMatchObject({ reason: { code: 'overloaded' } });
  expect(await place({ host }, widgets(1))).toMatchObject({ state: 'paying' });
});

test('a host accepts writes until one more order would wait too long, and again when less waits', async () => {
  const still = createFakeClock();
  let passed = 0;
  const clock = { ...still, now: () => still.now() + passed };
  const store = interceptWrites(createMemoryStore(), ({ orders }, proceed) => {
    passed += 10 * orders.length;
    return proceed();
  });
  const { host } = await openHost({ clock, store, gateway: never, settings: { MAX_WAIT_MS: 200 } });
  const placeMany = (many: number) => {
    const placing = Array.from({ length: many }, () => place({ host }, widgets(1)));
    return { placing: Promise.all(placing), acceptsWrites: host.acceptsWrites() };
  };
  // Nothing is known of the rate yet; then it is 10 ms a message, and one alone says nothing new.
  await placeMany(32).placing;
  await place({ host }, widgets(1));
  const [few, more] = [placeMany(20), placeMany(1)];
  expect([few.acceptsWrites, more.acceptsWrites]).toEqual([true, false]);
  await Promise.all([few.placing, more.placing]);
  expect(host.acceptsWrites()).toBe(true);
});

test('nothing of a log line is an address, a name or what was bought', async () => {
  const open = await openHost({ gateway: () => ({ type: 'gateway.declined', code: 'no-funds' }) });
  const { id } = await place(open);
  await settle(open, id);
  const text = JSON.stringify(open.lines);
  expect(text).toContain(id);
  for (const canary of ['someone@example.com', 'Widget', 'customer-123']) expect(text).not.toContain(canary);
});

import { expect, test } from 'vitest';
import type { FlowFilter } from '../../src/inspector/filter.ts';
import { Flow } from '../../src/inspector/flow.ts';
import { joinOnlookers } from '../../src/inspector/onlookers.ts';
import { Samples } from '../../src/inspector/samples.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createFakeClock } from '../fake-clock.ts';
import { openHost, sample } from '../hosts/harness.ts';

const open = async () => {
  const [clock, store] = [createFakeClock(), createMemoryStore()];
  const flow = new Flow({ clock, readFigures: store.figures });
  let bank = Promise.withResolvers<void>();
  const opened = await openHost({
    clock,
    store,
    onlooker: joinOnlookers([flow]),
    gateway: async ({ command }) => {
      await bank.promise;
      if (command.type !== 'gateway.charge') return { type: 'gateway.absent' };
      const { amount, currency } = command;
      return { type: 'gateway.charged', transactionId: 'txn', amount, currency };
    },
  });
  const samples = new Samples(clock, opened.metrics);
  const place = async (id: string, customerId = 'customer-1'): Promise<void> => {
    await opened.host.place({ ...sample, orderId: id, customerId });
  };
  const answer = async (...ids: readonly string[]): Promise<void> => {
    bank.resolve();
    await Promise.all(ids.map((id) => opened.host.waitUntilSettled(id, 1000)));
    bank = Promise.withResolvers<void>();
  };
  const look = async (filter: FlowFilter = {}) => {
    const { scene, leave } = flow.look(opened.host, filter);
    await flow.learned();
    return {
      leave,
      read: async () => {
        const taken = await samples.take();
        flow.turn();
        return flow.frame(scene, taken, samples.health());
      },
    };
  };
  return { ...opened, flow, samples, place, answer, look };
};

test('who begins to look sees the orders that were under way before', async () => {
  const { place, look, clock } = await open();
  await place('first');
  await place('second');
  await clock.advance(3000);
  const { read } = await look();
  const { inFlight, states, edges } = await read();
  expect(inFlight).toBe(2);
  expect(states).toMatchObject({
    paying: { count: 2, oldestMs: 3000 },
    'paying.charging': { count: 2, medianMs: 3000 },
  });
  expect(edges).toEqual({});
});

test('who looks sees how many go through each edge and where they end', async () => {
  const { place, answer, look } = await open();
  const { read } = await look();
  await place('first');
  await answer('first');
  const { inFlight, edges, totals } = await read();
  expect(inFlight).toBe(0);
  expect(edges).toMatchObject({
    'validating>reserving': { now: 1, recent: 1 },
    'reserving>paying': { now: 1, recent: 1 },
  });
  expect(totals).toMatchObject({ completed: 1 });
});

test('while nobody looks nothing is told, and what was seen is forgotten a minute after the last one left', async () => {
  const { flow, place, look, clock } = await open();
  expect(flow.isLooking()).toBe(false);
  await place('first');
  expect(flow.ordersIn('paying', {}, 10).total).toBe(0);
  const { leave } = await look();
  expect(flow.ordersIn('paying', {}, 10).total).toBe(1);
  leave();
  await clock.advance(59_000);
  expect(flow.isLooking()).toBe(true);
  await clock.advance(1000);
  expect(flow.isLooking()).toBe(false);
  expect(flow.ordersIn('paying', {}, 10).total).toBe(0);
});

test('a reader that comes back within a minute finds its counts again', async () => {
  const { place, answer, look, clock } = await open();
  (await look()).leave();
  await place('first');
  await answer('first');
  await clock.advance(30_000);
  const { read } = await look();
  await clock.advance(40_000);
  expect((await read()).edges).toHaveProperty(['validating>reserving', 'recent'], 1);
});

test('a filter leaves out the orders of others, their edges and their ends', async () => {
  const { flow, place, answer, look } = await open();
  const filter = { customerId: 'customer-2' };
  const { read } = await look(filter);
  await place('theirs', 'customer-1');
  await place('ours', 'customer-2');
  const before = await read();
  expect(before).toMatchObject({ inFlight: 1, isFiltered: true, totals: {} });
  expect(before.edges['validating>reserving']).toEqual({ now: 1, recent: 1 });
  expect(flow.ordersIn('paying', filter, 10).orders.map(({ id }) => id)).toEqual(['ours']);
  await answer('theirs', 'ours');
  expect((await read()).totals).toEqual({ completed: 1 });
});

test.each<[FlowFilter, boolean]>([
  [{ productId: 'product-1' }, true],
  [{ productId: 'product-9' }, false],
  [{ chartVersion: 'another' }, false],
  [{ placedFrom: Date.UTC(2026, 0, 1) }, true],
  [{ placedFrom: Date.UTC(2026, 0, 1) + 1 }, false],
  [{ placedBefore: Date.UTC(2026, 0, 1) }, false],
  [{ placedBefore: Date.UTC(2026, 0, 2) }, true],
])('an order of two products, placed at new year: %o lets it through: %o', async (filter, isThrough) => {
  const { place, look } = await open();
  await place('first');
  expect((await (await look(filter)).read()).inFlight).toBe(isThrough ? 1 : 0);
});

test('a second is sampled from the counters, whether anybody looks or not', async () => {
  const { samples, place, answer } = await open();
  await samples.take();
  await place('first');
  await place('second');
  await answer('first', 'second');
  const taken = await samples.take();
  expect(taken).toMatchObject({ placed: 2, ended: 2, completed: 2, declined: 0, incidents: 0 });
  expect(taken.commits).toBeGreaterThan(0);
  expect(taken.p50Ms).toBeGreaterThan(0);
  expect(await samples.take()).toMatchObject({ placed: 0, ended: 0, p50Ms: null, p99Ms: null });
  expect(samples.since(0)).toHaveLength(3);
  expect(samples.health()).toMatchObject([
    { name: 'store', troubles: 0 },
    { name: 'gateway', answers: 2, troubles: 0 },
    { name: 'mailer', answers: 2 },
  ]);
});

test('counting all orders is not done again before a hundred times as long as it took', async () => {
  const [clock, store] = [createFakeClock(), createMemoryStore()];
  let counted = 0;
  const readFigures = async () => {
    counted += 1;
    await clock.advance(200);
    return store.figures();
  };
  const flow = new Flow({ clock, readFigures });
  const { host, metrics } = await openHost({ clock, store });
  const samples = new Samples(clock, metrics);
  const { scene } = flow.look(host, {});
  await flow.learned();
  for (let second = 0; second < 25; second += 1) {
    await flow.frame(scene, await samples.take(), samples.health());
    await clock.advance(1000);
  }
  expect(counted).toBe(2);
});

test('of many orders it learns page by page while it shows those that it knows', async () => {
  const { flow, host, store, place, clock } = await open();
  for (const [productId, unitPrice] of [
    ['product-1', 5000],
    ['product-2', 7500],
  ] as const) {
    await store.putProduct(
      productId,
      { name: 'Thing', unitPrice, currency: 'USD', onHand: 1000 },
      clock.now(),
    );
  }
  await Promise.all(
    Array.from({ length: 250 }, (_, index) => place(`order-${String(index).padStart(3, '0')}`)),
  );
  flow.look(host, {});
  const total = (): number => flow.ordersIn('paying', {}, 10).total;
  await expect.poll(total).toBe(100);
  await place('meanwhile');
  expect(total()).toBe(101);
  await expect
    .poll(async () => {
      await clock.advance(10);
      return total();
    })
    .toBe(251);
});

test('the orders in a state are listed with the longest waiting first, and its incidents are counted', async () => {
  const { flow, place, look, clock, host } = await open();
  await place('first');
  await clock.advance(1000);
  const { read } = await look();
  await place('second');
  expect(flow.ordersIn('paying', {}, 10).orders.map(({ id }) => id)).toEqual(['first', 'second']);
  const ids = (await host.list({ state: 'paying', limit: 10 })).map(({ id }) => id);
  expect(ids).toEqual(['second', 'first']);
  expect((await read()).states['paying']).toMatchObject({ count: 2, incidents: 0 });
});

test('what went through an edge is forgotten after five minutes', async () => {
  const { place, look } = await open();
  const { read } = await look();
  await place('first');
  for (let second = 0; second < 300; second += 1) await read();
  expect((await read()).edges).toEqual({});
});

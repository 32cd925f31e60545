import { expect, test } from 'vitest';
import type { FlowFilter } from '../../src/inspector/server/filter.ts';
import { Flow } from '../../src/inspector/server/flow.ts';
import { joinObservers } from '../../src/inspector/server/observers.ts';
import { Samples } from '../../src/inspector/server/samples.ts';
import { shop } from '../../src/shop/shop.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createFakeClock } from '../fake-clock.ts';
import { openHost, sample } from '../hosts/harness.ts';

const openSamples = (
  clock: ReturnType<typeof createFakeClock>,
  metrics: Awaited<ReturnType<typeof openHost>>['metrics'],
) => new Samples({ application: shop, outside: ['gateway', 'mailer'], clock, metrics });

const open = async () => {
  const [clock, store] = [createFakeClock(), createMemoryStore()];
  const flow = new Flow({ application: shop, clock, readFigures: store.figures });
  let bank = Promise.withResolvers<void>();
  const opened = await openHost({
    clock,
    store,
    observer: joinObservers([flow]),
    gateway: async ({ command }) => {
      await bank.promise;
      if (command.type !== 'gateway.charge') return { type: 'gateway.absent' };
      const { amount, currency } = command;
      return { type: 'gateway.charged', transactionId: 'txn', amount, currency };
    },
  });
  const samples = openSamples(clock, opened.metrics);
  const place = async (id: string, customerId = 'customer-1'): Promise<void> => {
    await opened.host.place({ ...sample, orderId: id, customerId });
  };
  const answer = async (...ids: readonly string[]): Promise<void> => {
    bank.resolve();
    await Promise.all(ids.map((id) => opened.host.waitUntilSettled(id, 1000)));
    bank = Promise.withResolvers<void>();
  };
  const openView = async (filter: FlowFilter = {}) => {
    const { view, leave } = flow.open(opened.host, filter);
    await flow.loaded();
    return {
      leave,
      read: async () => {
        const taken = await samples.take();
        flow.endSecond();
        return flow.frame(view, taken, samples.health());
      },
    };
  };
  return { ...opened, flow, samples, place, answer, openView };
};

test('a page that is opened shows the orders that were in flight before', async () => {
  const { place, openView, clock } = await open();
  await place('first');
  await place('second');
  await clock.advance(3000);
  const { read } = await openView();
  const { inFlight, states, edges } = await read();
  expect(inFlight).toBe(2);
  expect(states).toMatchObject({
    paying: { count: 2, oldestMs: 3000 },
    'paying.charging': { count: 2, medianMs: 3000 },
  });
  expect(edges).toEqual({});
});

test('an open page shows how many orders take each edge, and how they end', async () => {
  const { place, answer, openView } = await open();
  const { read } = await openView();
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

test('without an open page nothing is observed, and a minute after the last one is closed all is forgotten', async () => {
  const { flow, place, openView, clock } = await open();
  expect(flow.isObserving()).toBe(false);
  await place('first');
  expect(flow.ordersIn('paying', {}, 10).total).toBe(0);
  const { leave } = await openView();
  expect(flow.ordersIn('paying', {}, 10).total).toBe(1);
  leave();
  await clock.advance(59_000);
  expect(flow.isObserving()).toBe(true);
  await clock.advance(1000);
  expect(flow.isObserving()).toBe(false);
  expect(flow.ordersIn('paying', {}, 10).total).toBe(0);
});

test('a page that is opened again within a minute has its counts again', async () => {
  const { place, answer, openView, clock } = await open();
  (await openView()).leave();
  await place('first');
  await answer('first');
  await clock.advance(30_000);
  const { read } = await openView();
  await clock.advance(40_000);
  expect((await read()).edges).toHaveProperty(['validating>reserving', 'recent'], 1);
});

test('a filter leaves out the orders of others, their edges and their ends', async () => {
  const { flow, place, answer, openView } = await open();
  const filter = { owner: 'customer-2' };
  const { read } = await openView(filter);
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
  [{ holding: 'product-1' }, true],
  [{ holding: 'product-9' }, false],
  [{ chartVersion: 'another' }, false],
  [{ createdFrom: Date.UTC(2026, 0, 1) }, true],
  [{ createdFrom: Date.UTC(2026, 0, 1) + 1 }, false],
  [{ createdBefore: Date.UTC(2026, 0, 1) }, false],
  [{ createdBefore: Date.UTC(2026, 0, 2) }, true],
])('the filter %o matches an order of two products, placed at new year: %o', async (filter, isMatching) => {
  const { place, openView } = await open();
  await place('first');
  expect((await (await openView(filter)).read()).inFlight).toBe(isMatching ? 1 : 0);
});

test('each second is sampled from the counters, with or without an open page', async () => {
  const { samples, place, answer } = await open();
  await samples.take();
  await place('first');
  await place('second');
  await answer('first', 'second');
  const taken = await samples.take();
  expect(taken).toMatchObject({ started: 2, ended: 2, succeeded: 2, declined: 0, incidents: 0 });
  expect(taken.commits).toBeGreaterThan(0);
  expect(taken.p50Ms).toBeGreaterThan(0);
  expect(await samples.take()).toMatchObject({ started: 0, ended: 0, p50Ms: null, p99Ms: null });
  expect(samples.since(0)).toHaveLength(3);
  expect(samples.health()).toMatchObject([
    { name: 'store', failures: 0 },
    { name: 'gateway', replies: 2, failures: 0 },
    { name: 'mailer', replies: 2 },
  ]);
});

test('all orders are counted again only after a hundred times as long as counting took', async () => {
  const [clock, store] = [createFakeClock(), createMemoryStore()];
  let counted = 0;
  const readFigures = async () => {
    counted += 1;
    await clock.advance(200);
    return store.figures();
  };
  const flow = new Flow({ application: shop, clock, readFigures });
  const { host, metrics } = await openHost({ clock, store });
  const samples = openSamples(clock, metrics);
  const { view } = flow.open(host, {});
  await flow.loaded();
  for (let second = 0; second < 25; second += 1) {
    await flow.frame(view, await samples.take(), samples.health());
    await clock.advance(1000);
  }
  expect(counted).toBe(2);
});

test('many orders are loaded page by page while those that are known are shown', async () => {
  const { flow, host, catalogue, place, clock } = await open();
  for (const productId of ['product-1', 'product-2']) {
    const delivery = { by: 1000, reason: 'delivery', who: 'operator', at: clock.now() };
    await catalogue.adjustStock({ productId, ...delivery });
  }
  await Promise.all(
    Array.from({ length: 250 }, (_, index) => place(`order-${String(index).padStart(3, '0')}`)),
  );
  flow.open(host, {});
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
  const { flow, place, openView, clock, host } = await open();
  await place('first');
  await clock.advance(1000);
  const { read } = await openView();
  await place('second');
  expect(flow.ordersIn('paying', {}, 10).orders.map(({ id }) => id)).toEqual(['first', 'second']);
  const ids = (await host.list({ state: 'paying', limit: 10 })).map(({ id }) => id);
  expect(ids).toEqual(['second', 'first']);
  expect((await read()).states['paying']).toMatchObject({ count: 2, incidents: 0 });
});

test('what went through an edge is forgotten after five minutes', async () => {
  const { place, openView } = await open();
  const { read } = await openView();
  await place('first');
  for (let second = 0; second < 300; second += 1) await read();
  expect((await read()).edges).toEqual({});
});

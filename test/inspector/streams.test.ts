// The inspector's two streams over real sockets, in a whole Orderchart on a clock that a test moves.
import pino from 'pino';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { limits } from '../../src/limits.ts';
import { createOrderchart, readSettings } from '../../src/main.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { EventReader } from '../api/connections.ts';
import { createClosedBank } from '../api/edge.ts';
import { createFakeClock } from '../fake-clock.ts';
import { sample } from '../hosts/harness.ts';

const open = async (settings: Record<string, string | number> = {}, store = createMemoryStore()) => {
  const [clock, bank] = [createFakeClock(), createClosedBank()];
  const shop = await createOrderchart(readSettings({ DRAIN_MS: 0, ...settings }), {
    clock,
    store,
    logger: pino({ level: 'silent' }),
    services: {
      gateway: {
        name: 'gateway',
        place: 'outside',
        answer: async (call) => bank.gateway(call),
      },
      mailer: { name: 'mailer', place: 'outside', answer: async () => ({ type: 'mailer.sent' }) },
    },
  });
  const setting = { name: 'Thing', currency: 'USD', onHand: 1000 };
  await shop.catalogue.addProduct('product-1', { ...setting, unitPrice: 5000 }, clock.now());
  await shop.catalogue.addProduct('product-2', { ...setting, unitPrice: 7500 }, clock.now());
  const origin = await shop.api.listen({ port: 0, host: '127.0.0.1' });
  const place = async (orderId: string): Promise<void> => {
    await shop.host.place({ ...sample, orderId });
  };
  const read = (path: string, headers: Record<string, string> = {}) =>
    EventReader.open(`${origin}/inspector/api${path}`, headers);
  const closing = async (): Promise<void> => {
    let isClosed = false;
    bank.open();
    const closed = shop.close().finally(() => {
      isClosed = true;
    });
    while (!isClosed) await clock.advance(1000);
    await closed;
  };
  return { ...shop, clock, bank, origin, place, read, [Symbol.asyncDispose]: closing };
};

const numbered = z.looseObject({ version: z.int() });
/** Reads on until there are so many points, and returns their versions. */
const takePoints = async (reader: EventReader, count: number): Promise<number[]> => {
  const versions: number[] = [];
  while (versions.length < count) {
    const [frame] = await reader.take(1);
    if (frame === undefined) break;
    if (frame.event === 'point') versions.push(numbered.parse(JSON.parse(frame.data)).version);
  }
  return versions;
};

test('who reads an order while somebody looks at all has its points, then each as it is committed, and none twice', async () => {
  await using shop = await open();
  // Commits are noted while somebody looks at all orders; otherwise the poll wakes the reader.
  await using everything = await shop.read('/live');
  await everything.take(1);
  await shop.place('order-1');
  await using reader = await shop.read('/orders/order-1/live');
  expect(await takePoints(reader, 3)).toEqual([1, 2, 3]);
  const before = shop.clock.now();
  for (const messageId of ['fact-1', 'fact-2']) {
    await shop.host.send({
      orderId: 'order-1',
      to: 'payment',
      messageId,
      message: { type: 'gateway.voided', key: 'other', attempt: 1 },
      otherwise: 'record',
    });
    expect(await takePoints(reader, 1)).toEqual([messageId === 'fact-1' ? 4 : 5]);
  }
  expect(shop.clock.now()).toBe(before);
});

test('who comes back to an order has the points behind its last one', async () => {
  await using shop = await open();
  await shop.place('order-1');
  await using reader = await shop.read('/orders/order-1/live', { 'last-event-id': '2' });
  expect(await takePoints(reader, 1)).toEqual([3]);
});

test('an order that does not exist has no stream', async () => {
  await using shop = await open();
  const reader = await shop.read('/orders/nobody/live');
  expect(reader.response.status).toBe(404);
});

test('streams are refused where MAX_STREAMS are open, and let in when one has left', async () => {
  await using shop = await open({ MAX_STREAMS: 1 });
  await shop.place('order-1');
  const first = await shop.read('/live');
  expect(first.response.status).toBe(200);
  expect((await shop.read('/orders/order-1/live')).response.status).toBe(503);
  await first[Symbol.asyncDispose]();
  const tryAgain = async () => {
    await using reader = await shop.read('/live');
    return reader.response.status;
  };
  await expect.poll(tryAgain).toBe(200);
});

const samples = z.array(z.looseObject({ at: z.number() }));
test('who comes back to all orders gets the samples that it missed, then a frame each second', async () => {
  await using shop = await open();
  const start = shop.clock.now();
  await shop.clock.advance(3000);
  await using reader = await shop.read('/live', { 'last-event-id': String(start + 1000) });
  const [missed] = await reader.take(1);
  expect(missed?.event).toBe('samples');
  expect(samples.parse(JSON.parse(missed?.data ?? '')).map(({ at }) => at - start)).toEqual([2000, 3000]);
  await shop.place('order-1');
  await shop.clock.advance(1000);
  const [frame] = await reader.take(1);
  expect(frame).toMatchObject({ event: 'flow', id: String(start + 4000) });
  expect(JSON.parse(frame?.data ?? '')).toMatchObject({ inFlight: 1, states: { paying: { count: 1 } } });
});

test('the streams end when the server closes', async () => {
  const shop = await open();
  await shop.place('order-1');
  const readers = await Promise.all([shop.read('/live'), shop.read('/orders/order-1/live')]);
  await takePoints(readers[1], 3);
  const ends = readers.map((reader) => reader.rest());
  await shop[Symbol.asyncDispose]();
  await Promise.all(ends);
});

test('the ids of a state are those of all its orders, and the orders those of one page', async () => {
  await using shop = await open();
  await Promise.all(Array.from({ length: 130 }, (_, index) => shop.place(`order-${index}`)));
  await using reader = await shop.read('/live');
  await reader.take(1);
  const ask = async (path: string) => (await shop.api.inject(`/inspector/api/${path}?state=paying`)).json();
  await shop.place('one-more');
  await expect.poll(async () => (await ask('order-ids')).ids.length).toBeGreaterThan(100);
  const { total, orders } = await ask('orders');
  expect(orders).toHaveLength(100);
  expect(total).toBeGreaterThan(100);
});

test('a what-if of a version that the order never had is 404', async () => {
  await using shop = await open();
  await shop.place('order-1');
  const ask = (version: number) =>
    shop.api.inject({
      method: 'POST',
      url: '/inspector/api/orders/order-1/what-if',
      payload: { version, hypotheticals: [] },
    });
  expect((await ask(3)).statusCode).toBe(200);
  expect((await ask(4)).statusCode).toBe(404);
});

test('a second that takes long delays the next one, and no two are made at the same time', async () => {
  const store = createMemoryStore();
  let slow = Promise.withResolvers<void>();
  slow.resolve();
  const counts = { now: 0, most: 0, all: 0 };
  const figures: typeof store.figures = async (versions) => {
    counts.all += 1;
    counts.now += 1;
    counts.most = Math.max(counts.most, counts.now);
    await slow.promise;
    counts.now -= 1;
    return store.figures(versions);
  };
  await using shop = await open({}, { ...store, figures });
  const start = shop.clock.now();
  await using reader = await shop.read('/live');
  await reader.take(1);
  Object.assign(counts, { now: 0, most: 0, all: 0 });
  slow = Promise.withResolvers();
  await shop.clock.advance(5000);
  expect(counts).toEqual({ now: 1, most: 1, all: 1 });
  slow.resolve();
  const frames = await reader.take(2);
  expect(frames.map(({ id }) => Number(id) - start)).toEqual([1000, 5000]);
  await shop.clock.advance(1000);
  const [next] = await reader.take(1);
  expect(Number(next?.id) - start).toBe(6000);
  expect(counts.most).toBe(1);
});

test('pages show the flow with as many filters as there may be; one more is refused, and let in when one has left', async () => {
  await using shop = await open();
  const watch = (owner: string) => shop.read(`/live?owner=${owner}`);
  const readers: EventReader[] = [];
  for (let number = 0; number < limits.flowFilters; number += 1) readers.push(await watch(`owner-${number}`));
  expect(readers.map(({ response }) => response.status)).toEqual(readers.map(() => 200));
  const refused = await watch('one-more');
  expect(refused.response.status).toBe(503);
  await using known = await watch('owner-3');
  await using unfiltered = await shop.read('/live');
  expect([known.response.status, unfiltered.response.status]).toEqual([200, 200]);
  await readers[0]?.[Symbol.asyncDispose]();
  await expect
    .poll(async () => {
      await using again = await watch('one-more');
      return again.response.status;
    })
    .toBe(200);
});

test('lists are read with any filter, also while pages show as many as there may be', async () => {
  await using shop = await open();
  for (let number = 0; number < limits.flowFilters; number += 1) {
    expect((await shop.read(`/live?owner=owner-${number}`)).response.status).toBe(200);
  }
  for (const list of ['orders', 'order-ids']) {
    const url = `/inspector/api/${list}?state=paying&owner=one-more`;
    expect((await shop.api.inject(url)).statusCode).toBe(200);
  }
});

test('a preview looks at each order once, in a line with the other previews', async () => {
  await using shop = await open();
  await shop.place('order-1');
  const ask = () =>
    shop.api.inject({
      method: 'POST',
      url: '/inspector/api/preview',
      payload: { move: 'cancel', orderIds: Array.from({ length: 50 }, () => 'order-1') },
    });
  const { running, waitingOfOne } = limits.previewsAtOnce;
  expect(running).toBeGreaterThan(1);
  const answers = await Promise.all(Array.from({ length: waitingOfOne + 3 }, ask));
  const statuses = answers.map(({ statusCode }) => statusCode);
  expect(statuses.filter((status) => status === 200)).toHaveLength(waitingOfOne + 1);
  const refused = answers.filter(({ statusCode }) => statusCode === 429);
  expect(refused.map(({ headers }) => headers['retry-after'])).toEqual(['1', '1']);
  expect(answers[0]?.json()).toMatchObject({ previewed: [{ orderId: 'order-1' }], notComputed: null });
});

test('one connection carries several streams: each event names its place, and one that is refused leaves the others', async () => {
  await using shop = await open();
  await shop.place('order-1');
  await shop.place('order-2');
  const channels = [
    { order: 'order-1', after: 0 },
    { order: 'nobody', after: 0 },
    { order: 'order-2', after: 2 },
    { flow: { owner: 'customer-1' }, after: 0 },
  ];
  await using reader = await shop.read(
    `/shared-live?channels=${encodeURIComponent(JSON.stringify(channels))}`,
  );
  const frames = await reader.take(8);
  const seen = (place: number) =>
    frames.flatMap(({ event, id }) => (event?.endsWith(`:${place}`) ? [`${event} ${id}`] : []));
  expect(seen(0)).toEqual(['point:0 1', 'point:0 2', 'point:0 3', 'now:0 3']);
  expect(seen(1)).toEqual(['refused:1 0']);
  expect(seen(2)).toEqual(['point:2 3', 'now:2 3']);
  expect(seen(3)).toEqual(['samples:3 0']);
  await shop.clock.advance(1000);
  await expect.poll(async () => (await reader.take(1))[0]?.event).toBe('flow:3');
});

test('each stream of a shared connection counts for MAX_STREAMS, and leaves with it', async () => {
  await using shop = await open({ MAX_STREAMS: 3 });
  await shop.place('order-1');
  const read = (count: number) => {
    const channels = Array.from({ length: count }, () => ({ order: 'order-1', after: 0 }));
    return shop.read(`/shared-live?channels=${encodeURIComponent(JSON.stringify(channels))}`);
  };
  const first = await read(3);
  expect(first.response.status).toBe(200);
  expect((await read(1)).response.status).toBe(503);
  await first[Symbol.asyncDispose]();
  await expect
    .poll(async () => {
      await using again = await read(3);
      return again.response.status;
    })
    .toBe(200);
});

test.each([
  '',
  '?channels=',
  '?channels=[]',
  '?channels={',
  '?channels=[{"order":"a"}]',
  '?channels=[{"after":0}]',
])('a shared connection for "%s" is 400', async (query) => {
  await using shop = await open();
  expect((await shop.read(`/shared-live${query}`)).response.status).toBe(400);
});

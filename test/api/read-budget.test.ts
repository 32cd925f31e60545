// Reads are refused before anything is read where too many answers are under way, or where reads have had their time:
// orders, probes and streams are not.
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { createReadBudget } from '../../src/api/edge/read-budget.ts';
import { limits } from '../../src/config.ts';
import { createFakeClock } from '../fake-clock.ts';
import { EventReader, listen } from './connections.ts';
import { createEdge, problemOf } from './edge.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const createAnswer = (): ServerResponse => new ServerResponse(new IncomingMessage(new Socket()));

it('reads that have had their time in one turn of the event loop are refused until the next one', async () => {
  let now = 0;
  const clock = { ...createFakeClock(), now: () => now };
  const budget = createReadBudget({ MAX_READS: 1000, MAX_READ_MS: 100 }, clock);
  for (let read = 0; read < limits.readsInTurn; read += 1) budget.begin(createAnswer());
  now = 99;
  expect(budget.whyRefused()).toBeUndefined();
  now = 100;
  expect(budget.whyRefused()).toMatchObject({ code: 'overloaded' });
  await nextTurn();
  expect(budget.whyRefused()).toBeUndefined();
});

it('a few reads are taken on however long they take: a pause of the process is no flood', () => {
  let now = 0;
  const clock = { ...createFakeClock(), now: () => now };
  const budget = createReadBudget({ MAX_READS: 1000, MAX_READ_MS: 100 }, clock);
  for (let read = 1; read < limits.readsInTurn; read += 1) budget.begin(createAnswer());
  now = 60_000;
  expect(budget.whyRefused()).toBeUndefined();
});

it('where MAX_READS answers are under way a read is 503 with Retry-After and reads nothing; all else goes on', async () => {
  await using edge = await listen(await createEdge({ settings: { MAX_READS: 2 } }));
  const { replaced, runner, url } = edge;
  await edge.add('order-1');
  const { promise: isOpen, resolve: open } = Promise.withResolvers<void>();
  let lists = 0;
  replaced.list = async (filter) => {
    lists += 1;
    await isOpen;
    return runner.list(filter);
  };
  const reading: Promise<Response>[] = [];
  for (const count of [1, 2]) {
    reading.push(fetch(`${url}/orders`));
    while (lists < count) await nextTurn();
  }
  for (const path of ['/orders', '/orders/order-1', '/products', '/metrics']) {
    const refused = await fetch(`${url}${path}`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(problemOf.parse(await refused.json()).type).toBe('/problems/overloaded');
  }
  expect(lists).toBe(2);
  expect((await fetch(`${url}/orders`, { method: 'HEAD' })).status).toBe(503);
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect((await edge.placeOrder()).statusCode).toBe(201);
  await using reader = await EventReader.open(`${url}/orders/order-1/stream`);
  expect(reader.response.status).toBe(200);
  open();
  for (const answer of await Promise.all(reading)) expect(answer.status).toBe(200);
  expect((await fetch(`${url}/orders`)).status).toBe(200);
});

it('an answer that its client does not take is under way; when the client leaves it is not', async () => {
  await using edge = await listen(await createEdge({ settings: { MAX_READS: 1 } }));
  const never = Promise.withResolvers<never>();
  edge.replaced.list = () => never.promise;
  const called = edge.called('list');
  const leaving = new AbortController();
  const left = fetch(`${edge.url}/orders`, { signal: leaving.signal }).catch(() => 'left');
  await called;
  expect((await fetch(`${edge.url}/products`)).status).toBe(503);
  leaving.abort();
  expect(await left).toBe('left');
  let status = 503;
  while (status === 503) ({ status } = await fetch(`${edge.url}/products`));
  expect(status).toBe(200);
});

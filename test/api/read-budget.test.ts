// Reads are refused before anything is read where too many answers are under way, or where reads have had their time:
// orders, probes and streams are not.
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { createReadBudget } from '../../src/api/edge/read-budget.ts';
import { limits } from '../../src/limits.ts';
import { createFakeClock } from '../fake-clock.ts';
import { EventReader, listen } from './connections.ts';
import { createEdge, problemOf } from './edge.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const createBudget = () => {
  let [now, idle] = [0, 0];
  const clock = { ...createFakeClock(), now: () => now };
  const budget = createReadBudget({ MAX_READS: 1000, MAX_READ_MS: 100 }, clock, () => idle);
  const pass = (ms: number): void => {
    now += ms;
  };
  const rest = (ms: number): void => {
    pass(ms);
    idle += ms;
  };
  /** A read that takes so long. */
  const read = (ms: number): void => {
    const answer = new ServerResponse(new IncomingMessage(new Socket()));
    budget.begin(answer);
    pass(ms);
    budget.noteMade(answer);
  };
  const isRefused = (): boolean => budget.whyRefused(new Socket())?.code === 'overloaded';
  return { read, pass, rest, isRefused };
};

it('reads that have had their time in one turn of the event loop are refused', () => {
  const { read, isRefused } = createBudget();
  read(60);
  expect(isRefused()).toBe(false);
  read(39);
  expect(isRefused()).toBe(false);
  read(1);
  expect(isRefused()).toBe(true);
});

it('reads that come one in each turn get half of the time, once they have had their time', async () => {
  const { read, pass, isRefused } = createBudget();
  const startedAt = 10;
  let spent = 0;
  for (let ms = startedAt; ms < 10_000; ) {
    const took = isRefused() ? 0 : 20;
    if (took > 0) read(took);
    else pass(1);
    spent += took;
    ms += took || 1;
    await nextTurn();
  }
  expect(spent).toBeGreaterThan(5000);
  expect(spent).toBeLessThan(5300);
});

it('one client that reads page after page is never refused: the loop is idle in between', async () => {
  const { read, rest, isRefused } = createBudget();
  for (let page = 0; page < 500; page += 1) {
    expect(isRefused()).toBe(false);
    read(40);
    await nextTurn();
    rest(0.3);
  }
});

it('what else is done in a turn with a read, such as a commit, is not taken for reading', async () => {
  const { read, pass, isRefused } = createBudget();
  for (let turn = 0; turn < 10; turn += 1) {
    read(1);
    pass(500);
    await nextTurn();
    expect(isRefused()).toBe(false);
  }
});

it('after a pause of the whole process reads are refused for a moment only', async () => {
  const { read, pass, isRefused } = createBudget();
  read(3_600_000);
  await nextTurn();
  expect(isRefused()).toBe(true);
  pass(201);
  expect(isRefused()).toBe(false);
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

const createTaken = (most: number) => {
  let now = 0;
  const clock = { ...createFakeClock(), now: () => now };
  const budget = createReadBudget({ MAX_READS: most, MAX_READ_MS: 100_000 }, clock, () => 0);
  const begin = (socket: Socket, isMade: boolean): void => {
    const answer = new ServerResponse(new IncomingMessage(socket));
    budget.begin(answer);
    if (isMade) budget.noteMade(answer);
  };
  const pass = (ms: number): void => {
    now += ms;
  };
  return { budget, begin, pass };
};

it('who leaves answers unread loses its connection as soon as others need its place, and nobody else does', () => {
  const { budget, begin, pass } = createTaken(3);
  const [unread, unmade, late] = [new Socket(), new Socket(), new Socket()];
  begin(unread, true);
  begin(unmade, false);
  pass(limits.unreadMs - 1000);
  begin(late, true);
  expect(budget.whyRefused(new Socket())?.code).toBe('overloaded');
  pass(1000);
  expect(budget.whyRefused(new Socket())).toBeUndefined();
  expect([unread, unmade, late].map(({ destroyed }) => destroyed)).toEqual([true, false, false]);
});

it('a connection that asks on without reading takes no places of others', () => {
  const { budget, begin } = createTaken(1000);
  const socket = new Socket();
  for (let count = 0; count < limits.readsOfConnection; count += 1) {
    expect(budget.whyRefused(socket)).toBeUndefined();
    begin(socket, true);
  }
  expect(budget.whyRefused(socket)?.code).toBe('overloaded');
  expect(budget.whyRefused(new Socket())).toBeUndefined();
});

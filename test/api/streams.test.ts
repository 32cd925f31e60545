// Server-sent events over a real socket: no gap, no repeat, no buffer for a slow reader, and an end.
import { describe, expect, it } from 'vitest';
import { free, place, toEvent, toWrite, write } from '../contracts/store-samples.ts';
import { EventReader, listen, openSocket, readAll } from './connections.ts';
import { createEdge, problemOf } from './edge.ts';

const createListening = async (settings: Record<string, number> = {}) => {
  const edge = await createEdge({ settings });
  const { runner, replaced, store } = edge;
  /** How many events each watcher has taken from the journal, and who still watches. */
  const taken: number[] = [];
  const watching = new Set<number>();
  let wake = (): void => {};
  replaced.watch = async function* (given) {
    const watcher = taken.push(0) - 1;
    watching.add(watcher);
    wake();
    try {
      for await (const events of runner.watch(given)) {
        taken[watcher] = (taken[watcher] ?? 0) + events.length;
        yield events;
      }
    } finally {
      watching.delete(watcher);
      wake();
    }
  };
  /** Resolves when so many watch the journal. */
  const watchers = async (count: number): Promise<void> => {
    while (watching.size !== count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const cancel = (orderId: string) => edge.post(`/orders/${orderId}/cancel`, {});
  const positions = async (orderId: string): Promise<string[]> =>
    (await runner.history(orderId, 0, 100)).map(({ position }) => String(position));
  const epoch = (await runner.epochs()).at(-1)?.name;
  const toId = (position: string | number | undefined) => `${epoch}-${position}`;
  return { ...(await listen(edge)), store, taken, watchers, cancel, positions, toId };
};

describe('the stream of an order', () => {
  it('begins at the beginning, goes on as events are committed, and has nothing of other orders', async () => {
    await using edge = await createListening();
    await edge.add('order-1');
    await edge.add('order-2');
    const before = await edge.positions('order-1');
    await using reader = await EventReader.open(`${edge.url}/orders/order-1/stream`);
    expect(reader.response.headers.get('content-type')).toContain('text/event-stream');
    expect(reader.response.headers.get('x-request-id')).toMatch(/^0190/);
    expect(reader.response.headers.get('cache-control')).toBe('no-store');
    const first = await reader.take(before.length);
    expect(first[0]).toMatchObject({ id: edge.toId(1), event: 'order.created' });
    expect(first.map(({ id }) => id)).toEqual(before.map(edge.toId));
    await edge.cancel('order-2');
    await edge.post('/orders/order-1/cancel', { reason: 'x\ny' });
    const [next] = await reader.take(1);
    const after = (await edge.runner.history('order-1', Number(before.at(-1)), 1))[0];
    expect(next).toMatchObject({ id: edge.toId(after?.position), event: after?.type });
    expect(JSON.parse(next?.data ?? '')).toMatchObject({
      specversion: '1.0',
      type: after?.type,
      subject: 'order-1',
      position: String(after?.position),
      sequence: String(before.length + 1),
      data: after?.data,
    });
  });

  it.each<[string, string, Record<string, string>]>([
    ['the header', '', { 'last-event-id': '3' }],
    ['the query', '?lastEventId=3', {}],
    ['the header rather than the query', '?lastEventId=1', { 'last-event-id': '3' }],
    ['the query rather than `after`', '?lastEventId=3&after=0', {}],
  ])('resumes by Last-Event-ID in %s, without gap or repeat', async (_what, query, headers) => {
    await using edge = await createListening();
    await Promise.all([edge.add('order-1'), edge.add('order-2')]);
    await using reader = await EventReader.open(`${edge.url}/orders/order-1/stream${query}`, headers);
    await edge.cancel('order-1');
    const expected = (await edge.positions('order-1')).filter((position) => Number(position) > 3);
    expect(await reader.takeIds(expected.length)).toEqual(expected.map(edge.toId));
  });

  it('begins anew for an empty Last-Event-ID, and refuses one that is none', async () => {
    await using edge = await createListening();
    await edge.add('order-1');
    await using reader = await EventReader.open(`${edge.url}/orders/order-1/stream`, { 'last-event-id': '' });
    expect(await reader.takeIds(1)).toEqual([edge.toId(1)]);
    const answer = await edge.get('/orders/order-1/stream', { 'last-event-id': 'abc' });
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors?.[0]?.path).toBe('last-event-id');
  });

  it('has only the types that are asked for', async () => {
    await using edge = await createListening();
    await edge.add('order-1');
    const url = `${edge.url}/orders/order-1/stream?types=inventory.reserved,order.created`;
    await using reader = await EventReader.open(url);
    expect((await reader.take(2)).map(({ event }) => event)).toEqual(['order.created', 'inventory.reserved']);
  });
});

describe('the stream of all events', () => {
  it('begins now', async () => {
    await using edge = await createListening();
    await edge.add('order-1');
    const before = await edge.runner.lastPosition();
    await using reader = await EventReader.open(`${edge.url}/events/stream`);
    await edge.watchers(1);
    await edge.cancel('order-1');
    expect(await reader.takeIds(1)).toEqual([edge.toId(before + 1)]);
  });

  it.each<[string, string, Record<string, string>]>([
    ['by the query', '?after=2', {}],
    ['by the header', '', { 'last-event-id': '2' }],
    ['from the very beginning by the query', '?after=0', {}],
    ['from the very beginning by the header', '?after=2', { 'last-event-id': '0' }],
  ])('begins behind a position %s', async (where, query, headers) => {
    await using edge = await createListening();
    await edge.add('order-1');
    await using reader = await EventReader.open(`${edge.url}/events/stream${query}`, headers);
    expect(await reader.takeIds(1)).toEqual([edge.toId(where.includes('very beginning') ? 1 : 3)]);
  });

  it('has only the types that are asked for', async () => {
    await using edge = await createListening();
    await edge.add('order-1');
    const url = `${edge.url}/events/stream?after=0&types=order.created,inventory.reserved`;
    await using reader = await EventReader.open(url);
    expect((await reader.take(2)).map(({ event }) => event)).toEqual(['order.created', 'inventory.reserved']);
  });
});

describe('a stream', () => {
  it('says when to come back, and that nobody may keep it', async () => {
    await using edge = await createListening();
    const socket = await openSocket(edge.port);
    socket.write('GET /events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const answer = await readAll(socket, 'retry: 1000\n\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toMatch(/\r\nx-accel-buffering: no\r\n/i);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
    expect(answer).toMatch(/\r\nx-content-type-options: nosniff\r\n/i);
    socket.destroy();
  });

  it('shows that it lives each HEARTBEAT_MS, and stops when the reader leaves', async () => {
    await using edge = await createListening({ HEARTBEAT_MS: 15_000, POLL_MS: 60_000 });
    const timers = edge.clock.timers();
    const reader = await EventReader.open(`${edge.url}/events/stream`);
    await edge.watchers(1);
    await edge.clock.advance(14_999);
    await edge.clock.advance(1);
    await reader.comment(1);
    await edge.clock.advance(15_000);
    await reader.comment(2);
    expect(reader.comments).toEqual(['heartbeat', 'heartbeat']);
    await reader[Symbol.asyncDispose]();
    await edge.watchers(0);
    await edge.app.close();
    expect(edge.clock.timers()).toBe(timers);
  });

  it('is refused with 503 where MAX_STREAMS are open, and let in when one has left', async () => {
    await using edge = await createListening({ MAX_STREAMS: 1 });
    await edge.add('order-1');
    const first = await EventReader.open(`${edge.url}/events/stream`);
    await edge.watchers(1);
    const refused = await fetch(`${edge.url}/orders/order-1/stream`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(problemOf.parse(await refused.json()).type).toBe('/problems/overloaded');
    expect(await edge.metrics.metrics()).toContain('orderchart_event_streams 1');
    await first[Symbol.asyncDispose]();
    await edge.watchers(0);
    await using second = await EventReader.open(`${edge.url}/orders/order-1/stream`);
    expect(second.response.status).toBe(200);
  });

  it('is logged when its reader has left', async () => {
    await using edge = await createListening();
    const reader = await EventReader.open(`${edge.url}/events/stream`);
    await edge.watchers(1);
    await reader[Symbol.asyncDispose]();
    await edge.watchers(0);
    expect(edge.log()).toContain('"route":"/events/stream"');
  });

  it('ends, and is logged, when the journal cannot be read', async () => {
    await using edge = await createListening();
    await edge.add('order-1');
    const { length } = await edge.positions('order-1');
    const reader = await EventReader.open(`${edge.url}/orders/order-1/stream`);
    await reader.take(length);
    edge.store.events = () => Promise.reject(new Error('EIO for ada@example.com'));
    await edge.cancel('order-1');
    expect(await reader.rest()).toEqual([]);
    expect(edge.log()).toContain('an event stream broke off');
    expect(edge.log()).not.toContain('ada@example.com');
  });

  it('keeps nothing for a slow reader, and holds no other reader back', async () => {
    await using edge = await createListening();
    const count = 20_000;
    const data = { note: 'x'.repeat(2000) };
    await place(edge.store, 'order-1');
    const events = Array.from({ length: count }, (_, index) =>
      toEvent(index + 1, { type: 'order.validated', data }),
    );
    await write(edge.store, [toWrite('order-1', 1, { events })], { lease: free });
    const slow = await openSocket(edge.port);
    slow.pause();
    slow.write('GET /events/stream?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await edge.watchers(1);
    await using fast = await EventReader.open(`${edge.url}/events/stream?after=0`);
    expect(await fast.take(count)).toHaveLength(count);
    // The kernel's buffers hold a part of the 40 MB; the rest was never taken from the journal.
    expect(edge.taken[0]).toBeLessThan(count);
    expect(edge.taken[1]).toBe(count);
    await edge.clock.advance(60_000);
    await fast.comment(4);
    const everything = readAll(slow, `id: ${edge.toId(count)}\n`);
    slow.resume();
    expect(await everything).not.toContain('heartbeat');
    const ids = [...(await everything).matchAll(/^id: [0-9a-f]+-(\d+)$/gm)].map(([, id]) => Number(id));
    expect(ids).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  });
});

describe('a server that closes', () => {
  it('ends its streams and does not hang', async () => {
    await using edge = await createListening();
    await edge.add('order-1');
    const readers = await Promise.all([
      EventReader.open(`${edge.url}/events/stream`),
      EventReader.open(`${edge.url}/orders/order-1/stream`),
    ]);
    await edge.watchers(2);
    await edge.app.close();
    await Promise.all(readers.map((reader) => reader.rest()));
    await edge.watchers(0);
  });
});

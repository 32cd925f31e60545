// Server-sent events over a real socket: no gap, no repeat, no buffer for a slow reader, and an end.
import { describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../src/store.ts';
import { EventReader, listen, openSocket, readAll } from './connections.ts';
import { createEdge, problemOf } from './edge.ts';
import { noon } from './fake-host.ts';

const createListening = (settings: Record<string, number> = {}) => listen(createEdge({ settings }));

describe('the stream of an order', () => {
  it('begins at the beginning, goes on as events are committed, and has nothing of other orders', async () => {
    await using edge = await createListening();
    edge.host.add({ orderId: 'order-1' });
    edge.host.add({ orderId: 'order-2' });
    await using reader = await EventReader.open(`${edge.url}/orders/order-1/stream`);
    expect(reader.response.headers.get('content-type')).toContain('text/event-stream');
    expect(reader.response.headers.get('x-request-id')).toMatch(/^0190/);
    expect(reader.response.headers.get('cache-control')).toBe('no-store');
    const [first] = await reader.take(1);
    expect(first).toMatchObject({ id: '1', event: 'order.created' });
    edge.host.record('order-2', 'order.validated');
    edge.host.record('order-1', 'order.cancelled', { reason: 'x\ny' });
    const [second] = await reader.take(1);
    expect(second).toMatchObject({ id: '4', event: 'order.cancelled' });
    expect(JSON.parse(second?.data ?? '')).toMatchObject({
      specversion: '1.0',
      type: 'order.cancelled',
      subject: 'order-1',
      position: '4',
      sequence: '2',
      data: { reason: 'x\ny' },
    });
  });

  it.each<[string, string, Record<string, string>]>([
    ['the header', '', { 'last-event-id': '3' }],
    ['the query', '?lastEventId=3', {}],
    ['the header rather than the query', '?lastEventId=1', { 'last-event-id': '3' }],
  ])('resumes by Last-Event-ID in %s, without gap or repeat', async (_what, query, headers) => {
    await using edge = await createListening();
    edge.host.add({ orderId: 'order-1' });
    edge.host.add({ orderId: 'order-2' });
    edge.host.record('order-1', 'order.validated');
    edge.host.record('order-2', 'order.validated');
    edge.host.record('order-1', 'order.processing-started');
    await using reader = await EventReader.open(`${edge.url}/orders/order-1/stream${query}`, headers);
    edge.host.record('order-1', 'order.completed');
    expect(await reader.takeIds(2)).toEqual(['5', '6']);
  });

  it('begins anew for an empty Last-Event-ID, and refuses one that is none', async () => {
    await using edge = await createListening();
    edge.host.add({ orderId: 'order-1' });
    await using reader = await EventReader.open(`${edge.url}/orders/order-1/stream`, { 'last-event-id': '' });
    expect(await reader.takeIds(1)).toEqual(['1']);
    const answer = await edge.get('/orders/order-1/stream', { 'last-event-id': 'abc' });
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors?.[0]?.path).toBe('last-event-id');
  });
});

describe('the stream of all events', () => {
  it('begins now', async () => {
    await using edge = await createListening();
    edge.host.add({ orderId: 'order-1' });
    await using reader = await EventReader.open(`${edge.url}/events/stream`);
    await edge.host.until(() => edge.host.watchers === 1);
    edge.host.record('order-1', 'order.validated');
    expect(await reader.takeIds(1)).toEqual(['2']);
  });

  it('begins behind a position, and has only the types that are asked for', async () => {
    await using edge = await createListening();
    for (const type of ['order.validated', 'payment.completed', 'order.completed', 'payment.completed']) {
      edge.host.record('order-1', type);
    }
    const url = `${edge.url}/events/stream?after=0&types=payment.completed,order.completed`;
    await using reader = await EventReader.open(url);
    expect(await reader.takeIds(3)).toEqual(['2', '3', '4']);
  });
});

describe('a stream', () => {
  it('shows that it lives each HEARTBEAT_MS, and stops when the reader leaves', async () => {
    await using edge = await createListening({ HEARTBEAT_MS: 15_000 });
    const reader = await EventReader.open(`${edge.url}/events/stream`);
    await edge.host.until(() => edge.host.watchers === 1);
    await edge.clock.advance(14_999);
    await edge.clock.advance(1);
    await reader.comment(1);
    await edge.clock.advance(15_000);
    await reader.comment(2);
    expect(reader.comments).toEqual(['heartbeat', 'heartbeat']);
    await reader[Symbol.asyncDispose]();
    await edge.host.until(() => edge.host.watchers === 0);
    await edge.app.close();
    expect(edge.clock.timers()).toBe(0);
  });

  it('is refused with 503 where MAX_STREAMS are open, and let in when one has left', async () => {
    await using edge = await createListening({ MAX_STREAMS: 1 });
    edge.host.add({ orderId: 'order-1' });
    const first = await EventReader.open(`${edge.url}/events/stream`);
    await edge.host.until(() => edge.host.watchers === 1);
    const refused = await fetch(`${edge.url}/orders/order-1/stream`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(problemOf.parse(await refused.json()).type).toBe('/problems/overloaded');
    expect(await edge.metrics.metrics()).toContain('orderchart_event_streams 1');
    await first[Symbol.asyncDispose]();
    await edge.host.until(() => edge.host.watchers === 0);
    await using second = await EventReader.open(`${edge.url}/orders/order-1/stream`);
    expect(second.response.status).toBe(200);
  });

  it('is logged when its reader has left', async () => {
    await using edge = await createListening();
    const reader = await EventReader.open(`${edge.url}/events/stream`);
    await reader[Symbol.asyncDispose]();
    await edge.host.until(() => edge.host.taken.length === 1 && edge.host.watchers === 0);
    expect(edge.log()).toContain('"route":"/events/stream"');
  });

  it('ends, and is logged, when the journal cannot be read', async () => {
    await using edge = await createListening();
    edge.host.add({ orderId: 'order-1' });
    const reader = await EventReader.open(`${edge.url}/orders/order-1/stream`);
    await reader.take(1);
    edge.host.failing.watch = new Error('EIO for ada@example.com');
    edge.host.change('order-1', {});
    expect(await reader.rest()).toEqual([]);
    expect(edge.log()).toContain('an event stream broke off');
    expect(edge.log()).not.toContain('ada@example.com');
  });

  it('keeps nothing for a slow reader, and holds no other reader back', async () => {
    await using edge = await createListening();
    const count = 20_000;
    const data = { note: 'x'.repeat(2000) };
    for (let position = 1; position <= count; position += 1) {
      const event: JournalEvent = {
        orderId: 'order-1',
        position,
        eventId: `event-${position}`,
        seq: position,
        actor: 'order',
        type: 'order.validated',
        schemaVersion: 1,
        data,
        causationId: 'c',
        correlationId: 'c',
        at: noon,
      };
      edge.host.journal.push(event);
    }
    const slow = await openSocket(edge.port);
    slow.pause();
    slow.write('GET /events/stream?after=0 HTTP/1.1\r\nHost: x\r\n\r\n');
    await edge.host.until(() => edge.host.watchers === 1);
    await using fast = await EventReader.open(`${edge.url}/events/stream?after=0`);
    expect(await fast.take(count)).toHaveLength(count);
    // The kernel's buffers hold a part of the 40 MB; the rest was never taken from the journal.
    expect(edge.host.taken[0]).toBeLessThan(count);
    expect(edge.host.taken[1]).toBe(count);
    const everything = readAll(slow, `id: ${count}\n`);
    slow.resume();
    const ids = [...(await everything).matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    expect(ids).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  });
});

describe('a server that closes', () => {
  it('ends its streams and does not hang', async () => {
    await using edge = await createListening();
    edge.host.add({ orderId: 'order-1' });
    const readers = await Promise.all([
      EventReader.open(`${edge.url}/events/stream`),
      EventReader.open(`${edge.url}/orders/order-1/stream`),
    ]);
    await edge.host.until(() => edge.host.watchers === 2);
    await edge.app.close();
    await Promise.all(readers.map((reader) => reader.rest()));
    expect(edge.host.watchers).toBe(0);
  });
});

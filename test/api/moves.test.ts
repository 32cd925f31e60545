// The moves: which message goes to whom, what is answered, and that a refused move leaves no trace.
import { describe, expect, it } from 'vitest';
import type { Move } from '../../src/host.ts';
import { free, toWrite, write } from '../contracts/store-samples.ts';
import { createEdge, problemOf } from './edge.ts';
import { key, openCompleted, openPaying, opens, openWithIncident, receivedSince } from './open-order.ts';

describe('a move', () => {
  it.each<[keyof typeof opens, object | undefined, string, string, object, number]>([
    ['cancel', undefined, 'order', 'order.cancel', { reason: 'asked by the customer' }, 200],
    ['cancel', { reason: 'too slow' }, 'order', 'order.cancel', { reason: 'too slow' }, 200],
    ['capture', undefined, 'order', 'order.capture', {}, 200],
    ['capture', {}, 'order', 'order.capture', {}, 200],
    [
      'refunds',
      { amount: 300, reason: 'broken' },
      'order',
      'order.refund',
      { amount: 300, reason: 'broken', refundId: expect.stringMatching(/^0190/) },
      201,
    ],
    [
      'refunds',
      undefined,
      'order',
      'order.refund',
      { reason: 'asked by the customer', refundId: expect.any(String) },
      201,
    ],
    ['retry', undefined, 'notification', 'incident.retry', {}, 200],
    ['retry', { note: 'mail is back' }, 'notification', 'incident.retry', { note: 'mail is back' }, 200],
    [
      'resolve',
      { outcome: 'sent', note: 'told\nby phone' },
      'notification',
      'incident.resolve',
      { outcome: 'sent', note: 'told\nby phone' },
      200,
    ],
    [
      'resolve',
      { actor: 'notification', outcome: 'sent', note: 'told' },
      'notification',
      'incident.resolve',
      { outcome: 'sent', note: 'told' },
      200,
    ],
  ])(
    '%s with %j is one message to %s, and is answered with the new view',
    async (move, body, to, type, data, status) => {
      const edge = await opens[move]();
      const answer = await edge.post(`/orders/order-1/${move}`, body, key);
      expect(answer.statusCode).toBe(status);
      const [received, ...others] = await receivedSince(edge);
      expect(received).toMatchObject({ to, type, disposition: 'applied' });
      expect(received?.data).toEqual(data);
      expect(others).toEqual([]);
      const { id, version } = answer.json();
      expect(id).toBe('order-1');
      expect(version).toBeGreaterThan(edge.order.version);
      expect(answer.headers.etag).toBe(`"${version}"`);
      expect(answer.headers.location).toBe(status === 201 ? '/orders/order-1' : undefined);
    },
  );

  it.each(['cancel', 'capture', 'refunds', 'retry', 'resolve'])(
    '%s that the chart does not take is 409 with the open moves, and leaves no trace',
    async (move) => {
      const edge = await (move === 'cancel' ? openCompleted() : openPaying());
      const before = await edge.stored();
      const body = move === 'resolve' ? { outcome: 'x', note: 'n' } : {};
      const answer = await edge.post(`/orders/order-1/${move}`, body, key);
      expect(answer.statusCode).toBe(409);
      const problem = problemOf.parse(answer.json());
      expect(problem.type).toBe('/problems/move-not-allowed');
      const { moves } = (await edge.get('/orders/order-1')).json();
      expect(moves.map((each: Move) => each.move)).toEqual([move === 'cancel' ? 'refund' : 'cancel']);
      expect(problem.moves).toEqual(moves);
      expect(await edge.stored()).toEqual(before);
    },
  );

  it.each<[string, object, string]>([
    ['cancel', { reason: '' }, '/reason'],
    ['cancel', { reason: ' \n ' }, '/reason'],
    ['cancel', { reason: 'a\u0007b' }, '/reason'],
    ['cancel', { reason: 'r'.repeat(1001) }, '/reason'],
    ['cancel', { because: 'x' }, '/because'],
    ['capture', { amount: '1' }, '/amount'],
    ['refunds', { amount: 0 }, '/amount'],
    ['refunds', { amount: -5 }, '/amount'],
    ['refunds', { amount: 1.5 }, '/amount'],
    ['refunds', { amount: null }, '/amount'],
    ['refunds', { amount: 2 ** 53 }, '/amount'],
    ['refunds', { refundId: 'mine' }, '/refundId'],
    ['retry', { actor: 'gateway' }, '/actor'],
    ['resolve', { outcome: 'sent' }, '/note'],
    ['resolve', { note: 'n' }, '/outcome'],
    ['resolve', { outcome: 'maybe', note: 'n' }, '/outcome'],
  ])('%s with %j is refused by its field, and leaves no trace', async (move, body, path) => {
    const { post, stored } = await openWithIncident();
    const before = await stored();
    const answer = await post(`/orders/order-1/${move}`, body, key);
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors?.map((error) => error.path)).toContain(path);
    expect(await stored()).toEqual(before);
  });

  it.each(['cancel', 'capture', 'refunds', 'retry'] as const)(
    '%s with null is not one without a body: it is refused, and leaves no trace',
    async (move) => {
      const { app, stored } = await opens[move]();
      const before = await stored();
      const answer = await app.inject({
        ...{ method: 'POST', url: `/orders/order-1/${move}`, payload: 'null' },
        headers: { 'content-type': 'application/json', ...key },
      });
      expect(answer.statusCode).toBe(400);
      expect(await stored()).toEqual(before);
    },
  );

  it.each(['cancel', 'capture', 'refunds', 'retry'])('%s of an unknown order is 404', async (move) => {
    const { post } = await createEdge();
    const answer = await post(`/orders/order-9/${move}`, {}, key);
    expect(answer.statusCode).toBe(404);
    expect(problemOf.parse(answer.json()).type).toBe('/problems/order-not-found');
  });

  it.each(['cancel', 'retry'])('%s of an order that cannot be read is 409 and says why', async (move) => {
    const { post, get, store, runner, order } = await openPaying();
    const lastSeq = (await runner.history('order-1', 0, 100)).length;
    await write(store, [toWrite('order-1', order.version, { lastSeq })], { lease: free });
    const answer = await post(`/orders/order-1/${move}`, {}, key);
    expect(answer.statusCode).toBe(409);
    expect(problemOf.parse(answer.json()).type).toBe('/problems/order-unreadable');
    const unreadable = (await get('/orders/order-1')).json().unreadable;
    expect(answer.json().detail).toContain(unreadable);
  });

  it('on which the chart fails is 500, with nothing of its inside', async () => {
    const { post, replaced, log, order } = await openPaying();
    const result = {
      disposition: 'dead',
      reason: 'guard threw: boom',
      view: order,
      answer: undefined,
    } as const;
    replaced.send = async () => ({ outcome: 'done', result });
    const answer = await post('/orders/order-1/cancel');
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('boom');
    expect(log()).toContain('boom');
  });
});

describe('retry and resolve', () => {
  const retries: readonly Move[] = [
    { move: 'retry', by: 'operator', actor: 'payment' },
    { move: 'retry', by: 'operator', actor: 'notification' },
  ];
  const openSeveral = async () => {
    const edge = await openWithIncident();
    edge.show({ moves: retries });
    return edge;
  };

  it('need the actor where several have incidents, and nothing is stored', async () => {
    const edge = await openSeveral();
    const answer = await edge.post('/orders/order-1/retry', {});
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors).toEqual([
      { path: '/actor', message: 'is needed here; it is one of payment, notification' },
    ]);
    expect(await receivedSince(edge)).toEqual([]);
  });

  it('go to the actor that is named', async () => {
    const edge = await openSeveral();
    expect((await edge.post('/orders/order-1/retry', { actor: 'notification' })).statusCode).toBe(200);
    expect(await receivedSince(edge)).toMatchObject([{ to: 'notification', type: 'incident.retry' }]);
  });

  it('are refused for an actor without an incident, and leave no trace', async () => {
    const edge = await openSeveral();
    const answer = await edge.post('/orders/order-1/retry', { actor: 'inventory' });
    expect(answer.statusCode).toBe(409);
    expect(problemOf.parse(answer.json()).moves).toHaveLength(2);
    expect(await receivedSince(edge)).toEqual([]);
  });
});

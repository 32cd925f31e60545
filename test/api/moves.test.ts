// The moves: which message goes to whom, what is answered, and that a refused move leaves no trace.
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import type { Move } from '../../src/host.ts';
import { createEdge, problemOf } from './edge.ts';

const everyMove: readonly Move[] = [
  { move: 'cancel', by: 'customer' },
  { move: 'capture', by: 'operator' },
  { move: 'refunds', by: 'operator', upTo: 500 },
  { move: 'retry', by: 'operator', actor: 'payment' },
  { move: 'resolve', by: 'operator', actor: 'payment', outcomes: ['charged', 'not-charged'] },
];
const createOrder = (allowed: readonly Move[] = everyMove) => {
  const edge = createEdge();
  edge.host.add({ orderId: 'order-1' });
  edge.host.change('order-1', { version: 7, allowed });
  return edge;
};
const key = { 'idempotency-key': 'key-1' };

describe('a move', () => {
  it.each<[string, object | undefined, string, object, number]>([
    ['cancel', undefined, 'order', { type: 'order.cancel', reason: 'asked by the customer' }, 200],
    ['cancel', { reason: 'too slow' }, 'order', { type: 'order.cancel', reason: 'too slow' }, 200],
    ['capture', undefined, 'order', { type: 'order.capture' }, 200],
    ['capture', {}, 'order', { type: 'order.capture' }, 200],
    [
      'refunds',
      { amount: 300, reason: 'broken' },
      'order',
      { type: 'order.refund', amount: 300, reason: 'broken', refundId: expect.stringMatching(/^0190/) },
      201,
    ],
    [
      'refunds',
      undefined,
      'order',
      { type: 'order.refund', reason: 'asked by the customer', refundId: expect.any(String) },
      201,
    ],
    ['retry', undefined, 'payment', { type: 'incident.retry' }, 200],
    ['retry', { note: 'bank is back' }, 'payment', { type: 'incident.retry', note: 'bank is back' }, 200],
    [
      'resolve',
      { outcome: 'charged', note: 'seen at the bank\nby phone' },
      'payment',
      { type: 'incident.resolve', outcome: 'charged', note: 'seen at the bank\nby phone' },
      200,
    ],
    [
      'resolve',
      { actor: 'payment', outcome: 'charged', note: 'seen' },
      'payment',
      { type: 'incident.resolve', outcome: 'charged', note: 'seen' },
      200,
    ],
  ])(
    '%s with %j is one message to %s, and is answered with the new view',
    async (move, body, to, message, status) => {
      const { post, host } = createOrder();
      const answer = await post(`/orders/order-1/${move}`, body, key);
      expect(answer.statusCode).toBe(status);
      expect(host.deliveries).toEqual([
        expect.objectContaining({ orderId: 'order-1', to, message, otherwise: 'refuse' }),
      ]);
      expect(answer.json()).toMatchObject({ id: 'order-1', version: 8, state: `after-${move}` });
      expect(answer.headers.etag).toBe('"8"');
    },
  );

  it.each(['cancel', 'capture', 'refunds', 'retry', 'resolve'])(
    '%s that the chart does not take is 409 with the open moves, and leaves no trace',
    async (move) => {
      const open: Move[] = [{ move: move === 'cancel' ? 'capture' : 'cancel', by: 'customer' }];
      const { post, host } = createOrder(open);
      const before = host.stored();
      const body = move === 'resolve' ? { outcome: 'x', note: 'n' } : {};
      const answer = await post(`/orders/order-1/${move}`, body, key);
      expect(answer.statusCode).toBe(409);
      const problem = problemOf.parse(answer.json());
      expect(problem.type).toBe('/problems/move-not-allowed');
      expect(problem.allowed).toEqual([
        { move: open[0]?.move, method: 'POST', href: `/orders/order-1/${open[0]?.move}`, by: 'customer' },
      ]);
      expect(answer.body).not.toContain('secret');
      expect(host.stored()).toEqual(before);
    },
  );

  it.each<[string, object, string]>([
    ['cancel', { reason: '' }, '/reason'],
    ['cancel', { reason: ' \n ' }, '/reason'],
    ['cancel', { reason: 'a\u0007b' }, '/reason'],
    ['cancel', { reason: 'r'.repeat(1001) }, '/reason'],
    ['cancel', { because: 'x' }, '/because'],
    ['capture', { amount: 1 }, '/amount'],
    ['refunds', { amount: 0 }, '/amount'],
    ['refunds', { amount: -5 }, '/amount'],
    ['refunds', { amount: 1.5 }, '/amount'],
    ['refunds', { amount: null }, '/amount'],
    ['refunds', { amount: 2 ** 53 }, '/amount'],
    ['refunds', { refundId: 'mine' }, '/refundId'],
    ['retry', { actor: 'gateway' }, '/actor'],
    ['resolve', { outcome: 'charged' }, '/note'],
    ['resolve', { note: 'n' }, '/outcome'],
    ['resolve', { outcome: 'maybe', note: 'n' }, '/outcome'],
  ])('%s with %j is refused by its field, and leaves no trace', async (move, body, path) => {
    const { post, host } = createOrder();
    const before = host.stored();
    const answer = await post(`/orders/order-1/${move}`, body, key);
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors?.map((error) => error.path)).toContain(path);
    expect(host.stored()).toEqual(before);
  });

  it.each(['cancel', 'capture', 'refunds', 'retry'])('%s of an unknown order is 404', async (move) => {
    const { post } = createOrder();
    const answer = await post(`/orders/order-9/${move}`, {}, key);
    expect(answer.statusCode).toBe(404);
    expect(problemOf.parse(answer.json()).type).toBe('/problems/order-not-found');
  });

  it.each(['cancel', 'retry'])(
    '%s of an order that cannot be read is 409 and says what to do',
    async (move) => {
      const { post, host } = createOrder();
      host.change('order-1', { unreadable: 'chart 9 is unknown' });
      host.failing.send = new AppError(
        'order-unreadable',
        'The stored order cannot be read: chart 9 is unknown',
      );
      const answer = await post(`/orders/order-1/${move}`, {}, key);
      expect(answer.statusCode).toBe(409);
      expect(problemOf.parse(answer.json())).toMatchObject({
        type: '/problems/order-unreadable',
        detail: 'The stored order cannot be read: chart 9 is unknown',
      });
    },
  );

  it('on which the chart fails is 500, with nothing of its inside', async () => {
    const { post, host, log } = createOrder();
    const view = host.change('order-1', {});
    host.receipt = { disposition: 'dead', reason: 'guard threw: boom', view };
    const answer = await post('/orders/order-1/cancel');
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('boom');
    expect(log()).toContain('boom');
  });
});

describe('retry and resolve', () => {
  const parked: readonly Move[] = [
    { move: 'retry', by: 'operator', actor: 'payment' },
    { move: 'retry', by: 'operator', actor: 'notification' },
  ];

  it('need the actor where several are parked, and nothing is stored', async () => {
    const { post, host } = createOrder(parked);
    const answer = await post('/orders/order-1/retry', {});
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors).toEqual([
      { path: '/actor', message: 'is needed here; it is one of payment, notification' },
    ]);
    expect(host.deliveries).toEqual([]);
  });

  it('go to the actor that is named', async () => {
    const { post, host } = createOrder(parked);
    await post('/orders/order-1/retry', { actor: 'notification' });
    expect(host.deliveries[0]?.to).toBe('notification');
  });

  it('are refused for an actor that is not parked, and leave no trace', async () => {
    const { post, host } = createOrder(parked);
    const answer = await post('/orders/order-1/retry', { actor: 'inventory' });
    expect(answer.statusCode).toBe(409);
    expect(problemOf.parse(answer.json()).allowed).toHaveLength(2);
    expect(host.deliveries).toEqual([]);
  });
});

describe('If-Match', () => {
  it.each([['"7"'], [' "7" '], ['*']])('%s lets a move through on version 7', async (etag) => {
    const { post, host } = createOrder();
    expect((await post('/orders/order-1/cancel', {}, { 'if-match': etag })).statusCode).toBe(200);
    expect(host.deliveries).toHaveLength(1);
  });

  it.each([['"6"'], ['W/"7"'], ['"abc"'], ['"07"']])(
    '%s is 412 on version 7, and leaves no trace',
    async (etag) => {
      const { post, host } = createOrder();
      const answer = await post('/orders/order-1/cancel', {}, { 'if-match': etag });
      expect(answer.statusCode).toBe(412);
      expect(problemOf.parse(answer.json()).type).toBe('/problems/version-mismatch');
      expect(host.deliveries).toEqual([]);
    },
  );

  it.each([['7'], [''], ['"7'], ['"7", "8"']])('%s is 400, and leaves no trace', async (etag) => {
    const { post, host } = createOrder();
    expect((await post('/orders/order-1/cancel', {}, { 'if-match': etag })).statusCode).toBe(400);
    expect(host.deliveries).toEqual([]);
  });
});

describe('an idempotency key of a move', () => {
  it('is required for refunds, and nothing is stored without one', async () => {
    const { post, host } = createOrder();
    const answer = await post('/orders/order-1/refunds', {});
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).type).toBe('/problems/idempotency-key-missing');
    expect(host.deliveries).toEqual([]);
  });

  it.each(['cancel', 'capture', 'retry'])('is not required for %s', async (move) => {
    const { post } = createOrder();
    expect((await post(`/orders/order-1/${move}`)).statusCode).toBe(200);
  });

  it('replays the very bytes, also where the move is no longer open or If-Match is old', async () => {
    const { post, host } = createOrder();
    const headers = { ...key, 'if-match': '"7"' };
    const first = await post('/orders/order-1/refunds', { amount: 5 }, headers);
    host.change('order-1', { allowed: [] });
    const second = await post('/orders/order-1/refunds', { amount: 5 }, headers);
    expect(second.statusCode).toBe(201);
    expect(second.body).toBe(first.body);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(host.deliveries).toHaveLength(1);
  });

  it('is refused with 422 for another body, and nothing is stored', async () => {
    const { post, host } = createOrder();
    await post('/orders/order-1/refunds', { amount: 5 }, key);
    const answer = await post('/orders/order-1/refunds', { amount: 6 }, key);
    expect(answer.statusCode).toBe(422);
    expect(host.deliveries).toHaveLength(1);
  });

  it('counts for one order and one move only', async () => {
    const { post, host } = createOrder();
    host.add({ orderId: 'order-2' });
    expect((await post('/orders/order-1/cancel', {}, key)).statusCode).toBe(200);
    expect((await post('/orders/order-1/capture', {}, key)).statusCode).toBe(200);
    expect((await post('/orders/order-2/cancel', {}, key)).statusCode).toBe(200);
    expect([...host.records.keys()]).toEqual([
      'orders/order-1/cancel key-1',
      'orders/order-1/capture key-1',
      'orders/order-2/cancel key-1',
    ]);
  });
});

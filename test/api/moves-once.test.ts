// Moves that are made once: If-Match, and the idempotency keys of moves.
import { describe, expect, it } from 'vitest';
import { problemOf } from './edge.ts';
import { key, openCompleted, openPaying, opens, receivedSince } from './open-order.ts';

describe('If-Match', () => {
  it.each([['"3"'], [' "3" '], ['*'], ['"2", "3"'], ['W/"3", "9", "3"']])(
    '%s lets a move through on version 3',
    async (etag) => {
      const edge = await openPaying();
      const answer = await edge.post('/orders/order-1/cancel', {}, { 'if-match': etag });
      expect(answer.statusCode).toBe(200);
      expect(await receivedSince(edge)).toHaveLength(1);
    },
  );

  it.each([['"2"'], ['W/"3"'], ['"abc"'], ['"03"'], ['"1", "2"'], ['W/"3", "x"']])(
    '%s is 412 on version 3, and leaves no trace',
    async (etag) => {
      const edge = await openPaying();
      const answer = await edge.post('/orders/order-1/cancel', {}, { 'if-match': etag });
      expect(answer.statusCode).toBe(412);
      expect(problemOf.parse(answer.json()).type).toBe('/problems/version-mismatch');
      expect(await receivedSince(edge)).toEqual([]);
    },
  );

  it.each([['3'], [''], ['"3'], ['"3", 4']])('%s is 400, and leaves no trace', async (etag) => {
    const edge = await openPaying();
    const answer = await edge.post('/orders/order-1/cancel', {}, { 'if-match': etag });
    expect(answer.statusCode).toBe(400);
    expect(await receivedSince(edge)).toEqual([]);
  });

  it('lets one of two moves through that come at the same time, and the other is 412', async () => {
    const edge = await openPaying();
    const move = () => edge.post('/orders/order-1/cancel', {}, { 'if-match': '"3"' });
    const statuses = (await Promise.all([move(), move()])).map(({ statusCode }) => statusCode);
    expect(statuses.sort()).toEqual([200, 412]);
    expect(await receivedSince(edge)).toHaveLength(1);
  });

  it('says which version the order has instead', async () => {
    const { post } = await openPaying();
    const answer = await post('/orders/order-1/cancel', {}, { 'if-match': '"2"' });
    expect(answer.json().version).toBe(3);
  });
});

describe('an idempotency key of a move', () => {
  it('is required for refunds, and nothing is stored without one', async () => {
    const edge = await openCompleted();
    const answer = await edge.post('/orders/order-1/refunds', {});
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).type).toBe('/problems/idempotency-key-missing');
    expect(await receivedSince(edge)).toEqual([]);
  });

  it.each(['cancel', 'capture', 'retry'] as const)('is not required for %s', async (move) => {
    const { post } = await opens[move]();
    expect((await post(`/orders/order-1/${move}`)).statusCode).toBe(200);
  });

  it('replays the very bytes, also where the move is no longer open or If-Match is old', async () => {
    const edge = await openCompleted();
    const headers = { ...key, 'if-match': `"${edge.order.version}"` };
    const first = await edge.post('/orders/order-1/refunds', {}, headers);
    await edge.runner.waitUntilSettled('order-1', 60_000);
    expect((await edge.get('/orders/order-1')).json().moves).toEqual([]);
    const second = await edge.post('/orders/order-1/refunds', {}, headers);
    expect(second.statusCode).toBe(201);
    expect(second.body).toBe(first.body);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(second.headers.location).toBe('/orders/order-1');
    expect(await receivedSince(edge)).toHaveLength(1);
  });

  it('is refused with 422 for another body, and nothing is stored', async () => {
    const edge = await openCompleted();
    await edge.post('/orders/order-1/refunds', { amount: 5 }, key);
    const answer = await edge.post('/orders/order-1/refunds', { amount: 6 }, key);
    expect(answer.statusCode).toBe(422);
    expect(await receivedSince(edge)).toHaveLength(1);
  });

  it('counts for one order and one move only', async () => {
    const { post, add, runner } = await openPaying();
    await add('order-2');
    expect((await post('/orders/order-1/cancel', {}, key)).statusCode).toBe(200);
    expect((await post('/orders/order-2/cancel', {}, key)).statusCode).toBe(200);
    expect((await post('/orders/order-1/capture', {}, key)).statusCode).toBe(409);
    for (const orderId of ['order-1', 'order-2']) {
      expect(await runner.recall(`orders/${orderId}/cancel`, 'key-1')).toMatchObject({ orderId });
    }
  });

  it('can be in use for two orders at the same time', async () => {
    const { post, add } = await openPaying();
    await add('order-2');
    const cancel = (orderId: string) => post(`/orders/${orderId}/cancel`, {}, key);
    const answers = await Promise.all([cancel('order-1'), cancel('order-2')]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
  });

  it('is free again after a refusal', async () => {
    const { post, runner } = await openPaying();
    expect((await post('/orders/order-1/capture', {}, key)).statusCode).toBe(409);
    expect(await runner.recall('orders/order-1/capture', 'key-1')).toBeUndefined();
  });
});

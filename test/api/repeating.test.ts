// A repetition that comes while the first request with its key is still on its way: 409, or with Prefer: wait the first
// answer. The same holds for orders, moves and adjustments.
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { listen } from './connections.ts';
import { problemOf, sampleOrder } from './edge.ts';
import { openCompleted } from './open-order.ts';

const kinds = {
  order: { url: '/orders', body: sampleOrder, other: { ...sampleOrder, customerId: 'customer-2' } },
  move: { url: '/orders/order-1/refunds', body: { amount: 5 }, other: { amount: 6 } },
  adjustment: {
    url: '/products/product-1/adjustments',
    body: { by: 5, reason: 'delivery' },
    other: { by: 6, reason: 'delivery' },
  },
} as const;

/** An API in which the first request of this kind is held up, where its key is looked for, until `release`. */
const holdFirst = async (kind: keyof typeof kinds) => {
  const { url, body, other } = kinds[kind];
  const edge = await openCompleted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let recalls = 0;
  edge.replaced.recall = async (scope, key) => {
    recalls += 1;
    if (recalls === 1) await promise;
    return edge.runner.recall(scope, key);
  };
  const send = (prefer?: string, given: object = body) =>
    edge.post(url, given, { 'idempotency-key': 'key-1', ...(prefer === undefined ? {} : { prefer }) });
  const held = edge.called('recall');
  const first = send();
  await held;
  const timers = edge.clock.timers();
  /** Sends it again, and resolves when that waits: its `answer` is still to come. */
  const repeat = async (prefer: string, given: object = body) => {
    const isWaiting = edge.clock.untilScheduled(edge.clock.timers() + 1);
    const answer = send(prefer, given);
    await isWaiting;
    return { answer };
  };
  return { edge, first, send, repeat, other, release: resolve, fail: reject, timers, recalls: () => recalls };
};

describe.each(['order', 'move', 'adjustment'] as const)('a repeated %s', (kind) => {
  it('is 409 while the first is on its way, with no wish to wait or no time for it', async () => {
    const { first, send, release } = await holdFirst(kind);
    for (const prefer of [undefined, 'wait=0', 'return=minimal']) {
      const answer = await send(prefer);
      expect(answer.statusCode, prefer).toBe(409);
      expect(problemOf.parse(answer.json()).type).toBe('/problems/idempotency-key-in-use');
    }
    release();
    expect((await first).statusCode).toBe(201);
  });

  it('gets the very bytes of the first answer if it waits, however many do', async () => {
    const { edge, first, repeat, release, timers } = await holdFirst(kind);
    const waiting = [await repeat('wait=10'), await repeat('wait=20')];
    release();
    const answered = await first;
    expect(answered.statusCode).toBe(201);
    for (const { answer } of waiting) {
      const again = await answer;
      expect(again.statusCode).toBe(201);
      expect(again.body).toBe(answered.body);
      expect(again.headers['idempotency-replayed']).toBe('true');
    }
    // What is left over are the calls of what the first one did.
    expect(edge.clock.timers()).toBeLessThanOrEqual(timers + 1);
  });

  it('is 409 after the time that it wants to wait, and after a minute at most', async () => {
    const { edge, first, repeat, release, timers } = await holdFirst(kind);
    for (const [prefer, ms] of [['wait=3', 3000] as const, ['wait=999', 60_000] as const]) {
      const { answer } = await repeat(prefer);
      await edge.clock.advance(ms - 1);
      expect(edge.clock.timers()).toBe(timers + 1);
      await edge.clock.advance(1);
      expect((await answer).statusCode).toBe(409);
    }
    release();
    expect((await first).statusCode).toBe(201);
  });

  it('is carried out if the first is refused and stores nothing', async () => {
    const { first, repeat, fail, recalls } = await holdFirst(kind);
    const waiting = [await repeat('wait=10'), await repeat('wait=10')];
    fail(new AppError('overloaded', 'Too much waits to be stored.'));
    expect((await first).statusCode).toBe(503);
    const answers = await Promise.all(waiting.map(({ answer }) => answer));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([201, 201]);
    expect(answers[1]?.body).toBe(answers[0]?.body);
    expect(answers.map(({ headers }) => headers['idempotency-replayed'])).toEqual([undefined, 'true']);
    expect(recalls()).toBe(3);
  });

  it('is 422 with another body, once the first is answered', async () => {
    const { first, repeat, release, other } = await holdFirst(kind);
    const { answer } = await repeat('wait=10', other);
    release();
    expect((await first).statusCode).toBe(201);
    expect(problemOf.parse((await answer).json()).type).toBe('/problems/idempotency-key-reused');
  });

  it('waits no longer when its client leaves, and is not carried out then', async () => {
    const { edge, first, fail, timers, recalls } = await holdFirst(kind);
    await using listening = await listen(edge);
    const leaving = new AbortController();
    const isWaiting = edge.clock.untilScheduled(timers + 1);
    const { url, body } = kinds[kind];
    const asked = fetch(listening.url + url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'key-1', prefer: 'wait=60' },
      body: JSON.stringify(body),
      signal: leaving.signal,
    });
    await isWaiting;
    leaving.abort();
    await expect(asked).rejects.toThrow();
    while (edge.clock.timers() > timers) await new Promise(setImmediate);
    fail(new AppError('overloaded', 'Too much waits to be stored.'));
    expect((await first).statusCode).toBe(503);
    expect(recalls()).toBe(1);
  });

  it('is answered at once when the server closes', async () => {
    const { edge, first, repeat, release } = await holdFirst(kind);
    const { answer } = await repeat('wait=60');
    const closed = edge.app.close();
    expect((await answer).statusCode).toBe(409);
    release();
    await Promise.all([first, closed]);
  });
});

it('an order that is carried out after waiting for the first waits for its settling only for the rest of the time', async () => {
  const { edge, repeat, fail, first } = await holdFirst('order');
  const { answer } = await repeat('wait=10');
  await edge.clock.advance(8000);
  const waits: number[] = [];
  edge.replaced.waitUntilSettled = async (id, ms, signal) => {
    waits.push(ms);
    return edge.runner.waitUntilSettled(id, ms, signal);
  };
  const called = edge.called('waitUntilSettled');
  fail(new AppError('overloaded', 'Too much waits to be stored.'));
  await first;
  await called;
  const answered = await answer;
  expect(waits).toEqual([2000]);
  expect(answered.headers['preference-applied']).toBe('wait=10');
  expect(answered.statusCode).toBe(201);
});

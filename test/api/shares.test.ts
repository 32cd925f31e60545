// What one caller may have at the same time, and in a minute: streams, requests that wait, requests. And that a stream does
// not outlive its key.
import { describe, expect, it } from 'vitest';
import type { KeyWish } from '../../src/access.ts';
import { limits } from '../../src/limits.ts';
import { EventReader, listen } from './connections.ts';
import { createEdge, problemOf, sampleOrder } from './edge.ts';

const wish: KeyWish = {
  ...{ principal: 'reader', scopes: ['orders:read', 'orders:place', 'events'], owner: null },
  ...{ expiresAt: null, requestsPerMinute: null, refundsPerDay: null },
};
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const codeOf = (answer: { json(): unknown }): string => problemOf.parse(answer.json()).type;
const open = async (settings: Record<string, string | number> = {}, changes: Partial<KeyWish> = {}) => {
  const edge = await createEdge({ settings });
  const { key, token } = await edge.keys.create({ ...wish, ...changes });
  return { ...edge, keyId: key.keyId, headers: bearer(token) };
};

describe('streams', () => {
  it('of one key are so many at once, whichever they are, and those of other keys go on', async () => {
    const made = await open({ MAX_STREAMS_PER_KEY: 2 });
    await made.add('order-1');
    const other = bearer((await made.keys.create(wish)).token);
    await using edge = { ...made, ...(await listen(made)) };
    await using _one = await EventReader.open(`${edge.url}/events/stream`, edge.headers);
    const two = await EventReader.open(`${edge.url}/orders/order-1/stream`, edge.headers);
    const refused = await edge.get('/events/stream', edge.headers);
    expect([refused.statusCode, codeOf(refused)]).toEqual([429, '/problems/rate-limited']);
    expect(refused.headers['retry-after']).toBe('1');
    await using _other = await EventReader.open(`${edge.url}/events/stream`, other);
    expect(_other.response.status).toBe(200);
    await two[Symbol.asyncDispose]();
    const again = async () =>
      (await fetch(`${edge.url}/orders/order-1/stream`, { headers: edge.headers })).status;
    while ((await again()) === 429);
  });

  it.each<[string, (edge: Awaited<ReturnType<typeof open>>) => Promise<unknown>]>([
    ['is revoked', ({ keys, keyId }) => keys.revoke(keyId)],
    ['was rotated, after its time', ({ keys, keyId }) => keys.rotate(keyId, 500)],
    ['expires', ({ clock }) => clock.advance(5000)],
  ])('end soon after their key %s', async (_how, end) => {
    const made = await open({}, { expiresAt: Date.UTC(2026, 0, 31, 12, 0, 5) });
    await using edge = { ...made, ...(await listen(made)) };
    await using reader = await EventReader.open(`${edge.url}/events/stream`, edge.headers);
    await edge.clock.advance(3000);
    await end(made);
    await edge.clock.advance(1000);
    await expect(reader.rest()).rejects.toThrow('terminated');
  });

  it('that were opened while no key was needed end with the first key, and leave no timer', async () => {
    await using edge = await listen(await createEdge());
    const timers = edge.clock.timers();
    await using reader = await EventReader.open(`${edge.url}/events/stream`);
    await edge.clock.advance(10_000);
    expect(reader.response.status).toBe(200);
    await edge.keys.create(wish);
    await edge.clock.advance(1000);
    await expect(reader.rest()).rejects.toThrow('terminated');
    while (edge.clock.timers() > timers) await new Promise(setImmediate);
  });
});

describe('requests that wait', () => {
  it('of one key are so many at once; one more is 429 and places nothing, and may come without waiting', async () => {
    const { placeOrder, headers, runner, called, clock } = await open({ MAX_WAITS_PER_KEY: 1 });
    const waiting = called('waitUntilSettled');
    const first = placeOrder({ ...headers, prefer: 'wait=5' }).then((answer) => answer);
    await waiting;
    const asked = { ...headers, 'idempotency-key': 'key-2' };
    const refused = await placeOrder({ ...asked, prefer: 'wait=5' });
    expect([refused.statusCode, codeOf(refused)]).toEqual([429, '/problems/rate-limited']);
    expect(await runner.list({ limit: 10 })).toHaveLength(1);
    expect((await placeOrder(asked)).statusCode).toBe(201);
    await clock.advance(5000);
    expect((await first).statusCode).toBe(202);
    const next = placeOrder({ ...asked, 'idempotency-key': 'key-3', prefer: 'wait=0' });
    expect((await next).statusCode).toBeLessThan(300);
  });
});

describe('requests in a minute', () => {
  it('are counted for the key, and answers say what is left', async () => {
    const { get, headers, keys } = await open({ REQUESTS_PER_MINUTE: 3 });
    const own = bearer((await keys.create({ ...wish, requestsPerMinute: 1 })).token);
    const [first, second] = [await get('/orders', headers), await get('/nothing', headers)];
    expect(first.headers['ratelimit-policy']).toBe('"key";q=3;w=60');
    expect(first.headers['ratelimit']).toMatch(/^"key";r=2;t=\d+$/);
    expect([second.statusCode, second.headers['ratelimit']]).toEqual([
      404,
      expect.stringMatching(/^"key";r=1;/),
    ]);
    expect((await get('/metrics', headers)).statusCode).toBe(403);
    const refused = await get('/orders', headers);
    expect([refused.statusCode, codeOf(refused)]).toEqual([429, '/problems/rate-limited']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.headers['ratelimit']).toMatch(/^"key";r=0;t=\d+$/);
    expect((await get('/livez', headers)).headers['ratelimit']).toBeUndefined();
    expect((await get('/orders', own)).statusCode).toBe(200);
    expect((await get('/orders', own)).statusCode).toBe(429);
  });

  it('are counted for the sessions of a key with those of the key', async () => {
    const { get, keys } = await open();
    const { token } = await keys.create({ ...wish, requestsPerMinute: 2 });
    const session = await keys.signIn(token, 3_600_000);
    expect((await get('/orders', bearer(token))).statusCode).toBe(200);
    expect((await get('/orders', { cookie: `orderchart_session=${session?.token}` })).statusCode).toBe(200);
    expect((await get('/orders', { cookie: `orderchart_session=${session?.token}` })).statusCode).toBe(429);
  });

  it('are counted for an address, also those that are refused, and not for this machine', async () => {
    const { app, headers } = await open({ REQUESTS_PER_MINUTE_AND_ADDRESS: 2 });
    const ask = (remoteAddress: string, given: Record<string, string>) =>
      app.inject({ url: '/orders', remoteAddress, headers: given });
    expect((await ask('203.0.113.5', {})).statusCode).toBe(401);
    expect((await ask('203.0.113.5', headers)).statusCode).toBe(200);
    const refused = await ask('203.0.113.5', {});
    expect([refused.statusCode, refused.headers['ratelimit']]).toEqual([
      429,
      expect.stringMatching(/^"address";r=0;/),
    ]);
    expect((await ask('203.0.113.5', headers)).statusCode).toBe(429);
    expect((await ask('203.0.113.6', headers)).statusCode).toBe(200);
    for (let count = 0; count < 4; count += 1) expect((await ask('127.0.0.1', headers)).statusCode).toBe(200);
  });

  it('that are refused have stored nothing', async () => {
    const { placeOrder, headers, runner } = await open({ REQUESTS_PER_MINUTE: 1 });
    expect((await placeOrder(headers)).statusCode).toBe(201);
    expect((await placeOrder({ ...headers, 'idempotency-key': 'key-2' }, sampleOrder)).statusCode).toBe(429);
    expect(await runner.list({ limit: 10 })).toHaveLength(1);
  });
});

describe('histories with what each message changed', () => {
  it('are refused to a key that asks for many at once, and read for another', async () => {
    const made = await open();
    await made.add('order-1');
    const other = bearer((await made.keys.create({ ...wish, principal: 'other' })).token);
    const ask = (headers: Record<string, string>) => made.get('/orders/order-1/audit', headers);
    const answers = [...Array.from({ length: 30 }, () => ask(made.headers)), ask(other)];
    const statuses = (await Promise.all(answers)).map(({ statusCode }) => statusCode);
    expect(statuses.filter((status) => status === 200)).toHaveLength(limits.trailsOfOne + 1);
    expect(statuses.filter((status) => status === 429)).toHaveLength(30 - limits.trailsOfOne);
    expect(statuses.at(-1)).toBe(200);
    expect((await ask(made.headers)).statusCode).toBe(200);
  });
});

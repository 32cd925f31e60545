// A session as a cookie: where it travels, how long it lasts, and what ends it.
import { describe, expect, it } from 'vitest';
import type { KeyWish } from '../../src/access.ts';
import { limits } from '../../src/limits.ts';
import { createEdge, type Edge, problemOf } from './edge.ts';

const hour = 3_600_000;
const wish: KeyWish = {
  ...{ principal: 'ada', scopes: ['orders:read'], owner: null },
  ...{ expiresAt: null, requestsPerMinute: null, refundsPerDay: null },
};

const signIn = async (edge: Edge, token: string, headers: Record<string, string> = {}) => {
  const answer = await edge.post('/session', { key: token }, headers);
  expect(answer.statusCode).toBe(201);
  const [pair = '', ...attributes] = String(answer.headers['set-cookie']).split('; ');
  return { cookie: pair, attributes, expiresAt: answer.json().expiresAt };
};
const readSession = async ({ get }: Edge, cookie: string) => (await get('/session', { cookie })).statusCode;

describe('the cookie', () => {
  it('is out of reach of scripts and other sites, and lasts SESSION_HOURS', async () => {
    const edge = await createEdge({ settings: { SESSION_HOURS: 3 } });
    const { token } = await edge.keys.create(wish);
    const { attributes, expiresAt } = await signIn(edge, token);
    expect(attributes).toEqual(['Max-Age=10800', 'Path=/', 'HttpOnly', 'SameSite=Strict']);
    expect(Date.parse(expiresAt)).toBe(edge.clock.now() + 3 * hour);
  });

  it('lasts no longer than its key', async () => {
    const edge = await createEdge();
    const { token } = await edge.keys.create({ ...wish, expiresAt: edge.clock.now() + 60_000 });
    const { cookie, attributes } = await signIn(edge, token);
    expect(attributes).toContain('Max-Age=60');
    expect(await readSession(edge, cookie)).toBe(200);
    await edge.clock.advance(60_000);
    expect(await readSession(edge, cookie)).toBe(401);
  });

  it.each([
    ['PUBLIC_URL is https', { PUBLIC_URL: 'https://shop.example' }, {}, true],
    [
      'a trusted proxy says that it was https',
      { TRUST_PROXY: 'loopback' },
      { 'x-forwarded-proto': 'https' },
      true,
    ],
    [
      'a trusted proxy says that it was http',
      { TRUST_PROXY: 'loopback' },
      { 'x-forwarded-proto': 'http' },
      false,
    ],
    ['somebody says that it was https', {}, { 'x-forwarded-proto': 'https' }, false],
  ])('where %s: Secure or not', async (_, settings, headers, isSecure) => {
    const edge = await createEdge({ settings });
    const { token } = await edge.keys.create(wish);
    expect((await signIn(edge, token, headers)).attributes.includes('Secure')).toBe(isSecure);
  });

  it('stays under the path of PUBLIC_URL, and so does the way to the page where one signs in', async () => {
    const edge = await createEdge({ settings: { PUBLIC_URL: 'https://shop.example/tea' } });
    const { token } = await edge.keys.create(wish);
    expect((await signIn(edge, token)).attributes).toContain('Path=/tea');
    const { statusCode, headers } = await edge.get('/orders?limit=1', { accept: 'text/html' });
    expect([statusCode, headers.location]).toEqual([303, '/tea/sign-in?to=%2Forders%3Flimit%3D1']);
  });
});

describe('a session', () => {
  it('ends when it signs out, and its cookie is taken back', async () => {
    const edge = await createEdge();
    const { token } = await edge.keys.create(wish);
    const [{ cookie }, { cookie: other }] = [await signIn(edge, token), await signIn(edge, token)];
    const { statusCode, headers } = await edge.post('/session/end', {}, { cookie });
    expect(statusCode).toBe(200);
    expect(headers['set-cookie']).toMatch(/^orderchart_session=; Max-Age=0; Path=\/;/);
    expect([await readSession(edge, cookie), await readSession(edge, other)]).toEqual([401, 200]);
  });

  it('ends at once when its key is revoked', async () => {
    const edge = await createEdge();
    const { key, token } = await edge.keys.create(wish);
    const { cookie } = await signIn(edge, token);
    await edge.keys.revoke(key.keyId);
    expect(await readSession(edge, cookie)).toBe(401);
  });

  it('ends with a rotated key', async () => {
    const edge = await createEdge();
    const { key, token } = await edge.keys.create(wish);
    const { cookie } = await signIn(edge, token);
    await edge.keys.rotate(key.keyId, 60_000);
    expect(await readSession(edge, cookie)).toBe(200);
    await edge.clock.advance(60_000);
    expect(await readSession(edge, cookie)).toBe(401);
  });

  it('ends when the same browser signs in again', async () => {
    const edge = await createEdge();
    const { token } = await edge.keys.create(wish);
    const { cookie } = await signIn(edge, token);
    const { cookie: next } = await signIn(edge, token, { cookie });
    expect([await readSession(edge, cookie), await readSession(edge, next)]).toEqual([401, 200]);
  });

  it('cannot sign another one in', async () => {
    const edge = await createEdge();
    const { token } = await edge.keys.create(wish);
    const { cookie } = await signIn(edge, token);
    const answer = await edge.post('/session', { key: cookie.split('=')[1] });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });
});

describe('sessions of one key', () => {
  it('are 429 with Retry-After once too many were asked for, while other keys sign in', async () => {
    const edge = await createEdge();
    const { token } = await edge.keys.create(wish);
    const other = await edge.keys.create({ ...wish, principal: 'bob' });
    const statuses = [];
    for (let count = 0; count <= limits.signInsPerMinute; count += 1) {
      statuses.push((await edge.post('/session', { key: token })).statusCode);
    }
    expect(statuses.lastIndexOf(201)).toBe(limits.signInsPerMinute - 1);
    const refused = await edge.post('/session', { key: token });
    expect([refused.statusCode, problemOf.parse(refused.json()).type]).toEqual([
      429,
      '/problems/rate-limited',
    ]);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await edge.post('/session', { key: other.token })).statusCode).toBe(201);
  });
});

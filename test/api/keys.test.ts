// Keys over HTTP and the callers that they stand for: made, rotated and revoked by those who may, shown once, and wrong ones
// counted. It knows no order.
import { describe, expect, it } from 'vitest';
import type { KeyWish, Scope } from '../../src/access.ts';
import { newKeyListing } from '../../src/access.ts';
import { createEdge, type Edge, noon, problemOf } from './edge.ts';

const wish: KeyWish = {
  ...{ principal: 'root', scopes: ['admin'], owner: null },
  ...{ expiresAt: null, requestsPerMinute: null, refundsPerDay: null },
};
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** An API that has a key with the scope admin. */
const open = async (settings: Record<string, string | number> = {}) => {
  const edge = await createEdge({ settings });
  const { token, key } = await edge.keys.create(wish);
  return { ...edge, key, token, root: bearer(token) };
};
const make = async ({ post }: Edge, root: Record<string, string>, body: object) => {
  const answer = await post('/keys', body, root);
  expect(answer.statusCode).toBe(201);
  return newKeyListing.parse(answer.json());
};
const codeOf = (answer: { json(): unknown }): string => problemOf.parse(answer.json()).type;

describe('keys over HTTP', () => {
  it('are made, listed, rotated and revoked with the scope admin', async () => {
    const edge = await open();
    const { get, post, root } = edge;
    const asked = { principal: 'checkout', scopes: ['orders:place', 'orders:read'], customerId: 'ada' };
    const limits = { expiresAt: '2026-02-01T00:00:00Z', requestsPerMinute: 10, refundsPerDay: 5 };
    const made = await make(edge, root, { ...asked, ...limits });
    expect(made.key).toMatchObject({
      ...asked,
      ...limits,
      expiresAt: '2026-02-01T00:00:00.000Z',
      revokedAt: null,
    });
    expect((await get('/orders', bearer(made.token))).statusCode).toBe(200);

    const rotated = await post(`/keys/${made.key.id}/rotate`, { keepOldMinutes: 0 }, root);
    const { key, token } = newKeyListing.parse(rotated.json());
    expect(key).toMatchObject(asked);
    expect((await get('/orders', bearer(made.token))).statusCode).toBe(401);
    expect((await get('/orders', bearer(token))).statusCode).toBe(200);

    expect((await post(`/keys/${key.id}/revoke`, {}, root)).statusCode).toBe(200);
    expect((await get('/orders', bearer(token))).statusCode).toBe(401);
    const { keys } = (await get('/keys', root)).json();
    expect(keys.map(({ principal }: { principal: string }) => principal)).toEqual([
      'root',
      'checkout',
      'checkout',
    ]);
  });

  it.each<[string, object, string]>([
    ['a principal with blanks', { principal: 'the checkout' }, '/principal'],
    ['a principal that could be another scope of idempotency keys', { principal: 'a/orders' }, '/principal'],
    ['an unknown scope', { scopes: ['all'] }, '/scopes/0'],
    ['no scope', { scopes: [] }, '/scopes'],
    ['a limit of none', { requestsPerMinute: 0 }, '/requestsPerMinute'],
    ['a cap below a whole number', { refundsPerDay: 1.5 }, '/refundsPerDay'],
    ['a time that is none', { expiresAt: 'tomorrow' }, '/expiresAt'],
    ['a field that is not known', { token: 'mine' }, '/token'],
  ])('with %s are 400, and none is made', async (_what, changes, path) => {
    const { post, root, keys } = await open();
    const answer = await post('/keys', { principal: 'checkout', scopes: ['orders:read'], ...changes }, root);
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).errors?.map((error) => error.path)).toEqual([path]);
    expect(keys.list()).toHaveLength(1);
  });

  it('that would have expired already, or reach beyond their customer, are 400', async () => {
    const { post, root, keys } = await open();
    for (const changes of [
      { expiresAt: '2026-01-01T00:00:00Z' },
      { customerId: 'ada', scopes: ['metrics'] },
    ]) {
      const answer = await post('/keys', { principal: 'late', scopes: ['events'], ...changes }, root);
      expect([answer.statusCode, codeOf(answer)]).toEqual([400, '/problems/invalid-request']);
    }
    expect(keys.list()).toHaveLength(1);
  });

  it('that are unknown are 404', async () => {
    const { post, root } = await open();
    for (const action of ['rotate', 'revoke']) {
      const answer = await post(`/keys/none/${action}`, {}, root);
      expect([answer.statusCode, codeOf(answer)]).toEqual([404, '/problems/key-not-found']);
    }
  });

  it.each([
    ['on a service that has none', {}],
    ['on one that is open to everyone', { OPEN_TO_EVERYONE: '1' }],
  ])('are not made, listed or revoked without a key, %s', async (_where, settings) => {
    const { get, post, keys } = await createEdge({ settings });
    const answers = [
      await post('/keys', { principal: 'mallory', scopes: ['admin'] }),
      await get('/keys'),
      await post('/keys/none/revoke', {}),
      await post('/keys/none/rotate', {}),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([401, 401, 401, 401]);
    expect(answers[0]?.json().detail).toContain('orderchart keys create');
    expect(keys.firstMadeAt()).toBeUndefined();
    expect((await get('/orders')).statusCode).toBe(200);
  });
});

describe('the key itself', () => {
  it('is in the answer that makes it, and nowhere else', async () => {
    const edge = await open();
    const { get, post, root, app, log, metrics, token } = edge;
    const made = await make(edge, root, { principal: 'checkout', scopes: ['orders:read'] });
    const rotated = newKeyListing.parse((await post(`/keys/${made.key.id}/rotate`, {}, root)).json());
    const headers = { 'content-type': 'application/json', ...bearer(made.token) };
    const answers = [
      await get('/keys', root),
      await get('/session', bearer(made.token)),
      await get(`/orders/${made.token}`, bearer(made.token)),
      await get('/metrics', bearer(made.token)),
      await get('/orders', bearer(`${made.token}x`)),
      await post('/session', { key: `${made.token}x` }),
      await post('/session', { key: made.token, more: 1 }),
      await app.inject({ method: 'POST', url: '/session', headers, payload: `{"key": "${made.token}"` }),
      await post(`/keys/${made.key.id}/revoke`, {}, root),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([
      200, 200, 404, 403, 401, 401, 400, 400, 200,
    ]);
    const said = answers
      .filter((_, index) => index !== 2)
      .map(({ body, headers: sent }) => body + JSON.stringify(sent));
    for (const each of [token, made.token, rotated.token]) {
      const secret = each.slice(-43);
      expect(said.join('\n')).not.toContain(secret);
      expect(log()).not.toContain(secret);
      expect(await metrics.metrics()).not.toContain(secret);
    }
  });

  it('is not taken from the address or a cookie', async () => {
    const { get, token } = await open();
    for (const name of ['key', 'token', 'access_token', 'authorization']) {
      expect((await get(`/orders?${name}=${token}`)).statusCode).toBe(401);
    }
    expect((await get('/orders', { cookie: `authorization=${token}; key=${token}` })).statusCode).toBe(401);
  });

  it.each(['', 'Bearer', 'Bearer ', 'Basic cm9vdDo=', 'Bearer a b', 'Token x', 'Bearer oc_0_0'])(
    'that is none is 401, also where an open session comes with it: Authorization %j',
    async (authorization) => {
      const { get, keys, token } = await open();
      const session = await keys.signIn(token, 3_600_000);
      const answer = await get('/keys', { authorization, cookie: `orderchart_session=${session?.token}` });
      expect(answer.statusCode).toBe(401);
    },
  );

  it('is known by its principal in the log of requests', async () => {
    const { get, root, lines } = await open();
    await get('/keys', root);
    await get('/keys');
    const logged = lines.filter(({ msg }) => msg === 'request');
    expect(logged.map((line) => line['principal'])).toEqual(['root', undefined]);
  });
});

describe('wrong keys', () => {
  const wrong = bearer(`oc_${'0'.repeat(16)}_${'A'.repeat(43)}`);

  it('are 429 with Retry-After for their address once there were too many, and right ones go on', async () => {
    const { app, root, clock } = await open();
    const from = (remoteAddress: string, headers: Record<string, string>) =>
      app.inject({ url: '/orders', remoteAddress, headers });
    const statuses = [];
    for (let count = 0; count < 31; count += 1) statuses.push((await from('203.0.113.5', wrong)).statusCode);
    expect(new Set(statuses.slice(0, 30))).toEqual(new Set([401]));
    const last = await from('203.0.113.5', wrong);
    expect([statuses[30], last.statusCode, codeOf(last)]).toEqual([429, 429, '/problems/rate-limited']);
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
    expect((await from('203.0.113.6', wrong)).statusCode).toBe(401);
    expect((await from('203.0.113.5', root)).statusCode).toBe(403);
    expect(clock.now()).toBe(noon);
  });

  it('count for a whole network of IPv6, which one person has', async () => {
    const { app } = await open();
    const ask = (remoteAddress: string) => app.inject({ url: '/orders', remoteAddress, headers: wrong });
    for (let count = 1; count <= 30; count += 1) await ask(`2001:db8:1:2::${count}`);
    expect((await ask('2001:db8:1:2:ffff::1')).statusCode).toBe(429);
    expect((await ask('2001:db8:1:3::1')).statusCode).toBe(401);
  });

  it('in sign-ins count, too', async () => {
    const { post } = await open();
    const statuses = [];
    for (let count = 0; count < 31; count += 1) {
      statuses.push((await post('/session', { key: 'oc_wrong' })).statusCode);
    }
    expect([statuses[29], statuses[30]]).toEqual([401, 429]);
  });
});

describe('a session', () => {
  const signIn = async (
    settings: Record<string, string> = {},
    scopes: readonly Scope[] = ['orders:read'],
  ) => {
    const edge = await open({ ...settings });
    const made = await edge.keys.create({ ...wish, principal: 'ada', scopes, owner: 'customer-1' });
    const answer = await edge.post('/session', { key: made.token });
    expect(answer.statusCode).toBe(201);
    const cookie = String(answer.headers['set-cookie']);
    return { ...edge, cookie, session: { cookie: cookie.split(';')[0] ?? '' }, keyId: made.key.keyId };
  };

  it('is a cookie that no script reads and no other site sends, and that ends', async () => {
    const { cookie } = await signIn();
    expect(cookie).toMatch(/^orderchart_session=ocs_/);
    for (const part of ['HttpOnly', 'SameSite=Strict', 'Path=/', 'Max-Age=43200'])
      expect(cookie).toContain(part);
    expect(cookie).not.toContain('Secure');
    expect((await signIn({ PUBLIC_URL: 'https://localhost/desk' })).cookie).toMatch(/Path=\/desk;.*Secure/);
  });

  it('says who it is, and signs out, also if its key is bound to a customer', async () => {
    const { get, post, session, clock } = await signIn();
    const answer = await get('/session', session);
    expect(answer.json()).toEqual({ principal: 'ada', scopes: ['orders:read'], signedIn: true });
    const out = await post('/session/end', {}, session);
    expect(out.statusCode).toBe(200);
    expect(out.headers['set-cookie']).toMatch(/^orderchart_session=;.*Max-Age=0/);
    expect((await get('/session', session)).statusCode).toBe(401);
    expect(clock.now()).toBe(noon);
  });

  it('ends with its time, and with its key', async () => {
    const first = await signIn({ SESSION_HOURS: '1' });
    await first.clock.advance(3_600_000);
    expect((await first.get('/session', first.session)).statusCode).toBe(401);
    const second = await signIn();
    await second.keys.revoke(second.keyId);
    expect((await second.get('/session', second.session)).statusCode).toBe(401);
  });

  it.each([
    ['without a prefix', {}, '/sign-in?to=%2Finspector%3Fstate%3Dpaying'],
    ['behind one', { PUBLIC_URL: 'http://localhost/desk' }, '/desk/sign-in?to=%2Finspector%3Fstate%3Dpaying'],
  ])('that is missing is asked of browsers that open a page, %s', async (_where, settings, location) => {
    const { get } = await open(settings);
    const answer = await get('/inspector?state=paying', { accept: 'text/html,*/*' });
    expect([answer.statusCode, answer.headers.location]).toEqual([303, location]);
  });
});

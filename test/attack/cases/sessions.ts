// Sessions of browsers: stolen by a page, chosen by an attacker, kept after they have ended; and where a sign-in leads.
import assert from 'node:assert/strict';
import vm from 'node:vm';
import { expectRefused, expectStatus } from '../expectations.ts';
import type { HostileCase } from '../hostile-case.ts';
import type { Attack } from '../target.ts';

/** Signs in, and returns the cookie as a browser sends it, with its attributes. */
const signIn = async ({ shop, tokens }: Attack, headers: Record<string, string> = {}) => {
  const answer = await shop.ask('/session', { method: 'POST', body: { key: tokens.owner }, headers });
  expectStatus(answer, 201);
  const [set = ''] = answer.headers['set-cookie'] ?? [];
  const [cookie = '', ...attributes] = set.split('; ');
  return { cookie, attributes: attributes.map((each) => each.toLowerCase()) };
};

const ofPages: readonly HostileCase[] = [
  {
    name: 'no script reads the cookie of a session, and no page of another site sends it',
    attack: async (attack) => {
      const { attributes } = await signIn(attack);
      for (const wanted of ['httponly', 'samesite=strict', 'path=/']) assert.ok(attributes.includes(wanted));
      assert.ok(!attributes.some((each) => each.startsWith('domain')));
    },
  },
  {
    name: 'a page of another origin moves nothing with the cookie of a session',
    attack: async (attack) => {
      const { cookie } = await signIn(attack);
      for (const from of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
        const request = { method: 'POST', headers: { cookie, ...from } };
        const path = `/orders/${attack.orders.owner}/cancel`;
        expectRefused(await attack.shop.ask(path, request), 403, 'foreign-origin');
        expectRefused(await attack.shop.ask('/session/end', request), 403, 'foreign-origin');
      }
    },
  },
  {
    name: 'a page of another origin signs nobody in with a key of its own',
    attack: async ({ shop, tokens }) => {
      const headers = { origin: 'https://evil.example' };
      const request = { method: 'POST', headers, body: { key: tokens.owner } };
      const answer = await shop.ask('/session', request);
      expectRefused(answer, 403, 'foreign-origin');
      assert.equal(answer.headers['set-cookie'], undefined);
    },
  },
];

const lives: readonly HostileCase[] = [
  {
    name: 'a session that was chosen before signing in is never the one that is signed in',
    attack: async (attack) => {
      const chosen = 'orderchart_session=oc_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
      const { cookie } = await signIn(attack, { cookie: chosen });
      assert.notEqual(cookie, chosen);
      expectRefused(await attack.shop.ask('/session', { headers: { cookie: chosen } }), 401, 'key-required');
    },
  },
  {
    name: 'each sign-in has a session of its own, and one that is signed out opens nothing',
    attack: async (attack) => {
      const [first, second] = [await signIn(attack), await signIn(attack)];
      assert.notEqual(first.cookie, second.cookie);
      const ask = ({ cookie }: typeof first) => attack.shop.ask('/orders', { headers: { cookie } });
      expectStatus(await ask(first), 200);
      await attack.shop.ask('/session/end', { method: 'POST', headers: { cookie: first.cookie }, body: {} });
      expectRefused(await ask(first), 401, 'key-required');
      expectStatus(await ask(second), 200);
    },
  },
  {
    name: 'a session signs no further session in, and is no key for more than its own key may',
    attack: async (attack) => {
      const { cookie } = await signIn(attack);
      const key = cookie.slice(cookie.indexOf('=') + 1);
      expectRefused(await attack.shop.ask('/session', { method: 'POST', body: { key } }), 401);
      expectRefused(await attack.shop.ask('/keys', { headers: { cookie } }), 403, 'scope-missing');
      const rival = await attack.shop.ask(`/orders/${attack.orders.rival}`, { headers: { cookie } });
      expectRefused(rival, 404, 'order-not-found');
    },
  },
  {
    name: 'of two session cookies, a wrong one does not open more than the right one',
    attack: async (attack) => {
      const { cookie } = await signIn(attack);
      const name = 'orderchart_session=';
      const headers = { cookie: `${name}x; ${cookie}; __proto__=1; ${name}${attack.tokens.root}` };
      expectRefused(await attack.shop.ask('/keys', { headers }), [401, 403]);
    },
  },
];

const targets: readonly (readonly [string, string])[] = [
  ['https://evil.example/', '/inspector'],
  ['//evil.example/', '/inspector'],
  ['/\\evil.example/', '/inspector'],
  ['javascript:alert(1)', '/inspector'],
  ['data:text/html,x', '/inspector'],
  ['https://shop.example@evil.example/', '/inspector'],
  ['http://[', '/inspector'],
  ['/inspector/incidents?a=1', 'https://shop.example/inspector/incidents?a=1'],
];

/** Runs the script of the page as a browser would that has signed in, and returns where it goes. */
const follow = async (html: string, to: string): Promise<string> => {
  const [, script = ''] = /<script>([\s\S]*)<\/script>/.exec(html) ?? [];
  const { promise, resolve } = Promise.withResolvers<string>();
  let submit: (event: { preventDefault(): void }) => Promise<void> = async () => {};
  const field = { value: 'x', textContent: '', select: () => resolve('stays') };
  const form = {
    querySelector: () => field,
    addEventListener: (_type: string, listener: typeof submit) => {
      submit = listener;
    },
  };
  const location = {
    origin: 'https://shop.example',
    href: 'https://shop.example/here',
    search: `?to=${encodeURIComponent(to)}`,
    replace: (place: string) => resolve(place),
  };
  vm.runInNewContext(script, {
    ...{ URL, URLSearchParams, location },
    document: { querySelector: () => form, documentElement: { dataset: { base: '', home: '/inspector' } } },
    fetch: async () => ({ ok: true }),
  });
  await submit({ preventDefault: () => {} });
  return promise;
};

const redirects: readonly HostileCase[] = [
  ...targets.map(
    ([to, place]): HostileCase => ({
      name: `signing in with to=${to} leads to ${place}`,
      attack: async ({ shop }) => {
        const page = await shop.ask(`/sign-in?to=${encodeURIComponent(to)}`);
        expectStatus(page, 200);
        assert.ok(!page.body.includes('evil'), 'the page repeats the address');
        assert.match(String(page.headers['content-security-policy']), /script-src 'sha256-/);
        assert.equal(await follow(page.body, to), place);
      },
    }),
  ),
  {
    name: 'who is not signed in is led to the sign-in of this service, whatever the address',
    attack: async ({ shop }) => {
      for (const path of [
        '//evil.example/inspector',
        '/inspector?x=%0d%0aSet-Cookie:a=b',
        '/\\evil.example',
      ]) {
        const text = await shop.raw(
          `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n`,
        );
        assert.match(text, /^HTTP\/1\.1 (?:303|4\d\d) /);
        const [, location] = /\r\nlocation: ([^\r]*)/i.exec(text) ?? [];
        if (location !== undefined) assert.match(location, /^\/sign-in\?to=%2F/);
        assert.ok(!/\r\nset-cookie/i.test(text));
      }
    },
  },
];

export const sessions: readonly HostileCase[] = [...ofPages, ...lives, ...redirects];

// Pages of other sites, foreign names, and headers that only a proxy may send.
import assert from 'node:assert/strict';
import { expectRefused, expectStatus, expectStatuses } from '../expectations.ts';
import type { HostileCase } from '../hostile-case.ts';
import { toOrder } from '../target.ts';

const names = [
  'evil.example',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  'user@localhost',
  '10.0.0.7',
];

const rebinding: readonly HostileCase[] = names.map((host) => ({
  name: `a page that rebinds ${host} to this machine reads and changes nothing`,
  attack: async ({ keyless, shop, orders, tokens }) => {
    for (const path of [
      '/',
      '/orders',
      `/orders/${orders.keyless}`,
      '/events',
      '/metrics',
      '/openapi.json',
    ]) {
      expectRefused(await keyless.ask(path, { headers: { host } }), 421, 'unknown-host');
    }
    const placing = { method: 'POST', headers: { host, 'idempotency-key': 'x' }, body: toOrder('evil') };
    expectRefused(await keyless.ask('/orders', placing), 421, 'unknown-host');
    expectRefused(await shop.ask('/orders', { ...placing, key: tokens.desk }), 421, 'unknown-host');
  },
}));

/** What a browser lets a page of any site send without asking first. */
const simpleRequests: readonly (readonly [string, Record<string, string>, string])[] = [
  ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'reason=x'],
  ['a form with files', { 'content-type': 'multipart/form-data; boundary=b' }, '--b--'],
  ['text/plain with JSON in it', { 'content-type': 'text/plain' }, '{"reason":"x"}'],
  ['text/plain that mentions JSON', { 'content-type': 'text/plain; a=application/json' }, '{}'],
  ['an empty body of no type', { 'content-type': '' }, ''],
  ['a beacon', { 'content-type': 'text/plain;charset=UTF-8', 'sec-fetch-mode': 'no-cors' }, ''],
];

const simple: readonly HostileCase[] = simpleRequests.flatMap(([what, type, body]) =>
  [
    ['that names its origin', { origin: 'https://evil.example' }, 403],
    ['of a sandbox without an origin', { origin: 'null' }, 403],
    ['whose browser hides the origin', { 'sec-fetch-site': 'cross-site' }, 403],
    ['of a browser that says nothing', {}, 415],
  ].map(([who, from, status]) => ({
    name: `${what} from a page ${who} moves no order`,
    attack: async ({ keyless, orders }) => {
      for (const move of ['cancel', 'refunds', 'capture', 'retry', 'resolve', 'notes']) {
        const headers = { ...type, ...Object(from), 'idempotency-key': 'k' };
        const path = `/orders/${orders.keyless}/${move}`;
        expectRefused(await keyless.ask(path, { method: 'POST', headers, body }), Number(status));
      }
    },
  })),
);

const origins: readonly HostileCase[] = [
  'https://evil.example',
  'http://localhost:1',
  'http://127.0.0.1.evil.example',
  'null',
  'file://',
].map((origin) => ({
  name: `a page of ${origin} may not even ask what it may send, and reads nothing`,
  attack: async ({ keyless }) => {
    const asking = { origin, 'access-control-request-method': 'POST' };
    const asked = await keyless.ask('/orders', { method: 'OPTIONS', headers: asking });
    expectRefused(asked, 405);
    const read = await keyless.ask('/orders', { headers: { origin } });
    for (const { headers } of [asked, read]) {
      assert.deepEqual(
        Object.keys(headers).filter((name) => name.startsWith('access-control')),
        [],
      );
    }
  },
}));

const forwarded = [
  ...['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'],
  ...['x-client-ip', 'true-client-ip', 'cf-connecting-ip', 'x-cluster-client-ip'],
];

const proxies: readonly HostileCase[] = [
  ...forwarded.map(
    (name) =>
      ({
        name: `what a proxy on this machine forwards is not this machine: ${name} without keys opens nothing`,
        attack: async ({ keyless, orders }) => {
          const headers = { [name]: '203.0.113.7' };
          for (const path of ['/orders', `/orders/${orders.keyless}`, '/products', '/events']) {
            expectRefused(await keyless.ask(path, { headers }), [401, 403], 'keys-needed-first');
          }
          const cancelling = { method: 'POST', headers };
          expectRefused(await keyless.ask(`/orders/${orders.keyless}/cancel`, cancelling), [401, 403]);
        },
      }) satisfies HostileCase,
  ),
  {
    name: 'X-Forwarded-Host of nobody that is trusted does not make a foreign page ours',
    attack: async ({ shop, tokens, orders }) => {
      const headers = {
        ...{ 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
        origin: 'https://evil.example',
      };
      const path = `/orders/${orders.owner}/cancel`;
      expectRefused(
        await shop.ask(path, { method: 'POST', headers, key: tokens.owner }),
        403,
        'foreign-origin',
      );
    },
  },
  {
    name: 'X-Forwarded-Prefix and X-Original-URL lead to no other address',
    attack: async ({ shop, tokens, orders }) => {
      const headers = { 'x-forwarded-prefix': '/evil', 'x-original-url': '/keys', 'x-rewrite-url': '/keys' };
      const answer = await shop.ask(`/orders/${orders.owner}`, { headers, key: tokens.owner });
      expectStatus(answer, 200);
      assert.ok(!answer.body.includes('/evil') && JSON.parse(answer.body).id === orders.owner);
    },
  },
  {
    name: 'a method in a header or in the query stays a header or an unknown field',
    attack: async ({ shop, tokens, orders }) => {
      const path = `/orders/${orders.owner}`;
      const headers = { 'x-http-method-override': 'DELETE', 'x-http-method': 'PUT' };
      expectStatus(await shop.ask(path, { headers, key: tokens.owner }), 200);
      const answer = await shop.ask('/orders?_method=DELETE', { key: tokens.owner });
      expectRefused(answer, 400, 'invalid-request');
    },
  },
  {
    name: 'a name in the address counts as well as the one in Host',
    attack: async ({ keyless }) => {
      const ask = (first: string, host: string) =>
        keyless.raw(`GET ${first} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expectStatuses(await ask('http://evil.example/orders', 'localhost'), 421);
      expectStatuses(await ask('http://localhost/orders', 'evil.example'), 421);
      expectStatuses(await ask('//evil.example/orders', 'localhost'), 404);
    },
  },
];

export const pages: readonly HostileCase[] = [...rebinding, ...simple, ...origins, ...proxies];

// Addresses that lead out of a folder, hide what they name, or break what reads them; methods, ranges, conditions, cursors.
import assert from 'node:assert/strict';
import { expectRefused, expectStatus } from '../expectations.ts';
import type { HostileCase } from '../hostile-case.ts';

const climbs = [
  ...['../../../package.json', '..%2f..%2f..%2fpackage.json', '%2e%2e/%2e%2e/%2e%2e/package.json'],
  ...[
    '..%5c..%5cpackage.json',
    '....//....//package.json',
    '..%252f..%252fpackage.json',
    '%00/../package.json',
  ],
  ...['..%c0%af..%c0%afpackage.json', '/etc/passwd', '%2fetc%2fpasswd', '.%2e/.%2e/.%2e/src/main.ts'],
  ...['C:%5cwindows%5cwin.ini', 'index.css%00.js', '.env', '.git/config', 'index.css/..%2f..%2fpackage.json'],
];

const traversal: readonly HostileCase[] = climbs.map((path) => ({
  name: `no file is read by ${path}`,
  attack: async ({ keyless }) => {
    for (const folder of ['/docs/static/', '/inspector/assets/', '/']) {
      const text = await keyless.raw(
        `GET ${folder}${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      );
      assert.match(text, /^HTTP\/1\.1 (?:4\d\d|30\d) /, text.slice(0, 200));
      assert.ok(!/root:|"orderchart"|import /.test(text), text.slice(0, 300));
    }
  },
}));

const ids: readonly (readonly [string, number])[] = [
  ['%00', 400],
  ['a%0Ab', 400],
  ['a%0D%0ASet-Cookie:x', 400],
  ['%1b[31m', 400],
  ['%zz', 400],
  ['%ed%a0%80', 400],
  ['%c0%80', 400],
  ['a'.repeat(201), 400],
  ['a'.repeat(601), 414],
  ['..%2f..%2fetc%2fpasswd', 404],
  ['__proto__', 404],
  ['constructor', 404],
  ['%27%20OR%201=1--', 404],
  ['%2525', 404],
  ['%E2%80%AE', 400],
  ['🛒', 404],
];

const identifiers: readonly HostileCase[] = ids.map(([id, status]) => ({
  name: `an order named ${id.length > 60 ? `by ${id.length} letters` : id} is refused for all that is asked of it`,
  attack: async ({ shop, tokens }) => {
    const key = tokens.root;
    for (const part of ['', '/events', '/messages', '/explain', '/calls', '/stream', '/audit']) {
      const answer = await shop.ask(`/orders/${encodeURI(id).replaceAll('%25', '%')}${part}`, { key });
      expectRefused(answer, status === 400 ? [400, 404] : [status, 404]);
      assert.equal(answer.headers['set-cookie'], undefined);
    }
  },
}));

const queries = [
  ...[
    '/orders?__proto__=1',
    '/orders?limit=1&limit=2',
    '/orders?limit=-1',
    '/orders?limit=1e9',
    '/orders?a[b]=1',
  ],
  ...['/orders?limit=99999999999999999999', '/orders?customerId=a%00b', '/orders?createdFrom=yesterday'],
  ...[
    '/orders?createdFrom=-271822-01-01T00:00:00Z',
    '/events?after=-1',
    '/events?after=NaN',
    '/events?types=',
  ],
  ...[
    '/events?limit=100000000',
    '/events?types=order.exploded',
    '/products?limit=0',
    '/incidents?constructor=1',
  ],
  ...['/events/stream?after=9007199254740993', '/orders?after=', '/events?after=%00'],
].map(
  (path): HostileCase => ({
    name: `the query of ${path} is refused`,
    attack: async ({ shop, tokens }) => {
      expectRefused(await shop.ask(path, { key: tokens.root }), [400, 410]);
    },
  }),
);

const epochs = ['999999', '0-999999', 'zzzz-1', '1-1-1', '18446744073709551616'];
const cursors: readonly HostileCase[] = [
  {
    name: 'a cursor that was never given out is refused, and never silence',
    attack: async ({ shop, tokens }) => {
      const authorization = `Bearer ${tokens.root}`;
      for (const cursor of epochs) {
        expectRefused(await shop.ask(`/events?after=${cursor}`, { key: tokens.root }), [400, 410]);
        const headers = { 'last-event-id': cursor };
        expectRefused(await shop.ask('/events/stream', { headers, key: tokens.root }), [400, 410]);
        const stream = await shop.stream(`/events/stream?lastEventId=${cursor}`, { authorization });
        assert.ok([400, 410].includes(stream.status), `answered ${stream.status}`);
      }
    },
  },
];

const methods: readonly HostileCase[] = [
  'TRACE',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'PROPFIND',
  'PURGE',
].map((method) => ({
  name: `${method} changes nothing where there is no such method`,
  attack: async ({ shop, tokens, orders }) => {
    for (const path of [
      '/orders',
      `/orders/${orders.owner}`,
      '/events',
      '/inspector',
      '/docs/static/index.css',
    ]) {
      const answer = await shop.ask(path, { method, key: tokens.root });
      expectRefused(answer, [400, 404, 405]);
    }
  },
}));

const conditions: readonly HostileCase[] = [
  {
    name: 'ranges and conditions that cannot be met are never a failure',
    attack: async ({ shop, tokens, orders }) => {
      const given: Record<string, string>[] = [
        { range: 'bytes=9999999-' },
        { range: 'bytes=-0' },
        { range: `bytes=${Array.from({ length: 1000 }, (_, index) => `${index}-${index}`).join()}` },
        { range: 'bytes=a-b' },
        { 'if-match': '"x"' },
        { 'if-match': ','.repeat(1000) },
        { 'if-none-match': `${'"x",'.repeat(1500)}"y"` },
        { 'if-none-match': '"' },
        { 'if-unmodified-since': 'yesterday' },
        { 'if-range': '"x"', range: 'bytes=0-1' },
      ];
      for (const path of ['/docs/static/index.css', `/orders/${orders.owner}`, '/orders', '/']) {
        for (const headers of given) {
          expectStatus(await shop.ask(path, { headers, key: tokens.root }), 200, 206, 400, 412, 416);
        }
      }
    },
  },
  {
    name: 'a condition on what has none is 412, and nothing changes',
    attack: async ({ shop, tokens, orders }) => {
      for (const move of ['cancel', 'refunds', 'retry']) {
        const headers = { 'if-match': '"99999"', 'idempotency-key': `condition-${move}` };
        const body = { ...(move === 'refunds' && { amount: 1, reason: 'x' }) };
        const request = { method: 'POST', headers, body, key: tokens.owner };
        expectRefused(await shop.ask(`/orders/${orders.owner}/${move}`, request), [409, 412]);
      }
    },
  },
];

export const addresses: readonly HostileCase[] = [
  ...traversal,
  ...identifiers,
  ...queries,
  ...cursors,
  ...methods,
  ...conditions,
];

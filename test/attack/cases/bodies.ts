// Bodies that mean harm: to the parser, to the prototypes of objects, to whoever reads names later, to the log and to SQL.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { expectRefused, expectStatus } from '../expectations.ts';
import type { HostileCase } from '../hostile-case.ts';
import { ownerId, toOrder } from '../target.ts';

const order = JSON.stringify(toOrder(ownerId));
const withField = (json: string): string => order.replace('{', `{${json},`);
const withCustomer = (json: string): string => order.replace(`"${ownerId}"`, json);
const withProduct = (json: string): string => order.replace('"product-1"', json);

const refused: readonly (readonly [string, string, number | readonly number[]])[] = [
  ['of 100,000 levels', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400],
  ['of 11 levels', `${'{"a":'.repeat(11)}1${'}'.repeat(11)}`, 400],
  ['of 60,000 keys', `{${Array.from({ length: 20_000 }, (_, index) => `"k${index}":1`).join()}}`, 400],
  ['of more than 256 KiB', `"${'x'.repeat(262_143)}"`, 413],
  ['with a number of 100,000 digits', withField(`"n":${'9'.repeat(100_000)}`), 400],
  ['with NaN', withField('"n":NaN'), 400],
  ['with a comment', withField('"n":1/* */'), 400],
  ['with two values', `${order}${order}`, 400],
  ['with a key twice', withField('"currency":"EUR"'), 400],
  ['with a key twice in disguise', withField('"c\\u0075rrency":"EUR"'), 400],
  ['with __proto__', withField('"__proto__":{"isAdmin":true}'), 400],
  ['with __proto__ in disguise', withField('"__\\u0070roto__":{"settled":true}'), 400],
  ['with constructor.prototype', withField('"constructor":{"prototype":{"settled":true}}'), 400],
  ['with toString and hasOwnProperty', withField('"toString":1,"hasOwnProperty":1'), 400],
  ['with NUL in a name', withCustomer('"a\\u0000b"'), 400],
  ['with a lone surrogate', withCustomer('"\\ud800"'), 400],
  ['with a line break in a name', withCustomer('"a\\r\\nSet-Cookie: x=y"'), 400],
  ['with an escape sequence of terminals', withCustomer('"\\u001b[2J"'), 400],
  ['with a line that the log would show as another', withCustomer('"a\\n{\\"level\\":50}"'), 400],
  ['with an e-mail header', order.replace('@example.com', '@example.com\\r\\nBcc: evil@example.com'), 400],
  ['with two addresses', order.replace('@example.com', '@example.com, evil@example.com'), 400],
  ['with a quantity below zero', order.replace('"quantity":1', '"quantity":-1'), 400],
  ['with a quantity of 1e308', order.replace('"quantity":1', '"quantity":1e308'), 400],
  ['with a quantity of -0', order.replace('"quantity":1', '"quantity":-0'), 400],
  ['with a text for a quantity', order.replace('"quantity":1', '"quantity":"1"'), 400],
  ['with an object for a product', withProduct('{"$gt":""}'), 400],
  ['with SQL for a product', withProduct(`"product-1' OR '1'='1"`), [400, 422]],
  ['with a path for a product', withProduct('"../product-1"'), [400, 422]],
  ['with __proto__ for a product', withProduct('"__proto__"'), [400, 422]],
  ['with constructor for a product', withProduct('"constructor"'), [400, 422]],
  ['with a look-alike of a product', withProduct('"рroduct-1"'), [400, 422]],
  ['with a product in full-width letters', withProduct('"ｐroduct-1"'), [400, 422]],
  ['with an invisible letter in a product', withProduct('"product-\\u200b1"'), [400, 422]],
];

const orders: readonly HostileCase[] = refused.map(([what, body, status]) => ({
  name: `an order ${what} is refused`,
  attack: async ({ shop, tokens }) => {
    const headers = { 'idempotency-key': 'bad-body' };
    const answer = await shop.ask('/orders', { method: 'POST', headers, body, key: tokens.owner });
    expectRefused(answer, status);
    assert.ok(answer.body.length < 20_000, 'the refusal echoes too much');
  },
}));

const types: readonly HostileCase[] = [
  ['text/plain', {}],
  ['application/xml', {}],
  ['application/x-www-form-urlencoded', {}],
  ['application/json', { 'content-encoding': 'gzip' }],
  ['application/json', { 'content-encoding': 'br, gzip' }],
].map(([type, more]) => ({
  name: `a body as ${type} ${JSON.stringify(more)} is not read`,
  attack: async ({ shop, tokens }) => {
    const headers = { 'idempotency-key': 'k', 'content-type': String(type), ...Object(more) };
    const answer = await shop.ask('/orders', { method: 'POST', headers, body: order, key: tokens.owner });
    expectRefused(answer, 415, 'unsupported-media-type');
  },
}));

const injected = [
  `'; DROP TABLE orders; --`,
  `" OR 1=1 --`,
  '{{7*7}}#{7*7}',
  '<script>alert(1)</script>',
  '%s%n%x',
];

const texts: readonly HostileCase[] = [
  {
    name: 'a body that unpacks to a hundred megabytes is not unpacked',
    attack: async ({ keyless }) => {
      const bomb = gzipSync(Buffer.alloc(20_000_000, 0x20));
      const head = `POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nIdempotency-Key: b\r\nContent-Encoding: gzip\r\nConnection: close\r\nContent-Length: ${bomb.length}\r\n\r\n`;
      const text = await keyless.raw(Buffer.concat([Buffer.from(head), bomb]));
      assert.match(text, /^HTTP\/1\.1 415 /);
    },
  },
  {
    name: 'a polluting body leaves the next answers as they are',
    attack: async ({ shop, tokens, orders: { owner } }) => {
      const before = JSON.parse((await shop.ask(`/orders/${owner}`, { key: tokens.owner })).body);
      for (const name of ['__proto__', 'constructor', 'prototype']) {
        const body = `{"reason":"x","${name}":{"settled":false,"isAdmin":true}}`;
        const request = { method: 'POST', body, key: tokens.owner };
        expectRefused(await shop.ask(`/orders/${owner}/cancel`, request), 400);
      }
      const after = JSON.parse((await shop.ask(`/orders/${owner}`, { key: tokens.owner })).body);
      assert.deepEqual(after, before);
      expectRefused(await shop.ask('/keys', { key: tokens.owner }), 403);
    },
  },
  {
    name: 'SQL, templates and HTML in reasons and filters stay text',
    attack: async ({ shop, tokens, orders: { owner } }) => {
      for (const text of injected) {
        const request = { method: 'POST', body: { reason: text }, key: tokens.owner };
        expectRefused(await shop.ask(`/orders/${owner}/cancel`, request), 409, 'move-not-allowed');
        const found = await shop.ask(`/orders?customerId=${encodeURIComponent(text)}`, { key: tokens.desk });
        expectStatus(found, 200);
        assert.deepEqual(JSON.parse(found.body).orders, []);
        const state = await shop.ask(`/orders?state=${encodeURIComponent(text)}`, { key: tokens.desk });
        expectStatus(state, 200, 400);
        assert.ok(!state.body.includes(owner), 'the filter was none');
      }
    },
  },
  {
    name: 'an order of a customer whose name is SQL is stored under that name',
    attack: async ({ shop, tokens }) => {
      const [sql = ''] = injected;
      const body = { ...toOrder(sql), email: 'sql@example.com' };
      const headers = { 'idempotency-key': 'sql' };
      const placed = await shop.ask('/orders', { method: 'POST', headers, body, key: tokens.desk });
      expectStatus(placed, 201);
      const found = await shop.ask(`/orders?customerId=${encodeURIComponent(sql)}`, { key: tokens.desk });
      assert.equal(JSON.parse(found.body).orders.length, 1);
    },
    stores: true,
  },
];

const headers: readonly HostileCase[] = [
  ['with a line break', 'a\nb'],
  ['of 10,000 letters', 'k'.repeat(10_000)],
  ['with SQL', "' OR 1=1 --\u0000"],
].map(([what, value]) => ({
  name: `an idempotency key ${what} is refused`,
  attack: async ({ keyless }) => {
    const text = await keyless.raw(
      `POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nIdempotency-Key: ${value}\r\nContent-Length: ${order.length}\r\n\r\n${order}`,
    );
    assert.match(text, /^HTTP\/1\.1 4\d\d /);
  },
}));

export const bodies: readonly HostileCase[] = [...orders, ...types, ...texts, ...headers];

// Bytes that are no request, or two: framing that servers and proxies read differently, headers that are too many, and
// clients that never finish.
import assert from 'node:assert/strict';
import { askUntilServed, expectStatus, expectStatuses, statusesOf } from '../expectations.ts';
import type { HostileCase } from '../hostile-case.ts';
import { type Attack, toOrder } from '../target.ts';

const order = JSON.stringify(toOrder('smuggler'));
const inner = `POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nIdempotency-Key: s\r\nContent-Length: ${order.length}\r\n\r\n${order}`;
const toHead = (lines: readonly string[]): string =>
  `POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nIdempotency-Key: s\r\n${lines.join('\r\n')}\r\n\r\n`;

/** A first request that one reader ends before `inner`, and another behind it. */
const smuggled: readonly (readonly [string, string])[] = [
  ['a length and chunks', `${toHead(['Content-Length: 4', 'Transfer-Encoding: chunked'])}0\r\n\r\n${inner}`],
  ['two lengths', toHead(['Content-Length: 0', `Content-Length: ${inner.length}`]) + inner],
  ['two lengths in one header', toHead([`Content-Length: 0, ${inner.length}`]) + inner],
  ['a signed length', toHead(['Content-Length: +0']) + inner],
  ['a negative length', toHead(['Content-Length: -1']) + inner],
  ['a hexadecimal length', toHead(['Content-Length: 0x0']) + inner],
  ['a blank before the colon', toHead(['Content-Length : 0', 'Transfer-Encoding: chunked']) + inner],
  ['chunks with a blank before the colon', `${toHead(['Transfer-Encoding : chunked'])}0\r\n\r\n${inner}`],
  ['chunks in another case and quoted', `${toHead(['Transfer-Encoding: "chunked"'])}0\r\n\r\n${inner}`],
  ['chunks that are not last', `${toHead(['Transfer-Encoding: chunked, identity'])}0\r\n\r\n${inner}`],
  ['an unknown coding', `${toHead(['Transfer-Encoding: xchunked'])}0\r\n\r\n${inner}`],
  ['a folded header', `${toHead(['Transfer-Encoding:\r\n chunked'])}0\r\n\r\n${inner}`],
  ['a vertical tab in the coding', `${toHead(['Transfer-Encoding: \x0bchunked'])}0\r\n\r\n${inner}`],
  ['a chunk size that is no number', `${toHead(['Transfer-Encoding: chunked'])}zz\r\n${inner}`],
  [
    'a chunk size beyond every number',
    `${toHead(['Transfer-Encoding: chunked'])}ffffffffffffffffff\r\n${inner}`,
  ],
  ['a chunk that is longer than it says', `${toHead(['Transfer-Encoding: chunked'])}1\r\nxx\r\n${inner}`],
  ['bare line feeds', toHead(['Content-Length: 0']).replaceAll('\r\n', '\n') + inner],
  ['a bare line feed in a header', toHead(['X: a\nTransfer-Encoding: chunked']) + inner],
  ['a bare carriage return in a header', toHead(['X: a\rTransfer-Encoding: chunked']) + inner],
  ['NUL in a header', toHead(['X: a\0b']) + inner],
  ['a header without a name', toHead([': x']) + inner],
];

const smuggling: readonly HostileCase[] = smuggled.map(([what, bytes]) => ({
  name: `no second request is smuggled behind ${what}`,
  attack: async ({ keyless }) => {
    const text = await keyless.raw(bytes);
    const statuses = statusesOf(text);
    assert.ok(
      statuses.length <= 1 && statuses.every((status) => status >= 400),
      `answered ${statuses.join()}`,
    );
  },
}));

const lines: readonly (readonly [string, string, number | readonly number[]])[] = [
  ['of another protocol', 'HELLO\r\n\r\n', 400],
  ['of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['of HTTP/2 without TLS', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['of HTTP/9.9', 'GET / HTTP/9.9\r\nHost: localhost\r\n\r\n', 400],
  ['without a Host', 'GET /orders HTTP/1.1\r\n\r\n', 400],
  [
    'with two Hosts',
    'GET /orders HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
    400,
  ],
  ['with a header of 20 KB', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ['with 5000 headers', `GET / HTTP/1.1\r\nHost: localhost\r\n${'a: b\r\n'.repeat(5000)}\r\n`, 431],
  ['with an address of 20 KB', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431],
  ['with a method of its own', 'STEAL / HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
  ['with CONNECT', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n', []],
  ['with a body of 1 GB', `${toHead(['Content-Length: 1000000000'])}x`, 413],
];

const broken: readonly HostileCase[] = lines.map(([what, bytes, status]) => ({
  name: `a request ${what} is refused, and its connection ends`,
  attack: async ({ keyless }) => {
    const text = await keyless.raw(Buffer.from(bytes, 'latin1'));
    // CONNECT has no answer: the connection just ends.
    if (Array.isArray(status) && status.length === 0) assert.equal(text, '');
    else expectStatuses(text, status);
  },
}));

const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;

const crowds: readonly HostileCase[] = [
  {
    name: 'a hundred requests in one packet get a hundred answers in their order',
    attack: async ({ keyless }) => {
      const bytes = get('/livez').repeat(98) + get('/nothing') + get('/livez', 'Connection: close\r\n');
      expectStatuses(await keyless.raw(bytes), ...Array(98).fill(200), 404, 200);
    },
  },
  {
    name: 'three hundred connections that say nothing keep nobody waiting',
    attack: async (attack) => {
      await openMany(attack, 300, '');
      await expectQuick(attack);
    },
  },
  {
    name: 'three hundred connections that stop in the middle of a header keep nobody waiting',
    attack: async (attack) => {
      await openMany(attack, 300, 'GET /orders HTTP/1.1\r\nHost: loc');
      await expectQuick(attack);
    },
  },
  {
    name: 'two hundred clients that leave before their answer keep nobody waiting',
    attack: async (attack) => {
      const sockets = await openMany(attack, 200, get('/orders'));
      for (const socket of sockets) socket.resetAndDestroy();
      await expectQuick(attack);
    },
  },
  {
    name: 'a reader that never reads what it asked for keeps nobody waiting',
    attack: async (attack) => {
      const [socket] = await openMany(attack, 1, get('/openapi.json').repeat(500));
      socket?.pause();
      await expectQuick(attack);
    },
  },
  {
    name: 'slow clients, who have sent a byte a second since the start, are cut off with 408',
    attack: async ({ slow, answers }) => {
      for (const text of await slow()) {
        answers.push(text);
        expectStatuses(text, 408);
      }
    },
  },
];

const openMany = async ({ keyless }: Attack, count: number, bytes: string) => {
  const sockets = await Promise.all(Array.from({ length: count }, () => keyless.connect()));
  for (const socket of sockets) socket.write(bytes);
  return sockets;
};

/** Others are answered while the attack goes on. */
const expectQuick = async ({ keyless }: Attack): Promise<void> => {
  const startedAt = performance.now();
  for (const path of ['/livez', '/orders', '/products']) {
    expectStatus(await askUntilServed(() => keyless.ask(path)), 200);
  }
  const ms = performance.now() - startedAt;
  assert.ok(ms < 3000, `three answers took ${Math.round(ms)} ms`);
};

export const framing: readonly HostileCase[] = [...smuggling, ...broken, ...crowds];

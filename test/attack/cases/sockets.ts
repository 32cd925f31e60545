// WebSockets that break their protocol, come from pages of other sites, or are too many.
import assert from 'node:assert/strict';
import { limits } from '../../../src/limits.ts';
import { readAll } from '../../api/connections.ts';
import { expectStatuses, statusesOf } from '../expectations.ts';
import type { HostileCase } from '../hostile-case.ts';

const upgrade = (headers = '', path = '/inspect'): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`;

const frames: readonly (readonly [string, readonly number[], number])[] = [
  ['an unmasked frame', [0x81, 0x01, 0x61], 1002],
  ['the header of a huge frame', [0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 1009],
  ['a frame of 8 EiB and a bit', [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], 1009],
  ['a frame of more than 4 KiB', [0x82, 0xfe, 0x10, 0x01, ...Array<number>(4101).fill(0)], 1009],
  ['a frame of a kind that does not exist', [0x83, 0x80, 0, 0, 0, 0], 1002],
  ['reserved bits', [0xf1, 0x80, 0, 0, 0, 0], 1002],
  ['a ping of more than 125 bytes', [0x89, 0xfe, 0x00, 0x80, ...Array<number>(132).fill(0)], 1002],
  ['a continuation of nothing', [0x80, 0x80, 0, 0, 0, 0], 1002],
  ['text that is not UTF-8', [0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28], 1007],
  ['a close code that does not exist', [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe7], 1002],
];

const broken: readonly HostileCase[] = frames.map(([what, frame, code]) => ({
  name: `${what} closes its WebSocket with ${code}, and nothing else`,
  attack: async ({ keyless }) => {
    const text = await keyless.raw(Buffer.concat([Buffer.from(upgrade()), Buffer.from(frame)]));
    expectStatuses(text, 101);
    const closing = Buffer.from(text.slice(text.indexOf('\r\n\r\n') + 4), 'latin1');
    assert.deepEqual([closing[0], closing.readUInt16BE(2)], [0x88, code]);
  },
}));

const doors: readonly HostileCase[] = [
  {
    name: 'a page of another site, another name or a proxy opens no WebSocket',
    attack: async ({ keyless }) => {
      expectStatuses(await keyless.raw(upgrade('Origin: https://evil.example\r\n')), 403);
      expectStatuses(await keyless.raw(upgrade().replace('localhost', 'evil.example')), [403, 421]);
      expectStatuses(await keyless.raw(upgrade('X-Forwarded-For: 203.0.113.7\r\n')), [401, 403]);
    },
  },
  {
    name: 'nobody opens a WebSocket without a key that may read all orders',
    attack: async ({ shop, tokens }) => {
      const as = (key: string) => shop.raw(upgrade(`Authorization: Bearer ${key}\r\n`));
      expectStatuses(await shop.raw(upgrade()), 401);
      for (const key of [tokens.expired, tokens.revoked]) expectStatuses(await as(key), 401);
      for (const key of [tokens.metrics, tokens.owner]) expectStatuses(await as(key), [401, 403]);
    },
  },
  {
    name: 'no other address becomes a WebSocket',
    attack: async ({ keyless }) => {
      for (const path of ['/orders', '/inspect/../orders', '/inspect%00', '//inspect']) {
        const statuses = statusesOf(await keyless.raw(upgrade('', path)));
        assert.ok(statuses.length === 1 && (statuses[0] ?? 0) >= 400, `${path} was answered ${statuses}`);
      }
    },
  },
  {
    name: 'connections that are reset while they are refused or accepted end nothing',
    attack: async ({ keyless }) => {
      for (let count = 0; count < 60; count += 1) {
        const socket = await keyless.connect();
        socket.write(upgrade(count % 2 === 0 ? 'Origin: https://evil.example\r\n' : ''));
        if (count % 4 > 1) await new Promise((resolve) => setImmediate(resolve));
        socket.resetAndDestroy();
      }
    },
  },
  {
    name: 'one WebSocket more than there may be is refused with 503',
    attack: async ({ keyless }) => {
      const open = async (): Promise<string> => {
        const socket = await keyless.connect();
        const head = readAll(socket, '\r\n\r\n').catch(() => '');
        socket.write(upgrade());
        return head;
      };
      const heads = await Promise.all(Array.from({ length: limits.inspectSockets + 5 }, open));
      const refused = heads.filter((head) => statusesOf(head)[0] === 503);
      assert.ok(refused.length >= 5, `${refused.length} were refused`);
    },
  },
];

export const sockets: readonly HostileCase[] = [...broken, ...doors];

// The WebSocket of `serve --inspect` under clients that break its protocol: a real process, which has to outlive them.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { limits } from '../../src/limits.ts';
import { makeFolder, type Server, startServer } from './server.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let server: Server;

beforeAll(async () => {
  folder = await makeFolder();
  server = await startServer(folder.path, { DATABASE_URL: 'memory:', LOG_LEVEL: 'warn' }, [
    'serve',
    '--inspect',
  ]);
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
  await folder.remove();
});

const openSocket = async (): Promise<Socket> => {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
};
const upgrade = (headers = '', path = '/inspect'): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${new URL(server.url).host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`;
/** Everything that comes until the connection is closed. */
const readAll = async (socket: Socket): Promise<string> => {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {});
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
};
const isAlive = async (): Promise<boolean> => (await fetch(`${server.url}/livez`)).ok;

const frames: readonly (readonly [string, Buffer, number])[] = [
  ['an unmasked frame', Buffer.from([0x81, 0x01, 0x61]), 1002],
  [
    'the header of a huge frame',
    Buffer.from([0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    1009,
  ],
  [
    'a frame of more than 4 KiB',
    Buffer.concat([Buffer.from([0x82, 0xfe, 0x10, 0x01]), Buffer.alloc(4101)]),
    1009,
  ],
  ['a frame of a kind that does not exist', Buffer.from([0x83, 0x80, 0, 0, 0, 0]), 1002],
];

test.each(frames)('%s closes its socket and leaves the process running', async (_what, frame, closeCode) => {
  const socket = await openSocket();
  const answer = readAll(socket);
  socket.write(Buffer.concat([Buffer.from(upgrade(), 'latin1'), frame]));
  const received = await answer;
  expect(received).toMatch(/^HTTP\/1\.1 101 /);
  const closing = Buffer.from(received.slice(received.indexOf('\r\n\r\n') + 4), 'latin1');
  expect(closing[0]).toBe(0x88);
  expect(closing.readUInt16BE(2)).toBe(closeCode);
  expect(await isAlive()).toBe(true);
});

test.each([
  ['a page of another site', upgrade.bind(undefined, 'Origin: https://example.com\r\n'), 403],
  ['an address without WebSocket', upgrade.bind(undefined, '', '/orders'), 404],
])(
  'the connection of %s is ended with its answer, although the client keeps it open',
  async (_, ask, status) => {
    const socket = await openSocket();
    socket.setKeepAlive(true);
    socket.write(ask());
    expect(await readAll(socket)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(await isAlive()).toBe(true);
  },
);

test('an offer to upgrade to anything else is answered as an ordinary request', async () => {
  const socket = await openSocket();
  const ask = upgrade('HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n', '/livez').replace(
    ': websocket',
    ': h2c',
  );
  socket.write(ask.replace('Connection: Upgrade', 'Connection: Upgrade, HTTP2-Settings, close'));
  expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 200 /);
});

test('resets while sockets are refused or accepted leave the process running', async () => {
  for (let count = 0; count < 100; count += 1) {
    const socket = await openSocket();
    socket.on('error', () => {});
    socket.write(upgrade(count % 2 === 0 ? 'Origin: https://example.com\r\n' : ''));
    if (count % 4 > 1) await new Promise((resolve) => setImmediate(resolve));
    socket.resetAndDestroy();
  }
  expect(await isAlive()).toBe(true);
});

test('one socket more than the limit is refused with 503, and one that closes makes room', async () => {
  const address = `${server.url.replace('http', 'ws')}/inspect`;
  const sockets = Array.from({ length: limits.inspectSockets }, () => new WebSocket(address));
  await Promise.all(sockets.map((socket) => once(socket, 'open')));
  const refused = new WebSocket(address);
  const [, response] = await once(
    refused.on('error', () => {}),
    'unexpected-response',
  );
  expect(response.statusCode).toBe(503);
  for (const socket of sockets) socket.close();
  await Promise.all(sockets.map((socket) => once(socket, 'close')));
  const next = new WebSocket(address);
  await once(next, 'open');
  next.close();
  await once(next, 'close');
});

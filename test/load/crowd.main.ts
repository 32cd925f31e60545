// Everything that a service is pressed with, in a process of its own so that it takes no time from who measures: readers of
// events, pages of the inspector, previews of long orders, and slow clients. It ends with its input.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: '' },
    streams: { type: 'string', default: '1000' },
    pages: { type: 'string', default: '20' },
    slow: { type: 'string', default: '50' },
    /** Ids of orders whose moves are previewed, with commas between them. */
    long: { type: 'string', default: '' },
  },
});
const url = new URL(values.url);
const counts = { events: 0, frames: 0, previews: 0, refused: 0, slowOpened: 0, lost: 0 };
let isOver = false;

const open = async (bytes: string): Promise<Socket> => {
  const socket = connect({ host: url.hostname, port: Number(url.port) });
  await once(socket, 'connect');
  socket.on('error', () => {});
  socket.on('close', () => {
    if (!isOver) counts.lost += 1;
  });
  socket.write(bytes);
  return socket;
};
const get = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${url.host}\r\n${headers}\r\n`;

/** Resolves when `sign` has come: the beginning of the answer, unless it says another. */
const read = async (path: string, name: 'events' | 'frames', sign = ''): Promise<void> => {
  const socket = await open(get(path));
  const { promise, resolve } = Promise.withResolvers<void>();
  const start = Buffer.from('\nid: ');
  socket.on('data', (chunk: Buffer) => {
    for (let at = chunk.indexOf(start); at >= 0; at = chunk.indexOf(start, at + 1)) counts[name] += 1;
    if (chunk.includes(sign)) resolve();
  });
  await promise;
};

const long = values.long.split(',').filter((id) => id !== '');

/** What a page has open: all orders under its filter, and one long order. */
const openPage = async (number: number): Promise<void> => {
  const filter = number === 0 ? '' : `?owner=customer-${number}`;
  await read(`/inspector/api/live${filter}`, 'frames');
  const id = long[number % long.length];
  if (id !== undefined) await read(`/inspector/api/orders/${id}/live`, 'frames', 'event: now');
};

const preview = async (): Promise<void> => {
  const body = JSON.stringify({
    move: 'refund',
    orderIds: Array.from({ length: 50 }, (_, at) => long[at % long.length]),
  });
  const headers = { 'content-type': 'application/json' };
  while (!isOver) {
    const answer = await fetch(new URL('/inspector/api/preview', url), { method: 'POST', headers, body });
    await answer.arrayBuffer();
    if (answer.ok) counts.previews += 1;
    else counts.refused += 1;
    if (!answer.ok) await pause(200);
  }
};

/** Half of them read nothing of a stream, and the others send a byte a second, and come again when they are cut off. */
const beSlow = async (number: number): Promise<void> => {
  while (!isOver) {
    counts.slowOpened += 1;
    const socket = await open(number % 2 === 0 ? get('/events/stream') : 'POST /orders HTTP/1.1\r\nHost: l');
    if (number % 2 === 0) socket.pause();
    else socket.resume();
    while (!socket.closed && !isOver) {
      if (number % 2 === 1) socket.write('x');
      await pause(1000);
    }
    if (number % 2 === 1 && !isOver) counts.lost -= 1;
  }
};

const many = (count: string, begin: (number: number) => Promise<void>): Promise<void>[] =>
  Array.from({ length: Number(count) }, (_, number) => begin(number));

await Promise.all([
  ...many(values.streams, () => read('/events/stream', 'events')),
  ...many(values.pages, openPage),
]);
const going = [...many(values.slow, beSlow), ...(long.length === 0 ? [] : many('3', preview))];
for (const each of going) each.catch(() => {});
console.log('ready');
for await (const line of process.stdin)
  if (String(line).includes('begin'))
    Object.assign(counts, { events: 0, frames: 0, previews: 0, refused: 0 });
isOver = true;
console.log(JSON.stringify(counts));
process.exit();

// What readers of event streams add to the cost of an order: a real service is given the same orders at the same rate with
// and without readers, and its CPU time is read from the operating system. It judges nothing.
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { makeFolder, startServer } from '../e2e/server.ts';
import { Connection, toOrderRequest } from './connection.ts';

export interface StreamCostOptions {
  readonly readers: number;
  readonly orders: number;
  /** Orders a second. */
  readonly rate: number;
  /** What each reader asks for. */
  readonly path: string;
}

export interface StreamCost {
  readonly cpuMsPerOrder: number;
  /** Events that there were, and that the readers with the fewest and with the most got. */
  readonly events: readonly [all: number, fewest: number, most: number];
}

/** CPU time of the process so far, in ms; a tick is 10 ms. */
const readCpu = async (pid: number): Promise<number> => {
  const [, fields = ''] = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ');
  const [user, system] = fields.split(' ').slice(11, 13).map(Number);
  return ((user ?? 0) + (system ?? 0)) * 10;
};

interface StreamReader {
  readonly socket: Socket;
  readonly events: () => number;
}

/** Opens a stream, and resolves when the service has begun to answer. */
const openReader = (url: URL, path: string): Promise<StreamReader> => {
  const { promise, resolve, reject } = Promise.withResolvers<StreamReader>();
  const socket = connect({ host: url.hostname, port: Number(url.port) });
  const start = '\nid: ';
  let [count, rest] = [0, ''];
  socket.setEncoding('latin1');
  socket.on('error', reject);
  socket.on('data', (chunk: string) => {
    const parts = (rest + chunk).split(start);
    count += parts.length - 1;
    rest = (parts.at(-1) ?? '').slice(-start.length);
    resolve({ socket, events: () => count });
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
  return promise;
};

const placeAll = async (url: URL, name: string, { orders, rate }: StreamCostOptions): Promise<void> => {
  const free: Connection[] = [];
  const startedAt = performance.now();
  const place = async (number: number): Promise<void> => {
    await pause(Math.max(0, startedAt + (number * 1000) / rate - performance.now()));
    const connection = free.pop() ?? new Connection(url, () => undefined);
    const reply = await connection.ask(toOrderRequest(`${name}-${number}`, 'streamed'), 30_000);
    if (reply?.status !== 201) throw new Error(`an order was answered ${reply?.status ?? 'not at all'}`);
    free.push(connection);
  };
  await Promise.all(Array.from({ length: orders }, (_, number) => place(number)));
  for (const connection of free) connection.end();
};

/** The position of the newest event, once none has come for half a second. */
const findNewest = async (url: URL): Promise<number> => {
  const beyond = Number.MAX_SAFE_INTEGER;
  let newest = -1;
  for (;;) {
    const answer = await fetch(new URL(`/events?after=${beyond}`, url));
    const now = Number(z.object({ newest: z.string() }).parse(await answer.json()).newest);
    if (now === newest) return now;
    newest = now;
    await pause(500);
  }
};

/** Waits until each reader has had so many events. */
const untilAllHave = async (readers: readonly StreamReader[], count: number): Promise<void> => {
  const until = performance.now() + 60_000;
  while (readers.some(({ events }) => events() < count) && performance.now() < until) await pause(100);
};

/** Stock for every order, under a name of its own. */
const stock = async (url: URL, onHand: number): Promise<void> => {
  const body = JSON.stringify({ name: 'Widget', unitPrice: 100, currency: 'USD', onHand });
  const headers = { 'content-type': 'application/json' };
  const { status } = await fetch(new URL('/products/streamed', url), { method: 'PUT', headers, body });
  if (status !== 201) throw new Error(`the product was answered ${status}`);
};

export const measureStreamCost = async (options: StreamCostOptions): Promise<StreamCost> => {
  const folder = await makeFolder();
  const quick = {
    PAYMENT_DELAY_MS: '0',
    MAIL_DELAY_MS: '0',
    PAYMENT_DECLINE_RATE: '0',
    LOG_LEVEL: 'warn',
    MAX_WAIT_MS: '60000',
  };
  const server = await startServer(folder.path, { ...quick, MAX_STREAMS: String(options.readers + 1) });
  const url = new URL(server.url);
  await stock(url, options.orders * 2);
  // A service that has done nothing yet is not compiled yet.
  await placeAll(url, 'warm', { ...options, rate: Math.max(200, options.rate) });
  const first = await findNewest(url);
  const opening = Array.from({ length: options.readers }, () => openReader(url, options.path));
  const readers = await Promise.all(opening);
  const before = await readCpu(server.pid);
  await placeAll(url, 'measured', options);
  const all = (await findNewest(url)) - first;
  await untilAllHave(readers, all);
  const cpuMsPerOrder = ((await readCpu(server.pid)) - before) / options.orders;
  const counts = readers.map(({ events }) => events());
  for (const { socket } of readers) socket.destroy();
  await server.stop();
  await folder.remove();
  return { cpuMsPerOrder, events: [all, Math.min(...counts), Math.max(...counts)] };
};

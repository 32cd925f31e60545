// How long placing an order takes on a quiet service, and on one with a crowd of readers, inspector pages, previews and slow
// clients: a real service, measured by one process and pressed by another, in one run. It judges nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { makeFolder, startServer } from '../e2e/server.ts';
import { Connection, toOrderRequest } from './connection.ts';
import { storeLongOrders } from './long-orders.ts';

export interface PressureOptions {
  readonly streams: number;
  readonly pages: number;
  readonly slow: number;
  /** Long orders, and messages of each. */
  readonly longOrders: number;
  readonly messages: number;
  /** Orders of each part of the measurement, and how many a second. */
  readonly orders: number;
  readonly rate: number;
  /** Options for Node, such as `--cpu-prof`. */
  readonly nodeOptions?: string;
  log(line: string): void;
}

interface Times {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

export interface PressureReport {
  /** ms from when an order was due to its answer. */
  readonly quiet: Times;
  readonly pressed: Times;
  /** p99 under pressure by p99 of the quiet service. */
  readonly ratio: number;
  /** What the crowd did meanwhile. */
  readonly crowd: Readonly<Record<string, number>>;
}

const quick = { PAYMENT_DELAY_MS: '0', MAIL_DELAY_MS: '0', PAYMENT_DECLINE_RATE: '0', LOG_LEVEL: 'warn' };

/** Places orders at a rate, whatever the answers; ms of each from when it was due. */
const placeAll = async (url: URL, name: string, { orders, rate }: PressureOptions): Promise<number[]> => {
  const free: Connection[] = [];
  const startedAt = performance.now();
  const place = async (number: number): Promise<number> => {
    const due = startedAt + (number * 1000) / rate;
    await pause(Math.max(0, due - performance.now()));
    const connection = free.pop() ?? new Connection(url, () => undefined);
    const reply = await connection.ask(toOrderRequest(`${name}-${number}`, 'product-1'), 60_000);
    if (reply?.status !== 201) throw new Error(`an order was answered ${reply?.status ?? 'not at all'}`);
    free.push(connection);
    return performance.now() - due;
  };
  const times = await Promise.all(Array.from({ length: orders }, (_, number) => place(number)));
  for (const connection of free) connection.end();
  return times;
};

const toTimes = (all: readonly number[]): Times => {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (fraction: number) =>
    Math.round((sorted[Math.floor((sorted.length - 1) * fraction)] ?? 0) * 10) / 10;
  return { p50: at(0.5), p99: at(0.99), most: at(1) };
};

const crowdMain = resolve(import.meta.dirname, 'crowd.main.ts');

/** A crowd that has come; `leave` ends it, with what it has counted since. */
const gather = async (url: URL, ids: readonly string[], { streams, pages, slow }: PressureOptions) => {
  const flags = { url: url.href, streams, pages, slow, long: ids.join() };
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(process.execPath, [crowdMain, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const ended = once(child, 'close');
  while (!text.includes('ready\n')) await Promise.race([once(child.stdout, 'data'), ended]);
  child.stdin.write('begin\n');
  return async (): Promise<Record<string, number>> => {
    child.stdin.end();
    await ended;
    return JSON.parse(text.slice(text.indexOf('{')));
  };
};

export const measurePressure = async (options: PressureOptions): Promise<PressureReport> => {
  const { streams, pages, slow, nodeOptions = '', log } = options;
  const folder = await makeFolder();
  try {
    const { longOrders, messages, orders } = options;
    const onHand = orders * 20 + 1000;
    const storing = { folder: folder.path, database: 'orders.db', orders: longOrders, messages, onHand };
    const ids = await storeLongOrders(storing);
    log(`${ids.length} orders of ${options.messages} messages are stored`);
    const most = String(streams + 4 * pages + slow + 100);
    const server = await startServer(folder.path, {
      ...{ ...quick, MAX_STREAMS: most, MAX_STREAMS_PER_KEY: most, MAX_WAIT_MS: '60000' },
      ...{ DATABASE_URL: 'sqlite:orders.db', MAIL_DIR: 'mail', PAYMENT_LEDGER: 'ledger.jsonl' },
      NODE_OPTIONS: nodeOptions,
    });
    const url = new URL(server.url);
    // A service that has done nothing yet is not compiled yet.
    await placeAll(url, 'warm', { ...options, rate: Math.max(100, options.rate) });
    const before = await placeAll(url, 'before', options);
    log(`quiet: ${JSON.stringify(toTimes(before))} ms`);
    const leave = await gather(url, ids, options);
    log('the crowd is there');
    const pressed = toTimes(await placeAll(url, 'pressed', options));
    const crowd = await leave();
    log(`pressed: ${JSON.stringify(pressed)} ms`);
    await pause(1000);
    const after = await placeAll(url, 'after', options);
    log(`quiet again: ${JSON.stringify(toTimes(after))} ms`);
    await server.stop();
    const quiet = toTimes([...before, ...after]);
    return { quiet, pressed, ratio: pressed.p99 / quiet.p99, crowd };
  } finally {
    await folder.remove();
  }
};

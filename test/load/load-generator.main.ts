// A load generator in a process of its own: it sends orders at a fixed rate (open loop), or as fast as they are answered
// (closed loop). It prints its results as one line of JSON, and writes the ids of accepted orders to a file.
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Connection, toOrderRequest } from './connection.ts';
import { Results } from './results.ts';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: '' },
    /** Orders per second; 0: `clients` that each wait for their answer. */
    rate: { type: 'string', default: '0' },
    /** Seconds until the rate is reached. */
    'ramp-seconds': { type: 'string', default: '0' },
    clients: { type: 'string', default: '32' },
    seconds: { type: 'string', default: '3' },
    'timeout-ms': { type: 'string', default: '10000' },
    prefix: { type: 'string', default: 'key' },
    ids: { type: 'string', default: '' },
  },
});

const url = new URL(values.url);
const timeoutMs = Number(values['timeout-ms']);
const rampMs = Number(values['ramp-seconds']) * 1000;
const durationMs = Number(values.seconds) * 1000;
/** The client's own limit. */
const mostConnections = 8000;
const results = new Results();
const free: Connection[] = [];
const open = new Set<Connection>();
const pending = new Set<Promise<void>>();
const ids: string[] = [];

const connection = (): Connection | undefined => {
  const idle = free.pop();
  if (idle) return idle;
  if (open.size >= mostConnections) return undefined;
  const opened: Connection = new Connection(url, (closed) => {
    open.delete(closed);
    const place = free.indexOf(closed);
    if (place >= 0) free.splice(place, 1);
  });
  open.add(opened);
  return opened;
};

/** Sends the `number`th order, which was due at `dueAt`. */
const sendOrder = async (number: number, dueAt: number): Promise<void> => {
  results.offered += 1;
  const to = connection();
  if (to === undefined) {
    results.count('unsent', 0);
    return;
  }
  const sentAt = performance.now();
  const reply = await to.ask(toOrderRequest(`${values.prefix}-${number}`, 'product-1'), timeoutMs);
  const ms = performance.now() - dueAt;
  if (reply === undefined) {
    results.count(performance.now() - sentAt >= timeoutMs ? 'timeouts' : 'broken', ms);
    return;
  }
  if (open.has(to)) free.push(to);
  const { status, retryAfter, orderId } = reply;
  if (status < 300) {
    results.count('accepted', ms);
    ids.push(orderId ?? '');
  } else if (status === 429 || status === 503) {
    results.count('refused', ms, dueAt - startedAt > durationMs / 2);
    if (!retryAfter) results.withoutRetryAfter += 1;
  } else results.count(status < 500 ? 'otherRefusals' : 'failed', ms);
};

/** When the `number`th order is due, in ms from the start. */
const toDueMs = (number: number, rate: number): number => {
  const perMs = rate / 1000;
  const inRamp = (perMs * rampMs) / 2;
  return number <= inRamp ? Math.sqrt((2 * rampMs * number) / perMs) : rampMs / 2 + number / perMs;
};

const sendAtRate = async (rate: number): Promise<void> => {
  const startedAt = performance.now();
  let sent = 0;
  while (performance.now() - startedAt < durationMs) {
    const passedMs = performance.now() - startedAt;
    for (let dueMs = toDueMs(sent, rate); dueMs <= passedMs; dueMs = toDueMs(sent, rate)) {
      const sending = sendOrder(sent, startedAt + dueMs).finally(() => pending.delete(sending));
      pending.add(sending);
      sent += 1;
    }
    await pause(2);
  }
  await Promise.all(pending);
};

const sendInTurn = async (clients: number): Promise<void> => {
  const startedAt = performance.now();
  let sent = 0;
  const work = async () => {
    while (performance.now() - startedAt < durationMs) {
      sent += 1;
      await sendOrder(sent, performance.now());
    }
  };
  await Promise.all(Array.from({ length: clients }, work));
};

const rate = Number(values.rate);
const startedAt = performance.now();
await (rate > 0 ? sendAtRate(rate) : sendInTurn(Number(values.clients)));
const seconds = (performance.now() - startedAt) / 1000;
for (const each of open) each.end();
if (values.ids !== '') appendFileSync(values.ids, ids.map((id) => `${id}\n`).join(''));
console.log(JSON.stringify({ ...results.report(), seconds }));

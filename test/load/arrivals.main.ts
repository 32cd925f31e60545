// A client in a process of its own that offers orders: at a rate, whatever the service does (an open loop), or as
// fast as it is answered (a closed one). It prints one line of JSON, and writes the ids of the accepted orders,
// one a line, to a file.
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Connection, toOrderRequest } from './connection.ts';
import { Tally } from './tally.ts';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: '' },
    /** Orders in a second; 0: `clients` that each wait for their answer. */
    rate: { type: 'string', default: '0' },
    /** How long it takes until the rate is reached. */
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
const lastsMs = Number(values.seconds) * 1000;
/** A client, too, has only so many. */
const mostConnections = 8000;
const tally = new Tally();
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

/** Places the `number`th order, which was to be sent at `dueAt`. */
const offer = async (number: number, dueAt: number): Promise<void> => {
  tally.offered += 1;
  const to = connection();
  if (to === undefined) {
    tally.count('unsent', 0);
    return;
  }
  const sentAt = performance.now();
  const reply = await to.ask(toOrderRequest(`${values.prefix}-${number}`, 'product-1'), timeoutMs);
  const ms = performance.now() - dueAt;
  if (reply === undefined) {
    tally.count(performance.now() - sentAt >= timeoutMs ? 'timeouts' : 'broken', ms);
    return;
  }
  if (open.has(to)) free.push(to);
  const { status, retryAfter, orderId } = reply;
  if (status < 300) {
    tally.count('accepted', ms);
    ids.push(orderId ?? '');
  } else if (status === 429 || status === 503) {
    tally.count('refused', ms, dueAt - startedAt > lastsMs / 2);
    if (!retryAfter) tally.withoutRetryAfter += 1;
  } else tally.count(status < 500 ? 'otherRefusals' : 'failed', ms);
};

/** When the `number`th order is to be sent, in ms from the beginning. */
const toDueMs = (number: number, rate: number): number => {
  const perMs = rate / 1000;
  const inRamp = (perMs * rampMs) / 2;
  return number <= inRamp ? Math.sqrt((2 * rampMs * number) / perMs) : rampMs / 2 + number / perMs;
};

const offerAtRate = async (rate: number): Promise<void> => {
  const startedAt = performance.now();
  let sent = 0;
  while (performance.now() - startedAt < lastsMs) {
    const passedMs = performance.now() - startedAt;
    for (let dueMs = toDueMs(sent, rate); dueMs <= passedMs; dueMs = toDueMs(sent, rate)) {
      const offered = offer(sent, startedAt + dueMs).finally(() => pending.delete(offered));
      pending.add(offered);
      sent += 1;
    }
    await pause(2);
  }
  await Promise.all(pending);
};

const offerInTurn = async (clients: number): Promise<void> => {
  const startedAt = performance.now();
  let sent = 0;
  const work = async () => {
    while (performance.now() - startedAt < lastsMs) {
      sent += 1;
      await offer(sent, performance.now());
    }
  };
  await Promise.all(Array.from({ length: clients }, work));
};

const rate = Number(values.rate);
const startedAt = performance.now();
await (rate > 0 ? offerAtRate(rate) : offerInTurn(Number(values.clients)));
const seconds = (performance.now() - startedAt) / 1000;
for (const each of open) each.end();
if (values.ids !== '') appendFileSync(values.ids, ids.map((id) => `${id}\n`).join(''));
console.log(JSON.stringify({ ...tally.report(), seconds }));

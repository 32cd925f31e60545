// Overload of a real service by a client in another process: how much it can take is measured first, then ten
// times that is offered, whatever it answers. It reports what came of every order that was offered, what the
// service used meanwhile, and how it was afterwards.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ask, post, until } from '../e2e/client.ts';
import { makeFolder, type Server, startServer } from '../e2e/server.ts';
import { type Examined, examineData } from './examination.ts';
import { readMemory } from './process.ts';
import type { TallyReport } from './tally.ts';

export interface OverloadReport extends Examined {
  /** Orders in a second that 32 clients in turn get accepted. */
  readonly capacity: number;
  readonly offeredRate: number;
  readonly tally: TallyReport & { readonly seconds: number };
  /** Accepted orders that are not in the store: must be none. */
  readonly lost: number;
  /** MiB: before, and the most during the overload. */
  readonly memory: { readonly before: number; readonly most: number };
  /** The most messages that were seen waiting for their commit. */
  readonly mostPending: number;
  /** ms from the end of the overload until an order is placed within `normalMs` again. */
  readonly normalAfterMs: number;
  /** ms from the end of the overload until every accepted order is settled. */
  readonly settledAfterMs: number;
}

interface Overload {
  /** How long it is measured what the service can take, and how long more than that is offered. */
  readonly measureSeconds: number;
  readonly seconds: number;
  /** How long it takes until all of it is offered. */
  readonly rampSeconds: number;
  readonly factor: number;
  readonly environment: Readonly<Record<string, string>>;
  say(line: string): void;
}

/** What an order may take where nothing is wrong; a busy machine is slow by itself. */
const normalMs = 1000;

export const overload = async (asked: Overload): Promise<OverloadReport> => {
  const { measureSeconds, seconds, rampSeconds, factor, environment, say } = asked;
  const folder = await makeFolder();
  try {
    const server = await startServer(folder.path, {
      LOG_LEVEL: 'fatal',
      PAYMENT_DECLINE_RATE: '0',
      ...environment,
    });
    await fillStock(server);
    const ids = join(folder.path, 'accepted');
    const first = await offer([
      '--url',
      server.url,
      '--seconds',
      String(measureSeconds),
      '--prefix',
      'before',
      '--ids',
      ids,
    ]);
    const capacity = Math.round(first.accepted / first.seconds);
    say(`32 clients in turn: ${capacity} orders/s`);
    await untilSettled(server);
    const offeredRate = capacity * factor;
    say(`offering ${offeredRate} orders/s for ${seconds} s`);
    const before = await readMemory(server.pid);
    const watch = watchServer(server);
    const rate = ['--rate', String(offeredRate), '--ramp-seconds', String(rampSeconds)];
    const words = [...rate, '--seconds', String(seconds), '--prefix', 'over'];
    const tally = await offer(['--url', server.url, '--ids', ids, ...words]);
    const endedAt = performance.now();
    const normalAfterMs = await untilNormal(server, endedAt);
    await untilSettled(server);
    const settledAfterMs = Math.round(performance.now() - endedAt);
    const { most, mostPending } = await watch.stop();
    const code = await server.stop();
    const examined = await examineData(folder.path);
    const accepted = new Set((await readFile(ids, 'utf8')).trim().split('\n'));
    // The three orders that ask whether it is normal again are not in the client's list.
    const lost = Math.max(0, accepted.size - examined.orders);
    const violations =
      code === 0 ? examined.violations : [`the service ended with ${code}`, ...examined.violations];
    const memory = { before, most };
    return {
      ...examined,
      violations,
      capacity,
      offeredRate,
      tally,
      lost,
      memory,
      mostPending,
      normalAfterMs,
      settledAfterMs,
    };
  } finally {
    await folder.remove();
  }
};

const main = resolve(import.meta.dirname, 'arrivals.main.ts');

/** Runs the client and reads what it counted. */
const offer = async (words: readonly string[]): Promise<TallyReport & { readonly seconds: number }> => {
  const child = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = Promise.withResolvers<void>();
  child.once('error', ended.reject);
  child.once('close', () => ended.resolve());
  await ended.promise;
  return JSON.parse(Buffer.concat(chunks).toString());
};

const fillStock = async ({ url }: Server): Promise<void> => {
  const body = JSON.stringify({ name: 'Widget', unitPrice: 5000, currency: 'USD', onHand: 100_000_000 });
  const headers = { 'content-type': 'application/json' };
  await ask(`${url}/products/product-1`, { method: 'PUT', headers, body });
};

/** Waits until no order moves any more. */
const untilSettled = async ({ url }: Server): Promise<void> => {
  await until(
    () => ask(`${url}/orders?settled=false&limit=1`),
    ({ status, body }) => status === 200 && body.orders.length === 0,
  );
};

/** Tries again and again to place one order; says when that took no longer than usual. */
const untilNormal = async ({ url }: Server, endedAt: number): Promise<number> => {
  const body = {
    customerId: 'afterwards',
    email: 'a@example.com',
    currency: 'USD',
    items: [{ productId: 'product-1', quantity: 1 }],
  };
  for (let turn = 0; ; turn += 1) {
    const startedAt = performance.now();
    const answer = await post(`${url}/orders`, body, `afterwards-${turn}`).catch(() => undefined);
    const now = performance.now();
    if (answer?.status === 201 && now - startedAt <= normalMs) return Math.round(now - endedAt);
    await pause(20);
  }
};

/** Looks at a server's memory, and asks how much waits, four times a second. */
const watchServer = ({ pid, url }: Server) => {
  let most = 0;
  let mostPending = 0;
  let stopped = false;
  const watching = (async () => {
    while (!stopped) {
      most = Math.max(most, await readMemory(pid));
      const metrics = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(1000) })
        .then((answer) => answer.text())
        .catch(() => '');
      mostPending = Math.max(
        mostPending,
        Number(/^orderchart_messages_pending (\d+)/m.exec(metrics)?.[1] ?? 0),
      );
      await pause(250);
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      await watching;
      return { most, mostPending };
    },
  };
};

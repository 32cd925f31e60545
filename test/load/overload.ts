// Overload of a real service by a load generator: it measures the capacity, then sends ten times that, whatever the
// answers. It reports the outcome of every order, the service's memory, and how fast the service recovers.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ask, post, until } from '../e2e/client.ts';
import { makeFolder, type Server, startServer } from '../e2e/server.ts';
import { type Examined, examineData } from './examine-data.ts';
import { readMemory } from './process-usage.ts';
import type { ResultsReport } from './results.ts';

export interface OverloadReport extends Examined {
  /** Orders per second that 32 clients in a closed loop get accepted. */
  readonly capacity: number;
  readonly offeredRate: number;
  readonly results: ResultsReport & { readonly seconds: number };
  /** Accepted orders that are not stored: must be 0. */
  readonly lost: number;
  /** MiB before, and at most during the overload. */
  readonly memory: { readonly before: number; readonly most: number };
  /** Most messages that waited for their commit at once. */
  readonly mostPending: number;
  /** ms from the end of the overload until an order is placed within `normalMs` again. */
  readonly normalAfterMs: number;
  /** ms from the end of the overload until every accepted order is settled. */
  readonly settledAfterMs: number;
}

interface OverloadOptions {
  /** For how long the capacity is measured. */
  readonly measureSeconds: number;
  /** For how long the service is overloaded. */
  readonly seconds: number;
  /** Until the full rate is reached. */
  readonly rampSeconds: number;
  /** Times the capacity. */
  readonly factor: number;
  readonly environment: Readonly<Record<string, string>>;
  log(line: string): void;
}

/** How long an order may take without overload, also on a busy machine. */
const normalMs = 1000;

export const overload = async (options: OverloadOptions): Promise<OverloadReport> => {
  const { measureSeconds, seconds, rampSeconds, factor, environment, log } = options;
  const folder = await makeFolder();
  try {
    const server = await startServer(folder.path, {
      LOG_LEVEL: 'fatal',
      PAYMENT_DECLINE_RATE: '0',
      ...environment,
    });
    await fillStock(server);
    const ids = join(folder.path, 'accepted');
    const first = await runLoadGenerator([
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
    log(`32 clients: ${capacity} orders/s`);
    await untilSettled(server);
    const offeredRate = capacity * factor;
    log(`sending ${offeredRate} orders/s for ${seconds} s`);
    const before = await readMemory(server.pid);
    const monitor = monitorServer(server);
    const rate = ['--rate', String(offeredRate), '--ramp-seconds', String(rampSeconds)];
    const more = [...rate, '--seconds', String(seconds), '--prefix', 'over'];
    const results = await runLoadGenerator(['--url', server.url, '--ids', ids, ...more]);
    const endedAt = performance.now();
    const normalAfterMs = await untilNormal(server, endedAt);
    await untilSettled(server);
    const settledAfterMs = Math.round(performance.now() - endedAt);
    const { most, mostPending } = await monitor.stop();
    const code = await server.stop();
    const examined = await examineData(folder.path);
    const accepted = new Set((await readFile(ids, 'utf8')).trim().split('\n'));
    // The orders of `untilNormal` are not in the generator's list.
    const lost = Math.max(0, accepted.size - examined.orders);
    const violations =
      code === 0 ? examined.violations : [`the service ended with ${code}`, ...examined.violations];
    const memory = { before, most };
    return {
      ...examined,
      violations,
      capacity,
      offeredRate,
      results,
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

const generator = resolve(import.meta.dirname, 'load-generator.main.ts');

const runLoadGenerator = async (
  flags: readonly string[],
): Promise<ResultsReport & { readonly seconds: number }> => {
  const child = spawn(process.execPath, [generator, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = Promise.withResolvers<void>();
  child.once('error', ended.reject);
  child.once('close', () => ended.resolve());
  await ended.promise;
  return JSON.parse(Buffer.concat(chunks).toString());
};

const fillStock = async ({ url }: Server): Promise<void> => {
  const delivery = { by: 100_000_000, reason: 'delivery' };
  await post(`${url}/products/product-1/adjustments`, delivery, 'delivery');
};

/** Waits until every order is settled. */
const untilSettled = async ({ url }: Server): Promise<void> => {
  await until(
    () => ask(`${url}/orders?settled=false&limit=1`),
    ({ status, body }) => status === 200 && body.orders.length === 0,
  );
};

/** Places orders until one takes no longer than `normalMs`; resolves with the ms since `endedAt`. */
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

/** Reads a server's memory and its number of pending messages four times a second. */
const monitorServer = ({ pid, url }: Server) => {
  let most = 0;
  let mostPending = 0;
  let stopped = false;
  const monitoring = (async () => {
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
      await monitoring;
      return { most, mostPending };
    },
  };
};

// What the inspector costs: the frames a second and the memory of a page with ten thousand orders under way, and
// how much less the service does with ten pages open. `npm run inspector-load`. Ratios within one run count; times
// and rates depend on the machine and on what else it does.
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { CDPSession } from 'playwright-core';
import { z } from 'zod';
import { openBrowser } from './browser.ts';
import { openShop, type Shop } from './demo-orders.ts';

const underWay = 10_000;
const readers = 10;
const ordersPerRound = 1500;
const rounds = 5;
const inFlight = 64;
const watchedMs = 10_000;

/** The first orders wait at the bank for ever, the others are charged at once. */
const ways = {
  bankMs: (number: number) => (number <= underWay ? Infinity : 0),
  mailMs: 0,
  hasTrouble: false,
};

const processes = z.object({ processInfo: z.array(z.object({ type: z.string(), id: z.number() })) });

/** MiB of the page's own process: what it shares with nobody, and all that it has in memory. */
const readMemory = async (session: CDPSession) => {
  const { processInfo } = processes.parse(await session.send('SystemInfo.getProcessInfo'));
  const sizes = processInfo
    .filter(({ type }) => type === 'renderer')
    .map(({ id }) => {
      const text = readFileSync(`/proc/${id}/smaps_rollup`, 'utf8');
      const read = (name: string) =>
        Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) / 1024;
      return { own: read('Private_Dirty') + read('Private_Clean'), all: read('Rss') };
    });
  return sizes.toSorted((a, b) => b.all - a.all)[0] ?? { own: 0, all: 0 };
};

const countFrames = `new Promise((resolve) => {
  const times = [];
  const next = (at) => {
    times.push(at);
    if (at - times[0] < ${watchedMs}) requestAnimationFrame(next);
    else resolve(times);
  };
  requestAnimationFrame(next);
})`;

const watchPage = async (shop: Shop): Promise<void> => {
  const browser = await openBrowser();
  const page = await browser.newPage({ baseURL: shop.origin, viewport: { width: 1280, height: 800 } });
  await page.goto('/inspector');
  await page.locator('svg[data-chart="order"] .state.active').first().waitFor({ timeout: 120_000 });
  await untilLearned(shop.origin);
  const busy = setInterval(() => void shop.place(10), 100);
  const times = z.array(z.number()).parse(await page.evaluate(countFrames));
  clearInterval(busy);
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? at));
  const longest = Math.max(...gaps);
  const perSecond = (1000 * gaps.length) / ((times.at(-1) ?? 0) - (times[0] ?? 0));
  const memory = await readMemory(await browser.newBrowserCDPSession());
  console.log(
    `the page, ${underWay} orders under way and 100 more a second: ${perSecond.toFixed(1)} frames a second, ` +
      `the longest ${longest.toFixed(0)} ms; ${memory.own.toFixed(0)} MiB of its own, ${memory.all.toFixed(0)} MiB in all`,
  );
  await browser.close();
};

/** Places orders, so many at a time, and waits until all have settled. */
const runRound = async (shop: Shop): Promise<{ perSecond: number; cpuMs: number }> => {
  const [begun, used] = [performance.now(), process.cpuUsage()];
  let left = ordersPerRound;
  const placeNext = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const id = await shop.placeOne();
      await shop.host.waitUntilSettled(id, 60_000);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, placeNext));
  const { user, system } = process.cpuUsage(used);
  const ms = performance.now() - begun;
  return { perSecond: (1000 * ordersPerRound) / ms, cpuMs: (user + system) / 1000 / ordersPerRound };
};

const listed = z.object({ total: z.number() });

/** Until the inspector has read all that was under way when it was opened. */
const untilLearned = async (origin: string): Promise<void> => {
  for (;;) {
    const response = await fetch(`${origin}/inspector/api/orders?state=paying`);
    if (listed.parse(await response.json()).total >= underWay) return;
    await setTimeout(200);
  }
};

/** Ten readers of the flow in a process of their own, so that only what serving them costs is measured. */
const openReaders = async (origin: string): Promise<() => Promise<void>> => {
  const child = fork(import.meta.filename, ['--read', origin]);
  await new Promise((resolve) => child.once('message', resolve));
  await untilLearned(origin);
  return () =>
    new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.kill();
    });
};

const read = async (origin: string): Promise<void> => {
  const streams = await Promise.all(
    Array.from({ length: readers }, () =>
      fetch(`${origin}/inspector/api/live`, { headers: { accept: 'text/event-stream' } }),
    ),
  );
  const opened = streams.map(async ({ body }) => {
    for await (const chunk of body ?? []) if (chunk.length > 0) process.send?.('heard');
  });
  await Promise.all(opened);
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Turn by turn: a shop that nobody ever looks at, and one with ten pages open. */
const compare = async (alone: Shop, looked: Shop): Promise<void> => {
  await runRound(alone);
  await runRound(looked);
  const pairs: { rate: number; cpu: number }[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const without = await runRound(alone);
    const close = await openReaders(looked.origin);
    const watched = await runRound(looked);
    await close();
    const pair = { rate: watched.perSecond / without.perSecond, cpu: watched.cpuMs / without.cpuMs };
    pairs.push(pair);
    console.log(
      `round ${round}: ${without.perSecond.toFixed(0)} orders/s at ${without.cpuMs.toFixed(3)} ms of CPU without, ` +
        `${watched.perSecond.toFixed(0)} at ${watched.cpuMs.toFixed(3)} with ${readers}; ` +
        `rate × ${pair.rate.toFixed(3)}, CPU × ${pair.cpu.toFixed(3)}`,
    );
  }
  console.log(
    `the service, ${underWay} orders under way, median of ${rounds}: with ${readers} pages open the rate is ` +
      `× ${median(pairs.map(({ rate }) => rate)).toFixed(3)}, CPU per order × ${median(pairs.map(({ cpu }) => cpu)).toFixed(3)}`,
  );
};

const measure = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'orderchart-load-'));
  try {
    const open = (name: string) => openShop({ ...ways, database: `sqlite:${join(folder, name)}` });
    const [alone, looked] = [await open('alone.db'), await open('looked.db')];
    for (const shop of [alone, looked]) await shop.place(underWay);
    await compare(alone, looked);
    await watchPage(looked);
    await Promise.all([alone.close(), looked.close()]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const [word, origin] = process.argv.slice(2);
if (word === '--read' && origin !== undefined) await read(origin);
else await measure();

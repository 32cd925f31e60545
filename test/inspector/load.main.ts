// What the inspector costs: the frames per second and the memory of a page with ten thousand orders in progress, and
// how much slower the service is with ten pages open (`npm run inspector-load`). Compare ratios within one run: times
// and rates depend on the machine and its load.
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { CDPSession } from 'playwright-core';
import { z } from 'zod';
import { openBrowser } from './browser.ts';
import { openShop, type Shop } from './busy-shop.ts';

const inProgress = 10_000;
const readers = 10;
const ordersPerRound = 1500;
const rounds = 5;
const inFlight = 64;
const watchedMs = 10_000;

/** The first orders wait for the bank forever, the others are charged at once. */
const behaviour = {
  bankMs: (number: number) => (number <= inProgress ? Infinity : 0),
  mailMs: 0,
  hasFailures: false,
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
  await untilLoaded(shop.origin);
  const busy = setInterval(() => void shop.place(10), 100);
  const times = z.array(z.number()).parse(await page.evaluate(countFrames));
  clearInterval(busy);
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? at));
  const longest = Math.max(...gaps);
  const perSecond = (1000 * gaps.length) / ((times.at(-1) ?? 0) - (times[0] ?? 0));
  const memory = await readMemory(await browser.newBrowserCDPSession());
  console.log(
    `the page, ${inProgress} orders in progress and 100 more a second: ${perSecond.toFixed(1)} frames a second, ` +
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

/** Until the inspector has loaded all orders in progress. */
const untilLoaded = async (origin: string): Promise<void> => {
  for (;;) {
    const response = await fetch(`${origin}/inspector/api/orders?state=paying`);
    if (listed.parse(await response.json()).total >= inProgress) return;
    await setTimeout(200);
  }
};

/** Ten readers of the flow in a process of their own, so that only the cost of serving them is measured. */
const openReaders = async (origin: string): Promise<() => Promise<void>> => {
  const child = fork(import.meta.filename, ['--read', origin]);
  await new Promise((resolve) => child.once('message', resolve));
  await untilLoaded(origin);
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
    for await (const chunk of body ?? []) if (chunk.length > 0) process.send?.('received');
  });
  await Promise.all(opened);
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** In turns: a shop without open pages, and one with ten. */
const compare = async (alone: Shop, inspected: Shop): Promise<void> => {
  await runRound(alone);
  await runRound(inspected);
  const pairs: { rate: number; cpu: number }[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const without = await runRound(alone);
    const close = await openReaders(inspected.origin);
    const watched = await runRound(inspected);
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
    `the service, ${inProgress} orders in progress, median of ${rounds}: with ${readers} pages open the rate is ` +
      `× ${median(pairs.map(({ rate }) => rate)).toFixed(3)}, CPU per order × ${median(pairs.map(({ cpu }) => cpu)).toFixed(3)}`,
  );
};

const measure = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'orderchart-load-'));
  try {
    const open = (name: string) => openShop({ ...behaviour, database: `sqlite:${join(folder, name)}` });
    const [alone, inspected] = [await open('alone.db'), await open('inspected.db')];
    for (const shop of [alone, inspected]) await shop.place(inProgress);
    await compare(alone, inspected);
    await watchPage(inspected);
    await Promise.all([alone.close(), inspected.close()]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const [word, origin] = process.argv.slice(2);
if (word === '--read' && origin !== undefined) await read(origin);
else await measure();

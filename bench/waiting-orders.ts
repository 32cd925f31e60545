// Orders that wait: for a capture that comes in days (what does one cost in memory?), and for an answer that a
// crash cut off (how soon do they move again?).

import type { RawFigures } from './figures.ts';
import { keepInFlight } from './in-flight.ts';
import { silentGateway } from './instant-services.ts';
import { openShop, requireOutcome, sampleOrder } from './shop.ts';
import type { TaskOf } from './tasks.ts';

const measureHeap = async (): Promise<number> => {
  // What was dropped a moment ago may be held by promises that have not run out yet.
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const authorised = new Set(['paying']);

export const park = async ({ path, orders, warmUp }: TaskOf<'park'>): Promise<RawFigures> => {
  const shop = await openShop({ path, settings: { PAYMENT_CAPTURE: 'later' } });
  const place = async () => {
    await shop.host.place(sampleOrder);
  };
  const untilParked = async (count: number) => {
    for (;;) {
      const { ordersByState, pendingCalls } = await shop.store.figures();
      const parked = Object.entries(ordersByState).reduce(
        (sum, [state, number]) => sum + (authorised.has(state) ? number : 0),
        0,
      );
      if (pendingCalls === 0 && parked >= count) return parked;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await keepInFlight(256, warmUp, place);
  await untilParked(Math.floor(warmUp * 0.9));
  const before = await measureHeap();
  await keepInFlight(256, orders, place);
  const parked = await untilParked(Math.floor((warmUp + orders) * 0.9));
  const bytes = (await measureHeap()) - before;
  const memoryMiB = process.memoryUsage.rss() / 1024 / 1024;
  await shop.close();
  return { parked, bytesPerOrder: bytes / (orders * 0.9), memoryMiB };
};

export const strand = async ({ path, orders }: TaskOf<'strand'>): Promise<RawFigures> => {
  // The kill is all that happens to them: on a slow machine, the first calls would have timed out before the last order is placed.
  const settings = { MAX_CALLS_IN_FLIGHT: 1_000_000, CALL_TIMEOUT_MS: 60_000, CIRCUIT_CALLS: 0 };
  const shop = await openShop({ path, gateway: silentGateway, settings });
  await keepInFlight(256, orders, async () => {
    await shop.host.place(sampleOrder);
  });
  const { pendingCalls } = await shop.store.figures();
  return { pendingCalls };
};

export const resume = async ({ path, orders }: TaskOf<'resume'>): Promise<RawFigures> => {
  const startedAt = performance.now();
  const shop = await openShop({ path });
  const openedMs = performance.now() - startedAt;
  const leaving = new AbortController();
  const types = ['payment.completed', 'payment.failed'];
  let moved = 0;
  let firstMs = 0;
  for await (const events of shop.host.watch({ types, after: 0, signal: leaving.signal })) {
    if (moved === 0) firstMs = performance.now() - startedAt;
    moved += events.length;
    if (moved === orders) leaving.abort();
  }
  const movingMs = performance.now() - startedAt;
  for (;;) {
    const { ordersByState, pendingCalls } = await shop.store.figures();
    const settled = (ordersByState['completed'] ?? 0) + (ordersByState['failed'] ?? 0);
    if (settled === orders && pendingCalls === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const settledMs = performance.now() - startedAt;
  await requireOutcome(shop, { orders });
  await shop.close();
  return { openedMs, firstMs, movingMs, settledMs };
};

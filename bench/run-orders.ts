// Runs orders end to end through the host API in this process: placed, and waited for until they are settled,
// so many at a time; then checks what came of them. The best of several rounds counts for the rate, because
// other programs can only make it worse; counts and memory are of all of it.

import { statSync } from 'node:fs';
import { noCounts } from './counted.ts';
import { percentile, type RawFigures } from './figures.ts';
import { keepInFlight } from './in-flight.ts';
import { sinceUse, takeUse } from './own-use.ts';
import { openShop, placeAndSettle, requireOutcome, sampleOrder, toBaskets } from './shop.ts';
import type { TaskOf } from './tasks.ts';

export const runOrders = async (task: TaskOf<'run'>): Promise<RawFigures> => {
  const { path, settings, inFlight, orders, warmUp, rounds, paymentMs, products: count, before = 0 } = task;
  const counts = { ...noCounts };
  const shop = await openShop({
    path,
    settings,
    paymentMs,
    productCount: count,
    ...(task.counted && { counts }),
  });
  const baskets = toBaskets(count);
  const run = (total: number) =>
    keepInFlight(inFlight, total, (number) =>
      placeAndSettle(shop, baskets[number % baskets.length] ?? sampleOrder),
    );
  await run(warmUp);
  Object.assign(counts, noCounts);
  const ran: RawFigures[] = [];
  const overall = takeUse();
  for (let round = 0; round < rounds; round += 1) {
    const start = takeUse();
    const took = await run(orders);
    const p50 = percentile(took, 0.5);
    ran.push({ ...sinceUse(start, orders), p50, p99: percentile(took, 0.99), longest: Math.max(...took) });
  }
  const all = sinceUse(overall, orders * rounds);
  const total = before + warmUp + orders * rounds;
  await requireOutcome(shop, { orders: total, before, productCount: count });
  await shop.close();
  const [best = {}] = ran.toSorted((a, b) => (b['ordersPerSecond'] ?? 0) - (a['ordersPerSecond'] ?? 0));
  return {
    ...best,
    cpuMsPerOrder: Math.min(...ran.map((each) => each['cpuMsPerOrder'] ?? Number.NaN)),
    kibPerOrder: all.kibPerOrder,
    // The log is folded in by now. Without orders a file has some 0.2 MiB, so few orders weigh too much.
    fileBytesPerOrder: statSync(path).size / total,
    memoryMiB: all.memoryMiB,
    commitsPerOrder: counts.commits / (orders * rounds),
    statementsPerOrder: counts.statements / (orders * rounds),
    threadMessagesPerOrder: counts.threadMessages / (orders * rounds),
  };
};

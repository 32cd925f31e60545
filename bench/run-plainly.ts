// Runs the same orders under plain XState in memory, with the same load. See plain-xstate.ts.
import { percentile, type RawFigures } from './figures.ts';
import { keepInFlight } from './in-flight.ts';
import { sinceUse, takeUse } from './own-use.ts';
import { createPlainShop } from './plain-xstate.ts';
import type { TaskOf } from './tasks.ts';

export const runPlainly = async (task: TaskOf<'plain'>): Promise<RawFigures> => {
  const { inFlight, orders, warmUp, rounds } = task;
  const shop = createPlainShop();
  await keepInFlight(inFlight, warmUp, shop.perform);
  const ran: RawFigures[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = takeUse();
    const took = await keepInFlight(inFlight, orders, shop.perform);
    ran.push({ ...sinceUse(start, orders), p50: percentile(took, 0.5), p99: percentile(took, 0.99) });
  }
  const charges = warmUp + orders * rounds;
  const sold = 2 * (charges - Math.floor(charges / 10));
  if (shop.charges() !== charges || shop.sold() !== sold) throw new Error('plain XState sold something else');
  const [best = {}] = ran.toSorted((a, b) => (b['ordersPerSecond'] ?? 0) - (a['ordersPerSecond'] ?? 0));
  return best;
};

// One node of several over PostgreSQL: the whole Orderchart with instant services, in a process of its own. It runs as many orders as it
// is told, and reports how they went and what was charged and sent so far; what all nodes did is checked by who tells it.

import { systemClock } from '../src/clock.ts';
import { createOrderchart, readSettings } from '../src/main.ts';
import { percentile, type RawFigures } from './figures.ts';
import { keepInFlight } from './in-flight.ts';
import { createInstantGateway, createInstantMailer } from './instant-services.ts';
import { sinceUse, takeUse } from './own-use.ts';
import { neverRefuse, placeAndSettle, products, sampleOrder, toBaskets, toProducts } from './shop.ts';
import type { TaskOf } from './tasks.ts';

export const runNode = async (
  { url, settings, inFlight, products: count }: TaskOf<'node'>,
  report: (figures: RawFigures) => void,
): Promise<void> => {
  const [bank, post] = [createInstantGateway(0), createInstantMailer()];
  const given = { LOG_LEVEL: 'error', ...neverRefuse, DATABASE_URL: url, ...settings };
  const services = { gateway: bank.service, mailer: post.service };
  const shop = await createOrderchart(readSettings(given), { services });
  await shop.catalogue.seedProducts(toProducts(count ?? products.length), systemClock.now());
  const baskets = toBaskets(count);
  const run = async (orders: number): Promise<void> => {
    const start = takeUse();
    const took = await keepInFlight(inFlight, orders, (number) =>
      placeAndSettle(shop, baskets[number % baskets.length] ?? sampleOrder),
    );
    const latencies = { p50: percentile(took, 0.5), p99: percentile(took, 0.99) };
    const { charged, declined } = bank.books();
    report({ ...sinceUse(start, orders), ...latencies, charged, declined, mails: post.sent() });
  };
  const stopped = Promise.withResolvers<void>();
  process.on('message', (word) => {
    if (word === 'stop') stopped.resolve();
    else run(Number(word)).catch(stopped.reject);
  });
  report({});
  await stopped.promise;
  await shop.close();
};

// What moving many stored orders to other charts costs: the time of a rehearsal and of a migration, and the rate at which
// orders are placed and settled with it and without it, in one process and one run: `node bench/migrate.main.ts`.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { newestVersion as to } from '../machines/registry.ts';
import { runPages, usualRate } from '../src/cli/paced-pages.ts';
import { systemClock } from '../src/clock.ts';
import { createMigratePage } from '../src/migration/migrate-page.ts';
import { fillFrom } from './fill.ts';
import { openShop, placeAndSettle, sampleOrder } from './shop.ts';
import { runOnVersion1 } from './version-1.ts';

const { values } = parseArgs({
  options: {
    orders: { type: 'string', default: '100000' },
    rate: { type: 'string', default: String(usualRate) },
    /** Seconds with the migration, and without it, in turn. */
    window: { type: 'string', default: '10' },
    folder: { type: 'string', default: 'data/bench' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) {
  console.log(`Usage: node bench/migrate.main.ts [--orders N] [--rate N] [--window SECONDS] [--folder PATH]

  --orders  stored orders on version 1 [100000]
  --rate    orders that are moved per second, at most [${usualRate}]
  --window  seconds with the migration, and without it, in turn [10]
  --folder  where the store is made, and removed [data/bench]`);
  process.exit();
}
const inFlight = 64;

type Shop = Awaited<ReturnType<typeof openShop>>;

interface Placed {
  readonly settled: number;
  readonly seconds: number;
}
const secondsSince = (startedAt: number): number => (performance.now() - startedAt) / 1000;
const toRate = (placed: readonly Placed[]): number =>
  placed.reduce((sum, { settled }) => sum + settled, 0) /
  placed.reduce((sum, { seconds }) => sum + seconds, 0);

/** Places orders, so many at a time, until `isOver`, and waits until they are settled. */
const placeWhile = async (shop: Shop, isOver: () => boolean): Promise<Placed> => {
  const startedAt = performance.now();
  let settled = 0;
  const work = async () => {
    while (!isOver()) {
      await placeAndSettle(shop, sampleOrder);
      settled += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return { settled, seconds: secondsSince(startedAt) };
};

const inSeconds = (seconds: number): (() => boolean) => {
  const startedAt = performance.now();
  return () => secondsSince(startedAt) >= seconds;
};

const createMigration = (shop: Shop) => {
  const migratePage = createMigratePage(shop.host, systemClock);
  return (dryRun: boolean, signal: AbortSignal, ordersPerSecond?: number) =>
    runPages({
      ...{ migratePage, clock: systemClock, signal, onPage: () => {} },
      request: { to, dryRun, back: false, why: 'measured', who: 'bench', filter: {} },
      ...(ordersPerSecond !== undefined && { ordersPerSecond }),
    });
};

/** In turn with the migration and without it, so that what else the machine does slows down both. */
const measureBoth = async (shop: Shop, migrate: ReturnType<typeof createMigration>, window: number) => {
  const [without, during]: [Placed[], Placed[]] = [[], []];
  let moved = 0;
  for (let isComplete = false; !isComplete; ) {
    without.push(await placeWhile(shop, inSeconds(window)));
    const stopping = new AbortController();
    let isOver = false;
    const moving = migrate(false, stopping.signal, Number(values.rate)).finally(() => {
      isOver = true;
    });
    const isLate = inSeconds(window);
    during.push(await placeWhile(shop, () => isOver || isLate()));
    stopping.abort();
    const { orders, complete } = await moving;
    moved += orders;
    isComplete = complete;
  }
  return { moved, without, during };
};

const measure = async (path: string): Promise<void> => {
  const filled = await fillFrom(runOnVersion1, path, Number(values.orders));
  console.log(`${filled['orders']} orders on version 1 are stored`);
  const shop = await openShop({ path });
  const migrate = createMigration(shop);
  const startedAt = performance.now();
  const { orders, groups } = await migrate(true, new AbortController().signal);
  const outcomes = [...new Set(groups.map(({ outcome }) => outcome))].join(', ');
  console.log(`rehearsal of ${orders} orders (${outcomes}): ${secondsSince(startedAt).toFixed(1)} s`);
  await placeWhile(shop, inSeconds(5));
  const { moved, without, during } = await measureBoth(shop, migrate, Number(values.window));
  await shop.close();
  const seconds = during.reduce((sum, each) => sum + each.seconds, 0);
  console.log(`migration of ${moved} orders while others are placed: ${seconds.toFixed(0)} s`);
  const [usual, meanwhile] = [toRate(without), toRate(during)];
  console.log(
    `placed and settled a second: ${usual.toFixed(0)} without it, ${meanwhile.toFixed(0)} during it`,
  );
  console.log(`during / without = ${(meanwhile / usual).toFixed(2)}`);
};

mkdirSync(values.folder, { recursive: true });
const folder = mkdtempSync(join(values.folder, 'migrate-'));
try {
  await measure(join(folder, 'orders.db'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

// What an order costs, counted and not clocked: transactions, statements, bytes, and messages between threads, with 64 orders
// in flight. It exists so that a change that makes every order dearer fails here, without noise. The times are the
// benchmark's business (bench/).
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noCounts } from '../bench/counted.ts';
import { keepInFlight } from '../bench/in-flight.ts';
import { openShop, placeAndSettle, requireOutcome, sampleOrder } from '../bench/shop.ts';

const orders = 128;
const folder = mkdtempSync(join(tmpdir(), 'performance-'));
const path = join(folder, 'orders.db');
const counts = { ...noCounts };
let shop: Awaited<ReturnType<typeof openShop>>;
let writtenBytes = Number.NaN;
let logBytes = 0;

/** Bytes of all write calls of this process; not a number where the system does not say. */
const readWritten = (): number => {
  try {
    return Number(/^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
  } catch {
    return Number.NaN;
  }
};

beforeAll(async () => {
  shop = await openShop({ path, counts });
  Object.assign(counts, noCounts);
  const before = readWritten();
  await keepInFlight(64, orders, () => placeAndSettle(shop, sampleOrder));
  writtenBytes = readWritten() - before;
  logBytes = statSync(`${path}-wal`).size;
});
afterAll(async () => {
  await shop.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('an order, with 64 in flight', () => {
  it('ends as it should', async () => {
    await expect(requireOutcome(shop, { orders })).resolves.toBeUndefined();
  });

  it('shares its three commits, and so its flushes, with the others', () => {
    expect(counts.commits).toBeGreaterThan(0);
    // How many share one depends on which thread is quicker: half of what is ready is the least.
    expect(counts.commits / orders).toBeLessThan(0.25);
  });

  it('takes two messages between the threads for each commit, and none of its own', () => {
    expect(counts.threadMessages).toBeGreaterThan(0);
    expect(counts.threadMessages).toBeLessThanOrEqual(2 * counts.commits);
  });

  it('takes no more than 12 statements', () => {
    expect(counts.statements).toBeGreaterThan(orders);
    expect(counts.statements / orders).toBeLessThan(12);
  });

  it('writes no more than 16 KiB, temporary files and checkpoints included', () => {
    expect(logBytes).toBeGreaterThan(0);
    if (Number.isNaN(writtenBytes)) return;
    expect(writtenBytes / 1024 / orders).toBeLessThan(16);
  });
});

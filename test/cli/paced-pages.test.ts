// Page after page at a bounded speed: when the next one is asked for, when it ends, and what it reports.
import { expect, test } from 'vitest';
import { type PacedPages, runPages } from '../../src/cli/paced-pages.ts';
import type { MigrationPageRequest } from '../../src/migration.ts';
import { createFakeClock } from '../fake-clock.ts';

const request = { to: '2', why: 'why', who: 'ada', dryRun: true, back: false, filter: {} };

/** Pages of so many orders in all. */
const begin = (total: number, plan: Partial<PacedPages> = {}) => {
  const clock = createFakeClock();
  const asked: { readonly at: number; readonly limit: number; readonly after: string | undefined }[] = [];
  const startedAt = clock.now();
  const stopping = new AbortController();
  let done = 0;
  const migratePage = async ({ limit, after }: MigrationPageRequest) => {
    asked.push({ at: clock.now() - startedAt, limit, after });
    const orders = Math.min(limit, total - done);
    done += orders;
    const group = {
      from: '1',
      state: 'paying',
      outcome: 'moves' as const,
      count: orders,
      examples: ['o'],
      reasons: [],
    };
    return { next: done < total ? `order-${done}` : null, orders, groups: [group] };
  };
  const progress: number[] = [];
  const result = runPages({
    ...{ migratePage, request, clock, signal: stopping.signal },
    onPage: ({ orders }) => progress.push(orders),
    ...plan,
  });
  return { clock, asked, result, progress, stopping };
};

test('without a rate, pages follow one another at once, each behind the one before', async () => {
  const { asked, result, progress } = begin(1200);
  expect(await result).toMatchObject({ orders: 1200, complete: true, groups: [{ count: 1200 }] });
  expect(asked.map(({ after }) => after)).toEqual([undefined, 'order-500', 'order-1000']);
  expect(progress).toEqual([500, 1000, 1200]);
});

test('at a rate, the next page waits until its time has come', async () => {
  const { clock, asked, result } = begin(25, { ordersPerSecond: 100 });
  await clock.advance(99);
  expect(asked).toHaveLength(1);
  await clock.advance(1000);
  expect(await result).toMatchObject({ orders: 25, complete: true });
  expect(asked.map(({ at, limit }) => [at, limit])).toEqual([
    [0, 10],
    [100, 10],
    [200, 10],
  ]);
});

test('at a rate, a page that took long is followed by a rest of half its time', async () => {
  const clock = createFakeClock();
  const startedAt = clock.now();
  const asked: number[] = [];
  const migratePage = async () => {
    asked.push(clock.now() - startedAt);
    await new Promise<void>((done) => clock.schedule(done, 400));
    return { next: 'order-1', orders: 10, groups: [] };
  };
  const plan = { migratePage, request, clock, signal: new AbortController().signal, onPage: () => {} };
  const result = runPages({ ...plan, ordersPerSecond: 100, most: 30 });
  await clock.advance(2000);
  await result;
  expect(asked).toEqual([0, 600, 1200]);
});

test('one order a second is one page a second', async () => {
  const { clock, asked, result } = begin(3, { ordersPerSecond: 1 });
  await clock.advance(5000);
  await result;
  expect(asked.map(({ at }) => at)).toEqual([0, 1000, 2000]);
});

test('a sample ends where it is full', async () => {
  const { asked, result } = begin(5000, { most: 700 });
  expect(await result).toMatchObject({ orders: 700, complete: true });
  expect(asked.map(({ limit }) => limit)).toEqual([500, 200]);
});

test('a stop ends the wait at once, asks for nothing more, and is not complete', async () => {
  const { clock, asked, result, stopping } = begin(50, { ordersPerSecond: 10 });
  await clock.untilScheduled(1);
  stopping.abort();
  expect(await result).toMatchObject({ orders: 1, complete: false });
  expect(asked).toHaveLength(1);
  expect(clock.timers()).toBe(0);
});

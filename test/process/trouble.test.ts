// The service as a process of its own in the trouble that a machine makes: it is paused, its clock jumps, its
// disk is full, it is asked to stop in the middle of the load. What is left is judged as after a kill.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { limits } from '../../src/config.ts';
import { ask, until } from '../e2e/client.ts';
import { makeFolder } from '../e2e/server.ts';
import { canMount, openSmallFileSystem } from './full-disk.ts';
import { openHistory } from './history.ts';
import { createShopper } from './shopper.ts';
import { stepClock } from './stepped-clock.ts';
import { judge } from './verdict.ts';
import { type Life, openWorld, type Surroundings } from './world.ts';

const day = 86_400_000;
const callTimeoutMs = 1000;

/** A folder, the doubles, and clients whose history is kept. `close` leaves nothing of it. */
const open = async (folder: string, surroundings: Surroundings) => {
  const world = await openWorld(folder, surroundings);
  const history = await openHistory(world.paths.history, systemClock.now);
  const shopper = createShopper({ untilUp: world.untilUp, history, seed: 'trouble', capture: 'at-once' });
  return {
    ...world,
    world,
    shopper,
    /** Places the orders of these numbers; resolves with their ids. */
    placeAll: (numbers: readonly number[]): Promise<string[]> =>
      Promise.all(
        numbers.map(async (number) => {
          const { status, orderId } = await shopper.askAgain(number);
          expect(status).toBe(201);
          return orderId ?? '';
        }),
      ),
    settleAll: (orderIds: readonly string[]) => Promise.all(orderIds.map(shopper.untilSettled)),
    close: async () => {
      await history.close();
      await world.close();
    },
  };
};
type Opened = Awaited<ReturnType<typeof open>>;

/** Clients who only buy, `count` of them from the given one on. */
const buyers = (first: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => 13 * (first + index));

const stop = async (life: Life): Promise<void> => {
  life.send('SIGTERM');
  expect(await life.ended).toEqual({ code: 0, signal: null });
  expect(life.output()).toContain('\nStopped.');
};

const setStock = async ({ url }: Life): Promise<void> => {
  const { status } = await ask(`${url}/products/product-1`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Widget', unitPrice: 5000, currency: 'USD', onHand: 1_000_000 }),
  });
  expect(status).toBe(200);
};

/** Places orders until one is refused; resolves with the ids of the others, and the number of this one. */
const placeUntilRefused = async ({ shopper }: Opened, first: number) => {
  const orderIds: string[] = [];
  for (let number = first; ; number += 1) {
    const [buyer = 0] = buyers(number, 1);
    const answer = await shopper.tryToPlace(buyer);
    if (answer?.status !== 201) return { orderIds, buyer, answer };
    orderIds.push(answer.orderId ?? '');
  }
};
const refused = { status: 503, problem: '/problems/store-unavailable', retryAfter: '5' };

describe('one service, in one trouble after the other,', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let shop: Opened;
  let life: Life;

  beforeAll(async () => {
    folder = await makeFolder();
    shop = await open(folder.path, {
      settings: { CALL_TIMEOUT_MS: String(callTimeoutMs), DRAIN_MS: '50' },
      gateway: { seed: 'trouble', delayMs: 150, cutRate: 0.2, webhookRate: 1 },
    });
    life = await shop.start();
    await setStock(life);
  });
  afterAll(async () => {
    await shop.close();
    await folder.remove();
  });

  test('paused for longer than a lease lasts lets nobody else in, and goes on where it was', async () => {
    const orderIds = await shop.placeAll(buyers(0, 5));
    await until(
      () => readFile(shop.paths.gatewayLedger, 'utf8'),
      (ledger) => ledger.includes('charged'),
    );
    life.send('SIGSTOP');
    const pausedAt = systemClock.now();
    const second = await shop.start();
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.output()).toContain('is in use by another Orderchart process');
    await until(
      async () => systemClock.now() - pausedAt,
      (ms) => ms > callTimeoutMs + limits.leaseMarginMs,
    );
    life.send('SIGCONT');
    expect(await shop.settleAll(orderIds)).toEqual(orderIds.map(() => 'completed'));
  }, 60_000);

  test('whose clock jumps a day ahead and back while orders wait delays some and loses none', async () => {
    const today = await shop.placeAll(buyers(1000, 6));
    stepClock(shop.paths.clockOffset, day);
    await shop.settleAll(today);
    const tomorrow = await shop.placeAll(buyers(1006, 6));
    stepClock(shop.paths.clockOffset, 0);
    await shop.settleAll(await shop.placeAll(buyers(1012, 6)));
    // What waits for a time of tomorrow goes on when it comes.
    stepClock(shop.paths.clockOffset, day);
    await shop.settleAll(tomorrow);
  }, 60_000);

  test('asked to stop in the middle of the load ends with 0, and the next start goes on', async () => {
    const placing = shop.placeAll(buyers(2000, 30));
    await until(
      () => shop.moving(String(life.url)),
      ({ length }) => length > 0,
    );
    await stop(life);
    life = await shop.start();
    await life.untilPrinted(/Recovered: [1-9]\d* calls resumed/);
    const states = await shop.settleAll(await placing);
    expect(new Set(states)).toEqual(new Set(['completed']));
  }, 60_000);

  test('has lost nothing, charged nobody twice and left nothing hanging after all of it', async () => {
    await until(shop.untoldFacts, (number) => number === 0);
    await until(
      () => shop.moving(String(life.url)),
      ({ length }) => length === 0,
    );
    await stop(life);
    // The bank's clock was right all the time.
    const { violations, orders } = await judge(shop.world, { clockToleranceMs: 2 * day });
    expect(violations).toEqual([]);
    expect(orders).toBeGreaterThan(40);
  }, 60_000);
});

// Where nothing can be mounted, the simulated disk of test/disk stands for it.
if (await canMount()) {
  test('on a full disk the service refuses new orders, loses nothing, and goes on once there is room', async () => {
    const folder = await makeFolder();
    const disk = await openSmallFileSystem(folder.path);
    const { through, storeFolder } = disk;
    const shop = await open(folder.path, { through, storeFolder, settings: { CALL_TIMEOUT_MS: '300' } });
    const life = await shop.start();
    await setStock(life);
    const { orderIds, buyer, answer } = await placeUntilRefused(shop, 0);
    expect(answer).toMatchObject(refused);
    const isReady = async () => (await ask(`${life.url}/readyz`)).status === 200;
    await until(isReady, (ready) => !ready);
    expect((await ask(`${life.url}/orders/${orderIds[0]}`)).status).toBe(200);
    await disk.widen();
    orderIds.push(...(await shop.placeAll([buyer])));
    expect(await isReady()).toBe(true);
    expect(new Set(await shop.settleAll(orderIds))).toEqual(new Set(['completed']));
    await stop(life);
    expect((await judge(shop.world, { store: await disk.rescue() })).violations).toEqual([]);
    await shop.close();
    await disk.close();
    await folder.remove();
  }, 60_000);
} else {
  console.log('trouble.test.ts: no file system can be mounted here: no real disk was filled');
}

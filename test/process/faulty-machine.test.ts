// The service as a process of its own on a machine with faults: it is paused, its clock jumps, its disk is full, it is
// asked to stop under load. What is left is audited as after a kill.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { limits } from '../../src/limits.ts';
import { ask, post, until } from '../e2e/client.ts';
import { makeFolder } from '../e2e/server.ts';
import { audit } from './audit.ts';
import { createClients } from './clients.ts';
import { type EnvironmentOptions, openEnvironment, type ServiceProcess } from './environment.ts';
import { canMount, openSmallFileSystem } from './full-disk.ts';
import { openHistory } from './history.ts';
import { stepClock } from './stepped-clock.ts';

const day = 86_400_000;
const callTimeoutMs = 1000;
/** A backstop for a service that hangs; on a busy machine everything takes many times as long. */
const patienceMs = 240_000;

/** An environment with clients whose history is kept. `close` ends all of it. */
const open = async (folder: string, options: EnvironmentOptions) => {
  const environment = await openEnvironment(folder, options);
  const { untilListening } = environment;
  const history = await openHistory(environment.paths.history, systemClock.now);
  const clients = createClients({ untilListening, history, seed: 'faults', capture: 'at-once' });
  return {
    ...environment,
    clients,
    /** Places the orders of these clients; resolves with their ids. */
    placeAll: (numbers: readonly number[]): Promise<string[]> =>
      Promise.all(
        numbers.map(async (number) => {
          const { status, orderId } = await clients.place(number);
          expect(status).toBe(201);
          return orderId ?? '';
        }),
      ),
    settleAll: (orderIds: readonly string[]) => Promise.all(orderIds.map(clients.untilSettled)),
    close: async () => {
      await history.close();
      await environment.close();
    },
  };
};
type Opened = Awaited<ReturnType<typeof open>>;

/** The numbers of `count` clients from the `first` on that place an order and do nothing else. */
const plainClients = (first: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => 13 * (first + index));

const stop = async (service: ServiceProcess): Promise<void> => {
  service.send('SIGTERM');
  expect(await service.ended).toEqual({ code: 0, signal: null });
  expect(service.output()).toContain('\nStopped.');
};

const fillStock = async ({ url }: ServiceProcess): Promise<void> => {
  const delivery = { by: 1_000_000, reason: 'delivery' };
  const { status } = await post(`${url}/products/product-1/adjustments`, delivery, 'delivery');
  expect(status).toBe(201);
};

/** Places orders until the disk is full; resolves with the ids of the accepted ones, and the client of the other. */
const placeUntilFull = async ({ clients }: Opened) => {
  const orderIds: string[] = [];
  for (let first = 0; ; ) {
    const [client = 0] = plainClients(first, 1);
    const answer = await clients.tryToPlace(client);
    if (answer?.problem === '/problems/store-unavailable') return { orderIds, client, answer };
    // No answer, or a busy service: the client tries again.
    if (answer?.status !== 201) continue;
    orderIds.push(answer.orderId ?? '');
    first += 1;
  }
};

describe('one service, with one fault after the other,', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let shop: Opened;
  let service: ServiceProcess;

  beforeAll(async () => {
    folder = await makeFolder();
    shop = await open(folder.path, {
      settings: { CALL_TIMEOUT_MS: String(callTimeoutMs), DRAIN_MS: '50' },
      gateway: { cutRate: 0.2, webhookRate: 1 },
    });
    service = await shop.startService();
    await fillStock(service);
  }, patienceMs);
  afterAll(async () => {
    await shop.close();
    await folder.remove();
  });

  /** Places orders that stay in progress while `act` runs, because the gateway does not answer meanwhile. */
  const placeDuring = async (numbers: readonly number[], act: () => Promise<void> | void) => {
    await shop.holdAnswers();
    const orderIds = await shop.placeAll(numbers);
    await act();
    await shop.releaseAnswers();
    return orderIds;
  };

  test(
    'paused for longer than a lease, it lets no other process in, and continues where it was',
    async () => {
      const orderIds = await placeDuring(plainClients(0, 5), async () => {
        service.send('SIGSTOP');
        const pausedAt = systemClock.now();
        const second = await shop.startService();
        expect(await second.ended).toEqual({ code: 1, signal: null });
        expect(second.output()).toContain('is in use by another Orderchart process');
        await until(
          async () => systemClock.now() - pausedAt,
          (ms) => ms > callTimeoutMs + limits.leaseMarginMs,
        );
      });
      service.send('SIGCONT');
      expect(await shop.settleAll(orderIds)).toEqual(orderIds.map(() => 'completed'));
    },
    patienceMs,
  );

  test(
    'when its clock jumps a day ahead and back, orders in progress may be late, and all are settled',
    async () => {
      const today = await placeDuring(plainClients(1000, 6), () => stepClock(shop.paths.clockOffset, day));
      await shop.settleAll(today);
      const tomorrow = await placeDuring(plainClients(1006, 6), () => stepClock(shop.paths.clockOffset, 0));
      await shop.settleAll(await shop.placeAll(plainClients(1012, 6)));
      // Deadlines that were set for tomorrow are due then.
      stepClock(shop.paths.clockOffset, day);
      await shop.settleAll(tomorrow);
    },
    patienceMs,
  );

  test(
    'asked to stop under load, it ends with 0, and the next start resumes its calls',
    async () => {
      await stop(service);
      // Calls must still be in progress when it stops, however long that takes.
      service = await shop.startService({ CALL_TIMEOUT_MS: '600000' });
      await shop.holdAnswers();
      const placing = shop.placeAll(plainClients(2000, 30));
      await until(
        () => shop.unsettledOrders(String(service.url)),
        ({ length }) => length > 0,
      );
      await stop(service);
      service = await shop.startService();
      await service.untilPrinted(/Recovered: [1-9]\d* calls resumed/);
      await shop.releaseAnswers();
      const states = await shop.settleAll(await placing);
      expect(new Set(states)).toEqual(new Set(['completed']));
    },
    patienceMs,
  );

  test(
    'after all of it, nothing is lost, nobody was charged twice and every order is settled',
    async () => {
      await until(shop.pendingWebhooks, (count) => count === 0);
      await until(
        () => shop.unsettledOrders(String(service.url)),
        ({ length }) => length === 0,
      );
      await stop(service);
      // The gateway's clock was right all the time.
      const { violations, orders } = await audit(shop, { clockToleranceMs: 2 * day });
      expect(violations).toEqual([]);
      expect(orders).toBeGreaterThan(40);
    },
    patienceMs,
  );
});

// If nothing can be mounted, the simulated disk of test/disk has to do.
if (await canMount()) {
  test(
    'on a full disk the service refuses new orders, loses nothing, and continues when there is room',
    async () => {
      const folder = await makeFolder();
      const disk = await openSmallFileSystem(folder.path);
      const { commandPrefix, storeFolder } = disk;
      const shop = await open(folder.path, { commandPrefix, storeFolder });
      const service = await shop.startService();
      await fillStock(service);
      const { orderIds, client, answer } = await placeUntilFull(shop);
      expect(answer).toMatchObject({ status: 503, retryAfter: '5' });
      const health = async () => (await ask(`${service.url}/readyz`)).body;
      const { reason } = await until(health, ({ ready }) => ready === false);
      expect(reason).toContain('the disk of the database is full');
      expect((await ask(`${service.url}/orders/${orderIds[0]}`)).status).toBe(200);
      await disk.grow();
      orderIds.push(...(await shop.placeAll([client])));
      await until(health, ({ ready }) => ready === true);
      expect(new Set(await shop.settleAll(orderIds))).toEqual(new Set(['completed']));
      await stop(service);
      expect((await audit(shop, { store: await disk.copyStore() })).violations).toEqual([]);
      await shop.close();
      await disk.close();
      await folder.remove();
    },
    patienceMs,
  );
} else {
  console.log('faulty-machine.test.ts: no file system can be mounted here; the full disk was not tested');
}

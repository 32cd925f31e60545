// A process's connection to the store: the store itself, far enough away that it can be out of reach, full, or
// take a commit whose answer gets lost. What was committed is told to the watch, whoever hears of it.
import type { CommitResult, OrderWork, OrderWrite, Store } from '../store.ts';
import type { Life } from './life.ts';
import type { SeededRandom } from './random.ts';
import type { Weather } from './scenario.ts';
import type { Timeline } from './timeline.ts';
import type { Watch } from './watch.ts';

export interface ConnectionParts {
  readonly timeline: Timeline;
  readonly chance: SeededRandom;
  readonly weather: Weather;
  readonly watch: Watch;
}

/** SQLITE_FULL, as the driver reports it. */
class DiskFull extends Error {
  readonly errcode = 13;
}

const mostCommitMs = 20;

export const connect = (store: Store, life: Life, parts: ConnectionParts): Store => {
  const { hear } = life;
  return {
    load: (orderIds) => hear(() => store.load(orderIds)),
    commit: (work, lease) => hear(() => commit(store, life, parts, work, lease)),
    claimCalls: (claim) => hear(() => store.claimCalls(claim)),
    returnCalls: (owner, callIds) => hear(() => store.returnCalls(owner, callIds)),
    returnAllCalls: () => hear(() => store.returnAllCalls()),
    dueOrders: (now, limit) => hear(() => store.dueOrders(now, limit)),
    nextWake: () => hear(() => store.nextWake()),
    markUnreadable: (orderId, reason) => hear(() => store.markUnreadable(orderId, reason)),
    clearUnreadable: () => hear(() => store.clearUnreadable()),
    list: (filter) => hear(() => store.list(filter)),
    received: (orderId, after, limit) => hear(() => store.received(orderId, after, limit)),
    events: (filter) => hear(() => store.events(filter)),
    lastPosition: () => hear(() => store.lastPosition()),
    idempotencyRecord: (scope, key) => hear(() => store.idempotencyRecord(scope, key)),
    updateIdempotencyAnswer: (...answer) => hear(() => store.updateIdempotencyAnswer(...answer)),
    figures: () => hear(() => store.figures()),
    products: (page) => hear(() => store.products(page)),
    product: (productId) => hear(() => store.product(productId)),
    putProduct: (...setting) => hear(() => store.putProduct(...setting)),
    seedProducts: (...products) => hear(() => store.seedProducts(...products)),
    check: () => hear(() => store.check()),
    close: async () => {},
  };
};

const commit = async (
  store: Store,
  life: Life,
  { timeline, chance, weather, watch }: ConnectionParts,
  work: readonly OrderWork[],
  lease: Parameters<Store['commit']>[1],
): Promise<readonly CommitResult[]> => {
  await timeline.wait(chance.between(0, mostCommitMs));
  // A process that died while its commit was on the way never sent it.
  if (!life.isAlive) return [];
  if (chance.happens(weather.storeAway)) throw new Error('the store is out of reach');
  const isFull = chance.happens(weather.storeFull);
  const writes: (OrderWrite | null)[] = [];
  const noted = work.map((each, index) => ({
    ...each,
    decide: async (context: Parameters<OrderWork['decide']>[0]) => {
      const write = await each.decide(context);
      writes[index] = write;
      if (!isFull || index < work.length - 1) return write;
      watch.noteFull(writes);
      throw new DiskFull('database or disk is full');
    },
  }));
  const results = await store.commit(noted, lease);
  await watch.noteCommit(life, work, writes, results);
  if (chance.happens(weather.commitUnanswered)) throw new Error('the connection broke during the commit');
  await timeline.wait(chance.between(0, mostCommitMs));
  return results;
};

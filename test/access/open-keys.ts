// Keys over a store in memory, on a clock that a test moves. What is written is seen, and the next write can be held up or
// fail. It asserts nothing.
import { openKeys } from '../../src/access/keys.ts';
import type { ApiKey, KeyStore, KeyWish } from '../../src/access.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createFakeClock } from '../fake-clock.ts';

export const hour = 3_600_000;

/** A store of keys that says what was written, and whose next write can be held up or fail. */
const createStore = () => {
  const inside = createMemoryStore();
  const writes: (readonly ApiKey[])[] = [];
  let before: () => Promise<void> = async () => {};
  let last: Promise<unknown> = Promise.resolve();
  const store: KeyStore = {
    apiKeys: inside.apiKeys,
    removeApiKeys: inside.removeApiKeys,
    writeApiKeys: (keys) => {
      writes.push(keys);
      const wait = before;
      before = async () => {};
      // As the stores do it: one write after the other.
      const write = async (): Promise<void> => {
        await wait();
        await inside.writeApiKeys(keys);
      };
      const written = last.then(write, write);
      last = written;
      return written;
    },
  };
  return {
    store,
    writes,
    holdNext: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      before = () => promise;
      return resolve;
    },
    failNext: (error: Error) => {
      before = () => Promise.reject(error);
    },
  };
};

export const open = async () => {
  const clock = createFakeClock();
  const kept = createStore();
  const errors: unknown[] = [];
  const openAgain = () => openKeys({ store: kept.store, clock, onError: (error) => errors.push(error) });
  return { ...kept, clock, errors, openAgain, keys: await openAgain() };
};

export const wish: KeyWish = {
  principal: 'checkout',
  scopes: ['orders:place'],
  owner: null,
  expiresAt: null,
  requestsPerMinute: null,
  refundsPerDay: null,
};

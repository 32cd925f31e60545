// The runner under the contract of hosts, over each store.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shop } from '../../src/shop/shop.ts';
import type { Store } from '../../src/store.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { hostContract } from '../contracts/host.ts';
import type { HostOptions, OpenedHost } from '../contracts/host-samples.ts';
import { openHost } from './harness.ts';

const open = async (
  store: Store,
  options: HostOptions = {},
  remove = async () => {},
): Promise<OpenedHost> => {
  const { host, clock } = await openHost({ ...options, store });
  return {
    host,
    clock,
    [Symbol.asyncDispose]: async () => {
      let isClosed = false;
      const closed = host.close().finally(() => {
        isClosed = true;
      });
      while (!isClosed) await clock.advance(1000);
      await closed;
      await store.close();
      await remove();
    },
  };
};

hostContract('the runner over the memory store', (options) => open(createMemoryStore(), options));

hostContract('the runner over the SQLite store', async (options) => {
  const folder = await mkdtemp(join(tmpdir(), 'orderchart-'));
  const store = createSqliteStore(openDatabase(join(folder, 'orders.db'), shop), shop.tables);
  return open(store, options, () => rm(folder, { recursive: true }));
});

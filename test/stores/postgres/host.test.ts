// The runner over the PostgreSQL store, under the contract of hosts.
import { createIds, systemClock } from '../../../src/clock.ts';
import { shop } from '../../../src/shop/shop.ts';
import { openPostgres } from '../../../src/stores/postgres/open.ts';
import { createPostgresStore } from '../../../src/stores/postgres/postgres.ts';
import { hostContract } from '../../contracts/host.ts';
import { openHost } from '../../hosts/harness.ts';
import { useDatabase } from '../../support/postgres/use-database.ts';

const database = useDatabase();
const { postgres } = shop.tables ?? {};

hostContract('the runner over the PostgreSQL store', async (options) => {
  const parts = { clock: systemClock, ids: createIds(systemClock) };
  const opened = await openPostgres(database.url(), { name: 'shop', tables: postgres }, parts);
  const store = createPostgresStore(opened, postgres);
  const { host, clock } = await openHost({ ...options, store });
  return {
    host,
    clock,
    isRemote: true,
    [Symbol.asyncDispose]: async () => {
      let isClosed = false;
      const closed = host.close().finally(() => {
        isClosed = true;
      });
      while (!isClosed) await clock.advance(1000);
      await closed;
      await store.close();
    },
  };
});

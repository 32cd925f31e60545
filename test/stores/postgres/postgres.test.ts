// The PostgreSQL store under the contracts of stores and of stock.
import { createIds, systemClock } from '../../../src/clock.ts';
import { shop } from '../../../src/shop/shop.ts';
import { openPostgres } from '../../../src/stores/postgres/open.ts';
import { createPostgresStore } from '../../../src/stores/postgres/postgres.ts';
import { stockContract } from '../../contracts/stock.ts';
import { storeContract } from '../../contracts/store.ts';
import { useDatabase } from '../../support/postgres/use-database.ts';

const database = useDatabase();
const parts = { clock: systemClock, ids: createIds(systemClock) };
const { postgres } = shop.tables ?? {};
const openContract = async () => {
  const opened = await openPostgres(database.url(), { name: 'shop', tables: postgres }, parts);
  const store = createPostgresStore(opened, postgres);
  return { store, close: () => store.close() };
};
storeContract('the PostgreSQL store', openContract);
stockContract('the PostgreSQL store', openContract);

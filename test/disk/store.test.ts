// The SQLite store on a simulated disk keeps the same contract as on a real one: what is shown there of power
// cuts and failing disks is shown of the product's own code.
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { storeContract } from '../contracts/store.ts';
import { createDisk } from './disk.ts';
import { openOn } from './disk-connection.ts';

storeContract('the SQLite store on a simulated disk', async () => {
  const store = createSqliteStore(openOn(createDisk(1)));
  return { store, close: () => store.close() };
});

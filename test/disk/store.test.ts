// The SQLite store on a simulated disk keeps the contracts of batches and of reads, as on a real disk: so what these tests
// show about power cuts and failing disks is true of the product's own code.
import { afterEach, beforeEach, describe } from 'vitest';
import { shop } from '../../src/shop/shop.ts';
import type { Store } from '../../src/store.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { describeBatches } from '../contracts/store-batch.ts';
import { describeReads } from '../contracts/store-reads.ts';
import { createDisk } from './disk.ts';
import { openOn } from './disk-connection.ts';

describe('the SQLite store on a simulated disk', () => {
  let store: Store;
  beforeEach(() => {
    store = createSqliteStore(openOn(createDisk(1)), shop.tables);
  });
  afterEach(() => store.close());

  describeBatches(() => store);
  describeReads(() => store);
});

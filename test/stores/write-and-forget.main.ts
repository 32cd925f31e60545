// Writes one order to the store at the given path, and closes nothing.
import { shop } from '../../src/shop/shop.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { place } from '../contracts/store-samples.ts';

await place(createSqliteStore(openDatabase(process.argv[2] ?? '', shop), shop.tables), 'a');

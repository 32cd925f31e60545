// Opens the store at the given path, writes some orders, says `ready` and stays until it is killed. For
// tests of what another process finds while this one lives, and after it was killed. Needs `--expose-gc`.
import { setImmediate } from 'node:timers/promises';
import { shop } from '../../src/shop/shop.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { place, toEvent } from '../contracts/store-samples.ts';

const fill = async (path: string): Promise<void> => {
  const store = createSqliteStore(openDatabase(path, shop), shop.tables);
  for (let index = 0; index < 50; index += 1) await place(store, `order-${index}`, { events: [toEvent(1)] });
};

await fill(process.argv[2] ?? '');
// Nothing refers to the store any more; a connection that is collected is closed, and its lock goes with it.
if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
globalThis.gc();
await setImmediate();
globalThis.gc();
console.log('ready');
process.stdin.resume();

// Writes orders to the store at the given path until writing fails, then says how it failed, as JSON. Run
// under a limit of the file size, which the operating system reports as an I/O error.

import { shop } from '../../src/shop/shop.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { place } from '../contracts/store-samples.ts';

const store = createSqliteStore(openDatabase(process.argv[2] ?? '', shop), shop.tables);
const toMessage = (error: unknown) => (error instanceof Error ? error.message : String(error));
const system = 'x'.repeat(20_000);
let written = 0;
const write = async (): Promise<string> => {
  for (;;) {
    try {
      await place(store, `order-${written}`, { system });
      written += 1;
    } catch (error) {
      return toMessage(error);
    }
  }
};
const first = await write();
const second = await write();
const check = await store.check().then(() => 'can write', toMessage);
const readable = (await store.list({ limit: 100_000 })).length;
await store.close();
console.log(JSON.stringify({ first, second, check, written, readable }));

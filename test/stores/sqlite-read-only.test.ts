// A file that was cut off in a change without a log, as in the first start on a restored backup, is read as it was before that
// change, and is not changed by it.
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createExamine } from '../../src/doctor/examine.ts';
import { shop } from '../../src/shop/shop.ts';
import { openAuditSource } from '../../src/stores/sqlite-audit-source.ts';
import { copyStore } from '../../src/stores/sqlite-backup.ts';
import { copyOlderDatabase } from '../../src/stores/sqlite-copy.ts';
import { openReadOnly } from '../../src/stores/sqlite-read-only.ts';
import { openStoreReader } from '../../src/stores/sqlite-reader.ts';
import { openHost, place, settle, shut } from '../hosts/harness.ts';
import { createFolder, removeFolder, useFile } from './sqlite-file.ts';

const file = useFile();
let temporary: string;
const before = process.env['TMPDIR'];
beforeEach(() => {
  temporary = createFolder();
});
afterEach(() => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  removeFolder(temporary);
});

/** A store with an order, cut off in a change that is half in the file. From here on temporary files are in `temporary`. */
const cutOff = async (): Promise<{ readonly path: string; readonly orderId: string }> => {
  const orderId = await file.withStore(async (store) => {
    const open = await openHost({ store });
    const { id } = await place(open);
    await settle(open, id);
    await shut(open);
    return id;
  });
  const connection = new DatabaseSync(file.path());
  connection.exec('PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN');
  connection.exec("UPDATE orders SET state = 'half'; UPDATE products SET held = 1");
  const path = join(file.folder(), 'cut.db');
  for (const part of ['', '-journal']) copyFileSync(`${file.path()}${part}`, `${path}${part}`);
  connection.close();
  process.env['TMPDIR'] = temporary;
  return { path, orderId };
};

const bytesOf = (path: string) => ['', '-journal'].map((part) => readFileSync(`${path}${part}`));

it('the doctor finds nothing wrong with it, changes nothing of it, and leaves no copy behind', async () => {
  const { path } = await cutOff();
  const bytes = bytesOf(path);
  const source = openAuditSource(path, shop, Date.UTC(2030, 0, 1));
  const { orders, violations } = await createExamine(shop)(source);
  await source.close();
  expect({ orders, violations }).toEqual({ orders: 1, violations: 0 });
  expect(bytesOf(path)).toEqual(bytes);
  expect(readdirSync(temporary)).toEqual([]);
});

it('it can be copied, and its orders can be read beside it', async () => {
  const { path, orderId } = await cutOff();
  const copy = join(file.folder(), 'copy.db');
  await copyStore(path, copy, () => undefined);
  const copied = openAuditSource(copy, shop, Date.UTC(2030, 0, 1));
  expect(await copied.orderCount()).toBe(1);
  await copied.close();
  const reader = openStoreReader(path, shop);
  expect((await reader.load([orderId])).get(orderId)).toMatchObject({ summary: { state: 'completed' } });
  await reader.close();
  expect(copyOlderDatabase(path, shop)).toBeUndefined();
  expect(readdirSync(temporary)).toEqual([]);
});

it('without a place for a copy, whoever reads it gets to know why, and what helps', async () => {
  const { path } = await cutOff();
  process.env['TMPDIR'] = join(temporary, 'none');
  expect(() => openReadOnly(path, 0)).toThrow('was cut off in a change');
});

it('a file whose creation was cut off before it had the tables of an application says so', async () => {
  await file.withStore(async () => undefined);
  const connection = new DatabaseSync(file.path());
  connection.exec('DELETE FROM applications');
  connection.close();
  expect(() => openAuditSource(file.path(), shop, 0)).toThrow(
    'it was cut off while it was created; start the service on it first',
  );
});

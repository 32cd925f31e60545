// The thread that writes: what it stores, how its errors arrive, and what happens when it ends.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { shop } from '../../src/shop/shop.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { createThreadWriter, type Writer } from '../../src/stores/sqlite-writer.ts';
import { noon, noRows, place, toCall, toWrite, write } from '../contracts/store-samples.ts';
import { launch } from '../e2e/server.ts';
import { useFile } from './sqlite-file.ts';

const files = useFile();
const { query } = files;

describe('a writer', () => {
  let writer: Writer;
  beforeEach(() => {
    const connection = new DatabaseSync(files.path());
    connection.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL)');
    connection.close();
    writer = createThreadWriter(files.path());
  });
  afterEach(() => writer.close());
  const insert = 'INSERT INTO t VALUES (?, ?)';

  test('batches are stored in the order in which they were given', async () => {
    await Promise.all([
      writer.write([[insert, 1, 'first']]),
      writer.write([['UPDATE t SET b = ? WHERE a = ?', 'second', 1]]),
      writer.write([['UPDATE t SET b = ? WHERE b = ?', 'third', 'second']]),
    ]);
    expect(query('SELECT * FROM t')).toEqual([{ a: 1, b: 'third' }]);
  });

  test('a batch that SQLite refuses is stored not at all, with its code, and the next one is stored', async () => {
    const refused = writer.write([
      [insert, 1, 'one'],
      [insert, 1, 'again'],
    ]);
    await expect(refused).rejects.toMatchObject({
      errcode: 1555,
      message: expect.stringContaining('UNIQUE'),
    });
    await writer.write([[insert, 2, 'two']]);
    expect(query('SELECT * FROM t')).toEqual([{ a: 2, b: 'two' }]);
  });

  test('a value that no thread can be given is refused at once', async () => {
    const refused = writer.write([[insert, 1, (() => {}) as never]]);
    await expect(refused).rejects.toMatchObject({ name: 'DataCloneError' });
    await writer.write([[insert, 1, 'one']]);
    expect(query('SELECT * FROM t')).toEqual([{ a: 1, b: 'one' }]);
  });

  test('what was given before it is closed is stored; afterwards nothing is', async () => {
    const last = writer.write([[insert, 1, 'one']]);
    await writer.close();
    await last;
    expect(query('SELECT * FROM t')).toHaveLength(1);
    await expect(writer.write([[insert, 2, 'two']])).rejects.toThrow('thread');
  });

  test('a file that cannot be opened fails every batch, and closing still works', async () => {
    const nowhere = createThreadWriter('/proc/none/orders.db');
    await expect(nowhere.write([[insert, 1, 'one']])).rejects.toThrow('thread');
    await expect(nowhere.write([[insert, 1, 'one']])).rejects.toThrow('thread');
    await nowhere.close();
  });
});

test('values that cannot be stored refuse their batch alone', async () => {
  const store = createSqliteStore(openDatabase(files.path(), shop), shop.tables);
  const twice = toWrite('a', 0, { calls: [toCall('a', 'c'), toCall('a', 'c')] });
  await expect(write(store, [twice], { rows: noRows })).rejects.toMatchObject({ name: 'RefusedWrite' });
  await place(store, 'b');
  expect([...(await store.load(['a', 'b'])).keys()]).toEqual(['b']);
  await store.close();
});

test('when the thread is gone, nothing more is written until the file is opened again', async () => {
  const database = openDatabase(files.path(), shop);
  const store = createSqliteStore(database, shop.tables);
  await place(store, 'a');
  await database.batches.close();
  for (const orderId of ['b', 'c']) {
    await expect(place(store, orderId)).rejects.not.toMatchObject({ name: 'RefusedWrite' });
  }
  await expect(store.check()).rejects.toThrow('until it is opened again');
  await store.close();
  const again = createSqliteStore(openDatabase(files.path(), shop), shop.tables);
  expect([...(await again.load(['a', 'b'])).keys()]).toEqual(['a']);
  await place(again, 'b');
  await again.close();
});

test('a file whose log was restarted by the thread and by the host is opened after a crash', async () => {
  const database = openDatabase(files.path(), shop);
  const store = createSqliteStore(database, shop.tables);
  const foldIn = () => database.writer.exec('PRAGMA wal_checkpoint(FULL)');
  await place(store, 'a');
  foldIn();
  await place(store, 'b');
  foldIn();
  await store.addNote({ orderId: 'a', kind: 'note', text: 'later', principal: undefined, at: noon });
  await place(store, 'c');
  // What a crash leaves.
  const crashed = join(files.folder(), 'crashed.db');
  for (const ending of ['', '-wal', '.lock']) copyFileSync(files.path() + ending, crashed + ending);
  await store.close();
  const again = createSqliteStore(openDatabase(crashed, shop), shop.tables);
  expect([...(await again.load(['a', 'b', 'c'])).keys()]).toEqual(['a', 'b', 'c']);
  await again.close();
});

/** A file as a kill leaves it when its log has been begun anew, with the header of the log as `toHeader` makes it of the new one. */
const killAtRestart = async (toHeader: (header: Buffer) => Buffer): Promise<string> => {
  const database = openDatabase(files.path(), shop);
  const store = createSqliteStore(database, shop.tables);
  await place(store, 'a');
  database.writer.exec('PRAGMA wal_checkpoint(FULL)');
  const crashed = join(files.folder(), 'crashed.db');
  for (const ending of ['', '.lock']) copyFileSync(files.path() + ending, crashed + ending);
  const before = readFileSync(`${files.path()}-wal`);
  await place(store, 'b');
  const header = readFileSync(`${files.path()}-wal`).subarray(0, 32);
  writeFileSync(`${crashed}-wal`, Buffer.concat([toHeader(header), before.subarray(32)]));
  await store.close();
  return crashed;
};

test('a file whose process was killed between the header of a log that was begun anew and its first commit is opened', async () => {
  const crashed = await killAtRestart((header) => header);
  const again = createSqliteStore(openDatabase(crashed, shop), shop.tables);
  expect([...(await again.load(['a', 'b'])).keys()]).toEqual(['a']);
  await place(again, 'c');
  await again.close();
});

test('a file with the header of a log that is not its own counts as copied without its log', async () => {
  const crashed = await killAtRestart((header) => {
    const foreign = Buffer.from(header);
    foreign.writeUInt32BE((header.readUInt32BE(16) + 0x4000_0000) >>> 0, 16);
    return foreign;
  });
  expect(() => openDatabase(crashed, shop)).toThrow('without its write-ahead log');
});

test('a program that has written and forgets to close ends by itself', async () => {
  const main = fileURLToPath(new URL('write-and-forget.main.ts', import.meta.url));
  const program = launch([process.execPath, main, files.path()], files.folder(), {});
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(query('SELECT order_id FROM orders')).toEqual([{ order_id: 'a' }]);
});

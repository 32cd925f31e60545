// The SQLite store under the contract of stores, and what is special to it: one process per file, what is
// left after a kill, what the file itself refuses, and what happens when the disk does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createCatalogue } from '../../src/shop/catalogue.ts';
import { shop } from '../../src/shop/shop.ts';
import type { Store } from '../../src/store.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { applicationId, openDatabase, requireSqlite } from '../../src/stores/sqlite-open.ts';
import { stockContract } from '../contracts/stock.ts';
import { commit, reserve, toSetting } from '../contracts/stock-samples.ts';
import { storeContract } from '../contracts/store.ts';
import { lease, noon, place, toCall, toEvent } from '../contracts/store-samples.ts';
import { createFolder, removeFolder, useFile } from './sqlite-file.ts';

const toScript = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const openContract = async () => {
  const folder = createFolder();
  const store = createSqliteStore(openDatabase(join(folder, 'orders.db'), shop), shop.tables);
  return {
    store,
    close: async () => {
      await store.close();
      removeFolder(folder);
    },
  };
};
storeContract('the SQLite store', openContract);
stockContract('the SQLite store', openContract);

const files = useFile();
const { query, withStore } = files;

describe('opening a file', () => {
  it('a missing folder is created', () => {
    const path = join(files.folder(), 'a', 'b', 'orders.db');
    openDatabase(path, shop).close();
    expect(existsSync(path)).toBe(true);
  });
  it('every commit reaches the disk: WAL with synchronous=FULL', () => {
    const database = openDatabase(files.path(), shop);
    const read = (name: string) => Object.values(database.writer.prepare(`PRAGMA ${name}`).get() ?? {});
    const names = ['journal_mode', 'synchronous', 'foreign_keys', 'recursive_triggers'];
    expect(names.flatMap(read)).toEqual(['wal', 2, 1, 1]);
    expect(() => database.reader.exec('CREATE TABLE t (a)')).toThrow('readonly');
    // The log of a burst goes back to a size that is opened quickly, and copies of pages are written to no file.
    expect(['journal_size_limit', 'wal_autocheckpoint', 'temp_store'].flatMap(read)).toEqual([
      64 * 1024 * 1024,
      4096,
      2,
    ]);
    database.close();
    expect(query('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
  });
  it('an empty file gets the newest schema, and opening it again changes nothing', () => {
    writeFileSync(files.path(), '');
    openDatabase(files.path(), shop).close();
    const schema = query('SELECT * FROM sqlite_schema');
    openDatabase(files.path(), shop).close();
    expect(query('SELECT * FROM sqlite_schema')).toEqual(schema);
    expect(query('PRAGMA user_version')).toEqual([{ user_version: 12 }]);
  });
  it('a file that was left between its first settings and its first migration is taken up', () => {
    const connection = new DatabaseSync(files.path());
    connection.exec(`PRAGMA application_id = ${applicationId}; PRAGMA journal_mode = WAL`);
    connection.close();
    openDatabase(files.path(), shop).close();
    expect(query('PRAGMA user_version')).toEqual([{ user_version: 12 }]);
  });
  it('a file of the first schema is taken over with all of its history', async () => {
    const connection = new DatabaseSync(files.path());
    const folderOfMigrations = new URL('../../src/stores/migrations/', import.meta.url);
    connection.exec(readFileSync(new URL('0001-orders-journal-calls.sql', folderOfMigrations), 'utf8'));
    connection.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1`);
    connection.exec(`
      INSERT INTO orders VALUES ('o[1]', 3, 2, 'c', 'created', 0, 0, '1', 1, 1, NULL, NULL, '{}');
      INSERT INTO received VALUES
        ('o[1]', 2, 'o[1]/calls/1.1/reply', 'inventory', 'warehouse.checked', '{}', 'm', 'm', 'applied', NULL, 1),
        ('o[1]', 1, 'm', 'order', 'order.place', '{"a":1}', NULL, 'm', 'applied', NULL, 1),
        ('o[1]', 3, '~odd', 'order', 'order.cancel', '{}', NULL, 'm', 'ignored', 'late', 2);
      INSERT INTO events (order_id, seq, event_id, actor, type, schema_version, data, causation_id, correlation_id, at)
        VALUES ('o[1]', 1, 'o[1]/events/1', 'order', 'order.created', 1, '{}', 'm', 'm', 1),
          ('o[1]', 2, '~/odd', 'order', 'order.validated', 1, '{}', 'o[1]/calls/1.1/reply', 'm', 1);`);
    connection.close();
    await withStore(async (store) => {
      expect((await store.load(['o[1]'])).get('o[1]')?.system).toBe('{}');
      const received = await store.received('o[1]', 0, 10);
      expect(received.map(({ messageId, causationId }) => [messageId, causationId])).toEqual([
        ['m', null],
        ['o[1]/calls/1.1/reply', 'm'],
        ['~odd', null],
      ]);
      expect(received[2]).toMatchObject({
        disposition: 'ignored',
        reason: 'late',
        at: 2,
        correlationId: 'm',
      });
      const events = await store.events({ after: 0, limit: 10 });
      expect(events.map(({ eventId, causationId }) => [eventId, causationId])).toEqual([
        ['o[1]/events/1', 'm'],
        ['~/odd', 'o[1]/calls/1.1/reply'],
      ]);
    });
    const changed = new DatabaseSync(files.path());
    expect(() => changed.exec('DELETE FROM history')).toThrow('append-only');
    expect(() => changed.exec('UPDATE history SET last_seq = 9')).toThrow('append-only');
    changed.close();
  });
  it('a file of a newer schema is refused, unchanged, and let go', () => {
    openDatabase(files.path(), shop).close();
    const connection = new DatabaseSync(files.path());
    connection.exec('PRAGMA user_version = 99');
    const refusal = { code: 'store-unsupported', message: expect.stringContaining('newer Orderchart') };
    expect(() => openDatabase(files.path(), shop)).toThrow(expect.objectContaining(refusal));
    expect(query('PRAGMA user_version')).toEqual([{ user_version: 99 }]);
    connection.exec('PRAGMA user_version = 12');
    connection.close();
    openDatabase(files.path(), shop).close();
  });
  it("another program's database is refused, unchanged", () => {
    const connection = new DatabaseSync(files.path());
    connection.exec('CREATE TABLE theirs (a)');
    connection.close();
    const refusal = { code: 'store-unsupported', message: expect.stringContaining('another program') };
    expect(() => openDatabase(files.path(), shop)).toThrow(expect.objectContaining(refusal));
    expect(query('PRAGMA journal_mode')).toEqual([{ journal_mode: 'delete' }]);
    expect(query('SELECT name FROM sqlite_schema')).toEqual([{ name: 'theirs' }]);
  });
  it('what is no database is refused with the name of the file', () => {
    const refusal = { code: 'store-unsupported', message: expect.stringContaining(files.path()) };
    writeFileSync(
      files.path(),
      'This is a letter, and a long one, to whoever opens it as a database.'.repeat(20),
    );
    expect(() => openDatabase(files.path(), shop)).toThrow(expect.objectContaining(refusal));
    rmSync(files.path());
    mkdirSync(files.path());
    expect(() => openDatabase(files.path(), shop)).toThrow(expect.objectContaining(refusal));
  });
  it('SQLite below 3.51.3 is refused', () => {
    for (const old of ['3.51.2', '3.9.9', '2.99.99']) {
      expect(() => requireSqlite(old)).toThrow(expect.objectContaining({ code: 'store-unsupported' }));
    }
    for (const good of ['3.51.3', '3.52.0', '3.100.0', '4.0.0'])
      expect(() => requireSqlite(good)).not.toThrow();
  });
});

describe('one process per file', () => {
  const inUse = () => ({
    code: 'store-in-use',
    message: expect.stringMatching(/orders\.db is in use .* Stop that process first/),
  });

  it('a second open in the same process is refused, and the first one goes on', async () => {
    await withStore(async (store) => {
      expect(() => openDatabase(files.path(), shop)).toThrow(expect.objectContaining(inUse()));
      symlinkSync(files.path(), join(files.folder(), 'link.db'));
      expect(() => openDatabase(join(files.folder(), 'link.db'), shop)).toThrow(
        expect.objectContaining(inUse()),
      );
      await place(store, 'a');
    });
    openDatabase(files.path(), shop).close();
  });
  it('a second process is refused until the first is killed, and then finds all that was committed', async () => {
    const holder = spawn(process.execPath, ['--expose-gc', toScript('./hold-file.main.ts'), files.path()]);
    const ended = once(holder, 'exit');
    await once(holder.stdout, 'data');
    expect(() => openDatabase(files.path(), shop)).toThrow(expect.objectContaining(inUse()));
    expect(query('SELECT count(*) AS orders FROM orders')).toEqual([{ orders: 50 }]);
    holder.kill('SIGKILL');
    await ended;
    await withStore(async (store) => {
      expect(await store.list({ limit: 100 })).toHaveLength(50);
      expect(await store.lastPosition()).toBe(50);
      await place(store, 'another');
    });
    expect(query('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  });
  it('opening the file again finds everything as it was', async () => {
    const calls = [toCall('a', 'c1')];
    const look = async (store: Store) => ({
      orders: await store.list({ limit: 10 }),
      received: await store.received('a', 0, 10),
      events: await store.events({ after: 0, limit: 10 }),
      products: await createCatalogue(store).products({ limit: 10 }),
      figures: await store.figures(),
      wake: await store.nextWake(['1']),
    });
    const before = await withStore(async (store) => {
      await createCatalogue(store).addProduct('anvil', toSetting(), noon);
      await place(store, 'a', { calls, events: [toEvent(1)], wakeAt: noon });
      await place(store, 'b');
      await store.markUnreadable('b', 'why');
      const shares = [{ productId: 'anvil', quantity: 2 }];
      await reserve({ store }, 'c', shares);
      return look(store);
    });
    expect(existsSync(`${files.path()}-wal`)).toBe(false);
    await withStore(async (store) => {
      expect(await look(store)).toEqual(before);
      expect(
        await store.claimCalls({ owner: 'x', now: lease.until - 1, until: 0, limit: 9, versions: ['1'] }),
      ).toEqual([]);
      expect(
        await store.claimCalls({ owner: 'x', now: lease.until, until: 0, limit: 9, versions: ['1'] }),
      ).toEqual(calls);
      expect(await commit({ store }, 'c')).toBe('committed');
    });
  });
});

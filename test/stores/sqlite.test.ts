// The SQLite store under the contract of stores, and what is special to it: one process per file, what is
// left after a kill, what the file itself refuses, and what happens when the disk does.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { type OpenDatabase, openDatabase, requireSqlite } from '../../src/stores/sqlite-open.ts';
import { applicationId } from '../../src/stores/sqlite-storage.ts';
import { storeContract } from '../contracts/store.ts';
import {
  commitAll,
  inStock,
  lease,
  noon,
  place,
  toActing,
  toCall,
  toCounts,
  toEvent,
  toSetting,
  toWork,
} from '../contracts/store-samples.ts';

const createFolder = () => mkdtempSync(join(tmpdir(), 'orderchart-'));
const removeFolder = (folder: string) => rmSync(folder, { recursive: true });
const toScript = (name: string) => fileURLToPath(new URL(name, import.meta.url));

storeContract('the SQLite store', async () => {
  const folder = createFolder();
  const store = createSqliteStore(openDatabase(join(folder, 'orders.db')));
  return {
    store,
    close: async () => {
      await store.close();
      removeFolder(folder);
    },
  };
});

let folder: string;
let path: string;
beforeEach(() => {
  folder = createFolder();
  path = join(folder, 'orders.db');
});
afterEach(() => removeFolder(folder));

/** The file as another program reads it. */
const query = (sql: string): unknown[] => {
  const connection = new DatabaseSync(path, { readOnly: true });
  try {
    return connection
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    connection.close();
  }
};
const withStore = async <T>(use: (store: Store, database: OpenDatabase) => Promise<T>): Promise<T> => {
  const database = openDatabase(path);
  const store = createSqliteStore(database);
  try {
    return await use(store, database);
  } finally {
    await store.close();
  }
};

describe('opening a file', () => {
  it('a missing folder is created', () => {
    path = join(folder, 'a', 'b', 'orders.db');
    openDatabase(path).close();
    expect(existsSync(path)).toBe(true);
  });
  it('every commit reaches the disk: WAL with synchronous=FULL', () => {
    const database = openDatabase(path);
    const read = (name: string) => Object.values(database.writer.prepare(`PRAGMA ${name}`).get() ?? {});
    const names = ['journal_mode', 'synchronous', 'foreign_keys', 'recursive_triggers'];
    expect(names.flatMap(read)).toEqual(['wal', 2, 1, 1]);
    expect(() => database.reader.exec('CREATE TABLE t (a)')).toThrow('readonly');
    // The log of a burst goes back to a size that is opened quickly, and savepoints write to no file.
    expect(['journal_size_limit', 'wal_autocheckpoint', 'temp_store'].flatMap(read)).toEqual([
      64 * 1024 * 1024,
      4096,
      2,
    ]);
    database.close();
    expect(query('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
  });
  it('an empty file gets the newest schema, and opening it again changes nothing', () => {
    writeFileSync(path, '');
    openDatabase(path).close();
    const schema = query('SELECT * FROM sqlite_schema');
    openDatabase(path).close();
    expect(query('SELECT * FROM sqlite_schema')).toEqual(schema);
    expect(query('PRAGMA user_version')).toEqual([{ user_version: 3 }]);
  });
  it('a file that was left between its first settings and its first migration is taken up', () => {
    const connection = new DatabaseSync(path);
    connection.exec('PRAGMA journal_mode = WAL');
    connection.close();
    openDatabase(path).close();
    expect(query('PRAGMA user_version')).toEqual([{ user_version: 3 }]);
  });
  it('a file of the first schema is taken over with all of its history', async () => {
    const connection = new DatabaseSync(path);
    const folderOfMigrations = new URL('../../src/stores/migrations/', import.meta.url);
    connection.exec(readFileSync(new URL('0001-orders-journal-calls-stock.sql', folderOfMigrations), 'utf8'));
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
    const changed = new DatabaseSync(path);
    expect(() => changed.exec('DELETE FROM received')).toThrow('append-only');
    expect(() => changed.exec('UPDATE events SET seq = 9')).toThrow('append-only');
    changed.close();
  });
  it('a file of a newer schema is refused, unchanged, and let go', () => {
    openDatabase(path).close();
    const connection = new DatabaseSync(path);
    connection.exec('PRAGMA user_version = 99');
    const refusal = { code: 'store-unsupported', message: expect.stringContaining('newer Orderchart') };
    expect(() => openDatabase(path)).toThrow(expect.objectContaining(refusal));
    expect(query('PRAGMA user_version')).toEqual([{ user_version: 99 }]);
    connection.exec('PRAGMA user_version = 3');
    connection.close();
    openDatabase(path).close();
  });
  it("another program's database is refused, unchanged", () => {
    const connection = new DatabaseSync(path);
    connection.exec('CREATE TABLE theirs (a)');
    connection.close();
    const refusal = { code: 'store-unsupported', message: expect.stringContaining('another program') };
    expect(() => openDatabase(path)).toThrow(expect.objectContaining(refusal));
    expect(query('PRAGMA journal_mode')).toEqual([{ journal_mode: 'delete' }]);
    expect(query('SELECT name FROM sqlite_schema')).toEqual([{ name: 'theirs' }]);
  });
  it('what is no database is refused with the name of the file', () => {
    const refusal = { code: 'store-unsupported', message: expect.stringContaining(path) };
    writeFileSync(path, 'This is a letter, and a long one, to whoever opens it as a database.'.repeat(20));
    expect(() => openDatabase(path)).toThrow(expect.objectContaining(refusal));
    rmSync(path);
    mkdirSync(path);
    expect(() => openDatabase(path)).toThrow(expect.objectContaining(refusal));
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
      expect(() => openDatabase(path)).toThrow(expect.objectContaining(inUse()));
      symlinkSync(path, join(folder, 'link.db'));
      expect(() => openDatabase(join(folder, 'link.db'))).toThrow(expect.objectContaining(inUse()));
      await place(store, 'a');
    });
    openDatabase(path).close();
  });
  it('a second process is refused until the first is killed, and then finds all that was committed', async () => {
    const holder = spawn(process.execPath, ['--expose-gc', toScript('./hold-file.main.ts'), path]);
    const ended = once(holder, 'exit');
    await once(holder.stdout, 'data');
    expect(() => openDatabase(path)).toThrow(expect.objectContaining(inUse()));
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
      products: await store.products({ limit: 10 }),
      figures: await store.figures(),
      wake: await store.nextWake(),
    });
    const before = await withStore(async (store) => {
      await store.putProduct('anvil', toSetting(), noon);
      await place(store, 'a', { calls, events: [toEvent(1)], wakeAt: noon });
      await place(store, 'b');
      await store.markUnreadable('b', 'why');
      const shares = [{ productId: 'anvil', quantity: 2 }];
      await inStock(store, 'c', ({ stock }) => stock.hold('c', shares, noon, noon));
      return look(store);
    });
    expect(existsSync(`${path}-wal`)).toBe(false);
    await withStore(async (store) => {
      expect(await look(store)).toEqual(before);
      expect(await store.claimCalls({ owner: 'x', now: lease.until - 1, until: 0, limit: 9 })).toEqual([]);
      expect(await store.claimCalls({ owner: 'x', now: lease.until, until: 0, limit: 9 })).toEqual(calls);
      expect(await inStock(store, 'c', ({ stock }) => stock.sell('c', noon))).toBe('sold');
    });
  });
});

describe('what the file itself refuses', () => {
  const fill = async (store: Store) => {
    await store.putProduct('anvil', toSetting(), noon);
    await place(store, 'a', { events: [toEvent(1)] });
    const shares = [{ productId: 'anvil', quantity: 2 }];
    await inStock(store, 'b', ({ stock }) => stock.hold('b', shares, noon, noon));
  };

  it('history is append-only', async () => {
    await withStore(async (store, { writer }) => {
      await fill(store);
      for (const table of ['received', 'events', 'stock_ledger']) {
        expect(() => writer.exec(`UPDATE ${table} SET at = 0`)).toThrow('append-only');
        expect(() => writer.exec(`DELETE FROM ${table}`)).toThrow('append-only');
        expect(() => writer.exec(`INSERT OR REPLACE INTO ${table} SELECT * FROM ${table}`)).toThrow();
      }
    });
  });
  it('stock can not be promised twice or sold below nothing', async () => {
    await withStore(async (store, { writer }) => {
      await fill(store);
      for (const change of ['held = 11', 'held = -1', 'on_hand = 1', 'sold = -1', 'unit_price = -1']) {
        expect(() => writer.exec(`UPDATE products SET ${change}`)).toThrow('CHECK');
      }
      await inStock(store, 'b', ({ stock }) => stock.release('b', noon));
      expect(() => writer.exec("UPDATE reservations SET status = 'sold'")).toThrow('ends once');
    });
  });
  it('every change of stock is in the ledger, and what changes nothing is not', async () => {
    await withStore(async (store) => {
      const rope = { productId: 'rope', ...toSetting({ onHand: 7 }) };
      await store.seedProducts([rope, { productId: 'nothing', ...toSetting({ onHand: 0 }) }], noon);
      await store.putProduct('rope', toSetting({ onHand: 5 }), noon + 1);
      await store.putProduct('rope', toSetting({ onHand: 5, unitPrice: 1 }), noon + 2);
      const act = (orderId: string, quantity: number, end: 'release' | 'sell') =>
        inStock(store, orderId, async ({ stock }) => {
          const shares = [{ productId: 'rope', quantity }];
          await stock.hold(orderId, shares, noon, noon);
          await stock.hold(orderId, shares, noon, noon);
          await stock[end](orderId, noon);
          return stock[end](orderId, noon);
        });
      await act('a', 2, 'release');
      await act('b', 3, 'sell');
      await act('c', 3, 'sell');
      await expect(store.putProduct('rope', toSetting({ onHand: -1 }), noon)).rejects.toThrow();
      const counts = toCounts(await store.product('rope')).slice(0, 3);
      expect(counts).toEqual([2, 0, 3]);
      const sums = 'SELECT sum(d_on_hand) AS a, sum(d_held) AS b, sum(d_sold) AS c FROM stock_ledger';
      expect(query(sums)).toEqual([{ a: counts[0], b: counts[1], c: counts[2] }]);
    });
    const rows = query(
      `SELECT order_id, d_on_hand, d_held, d_sold, why, at - ${noon} AS at FROM stock_ledger`,
    );
    expect(rows.map((row) => Object.values(Object(row)))).toEqual([
      [null, 7, 0, 0, 'seeded', 0],
      [null, -2, 0, 0, 'set', 1],
      ['a', 0, 2, 0, 'held', 0],
      ['a', 0, -2, 0, 'released', 0],
      ['b', 0, 3, 0, 'held', 0],
      ['b', -3, -3, 3, 'sold', 0],
    ]);
  });
  it('an order that breaks a rule of the file fails alone', async () => {
    await withStore(async (store) => {
      const broken = toWork('b', 0, { wakeAt: 0.5, events: [toEvent(1)] });
      const results = await store.commit([toWork('a', 0), broken, toWork('c', 0)], lease);
      expect(results.map(({ outcome }) => outcome)).toEqual(['committed', 'failed', 'committed']);
      expect(await store.lastPosition()).toBe(0);
    });
  });
});

describe('a disk that refuses', () => {
  it('a full disk rejects the whole commit, and the store goes on when there is room', async () => {
    await withStore(async (store, { writer }) => {
      await store.putProduct('anvil', toSetting(), noon);
      writer.exec('PRAGMA max_page_count = 1');
      const shares = [{ productId: 'anvil', quantity: 2 }];
      const holding = toActing('a', 0, ({ stock }) => stock.hold('a', shares, noon, noon));
      const big = toWork('b', 0, { system: randomBytes(1_000_000).toString('hex') });
      await expect(store.commit([holding, big, toWork('c', 0)], lease)).rejects.toThrow('full');
      expect(await store.list({ limit: 10 })).toEqual([]);
      expect(toCounts(await store.product('anvil'))).toEqual([10, 0, 0, 10]);
      writer.exec('PRAGMA max_page_count = 1000000');
      await store.check();
      await commitAll(store, [holding, big]);
      expect(toCounts(await store.product('anvil'))).toEqual([10, 2, 0, 8]);
    });
  });
  it('a file that somebody else locks rejects the commit, and the store goes on afterwards', async () => {
    await withStore(async (store, { writer }) => {
      writer.exec('PRAGMA busy_timeout = 0');
      const other = new DatabaseSync(path);
      other.exec('BEGIN IMMEDIATE');
      await expect(store.commit([toWork('a', 0)], lease)).rejects.toThrow('locked');
      await expect(store.check()).rejects.toThrow('locked');
      other.exec('ROLLBACK');
      other.close();
      await place(store, 'a');
    });
  });
  it.skipIf(process.platform === 'win32')(
    'after an I/O error nothing is written until the file is opened again, and nothing that was said is lost',
    async () => {
      const command = `ulimit -f 4000; exec "$0" "$1" "$2"`;
      const script = toScript('./fill-file.main.ts');
      const { stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, script, path], {
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      const said = JSON.parse(stdout);
      expect(said).toMatchObject({
        first: 'disk I/O error',
        second: expect.stringContaining('Nothing more is written until it is opened again'),
        check: expect.stringContaining('Nothing more is written until it is opened again'),
      });
      expect(said.written).toBeGreaterThan(10);
      expect(said.readable).toBe(said.written);
      await withStore(async (store) => {
        expect((await store.list({ limit: 100_000 })).length).toBeGreaterThanOrEqual(said.written);
        await place(store, 'another');
      });
      expect(query('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    },
  );
});

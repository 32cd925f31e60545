// What the SQLite file itself refuses, and what happens when the disk does.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createCatalogue } from '../../src/shop/catalogue.ts';
import type { Store } from '../../src/store.ts';
import { commit, release, reserve, toCounts, toSetting } from '../contracts/stock-samples.ts';
import { noon, place, toEvent, toWrite, write } from '../contracts/store-samples.ts';
import { useFile } from './sqlite-file.ts';

const files = useFile();
const { query, withStore } = files;
const toScript = (name: string) => fileURLToPath(new URL(name, import.meta.url));

describe('what the file itself refuses', () => {
  const fill = async (store: Store) => {
    await createCatalogue(store).addProduct('anvil', toSetting(), noon);
    await place(store, 'a', { events: [toEvent(1)] });
    const shares = [{ productId: 'anvil', quantity: 2 }];
    await reserve({ store }, 'b', shares);
  };

  it('history is append-only', async () => {
    await withStore(async (store, { writer }) => {
      await fill(store);
      for (const table of ['history', 'stock_ledger']) {
        expect(() => writer.exec(`UPDATE ${table} SET at = 0`)).toThrow('append-only');
        expect(() => writer.exec(`DELETE FROM ${table}`)).toThrow('append-only');
        expect(() => writer.exec(`INSERT OR REPLACE INTO ${table} SELECT * FROM ${table}`)).toThrow();
      }
    });
  });
  it('stock can not be reserved twice or sold below nothing', async () => {
    await withStore(async (store, { writer }) => {
      await fill(store);
      for (const change of ['held = 11', 'held = -1', 'on_hand = 1', 'sold = -1', 'unit_price = -1']) {
        expect(() => writer.exec(`UPDATE products SET ${change}`)).toThrow('CHECK');
      }
      await release({ store }, 'b');
      expect(() => writer.exec("UPDATE reservations SET status = 'sold'")).toThrow('ends once');
    });
  });
  it('every change of stock is in the ledger, and what changes nothing is not', async () => {
    await withStore(async (store) => {
      const rope = { productId: 'rope', ...toSetting({ onHand: 7 }) };
      await createCatalogue(store).seedProducts(
        [rope, { productId: 'nothing', ...toSetting({ onHand: 0 }) }],
        noon,
      );
      const adjustment = { productId: 'rope', by: -2, reason: 'broken', who: 'operator', at: noon + 1 };
      await createCatalogue(store).adjustStock(adjustment);
      await createCatalogue(store).describeProduct('rope', toSetting({ unitPrice: 1 }));
      const act = async (orderId: string, quantity: number, end: typeof release | typeof commit) => {
        const shares = [{ productId: 'rope', quantity }];
        await reserve({ store }, orderId, shares);
        await reserve({ store }, orderId, shares);
        await end({ store }, orderId);
        await end({ store }, orderId);
      };
      await act('a', 2, release);
      await act('b', 3, commit);
      await act('c', 3, commit);
      await expect(createCatalogue(store).adjustStock({ ...adjustment, by: -10 })).rejects.toThrow();
      const counts = toCounts(await createCatalogue(store).product('rope')).slice(0, 3);
      expect(counts).toEqual([2, 0, 3]);
      const sums = 'SELECT sum(d_on_hand) AS a, sum(d_held) AS b, sum(d_sold) AS c FROM stock_ledger';
      expect(query(sums)).toEqual([{ a: counts[0], b: counts[1], c: counts[2] }]);
    });
    const rows = query(
      `SELECT order_id, d_on_hand, d_held, d_sold, why, at - ${noon} AS at, who, reason FROM stock_ledger`,
    );
    expect(rows.map((row) => Object.values(Object(row)))).toEqual([
      [null, 7, 0, 0, 'seeded', 0, null, null],
      [null, -2, 0, 0, 'adjusted', 1, 'operator', 'broken'],
      ['a', 0, 2, 0, 'held', 0, null, null],
      ['a', 0, -2, 0, 'released', 0, null, null],
      ['b', 0, 3, 0, 'held', 0, null, null],
      ['b', -3, -3, 3, 'sold', 0, null, null],
    ]);
  });
  it('a batch that breaks a rule of the file is refused whole, and the next one is written', async () => {
    await withStore(async (store) => {
      const broken = toWrite('b', 0, { wakeAt: 0.5, events: [toEvent(1)] });
      const refused = write(store, [toWrite('a', 0), broken, toWrite('c', 0)]);
      await expect(refused).rejects.toMatchObject({ name: 'RefusedWrite' });
      expect(await store.lastPosition()).toBe(0);
      expect(await store.list({ limit: 10 })).toEqual([]);
      await write(store, [toWrite('a', 0), toWrite('c', 0)]);
      expect(await store.list({ limit: 10 })).toHaveLength(2);
    });
  });
});

describe('a disk that refuses', () => {
  it('a full disk rejects the whole commit, and the store goes on when there is room', async () => {
    await withStore(async (store, { writer }) => {
      const catalogue = createCatalogue(store);
      const before = { ...(await catalogue.addProduct('anvil', toSetting(), noon)) };
      const after = { ...before, held: 2, available: 8 };
      const rows = { changed: [{ key: 'products/anvil', before, after }], appended: [] };
      writer.exec('PRAGMA max_page_count = 1');
      const big = toWrite('b', 0, { system: randomBytes(1_000_000).toString('hex') });
      const refused = write(store, [toWrite('a', 0), big, toWrite('c', 0)], { rows });
      await expect(refused).rejects.toThrow('full');
      expect(await store.list({ limit: 10 })).toEqual([]);
      expect(toCounts(await catalogue.product('anvil'))).toEqual([10, 0, 0, 10]);
      writer.exec('PRAGMA max_page_count = 1000000');
      await store.check();
      await write(store, [toWrite('a', 0), big], { rows });
      expect(await store.list({ limit: 10 })).toHaveLength(2);
      expect(toCounts(await catalogue.product('anvil'))).toEqual([10, 2, 0, 8]);
    });
  });
  it('a file that somebody else locks rejects the commit, and the store goes on afterwards', async () => {
    await withStore(async (store, { writer }) => {
      writer.exec('PRAGMA busy_timeout = 0');
      const other = new DatabaseSync(files.path());
      other.exec('BEGIN IMMEDIATE');
      await expect(write(store, [toWrite('a', 0)])).rejects.toThrow('locked');
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
      const { stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, script, files.path()], {
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

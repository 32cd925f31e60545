// Moves that end at any moment: they go on where they were, and at no moment both stores can be used.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/application-service.ts';
import type { MovableStore } from '../../src/move.ts';
import { createBackups } from '../../src/offline.ts';
import { shop } from '../../src/shop/shop.ts';
import { queryOnce } from '../support/postgres/database.ts';
import { useDatabase } from '../support/postgres/use-database.ts';
import { anotherFile, copyFilled, readStore } from './filled.ts';
import { move, readRecords } from './stores.ts';

const database = useDatabase();

/** Breaks off before, or after, the write of this number. */
const breakingOff = (at: number, isAfter: boolean) => {
  let writes = 0;
  return (store: MovableStore): MovableStore => ({
    ...store,
    write: async (...given) => {
      writes += 1;
      if (writes === at && !isAfter) throw new Error('killed');
      await store.write(...given);
      if (writes === at) throw new Error('killed');
    },
  });
};

/** Counts rows that are written. */
const createCounting = () => {
  let written = 0;
  const counting = (store: MovableStore): MovableStore => ({
    ...store,
    write: async (table, rows, mark) => {
      await store.write(table, rows, mark);
      written += rows.length;
    },
  });
  return { counting, written: () => written };
};

/** Breaks off at the hand-over. */
const breakingOffAt = (name: 'leave' | 'receive' | 'settle' | 'unmark', of: string, time = 1) => {
  let left = time;
  return (store: MovableStore): MovableStore => ({
    ...store,
    [name]: async (...given: [never]) => {
      left -= store.address.startsWith(of) ? 1 : 0;
      if (left === 0 && store.address.startsWith(of)) throw new Error('killed');
      return store[name](...given);
    },
  });
};

describe('a move that is interrupted', () => {
  it.each([
    [1, false],
    [1, true],
    [4, false],
    [5, true],
    [12, false],
    [21, true],
  ])('at write %i (written: %s) goes on where it was', async (at, isAfter) => {
    const from = copyFilled();
    const before = await readRecords(from);
    const { counting, written } = createCounting();
    const breaking = breakingOff(at, isAfter);
    const broken = move(from, database.url(), (store) => breaking(counting(store)));
    await expect(broken).rejects.toThrow('killed');
    const marks = await queryOnce(database.url(), 'SELECT mark FROM orderchart.move_mark');
    expect(marks).toHaveLength(1);
    await expect(readStore(from)).rejects.toThrow('is being moved to postgres');
    await expect(readStore(database.url())).rejects.toThrow('is not complete');
    const { rows } = await move(from, database.url(), counting);
    // What was written before is not written again.
    expect(written()).toBe(Object.values(rows).reduce((sum, count) => sum + count, 0));
    expect(await readRecords(database.url())).toEqual(before);
  });

  it.each([
    ['leave', 'sqlite:', 1],
    ['receive', 'postgres', 1],
    ['settle', 'postgres', 1],
    ['leave', 'sqlite:', 2],
    ['unmark', 'postgres', 1],
  ] as const)(
    'at %s of %s (%i) goes on, and at no moment both stores can be used',
    async (name, of, time) => {
      const from = copyFilled();
      const before = await readRecords(from);
      await expect(move(from, database.url(), breakingOffAt(name, of, time))).rejects.toThrow('killed');
      const opened = await Promise.allSettled([readStore(from), readStore(database.url())]);
      const withOrders = opened.filter((store) => store.status === 'fulfilled' && store.value.last > 0);
      expect(withOrders.length).toBeLessThan(2);
      await move(from, database.url());
      expect(await readRecords(database.url())).toEqual(before);
    },
  );

  it.each([
    ['to PostgreSQL', 6],
    ['to PostgreSQL', 17],
    ['to a file', 11],
  ])('%s by kill -9 behind write %i goes on', async (where, write) => {
    const from = copyFilled();
    const before = await readRecords(from);
    const to = where === 'to a file' ? anotherFile() : database.url();
    const killed = spawn(process.execPath, [
      ...[join(import.meta.dirname, 'killed.main.ts'), from, to, String(write)],
    ]);
    expect(await once(killed, 'exit')).toEqual([null, 'SIGKILL']);
    await move(from, to);
    expect(await readRecords(to)).toEqual(before);
  });

  it('can be given up: the source is a store again, as a copy from that time', async () => {
    const from = copyFilled();
    await expect(move(from, database.url(), breakingOff(4, true))).rejects.toThrow('killed');
    expect(await createBackups(shop).acceptCopy(from, false)).toMatchObject({ accepted: true });
    const store = openSqliteStore(from, shop);
    expect(await store.epochs()).toHaveLength(2);
    await store.close();
    await expect(move(from, database.url())).rejects.toThrow('Empty it, and move again');
  });
});

// Moving whole stores between SQLite and PostgreSQL: nothing is lost, nothing is there twice, and nobody uses a
// store that was moved away.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openPostgresStore, openSqliteStore } from '../../src/application-service.ts';
import type { MovableStore } from '../../src/move.ts';
import { movedStock } from '../../src/shop/moved-stock.ts';
import { shop } from '../../src/shop/shop.ts';
import { openMovingSchema } from '../../src/stores/postgres/moving.ts';
import { queryOnce } from '../support/postgres/database.ts';
import { useDatabase } from '../support/postgres/use-database.ts';
import { anotherFile, copyFilled, readStore } from './filled.ts';
import { examine, move, openPicture, postgresShop, readRecords } from './stores.ts';

const database = useDatabase();
const inSchema = (name: string): string => `${database.url()}?schema=${name}`;

describe('a store that is moved', () => {
  it('to PostgreSQL and back is the same to the doctor and to a host', async () => {
    const from = copyFilled();
    const [before, others] = [await readRecords(from), await readStore(from)];
    using connection = new DatabaseSync(from, { readOnly: true });
    expect(connection.prepare('SELECT count(*) AS number FROM common_values').get()).not.toEqual({
      number: 0,
    });
    connection.close();

    const moved = await move(from, database.url());
    expect(moved).toMatchObject({
      moved: true,
      orders: before.orders.length,
      rows: { orders: before.orders.length },
    });
    expect(await readRecords(database.url())).toEqual(before);
    expect(await readStore(database.url())).toEqual(others);
    expect(await examine(database.url())).toMatchObject({ violations: 0 });

    const back = anotherFile();
    const again = await move(database.url(), back);
    expect(again.digest).toBe(moved.digest);
    expect(await readRecords(back)).toEqual(before);
    expect(await readStore(back)).toEqual(others);
  });

  it('from one schema of PostgreSQL to another is the same', async () => {
    await move(copyFilled(), inSchema('one'));
    const before = await readRecords(inSchema('one'));
    await move(inSchema('one'), inSchema('two'));
    expect(await readRecords(inSchema('two'))).toEqual(before);
  });

  it('from one file to another is the same', async () => {
    const [from, to] = [copyFilled(), anotherFile()];
    const before = await readRecords(from);
    await move(from, to);
    expect(await readRecords(to)).toEqual(before);
  });

  it.each(['0.1.0', '0.2.0'])('can be of release %s', async (release) => {
    const path = anotherFile();
    copyFileSync(join(import.meta.dirname, `../stores/release-${release}.db`), path);
    const { orders } = await move(path, database.url());
    expect(orders).toBe(12);
    expect(await examine(database.url())).toMatchObject({ violations: 0 });
    expect(await readRecords(database.url())).toEqual(await readRecords(path));
  });

  it('gives out the next numbers behind the last ones', async () => {
    await move(copyFilled(), database.url());
    const store = await openPostgresStore(database.url(), shop);
    await store.addNote({ orderId: 'good-1', kind: 'note', text: 'second', principal: undefined, at: 9 });
    expect((await store.notes(['good-1'])).map(({ text }) => text)).toEqual(['called "back"\n', 'second']);
    await store.close();
    const [row] = await queryOnce(database.url(), 'SELECT max(number) AS number FROM orderchart.idempotency');
    const [next] = await queryOnce(
      database.url(),
      "SELECT nextval(pg_get_serial_sequence('orderchart.idempotency', 'number')) AS number",
    );
    expect(Number(next?.['number'])).toBe(Number(row?.['number']) + 1);
  });

  it('has no leases of calls any more', async () => {
    const from = copyFilled();
    using connection = new DatabaseSync(from);
    connection.exec("UPDATE calls SET lease_owner = 'somebody', lease_until = 4102444800000");
    connection.close();
    await move(from, database.url());
    const leases = await queryOnce(
      database.url(),
      'SELECT DISTINCT lease_owner, lease_until FROM orderchart.calls',
    );
    expect(leases).toEqual([{ lease_owner: '', lease_until: '0' }]);
  });
});

describe('a move is refused', () => {
  it('to a store that has anything', async () => {
    await move(copyFilled(), database.url());
    await expect(move(copyFilled(), database.url())).rejects.toThrow('is not empty');
  });

  it('from a store that was moved away, which nobody can open, and which names the way back', async () => {
    const from = copyFilled();
    await move(from, database.url());
    await expect(readStore(from)).rejects.toThrow(
      /was moved to postgres.*orderchart restored --database-url sqlite:/s,
    );
    await expect(move(from, inSchema('other'))).rejects.toThrow('already');
    await expect(move(anotherFile(), from)).rejects.toThrow('was moved to');
  });

  it('from a database on which a node runs', async () => {
    await move(copyFilled(), database.url());
    const node = await openPostgresStore(database.url(), shop);
    try {
      await expect(move(database.url(), anotherFile())).rejects.toMatchObject({ code: 'store-in-use' });
    } finally {
      await node.close();
    }
  });

  it('from a database that another command has for itself', async () => {
    await move(copyFilled(), database.url());
    const other = await openMovingSchema(
      database.url(),
      { ...postgresShop, moved: movedStock },
      { make: false },
    );
    await expect(move(database.url(), anotherFile())).rejects.toThrow('another command that moves');
    await other.close();
  });

  it('from a file on which a service runs', async () => {
    const from = copyFilled();
    const store = openSqliteStore(from, shop);
    await expect(move(from, database.url())).rejects.toMatchObject({ code: 'store-in-use' });
    await store.close();
  });

  it('of a store in which the doctor finds violations', async () => {
    const from = copyFilled();
    using connection = new DatabaseSync(from);
    connection.exec("UPDATE products SET on_hand = on_hand + 1 WHERE product_id = 'product-1'");
    connection.close();
    expect(await move(from, database.url())).toMatchObject({ moved: false });
    await expect(readStore(from)).resolves.toBeDefined();
  });

  it('when a row of the copy is not as it was', async () => {
    const from = copyFilled();
    const changing = (store: MovableStore): MovableStore => ({
      ...store,
      write: (table, rows, mark) =>
        store.write(
          table,
          table.name === 'order_notes' ? rows.map((row) => ({ ...row, text: 'another' })) : rows,
          mark,
        ),
    });
    await expect(move(from, database.url(), changing)).rejects.toThrow('order_notes differs');
    await expect(readStore(database.url())).rejects.toThrow('is not complete');
  });
});

it('no mark and no error of a move has a password', async () => {
  const from = copyFilled();
  const url = new URL(database.url());
  url.password ||= 'unused';
  await move(from, url.href);
  const error = await readStore(from).catch((refused: unknown) => String(refused));
  expect(error).toContain(':***@');
  expect(error).not.toContain(url.password);
  await (await openPicture(url.href)).close();
});

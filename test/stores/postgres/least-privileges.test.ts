// What a database's user needs who may do no more than own one schema.
import { expect, test } from 'vitest';
import { createIds, systemClock } from '../../../src/clock.ts';
import { shop } from '../../../src/shop/shop.ts';
import { openPostgres } from '../../../src/stores/postgres/open.ts';
import { queryOnce } from '../../support/postgres/database.ts';
import { useDatabase } from '../../support/postgres/use-database.ts';

const database = useDatabase();

const open = (url: string) => {
  const parts = { clock: systemClock, ids: createIds(systemClock) };
  return openPostgres(url, { name: 'shop', tables: shop.tables?.postgres }, parts);
};

/** The address of a new user of the database; `Symbol.asyncDispose` removes it with what it owns. */
const createUser = async () => {
  const name = `user_of_${new URL(database.url()).pathname.slice(-12)}`;
  await queryOnce(database.url(), `CREATE ROLE ${name} LOGIN PASSWORD 'secret'`);
  const url = new URL(database.url());
  url.username = name;
  url.password = 'secret';
  return {
    ...{ name, url: url.href },
    [Symbol.asyncDispose]: async () => {
      await queryOnce(database.url(), `DROP OWNED BY ${name} CASCADE`);
      await queryOnce(database.url(), `DROP ROLE ${name}`);
    },
  };
};

test('a user that may not make schemas makes the tables in a schema that it was given', async () => {
  await using user = await createUser();
  await queryOnce(database.url(), `CREATE SCHEMA orderchart AUTHORIZATION ${user.name}`);
  const opened = await open(user.url);
  expect((await opened.run({ text: 'SELECT 1 AS one FROM journal', values: [] })).rows).toEqual([{ one: 1 }]);
  await opened.close();
});

test('without that schema, its start is refused with what to do', async () => {
  await using user = await createUser();
  await expect(open(user.url)).rejects.toThrow(
    /may not make the schema orderchart .*make it once as another user/,
  );
});

test('a batch is never compiled', async () => {
  const opened = await open(database.url());
  const { rows } = await opened.writer.run({ text: 'SHOW jit', values: [] });
  expect(rows).toEqual([{ jit: 'off' }]);
  await opened.close();
});

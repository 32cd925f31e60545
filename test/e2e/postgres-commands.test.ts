// The commands over PostgreSQL as they are typed: a shop moves to a database and back, the doctor looks on, and nothing that is
// printed has the password.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { useDatabase } from '../support/postgres/use-database.ts';
import { makeFolder, runCommand } from './server.ts';
import { createShops } from './shop-files.ts';

const database = useDatabase();

it('a shop is moved to PostgreSQL and back by the command', async () => {
  await using shops = createShops();
  const { path, server } = await shops.open(2);
  await server.stop();
  const printed: string[] = [];
  const run = async (...words: readonly string[]): Promise<number | null> => {
    const { code, output } = await runCommand(words, path);
    printed.push(output);
    return code;
  };
  const file = 'sqlite:data/orderchart.db';
  const password = 'a/secret?word';
  const withPassword = new URL(database.url());
  withPassword.password ||= encodeURIComponent(password);
  const url = withPassword.href;

  expect(await run('move', '--from', file, '--to', url)).toBe(0);
  expect(printed.at(-1)).toMatch(/orders, \d+ rows, compared: the same/);
  expect(await run('serve', '--port', '0')).toBe(1);
  expect(printed.at(-1)).toContain('was moved to postgres');
  expect(await run('doctor', '--database-url', url)).toBe(0);
  expect(printed.at(-1)).toContain('everything holds');
  expect(await run('keys', 'list', '--database-url', url)).toBe(0);
  expect(await run('move', '--from', url, '--to', `sqlite:${join(path, 'back.db')}`, '--json')).toBe(0);
  expect(await run('doctor', '--database-url', 'sqlite:back.db')).toBe(0);
  expect(await run('move', '--from', file, '--to', url)).toBe(2);
  expect(await run('restored', '--database-url', url)).toBe(0);
  expect(await run('backup', 'copy.db', '--database-url', url)).toBe(2);
  expect(printed.at(-1)).toContain('pg_dump');
  expect(await run('doctor', '--database-url', `${url.replace(/^postgres\w*/, 'postgress')}`)).toBe(2);
  for (const output of printed) expect(output).not.toContain(withPassword.password);
}, 120_000);

it('a wrong address is refused without its password', async () => {
  const { path, remove } = await makeFolder();
  const addresses = [
    'postgres://me:hunter2@127.0.0.1:1/orders',
    'postgres://me:hunter2@127.0.0.1:1/orders?schema=No',
    'postgres://me:hunt/er2@127.0.0.1:1/orders',
    'postgress://me:hunter2@127.0.0.1/orders',
    'me:hunter2@127.0.0.1/orders',
    'postgres://127.0.0.1:1/orders?user=me&password=hunter2',
  ];
  for (const command of ['doctor', 'keys', 'rehearse', 'serve']) {
    const words =
      { doctor: [], keys: ['list'], rehearse: ['--to', '2'], serve: ['--port', '0'] }[command] ?? [];
    for (const address of addresses.slice(0, command === 'doctor' ? undefined : 1)) {
      const { code, output } = await runCommand([command, ...words, '--database-url', address], path);
      expect([command, address, code === 0]).toEqual([command, address, false]);
      expect(output).not.toMatch(/hunter2|er2@/);
    }
  }
  const { output } = await runCommand(['serve', '--help'], path, { DATABASE_URL: addresses[0] ?? '' });
  expect(output).not.toContain('hunter2');
  await remove();
}, 120_000);

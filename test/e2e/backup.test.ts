// `orderchart backup` on a real store: while the service runs, while none does, and what it refuses; and the commands of
// docs/backup.md, run one after the other.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { launch, runCommand } from './server.ts';
import { countOrders, createShops, mainOf, placeOrders } from './shop-files.ts';

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test('a backup of a running shop is one file for its owner alone, examined, and holds what was committed', async () => {
  await using shops = createShops();
  const { path, server } = await shops.open(2);
  const { code, output } = await runCommand(['backup', 'backup.db'], path);
  expect(output).toMatch(/^backup\.db: 2 orders, \d+\.\d MiB, examined: everything holds\.$/m);
  expect(code).toBe(0);
  expect(modeOf(join(path, 'backup.db'))).toBe('600');
  expect(readdirSync(path).sort()).toEqual(['backup.db', 'data']);
  await placeOrders(server, 1);
  expect(await countOrders(server)).toBe(3);
  const examined = await runCommand(['doctor', '--database-url=sqlite:backup.db'], path);
  expect(examined.output).toContain('2 orders examined: everything holds.');
  // Nobody has to fold anything in: the one file is all.
  expect(readdirSync(path).sort()).toEqual(['backup.db', 'data']);
});

test('a backup is made of a store that no service runs on, stopped or killed', async () => {
  await using shops = createShops();
  const { path, server } = await shops.open(1);
  await server.kill();
  expect(await runCommand(['backup', 'killed.db'], path)).toMatchObject({ code: 0 });
  const again = await shops.start(path);
  await placeOrders(again, 1);
  await again.stop();
  const stopped = await runCommand(['backup', 'stopped.db'], path);
  expect(stopped.output).toContain('stopped.db: 2 orders');
  expect((await shops.start(path)).output()).not.toContain('Restored');
});

test('nothing is overwritten, and what cannot be made leaves nothing', async () => {
  await using shops = createShops();
  const { path } = await shops.open(1);
  writeFileSync(join(path, 'there.db'), 'mine');
  const there = await runCommand(['backup', 'there.db'], path);
  expect(there).toMatchObject({ code: 2, output: expect.stringContaining('nothing is overwritten') });
  expect(readFileSync(join(path, 'there.db'), 'utf8')).toBe('mine');
  const nowhere = await runCommand(['backup', 'no/such/folder.db'], path);
  expect(nowhere).toMatchObject({ code: 2, output: expect.stringContaining('Make the folder') });
  const none = await runCommand(['backup', 'x.db', '--database-url=sqlite:none.db'], path);
  expect(none).toMatchObject({ code: 2, output: expect.stringContaining('there is no such file') });
  expect(await runCommand(['backup'], path)).toMatchObject({
    code: 2,
    output: 'orderchart: Name one file for the backup: `orderchart backup FILE`.\n',
  });
  expect((await runCommand(['backup', 'a', 'b'], path)).code).toBe(2);
  expect((await runCommand(['backup', '--fast', 'a'], path)).output).toContain('orderchart backup --help');
  expect(readdirSync(path).sort()).toEqual(['data', 'there.db']);
});

test('a store that violates what has to hold gets no backup, and the report says what is wrong', async () => {
  await using shops = createShops();
  const { path, server } = await shops.open(1);
  await server.stop();
  {
    using connection = new DatabaseSync(mainOf(path));
    connection.exec('UPDATE products SET sold = sold + 1');
  }
  const { code, output } = await runCommand(['backup', 'backup.db'], path);
  expect(code).toBe(1);
  expect(output).toContain('No backup is made');
  expect(output).toContain('What to do');
  expect(existsSync(join(path, 'backup.db'))).toBe(false);
  const refused = await runCommand(['restored'], path);
  expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('--anyway') });
  expect(await runCommand(['restored', '--anyway'], path)).toMatchObject({ code: 0 });
});

test.each(['backup', 'restored'])(
  '`orderchart %s --help` says what it does and how it ends',
  async (command) => {
    await using shops = createShops();
    const { code, output } = await runCommand([command, '--help'], await shops.folder());
    expect(code).toBe(0);
    expect(output).toContain(`Usage: orderchart ${command}`);
    expect(output).toContain('Exit code: 0');
  },
);

test('the commands of docs/backup.md make a backup and restore it', async () => {
  const root = resolve(import.meta.dirname, '../..');
  const page = readFileSync(join(root, 'docs/backup.md'), 'utf8');
  const commands = [...page.matchAll(/^ {4,}(\S.*)$/gm)].map(([, command = '']) => command);
  const stop = commands.indexOf('mkdir before-restore');
  const start = commands.indexOf('orderchart serve');
  expect(commands.slice(0, stop)).toEqual(['orderchart backup backup-2026-01-31.db']);
  expect(commands.slice(start + 1).every((command) => command.startsWith('orderchart '))).toBe(true);

  await using shops = createShops();
  const { path, server } = await shops.open(1);
  await mkdir(join(path, 'bin'));
  const program = join(path, 'bin/orderchart');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'src/main.ts')}" "$@"\n`);
  await chmod(program, 0o700);
  const run = async (command: string) => {
    const environment = { PATH: `${join(path, 'bin')}:${process.env['PATH']}` };
    const { ended, output } = launch(['sh', '-c', command], path, environment);
    return { command, code: (await ended).code, output: output() };
  };
  for (const command of commands.slice(0, stop)) expect(await run(command)).toMatchObject({ code: 0 });
  const [lost] = await placeOrders(server, 1);
  await server.stop();
  for (const command of commands.slice(stop, start)) expect(await run(command)).toMatchObject({ code: 0 });
  const restored = await shops.start(path);
  await restored.untilPrinted(/Restored: the store is a copy/);
  expect(await countOrders(restored)).toBe(1);
  await restored.stop();
  const compared = await run('orderchart doctor --gateway-ledger data/gateway.jsonl');
  expect(compared).toMatchObject({ code: 1, output: expect.stringContaining(`${lost}`) });
  expect(await run('orderchart restored')).toMatchObject({ code: 0 });
});

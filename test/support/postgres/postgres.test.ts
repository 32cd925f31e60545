// The PostgreSQL servers that other tests are given.
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { launch } from '../../e2e/server.ts';
import { createDatabase, queryOnce } from './database.ts';
import { type PostgresServer, startPostgres } from './start-postgres.ts';
import { findServer, useDatabase } from './use-database.ts';

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const canConnect = (url: string) =>
  queryOnce(url, 'SELECT 1').then(
    () => true,
    () => false,
  );

describe('the server of a run', () => {
  const database = useDatabase();

  it.each([1, 2])('gives each test of a file an empty database (%i)', async () => {
    await queryOnce(database.url(), 'CREATE TABLE public.things (id text PRIMARY KEY)');
    await queryOnce(database.url(), 'CREATE SCHEMA other CREATE TABLE things (id text)');
    expect(await queryOnce(database.url(), 'SELECT count(*)::int AS count FROM things')).toEqual([
      { count: 0 },
    ]);
  });

  it('has databases that are apart, until they are dropped', async () => {
    const server = await findServer();
    await using one = await createDatabase(server);
    await using other = await createDatabase(server);
    await queryOnce(one.url, 'CREATE TABLE things AS SELECT 1 AS id');
    expect(await queryOnce(one.url, 'SELECT id FROM things')).toEqual([{ id: 1 }]);
    await expect(queryOnce(other.url, 'SELECT id FROM things')).rejects.toThrow('does not exist');
    await one.drop();
    await expect(queryOnce(one.url, 'SELECT 1')).rejects.toThrow('does not exist');
  });

  it('is not disturbed by a session that is still open when its database is emptied', async () => {
    const server = await findServer();
    await using own = await createDatabase(server);
    const open = queryOnce(own.url, 'SELECT pg_sleep(60)');
    const ended = expect(open).rejects.toThrow('terminating connection');
    await vi.waitUntil(async () => {
      const sleeping = `SELECT 1 FROM pg_stat_activity WHERE datname = $1 AND wait_event = 'PgSleep'`;
      return (await queryOnce(server, sleeping, [new URL(own.url).pathname.slice(1)])).length > 0;
    });
    await own.empty();
    await ended;
  });
});

describe('a server that is restarted', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ settings: { max_connections: '7' } });
  });
  afterAll(() => server.stop());

  it.each(['fast', 'immediate', 'kill'] as const)(
    'keeps committed rows, its settings and its address (%s)',
    async (mode) => {
      const { url, pid } = server;
      await queryOnce(url, `CREATE TABLE restart_${mode} AS SELECT 1 AS id`);
      await server.restart(mode);
      expect(server.pid).not.toBe(pid);
      expect(await queryOnce(url, `SELECT id FROM restart_${mode}`)).toEqual([{ id: 1 }]);
      expect(await queryOnce(url, 'SHOW max_connections')).toEqual([{ max_connections: '7' }]);
    },
  );

  it('flushes every commit, and keeps texts in UTF-8', async () => {
    const names = `'fsync', 'full_page_writes', 'server_encoding', 'synchronous_commit'`;
    const sql = `SELECT setting FROM pg_settings WHERE name IN (${names}) ORDER BY name`;
    const settings = (await queryOnce(server.url, sql)).map(({ setting }) => setting);
    expect(settings).toEqual(['on', 'on', 'UTF8', 'on']);
  });

  it('can be away for a while', async () => {
    await server.shutDown('immediate');
    expect(await canConnect(server.url)).toBe(false);
    expect(() => server.pid).toThrow('shut down');
    await server.startAgain();
    expect(await canConnect(server.url)).toBe(true);
  });

  it('says so when it had ended by itself', async () => {
    const { pid } = server;
    process.kill(pid, 'SIGQUIT');
    await vi.waitUntil(() => !isRunning(pid));
    await expect(server.shutDown('fast')).rejects.toThrow(
      /ended by itself \(\d+\):[\s\S]*received immediate shutdown request/,
    );
    await server.startAgain();
    expect(await canConnect(server.url)).toBe(true);
  });
});

describe('a server of its own', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'orderchart-'));
    // As root, it belongs to another user.
    await chmod(folder, 0o711);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('compares texts as a language does, or by their bytes', async () => {
    const sql = `SELECT 'a' < 'B' AS language`;
    for (const locale of ['en-US', 'C'] as const) {
      await using server = await startPostgres({ folder, locale });
      expect(await queryOnce(server.url, sql)).toEqual([{ language: locale === 'en-US' }]);
    }
  });

  it('leaves nothing behind after a stop, even while it is stopped by a signal', async () => {
    const server = await startPostgres({ folder });
    const { pid } = server;
    process.kill(pid, 'SIGSTOP');
    await server.stop();
    expect(isRunning(pid)).toBe(false);
    expect(await readdir(folder)).toEqual([]);
    await expect(server.startAgain()).rejects.toThrow('was stopped');
  });

  it('says why it does not start, and leaves nothing behind', async () => {
    await expect(startPostgres({ folder, settings: { max_connections: 'few' } })).rejects.toThrow(
      'invalid value for parameter "max_connections"',
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('does not take a port that another program has', async () => {
    const program = createServer().listen(0, '127.0.0.1');
    await once(program, 'listening');
    const { port } = program.address() as AddressInfo;
    await expect(startPostgres({ folder, port })).rejects.toThrow('could not create any TCP/IP sockets');
    program.close();
  });
});

describe('a command that is ended', () => {
  const main = join(import.meta.dirname, 'postgres.main.ts');
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'orderchart-'));
    await chmod(folder, 0o711);
  });
  afterEach(() => rm(folder, { recursive: true }));
  const untilEmpty = () => vi.waitUntil(async () => (await readdir(folder)).length === 0, 10_000);

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('leaves no server and no file (%s)', async (signal) => {
    const command = launch([process.execPath, main, '--folder', folder], folder, {});
    const [, url = ''] = await command.untilPrinted(/connections: (\S+)/);
    const [backend] = await queryOnce(url, 'SELECT pg_backend_pid() AS pid');
    command.send(signal);
    await untilEmpty();
    expect(await canConnect(url)).toBe(false);
    expect(isRunning(backend?.['pid'])).toBe(false);
  });

  it('leaves nothing when it is killed while the data is made', async () => {
    const command = launch([process.execPath, main, '--folder', folder], folder, {});
    await vi.waitUntil(async () => (await readdir(folder)).length > 0, 10_000);
    command.send('SIGKILL');
    await command.ended;
    await untilEmpty();
  });
});

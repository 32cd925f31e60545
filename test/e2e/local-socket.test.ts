// The local socket of real services: who may connect, and what is left of it after a stop and after a kill.
import { lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectToService } from '../../src/local-socket/client.ts';
import { ask } from './client.ts';
import { makeFolder, runCommand, startServer } from './server.ts';

const quiet = { LOG_LEVEL: 'warn' };
let folder: Awaited<ReturnType<typeof makeFolder>>;
let database: string;
let socket: string;

beforeEach(async () => {
  folder = await makeFolder();
  database = join(folder.path, 'data/orderchart.db');
  socket = `${database}.sock`;
});
afterEach(() => folder.remove());

test('another process asks the running service who it is, and a clean stop removes the socket', async () => {
  const server = await startServer(folder.path, quiet);
  const { mode } = await lstat(socket);
  expect((mode & 0o777).toString(8)).toBe('600');
  const client = await connectToService(database);
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  const described = { version, pid: server.pid, address: server.url, chartVersions: ['2', '1'] };
  expect(client?.service).toEqual(described);
  expect(await client?.request('GET', '/service')).toEqual(described);
  await expect(client?.request('POST', '/dances')).rejects.toMatchObject({
    code: 'service-failed',
    message: expect.stringContaining('POST /dances'),
  });
  expect(await server.stop()).toBe(0);
  const left = await readdir(join(folder.path, 'data'));
  expect(left.filter((name) => name.includes('sock') || name.startsWith('.'))).toEqual([]);
  expect(await connectToService(database)).toBeUndefined();
});

test('the public API has no route of the local socket', async () => {
  const server = await startServer(folder.path, quiet);
  expect((await ask(`${server.url}/service`)).status).toBe(404);
  expect(await server.stop()).toBe(0);
});

test('a killed service leaves its socket, which no client takes for a service and the next start replaces', async () => {
  const killed = await startServer(folder.path, quiet);
  await killed.kill();
  expect((await lstat(socket)).isSocket()).toBe(true);
  expect(await connectToService(database)).toBeUndefined();
  const next = await startServer(folder.path, quiet);
  expect((await connectToService(database))?.service.pid).toBe(next.pid);
  expect(((await lstat(socket)).mode & 0o777).toString(8)).toBe('600');
  expect(await next.stop()).toBe(0);
});

test('two services with two databases in one folder have a socket each', async () => {
  const names = ['shop.db', 'shop.sqlite'];
  const servers = await Promise.all(
    names.map((name) => startServer(folder.path, { ...quiet, DATABASE_URL: `sqlite:${name}` })),
  );
  const found = await Promise.all(names.map((name) => connectToService(join(folder.path, name))));
  expect(found.map((client) => client?.service.pid)).toEqual(servers.map(({ pid }) => pid));
  expect(await Promise.all(servers.map((server) => server.stop()))).toEqual([0, 0]);
});

test('a file in the place of the socket stops the start with one clear line, and is not deleted', async () => {
  await mkdir(join(folder.path, 'data'));
  await writeFile(socket, 'precious');
  const { code, output } = await runCommand(['serve'], folder.path, { PORT: '0', ...quiet });
  expect({ code, lines: output.trim().split('\n').length }).toEqual({ code: 1, lines: 1 });
  expect(output).toContain(`${socket} is not a socket`);
  expect(output).toContain('move it away');
  expect(await readFile(socket, 'utf8')).toBe('precious');
});

test('a path that is too long for a socket stops the start with one clear line', async () => {
  const long = join('..', 'x'.repeat(100), 'orders.db');
  await mkdir(join(folder.path, 'here'));
  const { code, output } = await runCommand(['serve'], join(folder.path, 'here'), {
    PORT: '0',
    DATABASE_URL: `sqlite:${long}`,
    ...quiet,
  });
  expect({ code, lines: output.trim().split('\n').length }).toEqual({ code: 1, lines: 1 });
  expect(output).toMatch(/is too long: .* 10[37] bytes.*shorter path/);
});

test('a deep folder is no obstacle for a service that runs in it', async () => {
  const deep = join(folder.path, 'y'.repeat(120));
  await mkdir(deep);
  const server = await startServer(deep, quiet);
  expect((await lstat(join(deep, 'data/orderchart.db.sock'))).isSocket()).toBe(true);
  expect(await server.stop()).toBe(0);
});

test('a store in memory has no socket', async () => {
  const server = await startServer(folder.path, { ...quiet, DATABASE_URL: 'memory:' });
  expect((await readdir(folder.path, { recursive: true })).filter((name) => name.endsWith('.sock'))).toEqual(
    [],
  );
  expect(await server.stop()).toBe(0);
});

// What the peers need of the machine: servers that are installed, a folder that they may write in, and free ports. It starts
// and installs nothing; it says what to install.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import type { Server } from './peers.ts';

const postgresFolder = process.env['PG_BIN'] ?? '/usr/lib/postgresql/15/bin';

const ports: Readonly<Record<Server, readonly number[]>> = {
  redis: [56379],
  postgres: [54329],
  restate: [8080, 9070, 5122, 9080],
};

/** What a program prints; undefined where it is not there, or fails. */
const ask = (program: string, ...given: readonly string[]): string | undefined => {
  const { status, stdout } = spawnSync(program, given, { encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
};

/** Other users may enter `folder`, and all folders above it. */
const isOpenToOthers = (folder: string): boolean => {
  const { mode } = statSync(folder);
  return (mode & 0o001) !== 0 && (dirname(folder) === folder || isOpenToOthers(dirname(folder)));
};

const findMissingPostgres = (dataFolder: string): string | undefined => {
  if (!existsSync(join(postgresFolder, 'postgres')) || ask('psql', '--version') === undefined) {
    return `PostgreSQL is not in ${postgresFolder} (apt-get install postgresql-15, or set PG_BIN)`;
  }
  if (process.getuid?.() !== 0) return 'PostgreSQL is started as the user postgres, which only root may do';
  if (ask('id', '-u', 'postgres') === undefined) return 'there is no user postgres (useradd postgres)';
  const folder = resolve(dataFolder);
  if (!isOpenToOthers(folder)) return `the user postgres cannot enter ${folder} (--folder names another)`;
  return undefined;
};

/** Why `server` cannot be started and what to do; undefined where it can. */
export const findMissing = (
  server: Server,
  folders: { readonly data: string; readonly peers: string },
): string | undefined => {
  if (server === 'redis') {
    const isThere = ask('redis-server', '--version') !== undefined;
    return isThere ? undefined : 'redis-server is not installed (apt-get install redis-server)';
  }
  if (server === 'postgres') return findMissingPostgres(folders.data);
  const packageName = `@restatedev/restate-server-${process.platform}-${process.arch}`;
  const isThere = existsSync(join(folders.peers, 'node_modules', packageName));
  return isThere ? undefined : `there is no ${packageName} among the installed packages`;
};

export const readServerVersions = (servers: ReadonlySet<Server>): readonly string[] => {
  const redis = servers.has('redis') ? ask('redis-server', '--version') : undefined;
  const postgres = servers.has('postgres') ? ask(join(postgresFolder, 'postgres'), '--version') : undefined;
  const versions = [
    ['Redis', /v=([\d.]+)/.exec(redis ?? '')?.[1]],
    ['PostgreSQL', /([\d.]+)/.exec(postgres ?? '')?.[1]],
  ];
  return versions.flatMap(([name, version]) => (version === undefined ? [] : [`${name} ${version}`]));
};

const isTaken = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

/** @throws Error when something listens where these servers would: the peer would be measured on that one. */
export const requireFreePorts = async (servers: readonly Server[]): Promise<void> => {
  for (const port of servers.flatMap((server) => ports[server])) {
    if (await isTaken(port)) {
      throw new Error(`something listens on port ${port} of 127.0.0.1, where ${servers.join(' and ')} would`);
    }
  }
};

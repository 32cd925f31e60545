// One PostgreSQL server with its data, in a folder of its own: made, started, shut down, removed. Only the keeper uses it: the server
// is its child.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chown, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPostgres } from './binaries.ts';

export interface ClusterOptions {
  /** The folder in which the cluster's own is made. */
  readonly parent: string;
  readonly password: string;
  readonly port: number | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly locale: 'C' | 'en-US';
}
/** `fast` and `immediate` as in pg_ctl; `kill` is a SIGKILL of the postmaster, which sends its backends away, too. */
export type ShutdownMode = 'fast' | 'immediate' | 'kill';
const signals = { fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' } as const;

export interface Cluster {
  readonly folder: string;
  readonly port: number;
  /** Undefined while it is shut down. */
  readonly pid: number | undefined;
  start(): Promise<void>;
  /** Resolves when all processes of the server are gone. Fails if they were before, with what the server said. */
  shutDown(mode: ShutdownMode): Promise<void>;
  /** Ends what runs, and removes everything. */
  remove(): Promise<void>;
}

interface Running {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Resolves when the server and its backends are gone: they share its standard error. */
  readonly closed: Promise<void>;
  output(): string;
}

/** Nothing of the caller's environment (PGDATA, PGTZ …) may change the server. */
const environment = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
const outputCharacters = 20_000;
const portAttempts = 20;
const isReady = /database system is ready to accept connections/;
const isPortTaken = /could not create any TCP\/IP sockets/;
/** Below the ports that Linux and macOS give to outgoing connections, so that it is still free after a restart. */
const anyPort = () => randomInt(15_000, 32_000);

/** PostgreSQL refuses to run as root. Everything of it is then the user nobody's, which every machine has. */
const findUser = (): { readonly uid?: number; readonly gid?: number } => {
  if (process.getuid?.() !== 0) return {};
  const ask = (option: string) => Number(execFileSync('id', [option, 'nobody'], { encoding: 'utf8' }));
  return { uid: ask('-u'), gid: ask('-g') };
};

export const createCluster = async (options: ClusterOptions): Promise<Cluster> => {
  const user = findUser();
  const folder = await mkdtemp(join(options.parent, 'orderchart-postgres-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    if (user.uid !== undefined && user.gid !== undefined) await chown(folder, user.uid, user.gid);
    const programs = await toReachable(await findPostgres(), folder, user);
    await initialise(programs, folder, user, options);
    return openCluster(join(programs, 'bin/postgres'), folder, user, options);
  } catch (error) {
    await remove();
    throw error;
  }
};

/** `programs`, or a copy of it in `folder` if the user cannot run it where it is, such as in root's home. */
const toReachable = async (programs: string, folder: string, user: object): Promise<string> => {
  const { error } = spawnSync(join(programs, 'bin/postgres'), ['--version'], { ...user, env: environment });
  if (error === undefined) return programs;
  const copy = join(folder, 'programs');
  await cp(programs, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
};

const initialise = async (
  programs: string,
  folder: string,
  user: object,
  { password, locale }: ClusterOptions,
): Promise<void> => {
  const passwordFile = join(folder, 'password');
  // The folder itself is open to its owner alone.
  await writeFile(passwordFile, password);
  const icu = ['--locale-provider=icu', `--icu-locale=${locale}`];
  const initdb = spawn(
    join(programs, 'bin/initdb'),
    [
      ...[`--pgdata=${join(folder, 'data')}`, '--username=postgres', `--pwfile=${passwordFile}`],
      ...['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', ...(locale === 'C' ? [] : icu)],
      // The server itself flushes. These files are made anew, and never outlive a power cut.
      ...['--no-sync', '--no-instructions'],
    ],
    { ...user, env: environment, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const output = collect(initdb);
  const [code] = await once(initdb, 'close');
  if (code !== 0) throw new Error(`initdb failed (${code}):\n${output()}`);
  await rm(passwordFile);
};

const openCluster = (
  program: string,
  folder: string,
  user: object,
  { port: wanted, settings }: ClusterOptions,
): Cluster => {
  let port = wanted ?? anyPort();
  /** After the first start, clients know the port. */
  let isPortFixed = wanted !== undefined;
  let running: Running | undefined;
  const launch = () => {
    const all = { ...settings, listen_addresses: '127.0.0.1', unix_socket_directories: '', port: `${port}` };
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    return toRunning(
      spawn(program, ['-D', join(folder, 'data'), ...flags], {
        ...user,
        env: environment,
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe'],
      }),
    );
  };
  const cluster: Cluster = {
    folder,
    get port() {
      return port;
    },
    get pid() {
      return running?.pid;
    },
    start: async () => {
      for (let attempt = 1; ; attempt += 1) {
        running = launch();
        if (await untilReady(running)) {
          isPortFixed = true;
          return;
        }
        const output = running.output();
        running = undefined;
        if (!isPortTaken.test(output) || isPortFixed || attempt === portAttempts) {
          throw new Error(`PostgreSQL did not start:\n${output}`);
        }
        port = anyPort();
      }
    },
    shutDown: async (mode) => {
      if (running === undefined) return;
      const { process: server, closed, output } = running;
      running = undefined;
      const { exitCode, signalCode } = server;
      // A server that a test stopped (SIGSTOP) ends, too.
      for (const signal of [signals[mode], 'SIGCONT'] as const) server.kill(signal);
      await closed;
      if (exitCode === null && signalCode === null) return;
      throw new Error(`PostgreSQL ended by itself (${exitCode ?? signalCode}):\n${output()}`);
    },
    remove: async () => {
      try {
        await cluster.shutDown('immediate');
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
  return cluster;
};

const toRunning = (server: ChildProcess): Running => {
  const output = collect(server);
  const closed = Promise.withResolvers<void>();
  // It comes also for a program that could not be started, which has no process id.
  server.once('close', () => closed.resolve());
  return { process: server, pid: server.pid ?? 0, closed: closed.promise, output };
};

/** The last of what a process says on its standard error, or why it could not be started. */
const collect = (child: ChildProcess): (() => string) => {
  let output = '';
  const add = (text: string) => {
    output = (output + text).slice(-outputCharacters);
  };
  child.on('error', ({ message }) => add(message));
  child.stderr?.setEncoding('utf8').on('data', add);
  return () => output;
};

/** Whether the server accepts connections; otherwise it is gone. */
const untilReady = async ({ process: server, closed, output }: Running): Promise<boolean> => {
  const ready = Promise.withResolvers<boolean>();
  const look = () => isReady.test(output()) && ready.resolve(true);
  server.stderr?.on('data', look);
  void closed.then(() => ready.resolve(false));
  const result = await ready.promise;
  server.stderr?.off('data', look);
  return result;
};

// A PostgreSQL server of one's own, from the programs that npm installed: for tests that restart or break it, and for commands outside
// vitest. Other tests share a server (use-database.ts). Every commit is flushed, as by default.
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ClusterOptions, ShutdownMode } from './cluster.ts';
import type { KeeperAnswer, KeeperCommand } from './keeper.main.ts';

interface PostgresOptions {
  /** In it the server's own folder is made, and removed at the end. As root: the user nobody has to reach it. [the temporary one] */
  readonly folder?: string;
  /** [any free one] */
  readonly port?: number;
  /** Of PostgreSQL's configuration, such as `{ max_connections: '300' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** How texts are compared and sorted. Most servers do it in a language's way, and that is how byte order is missed. [en-US] */
  readonly locale?: ClusterOptions['locale'];
}

export interface PostgresServer extends AsyncDisposable {
  /** Of its database `postgres`, with user and password. It stays the same after a restart. */
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  /** Of the postmaster that runs now. */
  readonly pid: number;
  /** Resolves when no process of the server is left. Fails, with its output, if it had ended by itself before. */
  shutDown(mode: ShutdownMode): Promise<void>;
  /** Starts it again over its data; resolves when it accepts connections. */
  startAgain(): Promise<void>;
  /** The two in turn. */
  restart(mode: ShutdownMode): Promise<void>;
  /** Resolves when no process and no file of it is left. Not needed where the process ends, in whatever way. */
  stop(): Promise<void>;
}

/** Resolves when the server accepts connections. */
export const startPostgres = async ({
  folder = tmpdir(),
  port,
  settings = {},
  locale = 'en-US',
}: PostgresOptions = {}): Promise<PostgresServer> => {
  const { ask, end } = forkKeeper();
  const password = randomBytes(16).toString('hex');
  const options: ClusterOptions = { parent: resolve(folder), password, port, settings, locale };
  let state: Extract<KeeperAnswer, { kind: 'done' }>;
  try {
    state = await ask({ kind: 'create', options });
  } catch (error) {
    await end();
    throw error;
  }
  const shutDown = async (mode: ShutdownMode): Promise<void> => {
    state = await ask({ kind: 'shutDown', mode });
  };
  const startAgain = async (): Promise<void> => {
    state = await ask({ kind: 'start' });
  };
  return {
    url: `postgresql://postgres:${password}@127.0.0.1:${state.port}/postgres`,
    port: state.port,
    folder: state.folder,
    get pid() {
      if (state.pid === undefined) throw new Error('The server is shut down.');
      return state.pid;
    },
    shutDown,
    startAgain,
    restart: async (mode) => {
      await shutDown(mode);
      await startAgain();
    },
    stop: end,
    [Symbol.asyncDispose]: end,
  };
};

const forkKeeper = () => {
  const keeper = fork(join(import.meta.dirname, 'keeper.main.ts'), {
    detached: true,
    // Nothing of the caller's (a debugger's port, vitest's conditions, a coverage folder) is meant for it.
    execArgv: [],
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(keeper, 'exit');
  let last: Promise<unknown> = Promise.resolve();
  const exchange = async (command: KeeperCommand) => {
    if (!keeper.connected) throw new Error('The server was stopped.');
    const answered: Promise<KeeperAnswer[]> = once(keeper, 'message');
    keeper.send(command);
    const [answer] = await Promise.race([answered, ended.then(() => [])]);
    if (answer?.kind === 'done') return answer;
    throw new Error(answer?.problem ?? 'The keeper of the PostgreSQL server ended.');
  };
  return {
    /** One command at a time. */
    ask: (command: KeeperCommand) => {
      const asked = last.then(() => exchange(command));
      last = asked.catch(() => undefined);
      return asked;
    },
    end: async (): Promise<void> => {
      if (keeper.connected) keeper.disconnect();
      const [code] = await ended;
      if (code !== 0) throw new Error('The PostgreSQL server had ended, or could not be removed: see above.');
    },
  };
};

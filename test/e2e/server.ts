// A real Orderchart in a process of its own, in a folder of its own, that tests start, call over HTTP, kill
// and start again. It knows nothing of what is inside: only the command, the environment and the output.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const main = resolve(import.meta.dirname, '../../src/main.ts');

export interface Server {
  readonly url: string;
  readonly pid: number;
  /** Everything that the process printed so far. */
  output(): string;
  /** Resolves as soon as the output matches; rejects when the process ends without. */
  untilPrinted(pattern: RegExp): Promise<RegExpMatchArray>;
  /** `kill -9`. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** A polite signal. Resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** A folder for one service's data, removed by `remove`. */
export const makeFolder = async (): Promise<{ path: string; remove(): Promise<void> }> => {
  const path = await mkdtemp(join(tmpdir(), 'orderchart-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
};

/** Runs `orderchart` with `words` and resolves when it has ended. */
export const runCommand = async (
  words: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; output: string }> => {
  const { child, output, exited } = launch(words, folder, environment);
  child.stdin?.end();
  return { code: await exited, output: output() };
};

/** Starts `orderchart serve` (or another command) in `folder` on any free port; resolves when it listens. */
export const startServer = async (
  folder: string,
  environment: Readonly<Record<string, string>> = {},
  command = 'serve',
): Promise<Server> => {
  const { child, output, exited, untilPrinted } = launch([command], folder, { PORT: '0', ...environment });
  const [, url] = await untilPrinted(/listens on (http:\/\/\S+)/);
  if (url === undefined || child.pid === undefined) throw new Error(`no address in: ${output()}`);
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exited;
  };
  return {
    url,
    pid: child.pid,
    output,
    untilPrinted,
    kill: async () => {
      await end('SIGKILL');
    },
    stop: (signal = 'SIGTERM') => end(signal),
  };
};

const launch = (
  words: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
): {
  child: ChildProcess;
  output(): string;
  exited: Promise<number | null>;
  untilPrinted(pattern: RegExp): Promise<RegExpMatchArray>;
} => {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [main, ...words], { cwd: folder, env: { PATH, ...environment } });
  let text = '';
  const listeners = new Set<() => void>();
  const hear = (chunk: Buffer) => {
    text += chunk.toString();
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const exited = new Promise<number | null>((done) => child.once('close', done));
  const untilPrinted = (pattern: RegExp) =>
    new Promise<RegExpMatchArray>((found, lost) => {
      const look = () => {
        const match = text.match(pattern);
        if (match) found(match);
      };
      listeners.add(look);
      look();
      void exited.then(() => lost(new Error(`the process ended without printing ${pattern}:\n${text}`)));
    });
  return { child, output: () => text, exited, untilPrinted };
};

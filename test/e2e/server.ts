// A real Orderchart in a process of its own, in a folder of its own, that tests start, call over HTTP, kill
// and start again. It knows nothing of what is inside: only the command, the environment and the output.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const main = resolve(import.meta.dirname, '../../src/main.ts');
/** Where Node keeps what it compiled of the source: with it a start takes half the time. */
const compiled = resolve(import.meta.dirname, '../../node_modules/.cache/orderchart');

/** A process of ours, whatever it runs. */
export interface Program {
  readonly pid: number;
  /** Everything that the process printed so far. */
  output(): string;
  /** Resolves as soon as the output matches; rejects when the process ends without. */
  untilPrinted(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Resolves when the process is gone: with its exit code, or with the signal that ended it. */
  readonly ended: Promise<Ending>;
  /** Sends a signal. */
  send(signal: NodeJS.Signals): void;
}
interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

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
  const { output, ended } = launch([process.execPath, main, ...words], folder, environment);
  const { code } = await ended;
  return { code, output: output() };
};

/** Starts `orderchart serve` (or what else `words` says) in `folder` on any free port; resolves when it listens. */
export const startServer = async (
  folder: string,
  environment: Readonly<Record<string, string>> = {},
  words: string | readonly string[] = 'serve',
): Promise<Server> => {
  const command = [process.execPath, main, ...[words].flat()];
  const { pid, output, ended, untilPrinted, send } = launch(command, folder, { PORT: '0', ...environment });
  const [, url] = await untilPrinted(/listens on (http:\/\/\S+)/);
  if (url === undefined) throw new Error(`no address in: ${output()}`);
  const end = async (signal: NodeJS.Signals) => {
    send(signal);
    return (await ended).code;
  };
  return {
    url,
    pid,
    output,
    untilPrinted,
    kill: async () => {
      await end('SIGKILL');
    },
    stop: (signal = 'SIGTERM') => end(signal),
  };
};

/** Starts `words` (a program and what it is given) in `folder`, with `environment` and nothing else of ours. */
export const launch = (
  [executable = '', ...words]: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
): Program => {
  const { PATH = '' } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE: compiled, ...environment };
  // Its input is a pipe that ends when we do: programs of the tests end with it.
  const child = spawn(executable, words, { cwd: folder, env });
  if (child.pid === undefined) throw new Error(`${executable} cannot be started`);
  let text = '';
  const listeners = new Set<() => void>();
  const hear = (chunk: Buffer) => {
    text += chunk.toString();
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const ended = new Promise<Ending>((done) => child.once('close', (code, signal) => done({ code, signal })));
  const untilPrinted = (pattern: RegExp) =>
    new Promise<RegExpMatchArray>((found, lost) => {
      const look = () => {
        const match = text.match(pattern);
        if (!match) return;
        listeners.delete(look);
        found(match);
      };
      listeners.add(look);
      look();
      void ended.then(() => lost(new Error(`the process ended without printing ${pattern}:\n${text}`)));
    });
  return { pid: child.pid, output: () => text, untilPrinted, ended, send: (signal) => child.kill(signal) };
};

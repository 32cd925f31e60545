// Starts the measured processes, each fresh, so that one run's garbage and compiled code are not another's;
// where asked, under strace (which counts or slows flushes and leaves all other calls alone) or with a CPU
// profile. It never measures by itself.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RawFigures, rawFigures } from './figures.ts';
import type { Task } from './tasks.ts';

const program = fileURLToPath(new URL('./measured.main.ts', import.meta.url));

export interface ChildPlan {
  /** Delays the return of every flush by so many microseconds. */
  readonly slowFlushUs?: number;
  /** File that strace writes each flush to. */
  readonly flushLog?: string;
  readonly profileFolder?: string | undefined;
}

export interface Child {
  /** The next report. @throws Error where the process ends without one. */
  next(): Promise<RawFigures>;
  tell(word: string): void;
  kill(): Promise<void>;
  /** Resolves when the process has ended well. */
  ended(): Promise<void>;
}

/** Whether strace is there, and may trace. */
export const canTrace = (): boolean => spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

const toCommand = ({ slowFlushUs, flushLog, profileFolder }: ChildPlan): readonly string[] => {
  const node = [process.execPath, '--expose-gc', '--no-warnings', '--max-semi-space-size=64'];
  if (profileFolder !== undefined) node.push('--cpu-prof', `--cpu-prof-dir=${profileFolder}`);
  if (slowFlushUs === undefined && flushLog === undefined) return node;
  const strace = ['strace', '-f', '-qq', '--seccomp-bpf', '-e', 'trace=fdatasync,fsync'];
  strace.push('-e', 'signal=none', '-o', flushLog ?? '/dev/null');
  if (slowFlushUs !== undefined) strace.push('-e', `inject=fdatasync,fsync:delay_exit=${slowFlushUs}`);
  return [...strace, ...node];
};

const toChild = (started: ChildProcess): Child => {
  const reports: RawFigures[] = [];
  let waiting: PromiseWithResolvers<RawFigures> | undefined;
  let end: number | null | undefined;
  const settle = () => {
    if (waiting === undefined) return;
    const [report] = reports.splice(0, 1);
    if (report) waiting.resolve(report);
    else if (end !== undefined)
      waiting.reject(new Error(`a measured process ended (${end}) without a report`));
    else return;
    waiting = undefined;
  };
  started.on('message', (message) => {
    reports.push(rawFigures.parse(message));
    settle();
  });
  const exit = once(started, 'exit').then(([code]) => {
    end = typeof code === 'number' ? code : null;
    settle();
  });
  return {
    next: () => {
      waiting = Promise.withResolvers<RawFigures>();
      const { promise } = waiting;
      settle();
      return promise;
    },
    tell: (word) => {
      started.send(word);
    },
    kill: async () => {
      started.kill('SIGKILL');
      await exit;
    },
    ended: async () => {
      await exit;
      if (end !== 0) throw new Error(`a measured process ended with ${end}`);
    },
  };
};

export const startChild = (task: Task, plan: ChildPlan = {}): Child => {
  const [command = '', ...given] = [...toCommand(plan), program, JSON.stringify(task)];
  return toChild(spawn(command, given, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
};

/** Runs a task to its end and returns its one report. */
export const runTask = async (task: Task, plan: ChildPlan = {}): Promise<RawFigures> => {
  const child = startChild(task, plan);
  const report = await child.next();
  await child.ended();
  return report;
};

/** Runs a task and returns its report with the number of flushes that all of it needed. */
export const runCountingFlushes = async (folder: string, task: Task): Promise<RawFigures> => {
  const flushLog = join(mkdtempSync(join(folder, 'flushes-')), 'log');
  const report = await runTask(task, { flushLog });
  const flushes = readFileSync(flushLog, 'utf8').match(/(fdatasync|fsync)\(/g)?.length ?? 0;
  return { ...report, flushes };
};

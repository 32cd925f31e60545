// Who runs what a batch writes: a thread of its own, or this one. Either runs a batch in one transaction, which is durable
// when it answers, and knows no table.
import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { BatchEncoder, toInput } from './sqlite-batch-message.ts';
import type { Connection, Statement } from './sqlite-connection.ts';
import type { BoundStatement } from './sqlite-recording.ts';
import { createTransact } from './sqlite-transaction.ts';

export interface Writer {
  /** @throws what SQLite throws; then nothing of it is stored. */
  write(runs: readonly BoundStatement[]): Promise<void>;
  close(): Promise<void>;
}

/** Runs batches on `connection`; statements are prepared once. */
const createStatementRunner = (
  connection: Pick<Connection, 'prepare'>,
): ((runs: readonly BoundStatement[]) => void) => {
  const statements = new Map<string, Statement>();
  const prepare = (sql: string): Statement => {
    const known = statements.get(sql) ?? connection.prepare(sql);
    statements.set(sql, known);
    return known;
  };
  return (runs) => {
    for (const [sql, ...values] of runs) prepare(sql).run(...values.map(toInput));
  };
};

/** In this thread: for a disk, or a time, that only this thread knows. */
export const createInlineWriter = (connection: Connection): Writer => {
  const run = createStatementRunner(connection);
  const transact = createTransact(connection);
  return {
    write: async (runs) => transact(() => run(runs)),
    close: async () => {},
  };
};

/** What the thread answers: nothing, or why a batch was not stored. */
export type WriterAnswer = undefined | { readonly message: string; readonly errcode?: number | undefined };

/** An error of the writer's thread, with the extended code of SQLite if it is one of SQLite's. */
class WriterError extends Error {
  readonly errcode: number | undefined;

  constructor({ message, errcode }: NonNullable<WriterAnswer>) {
    super(message);
    this.name = 'WriterError';
    this.errcode = errcode;
  }
}

/** The thread is gone. What it had been given is lost, or not: nobody knows. */
export class WriterGone extends Error {}

const workerModule = new URL(`./sqlite-writer.worker${extname(import.meta.url)}`, import.meta.url);

/**
 * Writes in a thread of its own, with a connection of its own to the file at `path`. The thread is started with the first batch:
 * who only reads goes without. It keeps no process alive unless it writes.
 */
export const createThreadWriter = (path: string): Writer => {
  const encoder = new BatchEncoder();
  let worker: Worker | undefined;
  let gone: WriterGone | undefined;
  let waiting: PromiseWithResolvers<void>[] = [];

  const end = (error: unknown): void => {
    gone ??= new WriterGone('The thread that writes the database has ended.', { cause: error });
    for (const { reject } of waiting) reject(gone);
    waiting = [];
  };
  const start = (): Worker => {
    const started = new Worker(workerModule, { workerData: path });
    started.on('message', (answer: WriterAnswer) => {
      const [first, ...others] = waiting;
      waiting = others;
      if (others.length === 0) started.unref();
      if (answer === undefined) first?.resolve();
      else first?.reject(new WriterError(answer));
    });
    started.on('error', end);
    started.on('exit', end);
    return started;
  };

  return {
    write: (runs) => {
      if (gone !== undefined) return Promise.reject(gone);
      const written = Promise.withResolvers<void>();
      worker ??= start();
      try {
        const thread = worker;
        encoder.post(runs, (message) => thread.postMessage(message));
      } catch (error) {
        return Promise.reject(error);
      }
      worker.ref();
      waiting.push(written);
      return written.promise;
    },
    close: async () => {
      if (worker === undefined || gone !== undefined) return;
      const ended = once(worker, 'exit');
      worker.ref();
      worker.postMessage(null);
      await ended;
    },
  };
};

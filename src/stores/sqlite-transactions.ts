// The one way to change the file: one transaction at a time, durable when its promise resolves. It never
// tries again, and after an I/O error it refuses until the file is opened anew: what such an error left in
// the operating system's cache is unknown, and a second fsync would only say that it forgot.

import { createQueue } from './queue.ts';
import type { OpenDatabase } from './sqlite-open.ts';
import { toPrimaryCode } from './sqlite-open.ts';

export type Transact = <T>(task: () => Promise<T> | T) => Promise<T>;

/** SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB: what is in the file is not what was written. */
const untrusted: readonly number[] = [10, 11, 26];
/** SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_RANGE: the values given are at fault. */
const refusals: readonly number[] = [18, 19, 20, 25];

/** Whether an error says that the file can't be written now, whatever the values. */
export const isStorageFailure = (error: unknown): boolean => {
  const code = toPrimaryCode(error);
  return code !== undefined && !refusals.includes(code);
};

const isUntrusted = (error: unknown): boolean => untrusted.includes(toPrimaryCode(error) ?? 0);

export const createTransactions = ({ writer, path }: OpenDatabase) => {
  const enqueue = createQueue();
  // IMMEDIATE takes the write lock at once: a transaction that reads first and writes later can be refused.
  const begin = writer.prepare('BEGIN IMMEDIATE');
  const commit = writer.prepare('COMMIT');
  const rollback = writer.prepare('ROLLBACK');
  let broken: Error | undefined;

  const transact: Transact = (task) =>
    enqueue(async () => {
      if (broken !== undefined) throw broken;
      try {
        begin.run();
        const result = await task();
        commit.run();
        return result;
      } catch (error) {
        if (isUntrusted(error)) {
          const message = `Writing to ${path} failed. Nothing more is written until it is opened again.`;
          broken = new Error(message, { cause: error });
        }
        if (writer.isTransaction) rollback.run();
        throw error;
      }
    });
  return {
    transact,
    /** Resolves when everything that was asked before is done. */
    idle: (): Promise<void> => enqueue(async () => undefined),
  };
};

// The one way to change the file, and to read what a change is decided on: one transaction at a time, durable when it
// returns. It never tries again, and after an I/O error it refuses until the file is opened again: what such an error left
// in the operating system's cache is unknown, and a second fsync would only say that it forgot.
import { RefusedWrite } from '../store.ts';
import { toPrimaryCode } from './sqlite-errors.ts';
import type { OpenDatabase } from './sqlite-open.ts';
import type { BoundStatement } from './sqlite-recording.ts';
import { createTransact, type Transact } from './sqlite-transaction.ts';
import { WriterGone } from './sqlite-writer.ts';

export interface WriterAccess {
  /** Carries out `task` in one durable transaction, or not at all. */
  readonly transact: Transact;
  /** Reads what a transaction will be decided on. */
  readonly read: Transact;
  /** Stores a batch through its writer. @throws RefusedWrite when the values are invalid, not the file. */
  writeBatch(runs: readonly BoundStatement[]): Promise<void>;
  /** @throws Error if nothing can be written any more, as far as that is known without writing. */
  requireUsable(): void;
}

/** SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB: what is in the file is not what was written. */
const untrusted: readonly number[] = [10, 11, 26];
/** SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_RANGE: the values are invalid. */
const refusals: readonly number[] = [18, 19, 20, 25];

/** An earlier write left the file in an unknown state. */
class BrokenFile extends Error {}

/** The file was deleted, or another one has its name: what would be written now could never be read again. */
export class MissingFile extends Error {}

/** Whether an error says that the file can't be written now, whatever the values. */
const isStorageFailure = (error: unknown): boolean => {
  if (error instanceof BrokenFile || error instanceof MissingFile || error instanceof WriterGone) return true;
  const code = toPrimaryCode(error);
  return code !== undefined && !refusals.includes(code);
};

const isUntrusted = (error: unknown): boolean =>
  error instanceof WriterGone || untrusted.includes(toPrimaryCode(error) ?? 0);

export const createWriterAccess = ({ batches, writer, path, isInPlace }: OpenDatabase): WriterAccess => {
  const transactOnWriter = createTransact(writer);
  let broken: BrokenFile | undefined;

  const note = (error: unknown): void => {
    if (!isUntrusted(error)) return;
    const message = `Using ${path} failed. Nothing more is written until it is opened again.`;
    broken ??= new BrokenFile(message, { cause: error });
  };
  const read: Transact = (task) => {
    if (broken !== undefined) throw broken;
    try {
      return task();
    } catch (error) {
      note(error);
      throw error;
    }
  };
  const requireUsable = (): void => {
    if (broken !== undefined) throw broken;
    if (isInPlace()) return;
    throw new MissingFile(`${path} or its log was deleted or replaced. Nothing more is written to it.`);
  };
  const transact: Transact = (task) => {
    requireUsable();
    return read(() => transactOnWriter(task));
  };
  const writeBatch = async (runs: readonly BoundStatement[]): Promise<void> => {
    try {
      requireUsable();
      await batches.write(runs);
    } catch (error) {
      note(error);
      throw toRefusal(error);
    }
  };
  return { transact, read, writeBatch, requireUsable };
};

/** Does what `task` does. @throws RefusedWrite when the values are invalid, not the file. */
export const refusingValues = <T>(task: () => T): T => {
  try {
    return task();
  } catch (error) {
    throw toRefusal(error);
  }
};

const toRefusal = (error: unknown): unknown => (isStorageFailure(error) ? error : new RefusedWrite(error));

// A copy of a SQLite store in one file: a picture of it as it was when the copy began, also while a service works on it. It
// reads the store on a connection of its own, and changes nothing of it.
import { backup } from 'node:sqlite';
import { toRealPath } from '../database-path.ts';
import type { MoveMark } from '../move.ts';
import { DatabaseSync } from '../sqlite.ts';
import { refuseTarget } from './move-marks.ts';
import { readLogFile } from './sqlite-bytes.ts';
import { toPrimaryCode } from './sqlite-errors.ts';
import { takeLock } from './sqlite-lock.ts';
import { readMoveMark, writeMoveMark } from './sqlite-move-mark.ts';
import { openReadOnly } from './sqlite-read-only.ts';
import { markAsCopy, recognise } from './sqlite-run.ts';

/** 4 MiB: between two steps whoever waits for the disk comes first. */
const pagesPerStep = 1024;
const busyMs = 5000;

interface CopyProgress {
  readonly pages: number;
  readonly of: number;
}

/**
 * Copies the store at `from` into the empty file `to`, which then says of itself that it is a copy, and needs no log.
 * @throws AppError `store-unsupported` for a file that is not whole.
 */
export const copyStore = async (
  from: string,
  to: string,
  onProgress: (progress: CopyProgress) => void,
): Promise<void> => {
  recognise(toRealPath(from), undefined);
  const { connection: source, close } = openReadOnly(from, busyMs);
  try {
    // One picture for all steps: without it a commit of the service would begin the copy anew.
    source.exec('BEGIN');
    source.prepare('SELECT count(*) FROM sqlite_schema').get();
    await backup(source, to, {
      rate: pagesPerStep,
      progress: ({ totalPages, remainingPages }) =>
        onProgress({ pages: totalPages - remainingPages, of: totalPages }),
    });
  } finally {
    close();
  }
  const copy = new DatabaseSync(to);
  try {
    copy.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL');
    markAsCopy(copy);
  } finally {
    copy.close();
  }
};

/** What SQLite cannot read is for the doctor to say. */
const peekMoveMark = (path: string): MoveMark | undefined => {
  try {
    using connection = new DatabaseSync(path, { readOnly: true, timeout: busyMs });
    return readMoveMark(connection);
  } catch (error) {
    if (toPrimaryCode(error) === undefined) throw error;
    return undefined;
  }
};

/**
 * Holds the file of a store that a person says is a restored copy. `accept` marks it as one.
 * @throws AppError `store-in-use`; `store-unsupported` if a log lies beside it that is not its own, or a move to it is not complete.
 */
export const holdCopy = (given: string): { accept(): void; release(): void } => {
  const path = toRealPath(given);
  const lock = takeLock(path);
  try {
    if (readLogFile(`${path}-wal`) !== undefined) recognise(path, lock.lastRun);
    refuseTarget(`sqlite:${path}`, peekMoveMark(path));
  } catch (error) {
    lock.release();
    throw error;
  }
  return {
    accept: () => {
      const connection = new DatabaseSync(path, { timeout: busyMs });
      try {
        markAsCopy(connection);
        writeMoveMark(connection, undefined);
      } finally {
        connection.close();
      }
    },
    release: lock.release,
  };
};

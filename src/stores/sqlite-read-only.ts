// Opens a database for reading alone, whatever its last process left of it. A power cut while it is created, or while a restored
// copy begins its log, leaves a rollback journal, which SQLite plays back only into a file that it may write: that is done in a
// copy. The file itself and what lies beside it are not changed.
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { DatabaseSync as Database } from 'node:sqlite';
import { toRealPath } from '../database-path.ts';
import { AppError } from '../errors.ts';
import { explainSystemError, systemCodeOf } from '../own-files.ts';
import { DatabaseSync } from '../sqlite.ts';
import { hasRollbackJournal } from './sqlite-bytes.ts';
import { isReadOnlyForRollback } from './sqlite-errors.ts';

/** A connection that writes nothing. */
export interface ReadOnlyDatabase {
  readonly connection: Database;
  close(): void;
}

/** How often it is begun anew when another process plays the journal back meanwhile. */
const mostTries = 5;

/**
 * `timeout` is how long a statement waits for a tool that locks the file, in ms. What SQLite cannot read, it throws here.
 * @throws AppError `store-unavailable` when there is a journal to be played back, and no room for a copy; SQLite's errors.
 */
export const openReadOnly = (path: string, timeout: number): ReadOnlyDatabase => {
  for (let tries = 1; ; tries += 1) {
    const connection = new DatabaseSync(path, { readOnly: true, timeout });
    try {
      look(connection);
      return { connection, close: () => connection.close() };
    } catch (error) {
      connection.close();
      if (!isReadOnlyForRollback(error)) throw error;
      const copy = openCopy(toRealPath(path));
      if (copy !== undefined) return copy;
      if (tries === mostTries) throw error;
    }
  }
};

/** The first read is what meets a journal. */
const look = (connection: Database): void => {
  connection.prepare('SELECT count(*) FROM sqlite_schema').get();
};

/** Undefined if the journal was played back meanwhile, or is another one: then the file is to be opened again. */
const openCopy = (path: string): ReadOnlyDatabase | undefined => {
  let folder: string | undefined;
  const remove = () => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  };
  try {
    folder = mkdtempSync(join(tmpdir(), 'orderchart-read-'));
    const copy = join(folder, basename(path));
    if (!copyWithJournal(path, copy)) {
      remove();
      return undefined;
    }
    playBack(copy);
    const connection = new DatabaseSync(copy, { readOnly: true });
    const close = () => {
      connection.close();
      remove();
    };
    return { connection, close };
  } catch (error) {
    remove();
    const reason = explainSystemError(error);
    if (reason === undefined) throw error;
    const message =
      `${path} was cut off in a change. To be read, it is copied to ${tmpdir()} (TMPDIR), where the change is undone; ` +
      `but that cannot be used: ${reason}. The file was not changed. A start of the service undoes the change, too.`;
    throw new AppError('store-unavailable', message);
  }
};

/** False if another process works on the file: the copy may be of several moments. */
const copyWithJournal = (path: string, copy: string): boolean => {
  const before = identifyJournal(path);
  for (const part of ['', '-journal', '-wal']) copyPart(`${path}${part}`, `${copy}${part}`);
  return hasRollbackJournal(copy) && before === identifyJournal(path);
};

const playBack = (copy: string): void => {
  const connection = new DatabaseSync(copy);
  try {
    look(connection);
  } finally {
    connection.close();
  }
};

const identifyJournal = (path: string): string | undefined => {
  const found = statSync(`${path}-journal`, { bigint: true, throwIfNoEntry: false });
  return found && `${found.ino}:${found.size}:${found.mtimeNs}`;
};

/** Another process may delete a journal or a log at any time. */
const copyPart = (from: string, to: string): void => {
  try {
    copyFileSync(from, to);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
};

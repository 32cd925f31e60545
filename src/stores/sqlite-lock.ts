// The lock of a database: one process works on it. It also remembers which run of the database was the last one here, which
// a copy that is put in the place of the database does not know. It never opens the database.
import type { DatabaseSync as Database } from 'node:sqlite';
import { AppError } from '../errors.ts';
import { DatabaseSync } from '../sqlite.ts';
import { text } from './rows.ts';
import { toPrimaryCode } from './sqlite-errors.ts';

export interface DatabaseLock {
  /** The last run that was noted here; undefined if none ever was. */
  readonly lastRun: string | undefined;
  noteRun(run: string): void;
  release(): void;
}

/**
 * The locks of this process. Node closes a connection when it is garbage collected: without these references, the lock
 * of a store in use could be dropped, and a second process could open it.
 */
const heldLocks = new Set<Database>();

const busy = 5;

/**
 * A database of its own beside the file, whose exclusive lock is held. The operating system drops that lock when the
 * process dies, however it dies. `locking_mode=EXCLUSIVE` on the file itself would do the same, but then no other process
 * could read it while the service runs, and neither could our own reader. The lock file stays when it is released:
 * deleting it could delete the lock of the next process.
 * @throws AppError `store-in-use`
 */
export const takeLock = (path: string): DatabaseLock => {
  const lock = new DatabaseSync(`${path}.lock`, { timeout: 0 });
  try {
    // From the first transaction on, the lock is kept over all that follow.
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    lock.exec(
      'CREATE TABLE IF NOT EXISTS last_run (one INTEGER PRIMARY KEY CHECK (one = 1), run TEXT) STRICT',
    );
    lock.exec('COMMIT');
    const row = lock.prepare('SELECT run FROM last_run').get();
    heldLocks.add(lock);
    return {
      lastRun: row && text(row, 'run'),
      noteRun: (run) => {
        lock.prepare('REPLACE INTO last_run VALUES (1, ?)').run(run);
      },
      release: () => {
        heldLocks.delete(lock);
        lock.close();
      },
    };
  } catch (error) {
    lock.close();
    if (toPrimaryCode(error) !== busy) throw error;
    const message =
      `${path} is in use by another Orderchart process (or opened twice in this one). ` +
      'Stop that process first, or set DATABASE_URL to another file.';
    throw new AppError('store-in-use', message, { path });
  }
};

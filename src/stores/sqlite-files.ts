// The files of an open database as the operating system has them: made for their owner alone, and still in their place.
// It reads and writes nothing in them.
import { closeSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '../errors.ts';
import { makeFolder, privateFile, systemCodeOf } from '../own-files.ts';

/**
 * Makes the file and its folders, where they are missing, for the owner alone; SQLite gives its log the rights of the
 * file. What is there already keeps its rights.
 * @throws AppError `store-unsupported` for a file with two names, which two processes could open at the same time.
 */
export const makePrivately = (path: string): void => {
  makeFolder(dirname(path));
  makeFile(path);
  const found = statSync(path);
  if (!found.isFile()) {
    throw new AppError(
      'store-unsupported',
      `${path} is no regular file. Set DATABASE_URL to the path of a file.`,
    );
  }
  if (found.nlink < 2) return;
  const message =
    `${path} has ${found.nlink} names (hard links): SQLite would damage it if it were opened by two of them. ` +
    'It was not changed. Delete the other names, or make a copy and use that.';
  throw new AppError('store-unsupported', message);
};

/** Only a new file is opened here: closing another descriptor of a file drops the locks that this process has on it. */
const makeFile = (path: string): void => {
  try {
    closeSync(openSync(path, 'wx', privateFile));
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
  }
};

/** Which file a name leads to now; undefined if to none. */
const identify = (path: string): string | undefined => {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
};

/**
 * Whether the database and its log are still the files that they are now. What is written to a deleted file succeeds, and
 * is gone when the process ends.
 */
export const watchFiles = (path: string): (() => boolean) => {
  const watched = [path, `${path}-wal`].map((name) => [name, identify(name)] as const);
  return () => watched.every(([name, identity]) => identify(name) === identity);
};

// Which file a database's path means. What lies beside the file (its lock, its local socket) is named after it, so
// every program has to come to the same name. It opens nothing.
import { readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError } from './errors.ts';
import { findEntry } from './own-files.ts';

/** As many as Linux follows. */
const mostLinks = 40;

/**
 * The one absolute name of a file, which need not be there; two names of one file give the same. A symbolic link to
 * nothing means the file that would be made by opening it.
 * @throws AppError `store-unsupported` for links that lead in a circle.
 */
export const toRealPath = (path: string, linksLeft = mostLinks): string => {
  const given = resolve(path);
  if (linksLeft === 0) {
    const message = `${given} can't be used as the store: its symbolic links lead in a circle. Set DATABASE_URL to another file.`;
    throw new AppError('store-unsupported', message);
  }
  const entry = findEntry(given);
  if (entry?.isSymbolicLink()) {
    return toRealPath(resolve(toRealFolder(dirname(given), linksLeft), readlinkSync(given)), linksLeft - 1);
  }
  return join(toRealFolder(dirname(given), linksLeft), basename(given));
};

/** Folders that are missing are named as they are. */
const toRealFolder = (folder: string, linksLeft: number): string => {
  const entry = findEntry(folder);
  if (entry === undefined) {
    const parent = dirname(folder);
    return parent === folder ? folder : join(toRealFolder(parent, linksLeft), basename(folder));
  }
  return entry.isSymbolicLink() ? toRealPath(folder, linksLeft) : realpathSync(folder);
};

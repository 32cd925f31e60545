// Which file a database's path means. What lies beside the file (its lock, its local socket) is named after it, so
// every program has to come to the same name. It opens nothing.
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** The one absolute name of a file, which need not be there; two names of one file (a symbolic link) give the same. */
export const toRealPath = (path: string): string => {
  const given = resolve(path);
  if (existsSync(given)) return realpathSync(given);
  const folder = dirname(given);
  return existsSync(folder) ? join(realpathSync(folder), basename(given)) : given;
};

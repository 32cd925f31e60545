// The file that `--database-url` or the setting means, for commands that need one that is there. It opens nothing.
import { existsSync } from 'node:fs';
import { readSettings } from '../config.ts';
import { AppError } from '../errors.ts';

/** @throws AppError `invalid-setting` if it is no SQLite file. */
export const readDatabasePath = (given: string | undefined): string => {
  const { DATABASE_URL: url } = readSettings({ DATABASE_URL: given ?? process.env['DATABASE_URL'] });
  const path = url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : undefined;
  if (path !== undefined && existsSync(path)) return path;
  const problem = path === undefined ? 'this command needs sqlite:PATH' : 'there is no such file';
  throw new AppError('invalid-setting', `Invalid DATABASE_URL=${url}: ${problem}`);
};

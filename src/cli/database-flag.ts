// The store that `--database-url` or the setting means, for commands that need one that is there. It opens nothing.
import { existsSync } from 'node:fs';
import { isPostgresUrl, readSettings } from '../config.ts';
import { AppError } from '../errors.ts';
import { maskAddress } from '../store-address.ts';

const refuse = (url: string, problem: string): never => {
  throw new AppError('invalid-setting', `Invalid DATABASE_URL=${maskAddress(url)}: ${problem}`);
};

/**
 * `sqlite:PATH` or `postgres://…`. With `mayBeMissing` a file need not be there yet.
 * @throws AppError `invalid-setting`.
 */
export const readStoreAddress = (given: string | undefined, mayBeMissing = false): string => {
  const { DATABASE_URL: url } = readSettings({ DATABASE_URL: given ?? process.env['DATABASE_URL'] });
  if (isPostgresUrl(url)) return url;
  if (!url.startsWith('sqlite:')) {
    return refuse(url, 'use sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE');
  }
  return mayBeMissing || existsSync(url.slice('sqlite:'.length)) ? url : refuse(url, 'there is no such file');
};

/** The path of a SQLite file. `forPostgres` says what to do instead. @throws AppError `invalid-setting`. */
export const readDatabasePath = (given: string | undefined, forPostgres: string): string => {
  const url = readStoreAddress(given);
  return isPostgresUrl(url) ? refuse(url, forPostgres) : url.slice('sqlite:'.length);
};

// A copy of a database that an older release wrote, for work that must leave the file as it is: opening it for work would
// take it over, and the older release could not open it any more. It reads the file as it is committed, also while that
// release runs on it, and changes nothing of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync as Database } from 'node:sqlite';
import { AppError, describeError } from '../errors.ts';
import { whole } from './rows.ts';
import { applicationId, readMigrations, type TableOwner } from './sqlite-open.ts';
import { openReadOnly, type ReadOnlyDatabase } from './sqlite-read-only.ts';

interface DatabaseCopy {
  readonly path: string;
  remove(): void;
}

/**
 * Copies the database at `path` into a folder of its own; undefined if opening it for work leaves its tables as they are.
 * @throws AppError `store-unavailable` if it cannot be copied.
 */
export const copyOlderDatabase = (path: string, application: TableOwner): DatabaseCopy | undefined => {
  const folder = mkdtempSync(join(tmpdir(), 'orderchart-copy-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const copy = join(folder, 'orders.db');
  let isCopied = false;
  let opened: ReadOnlyDatabase | undefined;
  try {
    opened = openReadOnly(path, 0);
    const { connection } = opened;
    if (!isOlder(connection, application)) return undefined;
    connection.prepare('VACUUM INTO ?').run(copy);
    isCopied = true;
    return { path: copy, remove };
  } catch (error) {
    const message = `${path} cannot be copied to ${folder}: ${describeError(error)}. It was not changed.`;
    throw new AppError('store-unavailable', message);
  } finally {
    opened?.close();
    if (!isCopied) remove();
  }
};

const isOlder = (connection: Database, { tables }: TableOwner): boolean => {
  const read = (sql: string, name: string) => whole(connection.prepare(sql).get() ?? { [name]: 0 }, name);
  if (read('PRAGMA application_id', 'application_id') !== applicationId) return false;
  if (read('PRAGMA user_version', 'user_version') < readMigrations().length) return true;
  const known = tables?.sqlite.migrations.length ?? 0;
  return read('SELECT tables_version FROM applications', 'tables_version') < known;
};

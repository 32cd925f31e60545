// Whether the SQLite file can be written now, tried by writing: as much as a large order, into a table of its own. It never
// changes what orders are made of.

import { AppError } from '../errors.ts';
import { limits } from '../limits.ts';
import { toPrimaryCode } from './sqlite-errors.ts';
import type { OpenDatabase } from './sqlite-open.ts';

import { MissingFile, type WriterAccess } from './sqlite-transactions.ts';

/** Older releases leave a table alone that they do not know: it needs no migration. */
const table =
  'CREATE TABLE IF NOT EXISTS health_check (one INTEGER PRIMARY KEY, filler BLOB NOT NULL) STRICT';

/** SQLITE_FULL */
const diskFull = 13;

/** `writes` false: only what is known without writing. */
export const createCheck =
  ({ writer }: OpenDatabase, { transact, requireUsable }: WriterAccess) =>
  (writes = true): void => {
    try {
      requireUsable();
      if (!writes) return;
      transact(() => {
        writer.exec(table);
        writer.prepare('REPLACE INTO health_check VALUES (1, zeroblob(?))').run(limits.bodyBytes);
      });
    } catch (error) {
      throw toReason(error);
    }
  };

/** What everyone may know, and can do about it. It names no paths. */
const toReason = (error: unknown): unknown => {
  if (error instanceof MissingFile) {
    const text =
      'the database file or its log was deleted or replaced: stop the service, put the file back or restore a backup, and start again';
    return new AppError('store-unavailable', text);
  }
  if (toPrimaryCode(error) !== diskFull) return error;
  return new AppError(
    'store-unavailable',
    'the disk of the database is full: make room; the service goes on by itself',
  );
};

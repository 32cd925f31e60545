// What an error of SQLite says by its code. It knows no statement.

/** The part of a SQLite error code that its documentation calls primary; undefined for other errors. */
export const toPrimaryCode = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : undefined;

/** SQLITE_READONLY_ROLLBACK: a journal has to be played back before the file can be read. */
const readOnlyRollback = 776;

export const isReadOnlyForRollback = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === readOnlyRollback;

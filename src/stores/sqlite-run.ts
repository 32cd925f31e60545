// Whether a file is the one that the last run left, a copy of it that is whole, or what is left of one: decided before it
// is opened for work, and noted in it. A run is one opening of the file. It knows no order.
import { pathToFileURL } from 'node:url';
import { AppError } from '../errors.ts';
import { DatabaseSync } from '../sqlite.ts';
import { text, whole } from './rows.ts';
import {
  hasRollbackJournal,
  isTruncated,
  type LogFile,
  type MainFile,
  readLogFile,
  readLogSalt,
  readMainFile,
} from './sqlite-bytes.ts';
import type { Connection } from './sqlite-connection.ts';
import { toPrimaryCode } from './sqlite-errors.ts';
import { readLastPosition } from './sqlite-takeover.ts';

interface FileState {
  readonly state: string;
  readonly run: string;
  readonly runBefore: string;
  readonly log: number;
  readonly schemaCookie: number;
}

/** What a file turned out to be: the one that the last run here left (or a new one), or a copy that was put here. */
export type Found = 'ours' | 'copy';

const read = (connection: Pick<Connection, 'prepare'>, sql: string, name: string): number => {
  const row = connection.prepare(sql).get();
  return row === undefined ? 0 : whole(row, name);
};

/** Undefined for a file of an earlier schema. */
const readState = (connection: Pick<Connection, 'prepare'>): FileState | undefined => {
  const tables = "SELECT count(*) AS tables FROM sqlite_schema WHERE name = 'file_state'";
  if (read(connection, tables, 'tables') === 0) return undefined;
  const row = connection.prepare('SELECT * FROM file_state').get() ?? {};
  return {
    state: text(row, 'state'),
    run: text(row, 'run'),
    runBefore: text(row, 'run_before'),
    log: whole(row, 'log'),
    schemaCookie: whole(row, 'schema_cookie'),
  };
};

/** What the main file says alone (`immutable` leaves its log aside), or with its log. It changes neither. */
const peek = <T>(path: string, withLog: boolean, look: (connection: Connection) => T): T => {
  const url = pathToFileURL(path);
  if (!withLog) url.searchParams.set('immutable', '1');
  const connection = new DatabaseSync(url, { readOnly: true });
  try {
    return look(connection);
  } finally {
    connection.close();
  }
};

const refuse = (path: string, problem: string, todo: string): never => {
  throw new AppError('store-unsupported', `${path} ${problem}. It was not changed. ${todo}`);
};

const backups = 'Copies of a running service are made by `orderchart backup` (docs/backup.md)';

/**
 * Says what the file at `path` is, before it is opened for work.
 * @throws AppError `store-unsupported` for a file that was copied without its log, has the log of another file, or is
 * cut off.
 */
export const recognise = (path: string, lastRun: string | undefined): Found => {
  const log = readLogFile(`${path}-wal`);
  const main = readMainFile(path);
  if (main === undefined) {
    if (log !== undefined) refuseForeignLog(path);
    return 'ours';
  }
  if (hasRollbackJournal(path)) return 'ours';
  if (log === undefined && isTruncated(main)) {
    refuse(
      path,
      'is cut off: a part of it is missing',
      `Copy it again, or restore another backup. ${backups}.`,
    );
  }
  try {
    return log === undefined
      ? recogniseAlone(path, main, lastRun)
      : recogniseWithLog(path, main, log, lastRun);
  } catch (error) {
    // What SQLite itself cannot read, it refuses when it is opened for work, in its own words.
    if (toPrimaryCode(error) === undefined) throw error;
    return 'ours';
  }
};

const recogniseAlone = (path: string, main: MainFile, lastRun: string | undefined): Found => {
  const { isEmpty, isMarked, cookie, state } = peek(path, false, (connection) => ({
    isEmpty: read(connection, 'SELECT count(*) AS tables FROM sqlite_schema', 'tables') === 0,
    isMarked: read(connection, 'PRAGMA application_id', 'application_id') !== 0,
    cookie: read(connection, 'PRAGMA schema_version', 'schema_version'),
    state: readState(connection),
  }));
  // Nothing of ours is kept without a log, and SQLite's own backup begins the count of schema changes anew.
  const isFromSqlite = !main.keepsLog || (state !== undefined && cookie < state.schemaCookie);
  if (isEmpty) {
    if (main.keepsLog && !isMarked) refuseWithoutLog(path);
    return 'ours';
  }
  if (state?.state === 'copy' || isFromSqlite) return 'copy';
  if (state === undefined) return 'ours';
  if (state.state === 'open' && !isRestarted(path, state.log)) refuseWithoutLog(path);
  return isLastRun(state, lastRun) ? 'ours' : 'copy';
};

const recogniseWithLog = (path: string, main: MainFile, log: LogFile, lastRun: string | undefined): Found => {
  if (!main.keepsLog) refuseForeignLog(path);
  const alone = peek(path, false, readState);
  // A file of an earlier schema says nothing of its log.
  if (alone === undefined) return 'ours';
  const isOwnLog = alone.state === 'open' && followsFrom(alone.log, log.salt);
  const together = isOwnLog ? peek(path, true, readState) : readAsWhole(path, alone, log);
  // What it says of the run, if anything, is this run or the next one, which ended before the file itself knew.
  if (isOwnLog && together?.run !== alone.run && together?.runBefore !== alone.run) refuseForeignLog(path);
  return together === undefined || isLastRun(together, lastRun) ? 'ours' : 'copy';
};

/**
 * Restarts of one log, at most: 16 MiB are written between two of them. It is the chance, 1 in 256, that a log of another file
 * which was restarted too is taken for this one's.
 */
const mostRestarts = 2 ** 24;

/** Whether the salt of a log can be what `first` came to by restarts. */
const followsFrom = (first: number, salt: number): boolean => (salt - first) >>> 0 < mostRestarts;

/**
 * Whether the file's log was begun anew, and its process ended before the first commit in it. Only a log that is folded in as
 * a whole is begun anew, so nothing is missing.
 */
const isRestarted = (path: string, first: number): boolean => {
  const salt = readLogSalt(`${path}-wal`);
  return salt !== undefined && salt !== first && followsFrom(first, salt);
};

/**
 * A log of which the file knows nothing: of the run that began with it and ended before the file itself knew, or of another
 * SQLite program, if both are whole together. Any other log would damage the file.
 */
const readAsWhole = (path: string, alone: FileState, log: LogFile): FileState => {
  try {
    const { together, found } = peek(path, true, (connection) => ({
      together: readState(connection),
      found: connection.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'],
    }));
    // A log of ours says which run it is of, until it is folded in the first time.
    const isOthers = alone.state === 'closed' && together?.run === alone.run && log.restarts === 0;
    const isNext = together?.runBefore === alone.run && together.run !== alone.run;
    if (together !== undefined && (isNext || isOthers) && found === 'ok') return together;
  } catch (error) {
    if (toPrimaryCode(error) === undefined) throw error;
  }
  return refuseForeignLog(path);
};

/** The lock learns of a run a moment after the file. */
const isLastRun = ({ run, runBefore }: FileState, lastRun: string | undefined): boolean =>
  run === '' || lastRun === run || lastRun === runBefore;

const refuseWithoutLog = (path: string): never =>
  refuse(
    path,
    `was copied while a service worked on it, and without its write-ahead log (${path}-wal): what was committed since the log was last folded in is missing`,
    `Restore a whole copy; ${backups}. If this is all that there is, or another SQLite program closed the file after a crash, ` +
      '`orderchart restored` accepts it as it is.',
  );

const refuseForeignLog = (path: string): never =>
  refuse(
    path,
    `has a write-ahead log beside it (${path}-wal) that is not its own: SQLite would damage the file with it`,
    'If the file was restored, move the -wal and -shm that were left there away, and start again. If it was not, restore a backup.',
  );

/**
 * Notes in the file that a run begins. A copy gets an epoch of its own, what was called in it counts as maybe made, and
 * nobody is signed in any more: whoever signed out after it was made would be in again.
 * The file says itself that it is open, without its log.
 */
export const beginRun = (connection: Connection, path: string, found: Found): string => {
  connection.exec('BEGIN IMMEDIATE');
  if (found === 'copy') beginEpoch(connection);
  const cookie = read(connection, 'PRAGMA schema_version', 'schema_version');
  connection
    .prepare(
      "UPDATE file_state SET state = 'open', run_before = run, run = lower(hex(randomblob(8))), schema_cookie = ?",
    )
    .run(cookie);
  connection.exec('COMMIT');
  const log = readLogFile(`${path}-wal`)?.salt ?? 0;
  connection.prepare('UPDATE file_state SET log = ?').run(log);
  connection.exec('PRAGMA wal_checkpoint(PASSIVE)');
  return text(connection.prepare('SELECT run FROM file_state').get() ?? {}, 'run');
};

const beginEpoch = (connection: Connection): void => {
  const { changes } = connection.prepare('UPDATE calls SET doubtful = 1').run();
  connection
    .prepare('UPDATE epochs SET last_position = ? WHERE last_position IS NULL')
    .run(readLastPosition(connection));
  connection
    .prepare('INSERT INTO epochs (epoch, doubtful_calls, resumed) VALUES (lower(hex(randomblob(4))), ?, 0)')
    .run(changes);
  connection.exec('DELETE FROM api_keys WHERE session_of IS NOT NULL');
};

/** Notes that the log is being folded in, which follows. False if that cannot be written: then the log has to stay. */
export const endRun = (connection: Connection): boolean => {
  try {
    connection.exec("UPDATE file_state SET state = 'closed'");
    return true;
  } catch {
    return false;
  }
};

/** Notes in a copy that it is one: it begins an epoch of its own when it is opened for work. */
export const markAsCopy = (connection: Connection): void => {
  if (readState(connection) !== undefined) connection.exec("UPDATE file_state SET state = 'copy'");
};

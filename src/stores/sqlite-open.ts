// Opens one SQLite file for one process: the lock, the settings that durability rests on, the migrations. It
// never reads or writes orders. A file that cannot be used safely is refused at the start.
import { readdirSync, readFileSync } from 'node:fs';
import type { DatabaseSync as Database, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { Application } from '../application.ts';
import { toRealPath } from '../database-path.ts';
import { AppError } from '../errors.ts';
import { explainSystemError } from '../own-files.ts';
import { DatabaseSync } from '../sqlite.ts';
import type { OrdersByVersion } from '../store.ts';
import { makePrivately, watchFiles } from './sqlite-files.ts';
import { text, whole } from './sqlite-rows.ts';

type Row = Record<string, SQLOutputValue>;

/** An application whose tables live in the file. */
export type TableOwner = Pick<Application, 'name' | 'tables'>;

/** A prepared statement, as the store uses one: each use runs it from the start to the end. */
export interface Statement {
  run(...values: SQLInputValue[]): { readonly changes: number | bigint };
  get(...values: SQLInputValue[]): Row | undefined;
  all(...values: SQLInputValue[]): Row[];
}

/**
 * What the store needs of a connection: `DatabaseSync` is one; tests bring another, which runs the same SQLite on a
 * simulated disk. Errors of SQLite carry its extended code as `errcode`.
 */
export interface Connection {
  /** Whether a transaction is open. Some errors end it by themselves. */
  readonly isTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

export interface OpenDatabase {
  readonly path: string;
  /** The only connection that writes. */
  readonly writer: Connection;
  /** Sees what is committed, and never waits for a transaction of the writer. */
  readonly reader: Connection;
  /** Whether the files that were opened still have their names: what is written to a deleted file is lost. */
  isInPlace(): boolean;
  close(): void;
}

/** `PRAGMA application_id` of our files: "Ordc". */
export const applicationId = 0x4f726463;
/** The first release whose WAL reset can't lose a commit to a checkpoint that runs at the same time. */
const leastSqlite = [3, 51, 3] as const;
/** How long a statement waits for a tool (a backup, `sqlite3`) that locks the file briefly. */
const busyMs = 5000;
/** The write-ahead log is cut to this size after a burst. */
const logBytes = 64 * 1024 * 1024;
/** 4 KiB each: 16 MiB of log. */
const checkpointPages = 4096;
const migrationsFolder = new URL('./migrations/', import.meta.url);

/**
 * The locks of this process. Node closes a connection when it is garbage collected: without these references, the lock
 * of a store in use could be dropped, and a second process could open it.
 */
const heldLocks = new Set<Database>();

/** The part of a SQLite error code that its documentation calls primary; undefined for other errors. */
export const toPrimaryCode = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : undefined;

/** @throws AppError `store-unsupported` below SQLite 3.51.3. */
export const requireSqlite = (version: string): void => {
  const parts = version.split('.').map(Number);
  const difference = leastSqlite.map((least, index) => (parts[index] ?? 0) - least).find((by) => by !== 0);
  if (difference !== undefined && difference < 0) {
    const least = leastSqlite.join('.');
    throw new AppError('store-unsupported', `SQLite ${version} is too old: ${least} or newer is needed.`);
  }
};

const readSqliteVersion = (): string => {
  const connection = new DatabaseSync(':memory:');
  try {
    return text(connection.prepare('SELECT sqlite_version() AS version').get() ?? {}, 'version');
  } finally {
    connection.close();
  }
};

const readPragma = (connection: Connection, name: string): number => {
  const row = connection.prepare(`PRAGMA ${name}`).get();
  if (row === undefined) throw new Error(`PRAGMA ${name} says nothing.`);
  return whole(row, name);
};

export const readMigrations = (): readonly string[] => {
  const files = readdirSync(migrationsFolder)
    .filter((file) => file.endsWith('.sql'))
    .sort();
  return files.map((file, index) => {
    if (Number(file.slice(0, 4)) !== index + 1) throw new Error(`Migration ${file} is out of order.`);
    return readFileSync(new URL(file, migrationsFolder), 'utf8');
  });
};

/** The version of the file's schema; 0 for a file that is still empty. */
const readSchemaVersion = (connection: Connection, path: string, known: number): number => {
  const version = readPragma(connection, 'user_version');
  const tables = connection.prepare('SELECT count(*) AS number FROM sqlite_schema').get() ?? {};
  const isEmpty = version === 0 && whole(tables, 'number') === 0;
  if (!isEmpty && readPragma(connection, 'application_id') !== applicationId) {
    throw new AppError('store-unsupported', `${path} is a database of another program. It was not changed.`);
  }
  if (version > known) {
    const message =
      `${path} was written by a newer Orderchart (schema ${version}; this one knows ${known}). ` +
      'Run that version, or restore a copy from before the upgrade. The file was not changed.';
    throw new AppError('store-unsupported', message, { version, known });
  }
  return version;
};

const migrate = (connection: Connection, from: number, migrations: readonly string[]): void => {
  for (const [index, sql] of migrations.entries()) {
    if (index < from) continue;
    inTransaction(connection, () => {
      connection.exec(sql);
      connection.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${index + 1}`);
    });
  }
};

const inTransaction = (connection: Connection, task: () => void): void => {
  connection.exec('BEGIN IMMEDIATE');
  try {
    task();
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
};

/**
 * Brings the application's own tables up to date.
 * @throws AppError `store-unsupported` when the file belongs to another application, or to a newer release of this one.
 */
const migrateTables = (connection: Connection, path: string, { name, tables }: TableOwner): void => {
  const [found] = connection.prepare('SELECT name, tables_version FROM applications').all();
  if (found !== undefined && text(found, 'name') !== name) {
    const message = `${path} holds orders of the application '${text(found, 'name')}', not '${name}'. Set DATABASE_URL to another file.`;
    throw new AppError('store-unsupported', message);
  }
  const migrations = tables?.sqlite.migrations ?? [];
  const version = found === undefined ? 0 : whole(found, 'tables_version');
  if (version > migrations.length) {
    const message = `${path} was written by a newer '${name}' (tables ${version}; this one knows ${migrations.length}). The file was not changed.`;
    throw new AppError('store-unsupported', message, { version, known: migrations.length });
  }
  if (found !== undefined && version === migrations.length) return;
  const note = connection.prepare(
    'INSERT INTO applications VALUES (?, ?) ON CONFLICT DO UPDATE SET tables_version = excluded.tables_version',
  );
  inTransaction(connection, () => {
    for (const sql of migrations.slice(version)) connection.exec(sql);
    note.run(name, migrations.length);
  });
};

/**
 * Throws if the stored orders, counted by chart version, are not to be opened. Asked before anything of the file is
 * changed: after its migrations, the release that knows those versions could not open it any more.
 */
export type JudgeVersions = (orders: OrdersByVersion) => void;

const countVersions = (connection: Connection): OrdersByVersion => {
  const sql = 'SELECT chart_version, count(*) AS number FROM orders GROUP BY chart_version';
  const rows = connection.prepare(sql).all();
  return Object.fromEntries(rows.map((row) => [text(row, 'chart_version'), whole(row, 'number')]));
};

/**
 * Makes a connection to the file at `path` the writer: the settings that durability rests on, the migrations.
 * @throws AppError `store-unsupported` if the file is not ours, is newer, or cannot keep a log.
 */
export const prepareWriter = (
  connection: Connection,
  path: string,
  application: TableOwner,
  judge: JudgeVersions = () => {},
): void => {
  const migrations = readMigrations();
  const version = readSchemaVersion(connection, path, migrations.length);
  if (version > 0) judge(countVersions(connection));
  const mode = connection.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
  if (mode !== 'wal') {
    const message = `${path} can't keep a write-ahead log (it stays in mode ${mode}): use a local disk.`;
    throw new AppError('store-unsupported', message);
  }
  connection.exec('PRAGMA synchronous = FULL');
  // Copies of pages, for statements that may fail half-way, stay in memory: in a file they would be written at each commit.
  connection.exec('PRAGMA temp_store = MEMORY');
  connection.exec(`PRAGMA journal_size_limit = ${logBytes}`);
  // What is written again and again (the ends of tables, the orders that move) goes back into the file once.
  connection.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
  connection.exec('PRAGMA foreign_keys = ON');
  // Without it, INSERT OR REPLACE deletes rows without asking the append-only triggers.
  connection.exec('PRAGMA recursive_triggers = ON');
  migrate(connection, version, migrations);
  migrateTables(connection, path, application);
};

/**
 * A database of its own beside the file, held in an open exclusive transaction. The operating system drops
 * that lock when the process dies, however it dies. `locking_mode=EXCLUSIVE` on the file itself would do the
 * same, but then no other process could read it while the service runs, and neither could our own reader.
 * The lock file stays when it is released: deleting it could delete the lock of the next process.
 */
const takeLock = (path: string): Database => {
  const lock = new DatabaseSync(`${path}.lock`, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    heldLocks.add(lock);
    return lock;
  } catch (error) {
    lock.close();
    if (toPrimaryCode(error) !== 5) throw error;
    const message =
      `${path} is in use by another Orderchart process (or opened twice in this one). ` +
      'Stop that process first, or set DATABASE_URL to another file.';
    throw new AppError('store-in-use', message, { path });
  }
};

const openLocked = (path: string, application: TableOwner, judge?: JudgeVersions): OpenDatabase => {
  const opened: Database[] = [];
  // The reader first: the last connection to close writes the log back into the file, and must be able to.
  // The lock last, whatever happened before.
  const close = () => {
    const connection = opened.pop();
    if (connection === undefined) return;
    heldLocks.delete(connection);
    try {
      connection.close();
    } finally {
      close();
    }
  };
  try {
    opened.push(takeLock(path));
    makePrivately(path);
    const writer = new DatabaseSync(path, { timeout: busyMs });
    opened.push(writer);
    prepareWriter(writer, path, application, judge);
    const reader = new DatabaseSync(path, { timeout: busyMs, readOnly: true });
    opened.push(reader);
    return { path, writer, reader, isInPlace: watchFiles(path), close };
  } catch (error) {
    close();
    throw error;
  }
};

const explainSqliteError = (error: unknown): string | undefined =>
  error instanceof Error && toPrimaryCode(error) !== undefined
    ? `${error.message}. See to the file and its folder, or set DATABASE_URL to another`
    : undefined;

/**
 * Opens (and creates, and migrates) the file at `path` for this process and one application alone.
 * @throws AppError `store-in-use` where another process has it open; `store-unsupported` where SQLite is too
 * old, the file is not ours, is newer than this program, or can't be used; whatever `judge` throws.
 */
export const openDatabase = (path: string, application: TableOwner, judge?: JudgeVersions): OpenDatabase => {
  requireSqlite(readSqliteVersion());
  const real = toRealPath(path);
  try {
    makePrivately(`${real}.lock`);
    return openLocked(real, application, judge);
  } catch (error) {
    const reason = explainSystemError(error) ?? explainSqliteError(error);
    if (reason === undefined) throw error;
    throw new AppError('store-unsupported', `${real} can't be used as the store: ${reason}.`);
  }
};

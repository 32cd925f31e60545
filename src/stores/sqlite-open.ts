// Opens one SQLite file for one process: the lock, the settings that durability rests on, the migrations. It
// never reads or writes orders. A file that cannot be used safely is refused at the start.
import { readdirSync, readFileSync } from 'node:fs';
import type { Application } from '../application.ts';
import { type Clock, monotonicMs, systemClock } from '../clock.ts';
import { toRealPath } from '../database-path.ts';
import { AppError } from '../errors.ts';
import { limits } from '../limits.ts';
import { explainSystemError } from '../own-files.ts';
import { DatabaseSync } from '../sqlite.ts';
import type { OrdersByVersion } from '../store.ts';
import { refuseMarked } from './move-marks.ts';
import { text, whole } from './rows.ts';
import { type BackgroundTakeover, prepareTakeover } from './sqlite-background-takeover.ts';
import type { Connection } from './sqlite-connection.ts';
import { toPrimaryCode } from './sqlite-errors.ts';
import { makePrivately, watchFiles } from './sqlite-files.ts';
import { takeLock } from './sqlite-lock.ts';
import { readMoveMark } from './sqlite-move-mark.ts';
import { beginRun, endRun, markAsCopy, recognise } from './sqlite-run.ts';
import { applySettings, busyMs } from './sqlite-settings.ts';
import { withSmallBatchesHere } from './sqlite-small-batches.ts';
import { countOrders, isTakeoverPending, type ReportProgress, takeOverHistory } from './sqlite-takeover.ts';
import { createTransact, type Transact } from './sqlite-transaction.ts';
import { createInlineWriter, createThreadWriter, type Writer } from './sqlite-writer.ts';

/** An application whose tables live in the file. */
export type TableOwner = Pick<Application, 'name' | 'tables'>;

export interface OpenDatabase {
  readonly path: string;
  /** Writes batches. */
  readonly batches: Writer;
  /** For all other changes, while no batch is written. */
  readonly writer: Connection;
  /** Sees what is committed, and never waits for a transaction of the writer. */
  readonly reader: Connection;
  /** An earlier schema's history that is moved beside the store's work; left out: there is none. */
  readonly takeover?: BackgroundTakeover | undefined;
  /** Whether the files that were opened still have their names: what is written to a deleted file is lost. */
  isInPlace(): boolean;
  close(): void;
}

/** `PRAGMA application_id` of our files: "Ordc". */
export const applicationId = 0x4f726463;
/** The first release whose WAL reset can't lose a commit to a checkpoint that runs at the same time. */
const leastSqlite = [3, 51, 3] as const;
const migrationsFolder = new URL('./migrations/', import.meta.url);

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

/**
 * What there is of history in the tables of an earlier schema is moved before this migration, in steps of its own. Until then
 * a store works with the schema before it.
 */
export const historyMoved = 12;

const migrate = (
  connection: Connection,
  from: number,
  migrations: readonly string[],
  transact: Transact = createTransact(connection),
): void => {
  for (const [index, sql] of migrations.entries()) {
    if (index < from) continue;
    transact(() => {
      connection.exec(sql);
      connection.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${index + 1}`);
    });
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
  createTransact(connection)(() => {
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
  // Before there is a log: a file that keeps one and says nothing of itself was copied without it.
  if (version === 0) connection.exec(`PRAGMA application_id = ${applicationId}`);
  const mode = connection.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
  if (mode !== 'wal') {
    const message = `${path} can't keep a write-ahead log (it stays in mode ${mode}): use a local disk.`;
    throw new AppError('store-unsupported', message);
  }
  applySettings(connection);
  const beforeMove = historyMoved - 1;
  migrate(connection, version, migrations.slice(0, beforeMove));
  if (!isTakeoverPending(connection)) migrate(connection, Math.max(version, beforeMove), migrations);
  migrateTables(connection, path, application);
};

export interface OpenOptions {
  readonly judge?: JudgeVersions;
  /** Orders whose history the start moves; of more, it is moved beside the store's work. */
  readonly takenOverAtStart?: number;
  readonly clock?: Clock;
  /** Hears lines for people on how far a takeover is. */
  readonly say?: (line: string) => void;
  /** Also a file that is being moved, or was moved away. */
  readonly moving?: boolean;
}

const sayOnStderr = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/**
 * Takes over the history of an earlier schema, after a run has begun: a process that ends meanwhile leaves a log that the file
 * knows, and the next start goes on from there. What is returned is left to do.
 */
const takeOver = (
  writer: Connection,
  { tables }: TableOwner,
  { takenOverAtStart = limits.takenOverAtStart, clock = systemClock, say = sayOnStderr }: OpenOptions,
): BackgroundTakeover | undefined => {
  if (!isTakeoverPending(writer)) return undefined;
  const isPersonal = tables?.sqlite.open(writer).isPersonal ?? (() => false);
  const transact = createTransact(writer);
  const finish = () => migrate(writer, historyMoved - 1, readMigrations(), (task) => task());
  if (countOrders(writer).left > takenOverAtStart) {
    return prepareTakeover({ writer, isPersonal, finish, clock, say }, transact);
  }
  const report: ReportProgress = (done, of) => {
    const each = limits.takeoverReported;
    if (done % each !== 0 && (done < of || of < each)) return;
    say(`The history of ${done} of ${of} orders is in the form of this version.`);
  };
  takeOverHistory(writer, isPersonal, transact, report);
  transact(finish);
  return undefined;
};

const openLocked = (path: string, application: TableOwner, options: OpenOptions): OpenDatabase => {
  const closing: (() => void)[] = [];
  // The reader first: the last connection to close writes the log back into the file, and must be able to.
  // The lock last, whatever happened before.
  const close = () => {
    const next = closing.pop();
    if (next === undefined) return;
    try {
      next();
    } finally {
      close();
    }
  };
  try {
    const lock = takeLock(path);
    closing.push(() => lock.release());
    makePrivately(path);
    const found = recognise(path, lock.lastRun);
    const writer = new DatabaseSync(path, { timeout: busyMs });
    closing.push(() => {
      if (writer.isOpen) writer.close();
    });
    if (options.moving !== true) refuseMarked(`sqlite:${path}`, readMoveMark(writer));
    if (found === 'copy') markAsCopy(writer);
    prepareWriter(writer, path, application, options.judge);
    lock.noteRun(beginRun(writer, path, found));
    const takeover = takeOver(writer, application, options);
    const reader = new DatabaseSync(path, { timeout: busyMs, readOnly: true });
    closing.push(() => {
      // The reader cannot fold the log in: as the last one to close, it leaves the log where it is.
      if (!endRun(writer)) writer.close();
      else reader.close();
    });
    const batches = withSmallBatchesHere({
      here: createInlineWriter(writer),
      thread: createThreadWriter(path),
      now: monotonicMs,
    });
    return { path, batches, writer, reader, takeover, isInPlace: watchFiles(path), close };
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
 * old, the file is not ours, is newer than this program, or can't be used; whatever `options.judge` throws.
 */
export const openDatabase = (
  path: string,
  application: TableOwner,
  options: OpenOptions = {},
): OpenDatabase => {
  requireSqlite(readSqliteVersion());
  const real = toRealPath(path);
  try {
    makePrivately(`${real}.lock`);
    return openLocked(real, application, options);
  } catch (error) {
    const reason = explainSystemError(error) ?? explainSqliteError(error);
    if (reason === undefined) throw error;
    throw new AppError('store-unsupported', `${real} can't be used as the store: ${reason}.`);
  }
};

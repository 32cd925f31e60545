// Connections to an Orderchart store on a simulated disk, with the interface and the errors of node:sqlite. Settings,
// schema and statements are the product's own code; nothing here knows a table.
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { Database, PreparedStatement, SqlValue } from '@sqlite.org/sqlite-wasm';
import { shop } from '../../src/shop/shop.ts';
import type { Connection, Statement } from '../../src/stores/sqlite-connection.ts';
import { type OpenDatabase, prepareWriter, requireSqlite } from '../../src/stores/sqlite-open.ts';
import { createInlineWriter } from '../../src/stores/sqlite-writer.ts';
import type { Disk } from './disk.ts';
import { mountDisk, sqlite3, vfsName } from './disk-vfs.ts';

const { capi, oo1, SQLite3Error } = sqlite3;

/** As node:sqlite throws it: SQLite's message and its extended code. */
export class SqliteError extends Error {
  readonly errcode: number;

  constructor(message: string, errcode: number) {
    super(message);
    this.errcode = errcode;
  }
}

export const storeName = 'orders.db';

/**
 * Opens (and creates, and migrates) the store on a disk as `openDatabase` opens a file. `close` may be called
 * after a power cut too: then it frees memory and nothing else.
 * `onError` is called with every error of the writer.
 * @throws what `openDatabase` throws, and SQLite's errors as they are.
 */
export const openOn = (disk: Disk, onError: (error: SqliteError) => void = () => {}): OpenDatabase => {
  requireSqlite(sqlite3.version.libVersion);
  const machine = mountDisk(disk);
  const path = machine.toPath(storeName);
  const opened: Connection[] = [];
  const close = () => {
    // The reader first: the last connection to close writes the log back into the file, and must be able to.
    for (const connection of opened.splice(0).reverse()) connection.close();
    machine.stop();
  };
  try {
    const writer = connect(path, 'cw', onError);
    opened.push(writer);
    // This build has another default than node:sqlite.
    writer.exec('PRAGMA page_size = 4096');
    prepareWriter(writer, path, shop);
    const reader = connect(path, 'r', () => {});
    opened.push(reader);
    const batches = createInlineWriter(writer);
    return { path, batches, writer, reader, isInPlace: () => true, close };
  } catch (error) {
    close();
    throw error;
  }
};

const connect = (filename: string, flags: 'cw' | 'r', onError: (error: SqliteError) => void): Connection => {
  let database: Database | undefined;
  const perform = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      const known = toSqliteError(error, database);
      if (known === undefined) throw error;
      onError(known);
      throw known;
    }
  };
  const opened = perform(() => new oo1.DB({ filename, flags, vfs: vfsName }));
  database = opened;
  const prepared: PreparedStatement[] = [];
  return {
    get isTransaction() {
      return opened.pointer !== undefined && capi.sqlite3_get_autocommit(opened.pointer) === 0;
    },
    exec: (sql) => {
      perform(() => opened.exec(sql));
    },
    prepare: (sql) => {
      const statement = perform(() => opened.prepare(sql));
      prepared.push(statement);
      return toStatement(opened, statement, perform);
    },
    close: () => {
      // This build does not, and then its files stay open.
      for (const statement of prepared.splice(0)) statement.finalize();
      opened.close();
    },
  };
};

/** The error as node:sqlite would throw it; undefined if it is not SQLite's. */
const toSqliteError = (error: unknown, database: Database | undefined): SqliteError | undefined => {
  if (!(error instanceof SQLite3Error)) return undefined;
  const pointer = database?.pointer;
  if (pointer === undefined) return new SqliteError(error.message, error.resultCode);
  return new SqliteError(capi.sqlite3_errmsg(pointer), capi.sqlite3_extended_errcode(pointer));
};

const toStatement = (
  database: Database,
  statement: PreparedStatement,
  perform: <T>(act: () => T) => T,
): Statement => {
  /** Runs it from the start, takes a result, and resets it. */
  const use = <T>(values: readonly SQLInputValue[], take: () => T): T =>
    perform(() => {
      try {
        if (values.length > 0) statement.bind(values.map(toBound));
        return take();
      } finally {
        statement.reset(true);
      }
    });
  return {
    run: (...values) =>
      use(values, () => {
        while (statement.step());
        return { changes: database.changes() };
      }),
    get: (...values) => use(values, () => (statement.step() ? toRow(statement) : undefined)),
    all: (...values) =>
      use(values, () => {
        const rows: ReturnType<typeof toRow>[] = [];
        while (statement.step()) rows.push(toRow(statement));
        return rows;
      }),
  };
};

const toBound = (value: SQLInputValue): SqlValue => {
  if (!ArrayBuffer.isView(value) || value instanceof Uint8Array) return value;
  throw new TypeError('a store binds bytes as Uint8Array alone');
};

const toRow = (statement: PreparedStatement): Record<string, SQLOutputValue> =>
  Object.fromEntries(
    Object.entries(statement.get({})).map(([name, value]) => {
      if (value instanceof Int8Array || value instanceof ArrayBuffer) {
        throw new TypeError(`column ${name} holds bytes of another kind`);
      }
      return [name, value instanceof Uint8Array ? new Uint8Array(value) : value];
    }),
  );

// A SQLite file that is moved to another store, or that another store is moved to: its rows as every store has them. It holds the
// file's lock, so nobody else works on it.
import type { MovedTable } from '../application.ts';
import { AppError } from '../errors.ts';
import type { MovableStore, MovedRow } from '../move.ts';
import { bornWithRows, movedTables, toPageOf } from './moved-tables.ts';
import { pack } from './packing.ts';
import { type Row, systemIn, text, whole } from './rows.ts';
import { createCommonReader } from './sqlite-common-values.ts';
import type { Connection } from './sqlite-connection.ts';
import { readMoveMark, writeMoveMark } from './sqlite-move-mark.ts';
import { openDatabase, type TableOwner } from './sqlite-open.ts';
import { createTransact } from './sqlite-transaction.ts';

/** Packed bytes share their memory with nothing. */
type KeptRow = Readonly<Record<string, Row[string] | Uint8Array>>;

/** What a table has here beside, or instead of, what every store has. */
interface Own {
  /** Columns that are only read. */
  readonly read?: readonly string[];
  readonly toMoved?: (row: Row) => KeptRow;
  readonly constants?: Readonly<Record<string, string | number>>;
  /** Its `number` is SQLite's rowid. */
  readonly isNumberedByRow?: boolean;
}

/** Values that are kept once are put back where they were: no text of ours begins with ~= otherwise (history-text.ts). */
const createPutBack = (connection: Connection): ((kept: string) => string) => {
  const readCommon = createCommonReader(connection);
  return (kept) => {
    if (!kept.includes('"~=')) return kept;
    const put = (_: string, value: unknown): unknown =>
      typeof value === 'string' && value.startsWith('~=') ? readCommon(value.slice(2)) : value;
    return JSON.stringify(JSON.parse(kept, put));
  };
};

const createOwn = (connection: Connection): Readonly<Record<string, Own>> => {
  const putBack = createPutBack(connection);
  return {
    // Earlier forms of packing are read here for the last time.
    orders: {
      read: ['system'],
      toMoved: ({ system, ...row }) => ({
        ...row,
        packed: pack(text(row, 'order_id'), systemIn({ ...row, system: system ?? '' })),
      }),
      constants: { system: '' },
    },
    history: {
      toMoved: (row) => ({
        ...row,
        messages: putBack(text(row, 'messages')),
        events: row['events'] === null ? null : putBack(text(row, 'events')),
      }),
    },
    idempotency: { isNumberedByRow: true },
    service_holds: { isNumberedByRow: true },
  };
};

const toMovedRow = (row: KeptRow): MovedRow =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  );

const createTableAccess = (connection: Connection) => {
  const own = createOwn(connection);
  const columnOf =
    ({ name }: MovedTable) =>
    (column: string): string =>
      column === 'number' && own[name]?.isNumberedByRow ? 'rowid' : `"${column}"`;
  return {
    read: (table: MovedTable, after: readonly (string | number)[] | undefined, limit: number) => {
      const { read = [], toMoved = (row: Row): KeptRow => row } = own[table.name] ?? {};
      const column = columnOf(table);
      const columns = [...table.columns, ...read].map((name) => `${column(name)} AS "${name}"`).join(', ');
      const page = toPageOf(table, after === undefined, { column, bind: () => '?' });
      const rows = connection
        .prepare(`SELECT ${columns} FROM ${table.name} ${page} LIMIT ?`)
        .all(...(after ?? []), limit);
      return rows.map((row) => toMovedRow(toMoved(row)));
    },
    write: (table: MovedTable, rows: readonly MovedRow[]): void => {
      const constants = { ...table.constants, ...own[table.name]?.constants };
      const columns = [...table.columns.map(columnOf(table)), ...Object.keys(constants)];
      const places = columns.map(() => '?').join(', ');
      const insert = connection.prepare(
        `INSERT INTO ${table.name} (${columns.join(', ')}) VALUES (${places})`,
      );
      const fixed = Object.values(constants);
      for (const row of rows) insert.run(...table.columns.map((name) => row[name] ?? null), ...fixed);
    },
    count: ({ name }: MovedTable): number =>
      whole(connection.prepare(`SELECT count(*) AS number FROM ${name}`).get() ?? {}, 'number'),
  };
};

/** An application's own tables. @throws AppError `store-unsupported` if it does not say how they are moved. */
export const requireMoved = ({ name, tables }: TableOwner): readonly MovedTable[] => {
  if (tables === undefined) return [];
  if (tables.moved !== undefined) return tables.moved;
  throw new AppError('store-unsupported', `The application '${name}' does not say how its tables are moved.`);
};

/**
 * Opens the file at `path` for this process alone, and makes it if it is missing. What an earlier release wrote is brought up to
 * date first.
 * @throws AppError `store-in-use`, `store-unsupported`.
 */
export const openMovingFile = (path: string, application: TableOwner): MovableStore => {
  const tables = [...movedTables, ...requireMoved(application)];
  const options = { moving: true, takenOverAtStart: Number.POSITIVE_INFINITY };
  const database = openDatabase(path, application, options);
  const { writer } = database;
  const transact = createTransact(writer);
  const { read, write, count } = createTableAccess(writer);
  return {
    address: `sqlite:${path}`,
    tables,
    mark: async () => readMoveMark(writer),
    read: async (...given) => read(...given),
    count: async (table) => count(table),
    leave: async (mark) => transact(() => writeMoveMark(writer, mark)),
    receive: async (mark) =>
      transact(() => {
        for (const name of bornWithRows) writer.exec(`DELETE FROM ${name}`);
        writeMoveMark(writer, mark);
      }),
    write: async (table, rows, mark) =>
      transact(() => {
        write(table, rows);
        writeMoveMark(writer, mark);
      }),
    settle: async () => writer.exec('PRAGMA optimize'),
    unmark: async () => transact(() => writeMoveMark(writer, undefined)),
    close: async () => {
      database.batches.close();
      database.close();
    },
  };
};

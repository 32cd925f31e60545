// How the SQLite file itself is kept: its tables, indexes and triggers as the migrations of the store and of the
// application make them, its pages in order, its references complete. It only reads.
import type { DatabaseSync as Database } from 'node:sqlite';
import type { StorageCheck } from '../audit-source.ts';
import { describeError } from '../errors.ts';
import { DatabaseSync } from '../sqlite.ts';
import { gapsText, toGap } from './journal-gaps.ts';
import { text } from './rows.ts';
import { toPrimaryCode } from './sqlite-errors.ts';
import { readMigrations, type TableOwner } from './sqlite-open.ts';
import { isTakeoverPending } from './sqlite-takeover.ts';

/** One check after the other: each may take long on a large file. */
export const checkStorage = function* (
  connection: Database,
  application: TableOwner,
): Iterable<StorageCheck> {
  yield { about: 'the schema', problems: compareSchemas(readSchema(connection), makeSchema(application)) };
  const tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  for (const row of tables) yield checkTable(connection, text(row, 'name'));
  yield checkReferences(connection);
  // Until an earlier history is moved, a part of the journal is elsewhere.
  if (!isTakeoverPending(connection)) yield checkJournal(connection);
};

/** Its pages, types and NOT NULLs. SQLite leaves out CHECKs when a connection can only read. */
const checkTable = (connection: Database, table: string): StorageCheck => {
  const check = connection.prepare('SELECT quick_check AS found FROM pragma_quick_check(?)');
  return toCheck(`the table ${table}`, () =>
    check.all(table).flatMap(({ found }) => (found === 'ok' ? [] : [String(found)])),
  );
};

const checkReferences = (connection: Database): StorageCheck =>
  toCheck('the references between tables', () =>
    connection
      .prepare(
        'SELECT "table" AS child, parent, count(*) AS rows FROM pragma_foreign_key_check GROUP BY 1, 2',
      )
      .all()
      .map(
        ({ child, parent, rows }) => `${rows} rows of ${child} refer to rows of ${parent} that do not exist`,
      ),
  );

const checkJournal = (connection: Database): StorageCheck =>
  toCheck('the journal', () => connection.prepare(gapsText).all().map(toGap));

/** A file can be so broken that SQLite refuses to read it: then that is the problem. */
const toCheck = (about: string, find: () => readonly string[]): StorageCheck => {
  try {
    return { about, problems: find() };
  } catch (error) {
    if (toPrimaryCode(error) === undefined) throw error;
    return { about, problems: [describeError(error)] };
  }
};

/** Without SQLite's own tables: some are gone from a copy. */
const readSchema = (connection: Database): ReadonlyMap<string, string> => {
  const sql = `SELECT type, name, sql FROM sqlite_schema
    WHERE sql IS NOT NULL AND substr(name, 1, 7) <> 'sqlite_'`;
  const rows = connection.prepare(sql).all();
  return new Map(rows.map((row) => [`${text(row, 'type')} ${text(row, 'name')}`, text(row, 'sql')]));
};

/** What the migrations make of an empty database. */
const makeSchema = ({ tables }: TableOwner): ReadonlyMap<string, string> => {
  const fresh = new DatabaseSync(':memory:');
  try {
    for (const sql of [...readMigrations(), ...(tables?.sqlite.migrations ?? [])]) fresh.exec(sql);
    return readSchema(fresh);
  } finally {
    fresh.close();
  }
};

/** Additions by a user (an index for a report) are no problem. */
const compareSchemas = (
  found: ReadonlyMap<string, string>,
  expected: ReadonlyMap<string, string>,
): readonly string[] =>
  [...expected].flatMap(([name, sql]) => {
    const there = found.get(name);
    if (there === undefined) return [`the ${name} is missing`];
    return there === sql ? [] : [`the ${name} is not as this version makes it`];
  });

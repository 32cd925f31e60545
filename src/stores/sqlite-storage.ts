// How the SQLite file itself is kept: its tables, indexes and triggers as the migrations make them, its pages
// in order, its references whole. It only looks; it exists for `orderchart doctor`.
import { readdirSync, readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describeError } from '../errors.ts';
import type { StorageLook } from '../evidence.ts';
import { toPrimaryCode } from './sqlite-open.ts';
import { text } from './sqlite-rows.ts';

/** `PRAGMA application_id` of our files, as sqlite-open.ts writes it: "Ordc". */
export const applicationId = 0x4f726463;

const migrationsFolder = new URL('./migrations/', import.meta.url);
const readMigrationNames = (): readonly string[] =>
  readdirSync(migrationsFolder)
    .filter((file) => file.endsWith('.sql'))
    .sort();

/** The schema that this program knows. */
export const countMigrations = (): number => readMigrationNames().length;

/** One look after the other: each may take long on a large file. */
export const lookAtStorage = function* (connection: DatabaseSync): Iterable<StorageLook> {
  yield { about: 'the schema', problems: compareSchemas(readSchema(connection), makeSchema()) };
  const tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  for (const row of tables) yield lookAtTable(connection, text(row, 'name'));
  yield lookAtReferences(connection);
};

/** Its pages, types and NOT NULLs. SQLite leaves CHECKs out where a connection can only read. */
const lookAtTable = (connection: DatabaseSync, table: string): StorageLook => {
  const check = connection.prepare('SELECT quick_check AS found FROM pragma_quick_check(?)');
  return look(`the table ${table}`, () =>
    check.all(table).flatMap(({ found }) => (found === 'ok' ? [] : [String(found)])),
  );
};

const lookAtReferences = (connection: DatabaseSync): StorageLook =>
  look('the references between tables', () =>
    connection
      .prepare(
        'SELECT "table" AS child, parent, count(*) AS rows FROM pragma_foreign_key_check GROUP BY 1, 2',
      )
      .all()
      .map(
        ({ child, parent, rows }) => `${rows} rows of ${child} refer to rows of ${parent} that are not there`,
      ),
  );

/** A file can be so broken that SQLite refuses to look: then that is what is wrong with it. */
const look = (about: string, find: () => readonly string[]): StorageLook => {
  try {
    return { about, problems: find() };
  } catch (error) {
    if (toPrimaryCode(error) === undefined) throw error;
    return { about, problems: [describeError(error)] };
  }
};

const readSchema = (connection: DatabaseSync): ReadonlyMap<string, string> => {
  const rows = connection.prepare('SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL').all();
  return new Map(rows.map((row) => [`${text(row, 'type')} ${text(row, 'name')}`, text(row, 'sql')]));
};

let madeSchema: ReadonlyMap<string, string> | undefined;

/** What the migrations make of an empty database. */
const makeSchema = (): ReadonlyMap<string, string> => {
  if (madeSchema !== undefined) return madeSchema;
  const fresh = new DatabaseSync(':memory:');
  try {
    for (const name of readMigrationNames()) {
      fresh.exec(readFileSync(new URL(name, migrationsFolder), 'utf8'));
    }
    madeSchema = readSchema(fresh);
    return madeSchema;
  } finally {
    fresh.close();
  }
};

/** What somebody added beside (an index for a report) is their own business. */
const compareSchemas = (
  found: ReadonlyMap<string, string>,
  expected: ReadonlyMap<string, string>,
): readonly string[] =>
  [...expected].flatMap(([name, sql]) => {
    const there = found.get(name);
    if (there === undefined) return [`the ${name} is missing`];
    return there === sql ? [] : [`the ${name} is not as this version makes it`];
  });

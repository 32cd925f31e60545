// How the schema itself is kept: the tables, indexes, triggers and functions of the migrations are there and in use, and the
// positions of the journal have no gap up to its ends. It only reads.
import type { StorageCheck } from '../../audit-source.ts';
import { gapsText, toGap } from '../journal-gaps.ts';
import { type Row, text, whole } from '../rows.ts';
import { toParts } from './migrations.ts';
import { describeFailure, type Picture } from './picture.ts';
import type { PostgresApplication } from './statement.ts';

/** One check after the other: each may take long on a large store. */
export const checkStorage = async function* (
  picture: Picture,
  application: PostgresApplication,
): AsyncIterable<StorageCheck> {
  const checks = [
    ['the schema', () => findMissing(picture, application)],
    ['the indexes', () => findUnusable(picture)],
    ['the journal', () => findGaps(picture)],
  ] as const;
  for (const [about, find] of checks) {
    yield { about, problems: await picture.attempt(find).catch((error) => [describeFailure(error)]) };
  }
};

const made = /^CREATE (?:UNIQUE )?(TABLE|INDEX|TRIGGER|FUNCTION) (?:IF NOT EXISTS )?(\w+)/gm;

/** What there is in the schema, by kind and name: triggers only as far as they are enabled. */
const objectsText = `SELECT 'TABLE' AS kind, relname AS name FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p')
  UNION ALL SELECT 'INDEX', relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('i', 'I')
  UNION ALL SELECT 'FUNCTION', proname FROM pg_proc WHERE pronamespace = $1::regnamespace
  UNION ALL SELECT 'TRIGGER', tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE relnamespace = $1::regnamespace AND NOT tgisinternal AND tgenabled IN ('O', 'A')`;

const toName = (row: Row): string => `${text(row, 'kind')} ${text(row, 'name')}`;

/** Additions by a user (an index for a report) are no problem. */
const findMissing = async (
  { query, schema }: Picture,
  application: PostgresApplication,
): Promise<readonly string[]> => {
  const found = new Set((await query(objectsText, [schema])).map(toName));
  const expected = toParts(application).flatMap(({ migrations }) =>
    migrations.flatMap((sql) => [...sql.matchAll(made)].map(([, kind, name]) => `${kind} ${name}`)),
  );
  return expected
    .filter((name) => !found.has(name))
    .map((name) => `the ${name.toLowerCase()} is missing${name.startsWith('TRIGGER') ? ' or disabled' : ''}`);
};

const findUnusable = async ({ query, schema }: Picture): Promise<readonly string[]> => {
  const unusable = `SELECT 'index' AS kind, relname AS name FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
      WHERE relnamespace = $1::regnamespace AND NOT (indisvalid AND indisready)
    UNION ALL SELECT 'constraint', conname FROM pg_constraint WHERE connamespace = $1::regnamespace AND NOT convalidated`;
  const rows = await query(unusable, [schema]);
  return rows.map((row) => `the ${text(row, 'kind')} ${text(row, 'name')} is not valid`);
};

const endsText = `SELECT journal.last_position, journal.first_position,
    (SELECT coalesce(max(position), 0) FROM history WHERE position > 0) AS last_found,
    (SELECT coalesce(min(position), 0) FROM history WHERE position < 0) AS first_found,
    (SELECT count(*) FROM history WHERE position < 0) AS silent
  FROM journal`;

const findGaps = async ({ query }: Picture): Promise<readonly string[]> => {
  const gaps = (await query(gapsText)).map(toGap);
  const [ends] = await query(endsText);
  if (ends === undefined) return [...gaps, 'the row that says where it ends is missing'];
  const last = whole(ends, 'last_position');
  const first = whole(ends, 'first_position');
  const lastFound = whole(ends, 'last_found');
  const firstFound = whole(ends, 'first_found');
  const silent = whole(ends, 'silent');
  return [
    ...gaps,
    ...(last === lastFound ? [] : [`it ends at ${last}, and its last event is at ${lastFound}`]),
    ...(first === firstFound && silent === -firstFound
      ? []
      : [`rows without events reach to ${first}; there are ${silent}, down to ${firstFound}`]),
  ];
};

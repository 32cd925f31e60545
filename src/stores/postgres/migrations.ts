// Brings the tables in a schema up to date: numbered migrations, in one transaction, one node at a time. A release only adds
// what the release before can live with, so that nodes of both work over the same tables (docs/scaling.md).
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { AppError } from '../../errors.ts';
import { isAnswered, toOpenError } from './errors.ts';
import type { Connecting } from './line.ts';
import type { PostgresApplication } from './statement.ts';

/** In their order; a released one never changes. */
const files = ['0001-store.sql'];
/** The store's tables can be used by releases that know at least so many of the migrations. */
const neededByStore = 1;

/** Nodes that migrate at the same time wait for each other; the second number is the schema's. */
const lockClass = 1_330_791_250;

const bookkeeping = `CREATE TABLE IF NOT EXISTS schema_versions (
  part text COLLATE "C" PRIMARY KEY,
  version integer NOT NULL,
  needed integer NOT NULL
)`;

interface Part {
  readonly name: string;
  readonly migrations: readonly string[];
  readonly needed: number;
}

const readMigrations = (): readonly string[] =>
  files.map((file) => readFileSync(new URL(`./migrations/${file}`, import.meta.url), 'utf8'));

/** What is in a schema, and which of its migrations this release knows. */
export const toParts = ({ name, tables }: PostgresApplication): readonly Part[] => {
  const migrations = tables?.migrations ?? [];
  return [
    { name: 'store', migrations: readMigrations(), needed: neededByStore },
    { name: `tables of ${name}`, migrations, needed: migrations.length },
  ];
};

/**
 * `judge` throws for a schema that is not to be used as it is.
 * @throws AppError `store-unavailable`, `store-unsupported`.
 */
export const migrate = async (
  connecting: Connecting,
  schema: string,
  application: PostgresApplication,
  judge: (client: pg.Client) => Promise<void> = async () => {},
): Promise<void> => {
  const parts = toParts(application);
  const client = new pg.Client(connecting);
  client.on('error', () => {});
  try {
    await client.connect();
    // Without a change nobody waits for a lock.
    if (await isUpToDate(client, schema, parts)) {
      await judge(client);
      return;
    }
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [lockClass, schema]);
    // Where somebody else has made it, its owner may not be allowed to make any.
    if (!(await hasSchema(client, schema))) await client.query(`CREATE SCHEMA ${schema}`);
    await client.query(bookkeeping);
    for (const part of parts) await bring(client, part);
    await judge(client);
    await client.query('COMMIT');
  } catch (error) {
    throw toRefusal(error, schema);
  } finally {
    await client.end().catch(() => {});
  }
};

const isUpToDate = async (client: pg.Client, schema: string, parts: readonly Part[]): Promise<boolean> => {
  const { rows } = await client.query('SELECT to_regclass($1) AS found', [`${schema}.schema_versions`]);
  if (rows[0]?.found === null) return false;
  const versions = await readVersions(client);
  return parts.every(({ name, migrations }) => versions.get(name)?.version === migrations.length);
};

const hasSchema = async (client: pg.Client, schema: string): Promise<boolean> =>
  (await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema])).rows.length > 0;

export const readVersions = async (client: pg.Client) => {
  const { rows } = await client.query('SELECT part, version, needed FROM schema_versions');
  return new Map(
    rows.map((row) => [String(row.part), { version: Number(row.version), needed: Number(row.needed) }]),
  );
};

const bring = async (client: pg.Client, { name, migrations, needed }: Part): Promise<void> => {
  const found = (await readVersions(client)).get(name) ?? { version: 0, needed: 0 };
  if (found.needed > migrations.length) {
    throw new AppError(
      'store-unsupported',
      `The ${name} in the database needs a newer release: it is at version ${found.version}, and releases must know ${found.needed}; this one knows ${migrations.length}.`,
    );
  }
  if (found.version >= migrations.length) return;
  for (const migration of migrations.slice(found.version)) await client.query(migration);
  await client.query(
    `INSERT INTO schema_versions VALUES ($1, $2, $3)
     ON CONFLICT (part) DO UPDATE SET version = excluded.version, needed = excluded.needed`,
    [name, migrations.length, needed],
  );
};

/** insufficient_privilege */
const forbidden = '42501';

const toRefusal = (error: unknown, schema: string): unknown => {
  if (isAnswered(error) && error.code === forbidden) {
    const text = `The user of DATABASE_URL may not make the schema ${schema} or tables in it: make it once as another user (docs/production.md has the statements).`;
    return new AppError('store-unsupported', text);
  }
  return toOpenError(error);
};

// One consistent picture of a schema, on a connection of its own: one transaction that only reads. It stops no node, and reads
// every statement in pages.
import pg from 'pg';
import { AppError, describeError } from '../../errors.ts';
import { maskAddress } from '../../store-address.ts';
import type { Row } from '../rows.ts';
import { isAnswered } from './errors.ts';
import { readVersions, toParts } from './migrations.ts';
import { toConnecting } from './open.ts';
import type { PostgresApplication } from './statement.ts';

const rowsAtATime = 500;

export interface Picture {
  readonly schema: string;
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** The rows of a statement, a page at a time. Several can be read side by side. */
  pages(text: string, values?: readonly unknown[]): AsyncIterable<readonly Row[]>;
  /** What `read` returns; if a statement of it fails, the picture can be read on. */
  attempt<T>(read: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** How a connection failed, without its address. */
export const describeFailure = (error: unknown): string => {
  const text =
    error instanceof AggregateError ? error.errors.map(describeError).join(', ') : describeError(error);
  return text === '' ? 'it does not answer' : text;
};

/** @throws AppError `invalid-setting`. */
export const refuseAddress = (url: string, problem: string): never => {
  throw new AppError('invalid-setting', `Invalid DATABASE_URL=${maskAddress(url)}: ${problem}`);
};

/** A connection of a command that may take its time. @throws AppError `invalid-setting` if there is none. */
export const connectSlowly = async (
  url: string,
  name: string,
): Promise<{ readonly client: pg.Client; readonly schema: string }> => {
  const { connecting, schema } = toConnecting(url);
  const {
    statement_timeout: _,
    query_timeout: __,
    idle_in_transaction_session_timeout: ___,
    ...rest
  } = connecting;
  const client = new pg.Client({ ...rest, application_name: name });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0');
    return { client, schema };
  } catch (error) {
    await client.end().catch(() => {});
    return refuseAddress(url, `the database cannot be used: ${describeFailure(error)}`);
  }
};

/** What is wrong with a schema that this release is to read; undefined: nothing. */
export const findSchemaProblem = async (
  client: pg.Client,
  schema: string,
  application: PostgresApplication,
): Promise<string | undefined> => {
  const { rows } = await client.query('SELECT to_regclass($1) AS found', [`${schema}.schema_versions`]);
  if (rows[0]?.found === null) return `there is no store in the schema ${schema}`;
  const versions = await readVersions(client);
  const parts = toParts(application);
  const owned = [...versions.keys()].filter((name) => name !== 'store');
  if (owned.length > 0 && !owned.some((own) => parts.some(({ name }) => name === own))) {
    return `it holds the ${owned.join(' and the ')}, not of '${application.name}'`;
  }
  for (const { name, migrations } of parts) {
    const found = versions.get(name) ?? { version: 0, needed: 0 };
    if (found.needed > migrations.length) {
      return `its ${name} needs a newer release (version ${found.version}; this one knows ${migrations.length})`;
    }
    if (found.version < migrations.length) {
      return `its ${name} is at version ${found.version} of an older release; start this one (${migrations.length}) on it first`;
    }
  }
  return undefined;
};

/**
 * @throws AppError `invalid-setting` when there is no database at `url`, or its schema does not hold orders of `application` in
 * tables that this program knows.
 */
export const openPicture = async (url: string, application: PostgresApplication): Promise<Picture> => {
  const { client, schema } = await connectSlowly(url, 'orderchart-reader');
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const problem = await findSchemaProblem(client, schema, application);
    if (problem !== undefined) refuseAddress(url, problem);
  } catch (error) {
    await client.end().catch(() => {});
    if (isAnswered(error)) refuseAddress(url, error.message);
    throw error;
  }
  return createPicture(client, schema);
};

const createPicture = (client: pg.Client, schema: string): Picture => {
  let cursors = 0;
  let attempts = 0;
  const query: Picture['query'] = async (text, values = []) => (await client.query(text, [...values])).rows;
  return {
    ...{ schema, query },
    pages: async function* (text, values) {
      cursors += 1;
      const name = `cursor_${cursors}`;
      await query(`DECLARE ${name} NO SCROLL CURSOR FOR ${text}`, values);
      for (;;) {
        const rows = await query(`FETCH ${rowsAtATime} FROM ${name}`);
        if (rows.length === 0) break;
        yield rows;
      }
      await query(`CLOSE ${name}`);
    },
    attempt: async (read) => {
      attempts += 1;
      const name = `attempt_${attempts}`;
      await query(`SAVEPOINT ${name}`);
      try {
        const result = await read();
        await query(`RELEASE ${name}`);
        return result;
      } catch (error) {
        await query(`ROLLBACK TO ${name}`).catch(() => {});
        throw error;
      }
    },
    close: () => client.end(),
  };
};

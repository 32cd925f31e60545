// Opens a schema of a PostgreSQL database for one node: its address, its connections with their time-outs, its migrations. It
// decides nothing about orders.
import pg from 'pg';
import type { Clock, Ids } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { toUnavailable } from './errors.ts';
import { type Connecting, Line, toResult } from './line.ts';
import { migrate } from './migrations.ts';
import { refuseMovedDatabase } from './move-mark.ts';
import type { PostgresApplication, Result, Statement } from './statement.ts';

/** The database of one node. */
export interface PostgresDatabase {
  readonly schema: string;
  /** What a batch is decided on is read here. */
  readonly loader: Line;
  /** Batches are written here, one after the other. */
  readonly writer: Line;
  /** The name under which this node writes; no other node has it. */
  readonly writerId: string;
  /** Runs a statement of its own. @throws AppError `store-unavailable` if the database does not answer. */
  run(statement: Statement): Promise<Result>;
  /** Runs statements in one transaction, on one connection. @throws as `run`. */
  transact<T>(task: (run: (statement: Statement) => Promise<Result>) => Promise<T>): Promise<T>;
  readonly connecting: Connecting;
  readonly clock: Clock;
  pause(ms: number): Promise<void>;
  close(): Promise<void>;
}

const defaultSchema = 'orderchart';
/** What needs no quoting, and is no name of PostgreSQL's own. */
const schemaName = /^(?!pg_)[a-z_][a-z0-9_]{0,50}$/;

const refuse = (what: string): never => {
  throw new AppError(
    'invalid-setting',
    `DATABASE_URL ${what}. It is postgres://USER:PASSWORD@HOST:PORT/DATABASE, with ?schema=NAME if tables are not in the schema ${defaultSchema}.`,
  );
};

/** @throws AppError `invalid-setting`. */
const readPostgresUrl = (url: string): { readonly connectionString: string; readonly schema: string } => {
  const parsed = URL.parse(url) ?? refuse('is no address');
  const schema = parsed.searchParams.get('schema') ?? defaultSchema;
  if (!schemaName.test(schema)) refuse(`names the schema '${schema}': use small letters, digits and _`);
  parsed.searchParams.delete('schema');
  return { connectionString: parsed.href, schema };
};

/** 64-bit integers as numbers: no column of ours is beyond 2^53. */
const toWhole = (text: string): number => Number(text);
const int8 = 20;
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === int8 ? toWhole : pg.types.getTypeParser(oid, format),
};

/**
 * For batches, whose statements look rows up by their keys: they are planned once on each connection, and never as a scan of a
 * table that was small at that moment. Where nothing but a scan is possible (a table of one row), servers before 18 take it for so
 * dear that they would compile it first, for 100 ms each time: they never do.
 */
const byKey = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off';

/** What the sessions of nodes are called: so commands that need a store for themselves find them. */
export const toSessionName = (schema: string): string => `orderchart ${schema}`;

export const toConnecting = (url: string): { readonly connecting: Connecting; readonly schema: string } => {
  const { connectionString, schema } = readPostgresUrl(url);
  const connecting: Connecting = {
    connectionString,
    types,
    application_name: toSessionName(schema),
    options: `-c search_path=${schema}`,
    connectionTimeoutMillis: limits.database.connectMs,
    statement_timeout: limits.database.statementMs,
    lock_timeout: limits.database.lockMs,
    idle_in_transaction_session_timeout: limits.database.idleInTransactionMs,
    query_timeout: limits.database.answerMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: limits.keepAliveMs,
  };
  return { connecting, schema };
};

/**
 * Connects to the database at `url`, and brings its tables up to date.
 * @throws AppError `invalid-setting` for an address that cannot be used, `store-unavailable` if the database does not answer,
 * `store-unsupported` if its tables are of a release that this one does not know, or it was moved.
 */
export const openPostgres = async (
  url: string,
  application: PostgresApplication,
  { clock, ids }: { readonly clock: Clock; readonly ids: Ids },
): Promise<PostgresDatabase> => {
  const { connecting, schema } = toConnecting(url);
  await migrate(connecting, schema, application, (client) => refuseMovedDatabase(client, url));
  const pool = new pg.Pool({ ...connecting, max: limits.database.readers });
  // Of a connection that nobody uses: the next one who needs it gets another.
  pool.on('error', () => {});
  // Of one that is lost while it is used: its statement fails, too.
  pool.on('connect', (client) => client.on('error', () => {}));
  const batching = { ...connecting, options: `${connecting.options} ${byKey}` };
  const [loader, writer] = [new Line(batching), new Line(batching)];
  const run = async ({ text, values }: Statement): Promise<Result> => {
    try {
      return toResult(await pool.query(text, [...values]));
    } catch (error) {
      throw toUnavailable(error);
    }
  };
  const transact: PostgresDatabase['transact'] = async (task) => {
    const client = await pool.connect().catch((error: unknown) => {
      throw toUnavailable(error);
    });
    let failure: Error | undefined;
    try {
      await client.query('BEGIN');
      const result = await task(async ({ text, values }) => toResult(await client.query(text, [...values])));
      await client.query('COMMIT');
      return result;
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      throw toUnavailable(error);
    } finally {
      // A connection with an open transaction is not used again.
      client.release(failure);
    }
  };
  const writerId = ids.next();
  await run({ text: 'INSERT INTO writers (writer_id) VALUES ($1)', values: [writerId] });
  return {
    ...{ schema, loader, writer, writerId, run, transact, connecting, clock },
    pause: (ms) =>
      new Promise((resolve) => {
        clock.schedule(resolve, ms);
      }),
    close: async () => {
      await Promise.all([loader.drop(), writer.drop()]);
      await pool.end();
    },
  };
};

// Databases on a PostgreSQL server: made, emptied and dropped. What is in them is others' business.
import { randomUUID } from 'node:crypto';
import { Client, type QueryResultRow } from 'pg';

export interface Database extends AsyncDisposable {
  readonly url: string;
  /** Ends all sessions and removes all schemas: a sixth of the time of a new database. */
  empty(): Promise<void>;
  /** Ends all sessions, too. */
  drop(): Promise<void>;
}

/** The rows of one statement, in a session of its own. */
export const queryOnce = async (
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly QueryResultRow[]> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, [...values])).rows;
  } finally {
    await client.end();
  }
};

/** An empty database on the server at `url`, whose role has to be allowed to create it. */
export const createDatabase = async (url: string): Promise<Database> => {
  const name = `orderchart_test_${randomUUID().replaceAll('-', '')}`;
  // From template1, a copy could have what others added to it.
  await queryOnce(url, `CREATE DATABASE ${name} TEMPLATE template0`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  const drop = async (): Promise<void> => {
    await queryOnce(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  };
  return {
    url: own.href,
    empty: async () => {
      await queryOnce(own.href, emptying);
    },
    drop,
    [Symbol.asyncDispose]: drop,
  };
};

const sessionEndMs = 5000;
const emptying = `DO $$
DECLARE name text;
BEGIN
  PERFORM pg_terminate_backend(pid, ${sessionEndMs}) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';
  FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', name);
  END LOOP;
  CREATE SCHEMA public;
END $$`;

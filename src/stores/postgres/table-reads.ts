// Reads of the application's rows in PostgreSQL, as they are committed.
import type { PostgresRead, PostgresTables, Row } from '../../application.ts';
import type { PostgresDatabase } from './open.ts';

export const createTableReads = ({ run }: PostgresDatabase, tables: PostgresTables | undefined) => {
  const readAll = async <T>({ statements, read }: PostgresRead<T>): Promise<T> => {
    const results = await Promise.all(statements.map(run));
    return read(results.map(({ rows }) => rows));
  };
  return {
    row: async (key: string): Promise<Row | undefined> =>
      tables && (await readAll(tables.read([key]))).get(key),
    rows: async (
      table: string,
      { after, limit }: { readonly after?: string; readonly limit: number },
    ): Promise<readonly Row[]> => (tables ? readAll(tables.list(table, after, limit)) : []),
  };
};

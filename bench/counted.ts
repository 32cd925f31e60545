// Counts what a SQLite file is asked to do: transactions and statements, by this thread and by the one that writes batches. It
// changes nothing. It exists because a count, other than a time, is the same on every machine and on every run.
import type { Connection, Statement } from '../src/stores/sqlite-connection.ts';
import type { OpenDatabase } from '../src/stores/sqlite-open.ts';
import type { Writer } from '../src/stores/sqlite-writer.ts';

export interface Counts {
  /** Statements that were run, BEGIN and COMMIT included. */
  statements: number;
  commits: number;
  /** To the thread that writes, and back. */
  threadMessages: number;
}

export const noCounts: Counts = { statements: 0, commits: 0, threadMessages: 0 };

/** `target` with the properties replaced for which `replace` returns something. */
const wrap = <T extends object>(target: T, replace: (name: string | symbol) => unknown): T =>
  new Proxy(target, {
    get: (_, name) => {
      const replaced = replace(name);
      if (replaced !== undefined) return replaced;
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

const countStatement = (statement: Statement, sql: string, counts: Counts): Statement => {
  const isCommit = sql === 'COMMIT';
  return wrap(statement, (name) => {
    if (name !== 'run' && name !== 'get' && name !== 'all' && name !== 'iterate') return undefined;
    const method = Reflect.get(statement, name, statement);
    return (...given: readonly unknown[]) => {
      counts.statements += 1;
      if (isCommit) counts.commits += 1;
      return Reflect.apply(method, statement, given);
    };
  });
};

/** `connection`, counting into `counts` whatever is prepared on it from now on. */
const countStatements = (connection: Connection, counts: Counts): Connection =>
  wrap(connection, (name) =>
    name === 'prepare' ? (sql: string) => countStatement(connection.prepare(sql), sql, counts) : undefined,
  );

const countBatches = (writer: Writer, counts: Counts): Writer => ({
  ...writer,
  write: async (runs) => {
    counts.statements += runs.length + 2;
    counts.commits += 1;
    counts.threadMessages += 2;
    await writer.write(runs);
  },
});

/** `database`, counting into `counts` what a store does with it. */
export const countUse = (database: OpenDatabase, counts: Counts): OpenDatabase => ({
  ...database,
  batches: countBatches(database.batches, counts),
  writer: countStatements(database.writer, counts),
  reader: countStatements(database.reader, counts),
});

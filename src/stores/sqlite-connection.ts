// What the store needs of a connection to a SQLite file, and no more. It knows no table.
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';

type Row = Record<string, SQLOutputValue>;

/** A prepared statement, as the store uses one: each use runs it from the start to the end. */
export interface Statement {
  run(...values: SQLInputValue[]): { readonly changes: number | bigint };
  get(...values: SQLInputValue[]): Row | undefined;
  all(...values: SQLInputValue[]): Row[];
}

/**
 * What the store needs of a connection: `DatabaseSync` is one; tests bring another, which runs the same SQLite on a
 * simulated disk. Errors of SQLite carry its extended code as `errcode`.
 */
export interface Connection {
  /** Whether a transaction is open. Some errors end it by themselves. */
  readonly isTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

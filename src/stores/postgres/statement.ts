// A statement for PostgreSQL with its values, and what the database answers. It runs nothing.
import type { PostgresStatement, PostgresTables } from '../../application.ts';
import type { Row } from '../rows.ts';

export type Statement = PostgresStatement;
export type SqlValue = PostgresStatement['values'][number];

export interface Result {
  readonly rows: readonly Row[];
  /** Rows that were changed, or returned. */
  readonly count: number;
}

export const sql = (text: string, values: readonly SqlValue[] = []): Statement => ({ text, values });

/** A column of many rows, as one array. */
export const columnOf = <T, V extends string | number | null | Uint8Array>(
  rows: readonly T[],
  toValue: (row: T) => V,
): readonly V[] => rows.map(toValue);

/** An application whose tables are in the schema. */
export interface PostgresApplication {
  readonly name: string;
  readonly tables?: PostgresTables | undefined;
}

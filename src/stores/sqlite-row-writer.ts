// Collects rows for one table and writes several of them with each statement: a statement costs more than the
// rows in it. It does not know what it writes. Rows are written in the order in which they were added.
import type { SQLInputValue } from 'node:sqlite';
import type { Connection, Statement } from './sqlite-connection.ts';

/** Rows in one statement, at most; and in one where fewer than that are left. */
const sizes = [16, 4, 1] as const;

export interface RowWriter {
  add(...values: SQLInputValue[]): void;
  /** Writes what was added since the last time. */
  flush(): void;
  /** Drops it instead. */
  forget(): void;
}

export const createRowWriter = (
  connection: Pick<Connection, 'prepare'>,
  table: string,
  columns: readonly string[],
): RowWriter => {
  const statements = new Map<number, Statement>();
  const prepare = (size: number): Statement => {
    const known = statements.get(size);
    if (known !== undefined) return known;
    const row = `(${columns.map(() => '?').join(', ')})`;
    const rows = Array.from({ length: size }, () => row).join(', ');
    const statement = connection.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES ${rows}`);
    statements.set(size, statement);
    return statement;
  };
  const width = columns.length;
  let values: SQLInputValue[] = [];
  return {
    add: (...row) => {
      for (const value of row) values.push(value);
    },
    flush: () => {
      const taken = values;
      values = [];
      let from = 0;
      for (const size of sizes) {
        for (; from + size * width <= taken.length; from += size * width) {
          prepare(size).run(...taken.slice(from, from + size * width));
        }
      }
    },
    forget: () => {
      values = [];
    },
  };
};

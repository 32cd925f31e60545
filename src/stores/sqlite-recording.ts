// A connection that reads what is committed, and writes nothing: it notes what is to be written, for the writer to run in
// one transaction. So a batch is put together here, and the file is written elsewhere.
import type { SQLInputValue } from 'node:sqlite';
import type { Connection, Statement } from './sqlite-connection.ts';

/** An order's system, which the writer packs: that takes as long as anything else of an order. */
export interface ToPack {
  readonly orderId: string;
  readonly system: string;
}

export type BoundValue = SQLInputValue | ToPack;

/** A statement's text, and the values that it is to be run with. */
export type BoundStatement = readonly [sql: string, ...values: readonly BoundValue[]];

/** Reads at once, and is only noted for the writer where it is run. */
interface RecordingStatement extends Omit<Statement, 'run'> {
  run(...values: BoundValue[]): { readonly changes: number };
}

export interface Recording {
  readonly connection: { prepare(sql: string): RecordingStatement };
  /** The runs that `task` asked for, in order. */
  record(task: () => void): readonly BoundStatement[];
}

export const createRecording = (reader: Pick<Connection, 'prepare'>): Recording => {
  let runs: BoundStatement[] = [];
  const prepare = (sql: string): RecordingStatement => {
    // Also of one that writes: a mistake in it shows at the start.
    const reading = reader.prepare(sql);
    return {
      run: (...values) => {
        runs.push([sql, ...values]);
        return { changes: 0 };
      },
      get: (...values) => reading.get(...values),
      all: (...values) => reading.all(...values),
    };
  };
  return {
    connection: { prepare },
    record: (task) => {
      runs = [];
      task();
      return runs;
    },
  };
};

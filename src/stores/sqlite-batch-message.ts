// A batch on its way to the thread that writes: statements by number, with the texts of those that the thread has not seen yet,
// and all values in one list. Texts are longer than most values, and the same in every batch.
import type { SQLInputValue } from 'node:sqlite';
import { pack } from './packing.ts';
import type { Connection, Statement } from './sqlite-connection.ts';
import type { BoundStatement, BoundValue } from './sqlite-recording.ts';

export interface BatchMessage {
  /** New statements: they get the next numbers. */
  readonly texts: readonly string[];
  /** For each run the number of its statement and how many values it takes. */
  readonly runs: readonly number[];
  readonly values: readonly BoundValue[];
}

/** Numbers the statements of one thread. */
export class BatchEncoder {
  readonly #numbers = new Map<string, number>();

  /** Gives the batch to `post`; if that throws, the thread knows nothing more than before. */
  post(batch: readonly BoundStatement[], post: (message: BatchMessage) => void): void {
    const texts: string[] = [];
    const runs: number[] = [];
    const values: BoundValue[] = [];
    try {
      for (const [sql, ...bound] of batch) {
        let number = this.#numbers.get(sql);
        if (number === undefined) {
          number = this.#numbers.size;
          this.#numbers.set(sql, number);
          texts.push(sql);
        }
        runs.push(number, bound.length);
        for (const value of bound) values.push(value);
      }
      post({ texts, runs, values });
    } catch (error) {
      for (const text of texts) this.#numbers.delete(text);
      throw error;
    }
  }
}

export const toInput = (value: BoundValue): SQLInputValue => {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return pack(value.orderId, value.system);
};

/** Runs batches on the thread's connection; statements are prepared once, when they are first run. */
export const createMessageRunner = (
  connection: Pick<Connection, 'prepare'>,
): ((message: BatchMessage) => void) => {
  const texts: string[] = [];
  const statements: (Statement | undefined)[] = [];
  const statementOf = (number: number): Statement => {
    const known = statements[number] ?? connection.prepare(texts[number] ?? '');
    statements[number] = known;
    return known;
  };
  return ({ texts: added, runs, values }) => {
    texts.push(...added);
    let from = 0;
    for (let place = 0; place < runs.length; place += 2) {
      const [number = 0, count = 0] = [runs[place], runs[place + 1]];
      statementOf(number).run(...values.slice(from, from + count).map(toInput));
      from += count;
    }
  };
};

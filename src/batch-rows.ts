// The application's rows while a batch is decided: what was loaded, with the changes of each order on top of those
// before it. It never asks a store: a row that was not loaded ends the decision, which is made again after a load.
import type { Row, RowChanges, Rows } from './application.ts';

/** A decision met a row that is not loaded. */
export class RowNeeded extends Error {
  readonly key: string;

  constructor(key: string) {
    super(`the row ${key} is not loaded`);
    this.name = 'RowNeeded';
    this.key = key;
  }
}

type Appended = RowChanges['appended'][number];

export class BatchRows {
  readonly #loaded = new Map<string, Row | undefined>();
  readonly #changed = new Map<string, Row>();
  readonly #appended: Appended[] = [];
  readonly #read = new Set<string>();
  readonly #findAtHand: (key: string) => Row | undefined;

  /** `findAtHand`: a row that needs no load. */
  constructor(findAtHand: (key: string) => Row | undefined = () => undefined) {
    this.#findAtHand = findAtHand;
  }

  /** Notes which rows were asked for, and those that exist. */
  add(keys: readonly string[], rows: ReadonlyMap<string, Row>): void {
    for (const key of keys) this.#loaded.set(key, rows.get(key));
    for (const [key, row] of rows) this.#loaded.set(key, row);
  }

  /** The rows for one order. Nothing of its changes counts before `keep`. */
  forOrder(): Rows & { keep(): void } {
    const changed = new Map<string, Row>();
    const appended: Appended[] = [];
    return {
      get: (key) => changed.get(key) ?? this.#get(key),
      set: (key, row) => {
        changed.set(key, row);
      },
      append: (table, row) => {
        appended.push({ table, row });
      },
      keep: () => {
        for (const [key, row] of changed) this.#changed.set(key, row);
        this.#appended.push(...appended);
      },
    };
  }

  /** Rows that decisions have read, and not changed. */
  onlyRead(): readonly string[] {
    return [...this.#read].filter((key) => !this.#changed.has(key));
  }

  /** What decisions read under `key`. */
  loaded(key: string): Row | undefined {
    return this.#loaded.get(key);
  }

  toChanges(): RowChanges {
    const changed = [...this.#changed].map(([key, after]) => ({
      key,
      before: this.#loaded.get(key),
      after,
    }));
    return { changed, appended: this.#appended };
  }

  #get(key: string): Row | undefined {
    const row = this.#changed.get(key);
    if (row !== undefined) return row;
    this.#read.add(key);
    if (this.#loaded.has(key)) return this.#loaded.get(key);
    const atHand = this.#findAtHand(key);
    if (atHand === undefined) throw new RowNeeded(key);
    this.#loaded.set(key, atHand);
    return atHand;
  }
}

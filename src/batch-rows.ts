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

/** What one order's decision did with the rows. */
interface Decision {
  readonly read: ReadonlySet<string>;
  readonly changed: ReadonlyMap<string, Row>;
  isKept: boolean;
}

export class BatchRows {
  readonly #loaded = new Map<string, Row | undefined>();
  readonly #changed = new Map<string, Row>();
  readonly #appended: Appended[] = [];
  readonly #decisions = new Set<Decision>();
  readonly #findAtHand: (key: string) => Row | undefined;

  /** `findAtHand`: a row that needs no load. */
  constructor(findAtHand: (key: string) => Row | undefined = () => undefined) {
    this.#findAtHand = findAtHand;
  }

  /**
   * Notes which rows were asked for, and those that exist. A row that is there already stays: what was decided on it is a
   * difference to it, however the row has changed since.
   */
  add(keys: readonly string[], rows: ReadonlyMap<string, Row>): void {
    for (const key of keys) this.#addOnce(key, rows.get(key));
    for (const [key, row] of rows) this.#addOnce(key, row);
  }

  #addOnce(key: string, row: Row | undefined): void {
    if (!this.#loaded.has(key)) this.#loaded.set(key, row);
  }

  /** The rows for one order. Nothing of its changes counts before `keep`. */
  forOrder(): Rows & { keep(): void } {
    const changed = new Map<string, Row>();
    const appended: Appended[] = [];
    const decision = { read: new Set<string>(), changed, isKept: false };
    this.#decisions.add(decision);
    return {
      get: (key) => {
        const own = changed.get(key);
        if (own === undefined) decision.read.add(key);
        return own ?? this.#getFor(decision, key);
      },
      set: (key, row) => {
        changed.set(key, row);
      },
      append: (table, row) => {
        appended.push({ table, row });
      },
      keep: () => {
        decision.isKept = true;
        for (const [key, row] of changed) this.#changed.set(key, row);
        this.#appended.push(...appended);
      },
    };
  }

  /** Rows that a decision has read and not changed: also of those that failed, whose changes do not count. */
  onlyRead(): readonly string[] {
    const keys = [...this.#decisions].flatMap(({ read, changed, isKept }) =>
      isKept ? [...read].filter((key) => !changed.has(key)) : [...read],
    );
    return [...new Set(keys)];
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

  #getFor(decision: Decision, key: string): Row | undefined {
    try {
      return this.#get(key);
    } catch (error) {
      // It is made again, once the row is loaded.
      this.#decisions.delete(decision);
      throw error;
    }
  }

  #get(key: string): Row | undefined {
    const row = this.#changed.get(key);
    if (row !== undefined) return row;
    if (this.#loaded.has(key)) return this.#loaded.get(key);
    const atHand = this.#findAtHand(key);
    if (atHand === undefined) throw new RowNeeded(key);
    this.#loaded.set(key, atHand);
    return atHand;
  }
}

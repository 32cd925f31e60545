// The tables that an application keeps beside its systems: its rows as decisions see them, and how each kind of store keeps them.
import type { AnyEventObject } from 'xstate';

/** A row of an application's table: plain JSON data. */
export type Row = Readonly<Record<string, unknown>>;

/** The application's rows as one decision sees and changes them. Keys are `table/id`. */
export interface Rows {
  /** Undefined when there is no such row. Decides again after a second load when the row is not loaded yet. */
  get(key: string): Row | undefined;
  set(key: string, row: Row): void;
  /** Adds a row to a table that only grows, such as a ledger. */
  append(table: string, row: Row): void;
}

export interface RowChange {
  readonly key: string;
  readonly before: Row | undefined;
  readonly after: Row;
}

/** What a batch changes of the application's rows: the last value of each, and what was appended, in order. */
export interface RowChanges {
  readonly changed: readonly RowChange[];
  readonly appended: readonly { readonly table: string; readonly row: Row }[];
}

/** An application's tables in one store. */
export interface TableStore {
  /** The rows that there are, by key. It may return related rows that a decision will need next. */
  read(keys: readonly string[]): ReadonlyMap<string, Row>;
  /** Rows of one table by key, after `after`. */
  list(table: string, after: string | undefined, limit: number): readonly Row[];
  /** Runs the statements that store `changes`, and reads nothing: they are run later, in one transaction with the orders. */
  write(changes: RowChanges): void;
  /**
   * Whether a field of a message of this type is personal data: the store keeps such fields apart in its history, so that
   * they can be erased. Left out: none is.
   */
  readonly isPersonal?: (type: string, name: string, field: unknown) => boolean;
}

/** The statements that an application's SQLite tables run on the store's connection. */
interface SqlStatement {
  run(...values: (string | number | null)[]): unknown;
  get(...values: (string | number | null)[]): Readonly<Record<string, unknown>> | undefined;
  all(...values: (string | number | null)[]): Readonly<Record<string, unknown>>[];
}
export interface SqlConnection {
  prepare(sql: string): SqlStatement;
}

/** What an audit reads of an application's tables: statements by the name under which `audit` finds their rows. */
export interface AuditReadings {
  /** Rows of orders: each statement returns a column `order_id`, and sorts by it first. */
  readonly ofOrders: Readonly<Record<string, string>>;
  /** Rows of tables as a whole. */
  readonly tables: Readonly<Record<string, string>>;
}

/** A table as it is moved from one store to another, of whatever kind: its columns are named alike, and hold the same. */
export interface MovedTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** The columns that name a row; its rows are read in their order. */
  readonly key: readonly string[];
  /** Columns that are not moved, and what they have in the other store. */
  readonly constants?: Readonly<Record<string, string | number>>;
}

/** A statement for PostgreSQL; its values are `$1`, `$2` and so on. Lists are arrays there. */
export interface PostgresStatement {
  readonly text: string;
  readonly values: readonly (PostgresValue | readonly PostgresValue[])[];
}
type PostgresValue = string | number | null | Uint8Array;
type PostgresRow = Readonly<Record<string, unknown>>;

/** A call of a function that the migrations have made, with its arguments. */
export interface PostgresCall {
  readonly function: string;
  readonly values: PostgresStatement['values'];
}

/** Reads of an application's tables: statements, and what the rows that they return say. 64-bit integers come as numbers. */
export interface PostgresRead<T> {
  readonly statements: readonly PostgresStatement[];
  readonly read: (results: readonly (readonly PostgresRow[])[]) => T;
}

/**
 * An application's tables in PostgreSQL, where several nodes write at once: what a decision saw of a row may be older than
 * the row. A function that finds another row than the decision saw calls `require_rows(met, expected, 'what')`, which makes
 * the batch stale when the numbers differ; or it violates one of `contended`.
 */
export interface PostgresTables {
  /** SQL by version, from 1. A released one never changes. Tables are made in the store's own schema. */
  readonly migrations: readonly string[];
  /** The rows that there are, by key, and related ones that a decision will need next. */
  read(keys: readonly string[]): PostgresRead<ReadonlyMap<string, Row>>;
  /** Rows of one table by key, after `after`. */
  list(table: string, after: string | undefined, limit: number): PostgresRead<readonly Row[]>;
  /** Called in this order, in one transaction with the orders. Rows that several orders share are locked in one fixed order. */
  write(changes: RowChanges): readonly PostgresCall[];
  /** What `change` makes of a row that is `current` by now: what commutes is added to it. */
  merge(change: RowChange, current: Row | undefined): Row;
  /** Constraints whose violation says that another decision was faster. */
  readonly contended: readonly string[];
  /** As `TableStore.isPersonal`. */
  readonly isPersonal?: TableStore['isPersonal'];
  /** Sums of 64-bit integers are numeric in PostgreSQL, which comes as text: cast them. */
  readonly audit?: AuditReadings;
}

/** The tables that an application brings to each kind of store. The memory store keeps any rows. */
export interface Tables {
  /** Keys of the rows that delivering `message` may need; undefined: a deadline, which only the order itself knows. */
  rowsNeeded(orderId: string, message: AnyEventObject | undefined): readonly string[];
  readonly sqlite: {
    /** SQL by version, from 1. A released one never changes. */
    readonly migrations: readonly string[];
    open(connection: SqlConnection): TableStore;
    readonly audit?: AuditReadings;
  };
  /** Left out: it cannot be kept in PostgreSQL. */
  readonly postgres?: PostgresTables;
  /** All of the tables, in an order in which none refers to a later one. Left out: a store of it cannot be moved to another. */
  readonly moved?: readonly MovedTable[];
}

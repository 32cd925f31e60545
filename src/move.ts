// Moving a whole store to another one, of whatever kind: the contract between the command, the mover (move/) and the stores, which
// read and write their tables row by row. Rows mean the same in each kind of store.
import { z } from 'zod';
import type { ExaminationProgress, ExaminationReport } from './audit.ts';
import type { MovedTable } from './tables.ts';

type MovedValue = string | number | null | Uint8Array;
export type MovedRow = Readonly<Record<string, MovedValue>>;

const rowKey = z.array(z.union([z.string(), z.number()]));
/** Values of the columns that name a row. */
export type RowKey = z.infer<typeof rowKey>;

/** What a store says of itself while it is moved, and after it was moved away. */
export const moveMark = z.object({
  moveId: z.string(),
  role: z.enum(['source', 'target']),
  /** The address of the other store, without a password. */
  other: z.string(),
  /** Of a source: everything is in the target. */
  isComplete: z.boolean(),
  /** Of a target: everything up to this row of this table is there. */
  progress: z.object({ table: z.string(), after: rowKey, rows: z.int() }).nullable(),
});
export type MoveMark = z.infer<typeof moveMark>;

/** A store that nobody else uses. */
export interface MovableStore {
  /** Without a password. */
  readonly address: string;
  /** In an order in which none refers to a later one. */
  readonly tables: readonly MovedTable[];
  mark(): Promise<MoveMark | undefined>;
  /** Rows behind `after` in the order of the table's key; the first ones without it. */
  read(table: MovedTable, after: RowKey | undefined, limit: number): Promise<readonly MovedRow[]>;
  count(table: MovedTable): Promise<number>;
  /** Marks it as one that is moved away: from now on nobody else can use it. */
  leave(mark: MoveMark): Promise<void>;
  /** Marks it as a target, and takes out what every new store has. */
  receive(mark: MoveMark): Promise<void>;
  /** Writes rows and how far that is (as a mark) in one transaction. */
  write(table: MovedTable, rows: readonly MovedRow[], mark: MoveMark): Promise<void>;
  /** What follows from the rows, once all are there, such as the numbers that are given out next. */
  settle(): Promise<void>;
  unmark(): Promise<void>;
  close(): Promise<void>;
}

export type MoveProgress =
  | { readonly doing: 'copying'; readonly table: string; readonly rows: number; readonly of: number }
  | { readonly doing: 'comparing'; readonly orders: number }
  | { readonly doing: 'examining'; readonly store: string; readonly progress: ExaminationProgress };

export interface MoveRequest {
  /** `sqlite:PATH` or `postgres://…`. */
  readonly from: string;
  readonly to: string;
  /** Also a store of which the doctor reports violations. */
  readonly anyway: boolean;
  /** Whether the doctor replays every order. */
  readonly replay: boolean;
  onProgress(progress: MoveProgress): void;
}

export interface MoveResult {
  /** False if the doctor found violations in the source: then nothing was moved. */
  readonly moved: boolean;
  readonly orders: number;
  /** Rows by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** SHA-256 of the records of all orders, as the doctor sees them: the same in both stores. */
  readonly digest: string;
  /** Of the source. */
  readonly report: ExaminationReport;
}

/**
 * Copies the store at `from` to the empty store at `to`, or goes on with a copy that was interrupted, compares both, and hands
 * over: the source cannot be used any more, the target can.
 * @throws AppError `invalid-setting` for addresses that cannot be moved from or to, `store-in-use`, `store-unsupported` if the
 * copy is not like the source.
 */
export type MoveStore = (request: MoveRequest) => Promise<MoveResult>;

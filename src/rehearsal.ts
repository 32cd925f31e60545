// Trying charts before orders move to them: what stored orders would have done on another version, compared with what they
// did. This is the report, and how it is asked for; rehearsal/ makes it.

export interface RehearsalRequest {
  /** `sqlite:PATH`, or the path of a SQLite file alone; `postgres://…`. It may be in use. */
  readonly address: string;
  /** The version on whose charts the recorded messages are replayed. */
  readonly to: string;
  /** Only orders that are on this version. */
  readonly from?: string;
  /** Orders, the newest first. */
  readonly last: number;
  /** Called after each order. */
  onProgress(orders: number): void;
}

/** Orders that would have gone another way at the same kind of message. */
export interface RehearsalGroup {
  /** The first difference, in words. */
  readonly difference: string;
  readonly count: number;
  /** Some of the orders, and at which message it is; null: after the last one. */
  readonly examples: readonly { readonly orderId: string; readonly message: number | null }[];
}

export interface RehearsalReport {
  readonly to: string;
  readonly orders: number;
  /** Messages that were replayed. */
  readonly messages: number;
  readonly same: number;
  /** The most frequent first. */
  readonly groups: readonly RehearsalGroup[];
}

/** @throws AppError `invalid-setting` if there is nothing to read, `invalid-request` for an unknown version. */
export type RehearseHistories = (request: RehearsalRequest) => Promise<RehearsalReport>;

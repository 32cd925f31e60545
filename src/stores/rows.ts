// From SQLite's rows to the store's values, checked column by column. It never asks the database anything.
// A row of the wrong shape is an error with a name, not a wrong value further on.
import type { SQLOutputValue } from 'node:sqlite';
import type { Call, Epoch, IdempotencyRecord, StoredOrder } from '../store.ts';
import { unpack } from './packing.ts';

export type Row = Readonly<Record<string, SQLOutputValue>>;

export const wrong = (row: Row, column: string, expected: string): Error =>
  new Error(`Column ${column} holds ${String(row[column])} instead of ${expected}.`);

export const text = (row: Row, column: string): string => {
  const value = row[column];
  if (typeof value !== 'string') throw wrong(row, column, 'text');
  return value;
};

export const whole = (row: Row, column: string): number => {
  const value = row[column];
  if (typeof value !== 'number') throw wrong(row, column, 'a number');
  return value;
};

export const wholeOrNull = (row: Row, column: string): number | null =>
  row[column] === null ? null : whole(row, column);

export const textOrNull = (row: Row, column: string): string | null =>
  row[column] === null ? null : text(row, column);

export const oneOf = <const T extends string>(row: Row, column: string, known: readonly T[]): T => {
  const found = known.find((name) => name === row[column]);
  if (found === undefined) throw wrong(row, column, `one of ${known.join(', ')}`);
  return found;
};

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const record = (row: Row, column: string): Readonly<Record<string, unknown>> => {
  const value: unknown = JSON.parse(text(row, column));
  if (!isRecord(value)) throw wrong(row, column, 'a JSON object');
  return value;
};

/** The JSON of an order's system. */
export const systemIn = (row: Row): string => {
  const { packed } = row;
  return unpack(text(row, 'order_id'), packed instanceof Uint8Array ? packed : text(row, 'system'));
};

export const toStoredOrder = (row: Row): StoredOrder => {
  const unreadable = textOrNull(row, 'unreadable');
  return {
    orderId: text(row, 'order_id'),
    version: whole(row, 'version'),
    system: systemIn(row),
    summary: {
      owner: text(row, 'owner'),
      state: text(row, 'state'),
      settled: whole(row, 'settled') === 1,
      incident: whole(row, 'incident') === 1,
      chartVersion: text(row, 'chart_version'),
      createdAt: whole(row, 'created_at'),
      updatedAt: whole(row, 'updated_at'),
    },
    ...(unreadable === null ? {} : { unreadable }),
  };
};

/** A row of `calls` with its order's `chart_version`. */
export const toCall = (row: Row): Call => {
  const command = record(row, 'command');
  const { type, key } = command;
  if (typeof type !== 'string' || typeof key !== 'string') throw wrong(row, 'command', 'a command');
  return {
    callId: text(row, 'call_id'),
    orderId: text(row, 'order_id'),
    chartVersion: text(row, 'chart_version'),
    service: text(row, 'service'),
    actor: text(row, 'actor'),
    command: { ...command, type, key },
    causationId: text(row, 'causation_id'),
    correlationId: text(row, 'correlation_id'),
    at: whole(row, 'at'),
    keyFirstUsedAt: whole(row, 'key_first_used_at'),
    ...(row['doubtful'] === 1 && { isDoubtful: true as const }),
  };
};

export const toEpoch = (row: Row): Epoch => ({
  name: text(row, 'epoch'),
  lastPosition: row['last_position'] === null ? null : whole(row, 'last_position'),
});

export const toIdempotencyRecord = (row: Row): IdempotencyRecord => ({
  scope: text(row, 'scope'),
  key: text(row, 'key'),
  fingerprint: text(row, 'fingerprint'),
  orderId: text(row, 'order_id'),
  status: whole(row, 'status'),
  body: text(row, 'body'),
  version: whole(row, 'version'),
  at: whole(row, 'at'),
});

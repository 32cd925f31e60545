// From rows of a store to what an audit shows of an order, for stores that keep them in the same columns. Nothing is refused
// because it is wrong: that is what the audit looks for.
import type { CallRow, KeyRow, OrderRecords, OrderRow } from '../audit-source.ts';
import type { ReadCommonValue } from './common-values.ts';
import { toEvents, toMessages } from './history-entries.ts';
import { type Row, systemIn, text, textOrNull, whole } from './rows.ts';

export const toOrderRow = (row: Row): OrderRow => ({
  orderId: text(row, 'order_id'),
  version: whole(row, 'version'),
  lastSeq: whole(row, 'last_seq'),
  owner: text(row, 'owner'),
  state: text(row, 'state'),
  settled: row['settled'] === 1,
  incident: row['incident'] === 1,
  chartVersion: text(row, 'chart_version'),
  createdAt: whole(row, 'created_at'),
  updatedAt: whole(row, 'updated_at'),
  wakeAt: row['wake_at'] === null ? null : whole(row, 'wake_at'),
  unreadable: textOrNull(row, 'unreadable'),
  system: systemIn(row),
});

export type History = Pick<OrderRecords, 'received' | 'events'>;

export const withText = <T extends { readonly data: unknown }>({ data, ...entry }: T) => ({
  ...entry,
  data: JSON.stringify(data),
});

/** A row that is no JSON has nothing to show: what it should have is missing then. */
export const createToHistory =
  (readCommon: ReadCommonValue) =>
  (row: Row): History => {
    try {
      return {
        received: toMessages(row, readCommon).map(withText),
        events: toEvents(row, readCommon).map(withText),
      };
    } catch {
      return { received: [], events: [] };
    }
  };

export const joinHistory = (rows: readonly History[]): History => ({
  received: rows.flatMap(({ received }) => received),
  events: rows.flatMap(({ events }) => events),
});

export const toCallRow = (row: Row): CallRow => ({
  callId: text(row, 'call_id'),
  service: text(row, 'service'),
  actor: text(row, 'actor'),
  command: text(row, 'command'),
  causationId: text(row, 'causation_id'),
  correlationId: text(row, 'correlation_id'),
  at: whole(row, 'at'),
  keyFirstUsedAt: whole(row, 'key_first_used_at'),
});

/** `names_order` is 1 if the kept answer names the order. */
export const toKeyRow = (row: Row): KeyRow => ({
  scope: text(row, 'scope'),
  key: text(row, 'key'),
  fingerprint: text(row, 'fingerprint'),
  orderId: text(row, 'order_id'),
  status: whole(row, 'status'),
  orderExists: row['order_exists'] === 1,
  bodyNamesOrder: row['names_order'] === 1,
});

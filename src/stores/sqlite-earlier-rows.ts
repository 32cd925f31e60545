// From rows of an earlier schema's history, with a row for each message and each event, to what they record. It judges no
// value beyond its type.

import type { RecordedEvent } from './history-entries.ts';
import type { HistoryMessage } from './history-rows.ts';
import { type Row, text, textOrNull, whole } from './rows.ts';
import { fromShortId } from './short-ids.ts';

/** Text that is no JSON stays what it is, and whoever reads it finds that. */
const toData = (kept: string): unknown => {
  try {
    return JSON.parse(kept);
  } catch {
    return kept;
  }
};

const idIn = (row: Row, column: string): string => fromShortId(text(row, 'order_id'), text(row, column));

/** Of a row of `received_before`. */
export const toEarlierMessage = (row: Row): HistoryMessage => {
  const principal = textOrNull(row, 'principal');
  return {
    ...(principal !== null && { principal }),
    version: whole(row, 'version'),
    messageId: idIn(row, 'message_id'),
    kind: text(row, 'kind'),
    to: text(row, 'actor'),
    type: text(row, 'type'),
    data: toData(text(row, 'data')),
    causationId: row['causation_id'] === null ? null : idIn(row, 'causation_id'),
    correlationId: text(row, 'correlation_id'),
    disposition: text(row, 'disposition'),
    reason: textOrNull(row, 'reason'),
    at: whole(row, 'at'),
  };
};

/** Of a row of `events_before`. */
export const toEarlierEvent = (row: Row): RecordedEvent => ({
  position: whole(row, 'position'),
  orderId: text(row, 'order_id'),
  eventId: idIn(row, 'event_id'),
  seq: whole(row, 'seq'),
  actor: text(row, 'actor'),
  type: text(row, 'type'),
  schemaVersion: whole(row, 'schema_version'),
  data: toData(text(row, 'data')),
  causationId: idIn(row, 'causation_id'),
  correlationId: text(row, 'correlation_id'),
  at: whole(row, 'at'),
});

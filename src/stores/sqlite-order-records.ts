// Everything that the SQLite file holds of each order, side by side: sorted statements merged by order id, so that an
// order with a missing row, and a row with a missing order, are both found.
import type { DatabaseSync } from 'node:sqlite';
import {
  type CallRow,
  createOrderCursor,
  type EventRow,
  type Fields,
  findNextOrder,
  type LatestOrders,
  type OrderRecords,
  type OrderRow,
  type ReceivedRow,
} from '../audit-source.ts';
import { unpack } from './sqlite-packing.ts';
import { id, idOrNull, type Row, text, textOrNull, whole } from './sqlite-rows.ts';

/** Records by order id; memory does not grow with their number. `statements` are the application's. */
export const readOrderRecords = function* (
  connection: DatabaseSync,
  statements: Readonly<Record<string, string>>,
): Iterable<OrderRecords> {
  const cursorOf = <T>(sql: string, convert: (row: Row) => T) =>
    createOrderCursor(connection.prepare(sql).iterate(), (row) => text(row, 'order_id'), convert);
  const orders = cursorOf('SELECT * FROM orders ORDER BY order_id', toOrderRow);
  const received = cursorOf('SELECT * FROM received ORDER BY order_id, version', toReceivedRow);
  const events = cursorOf('SELECT * FROM events ORDER BY order_id, seq', toEventRow);
  const calls = cursorOf('SELECT * FROM calls ORDER BY order_id, sequence', toCallRow);
  const others = Object.entries(statements).map(
    ([name, sql]) => [name, cursorOf(sql, (row): Fields => row)] as const,
  );
  const cursors = [orders, received, events, calls, ...others.map(([, cursor]) => cursor)];
  for (;;) {
    const orderId = findNextOrder(cursors);
    if (orderId === undefined) return;
    const [order] = orders.take(orderId);
    yield {
      orderId,
      ...(order && { order }),
      received: received.take(orderId),
      events: events.take(orderId),
      calls: calls.take(orderId),
      rows: Object.fromEntries(others.map(([name, cursor]) => [name, cursor.take(orderId)])),
    };
  }
};

/** Records of the newest orders, read one by one. */
export const readLatestRecords = function* (
  connection: DatabaseSync,
  { limit, chartVersion }: LatestOrders,
): Iterable<OrderRecords> {
  const ofVersion = chartVersion === undefined ? '' : 'WHERE chart_version = :chartVersion';
  const orders = connection.prepare(
    `SELECT * FROM orders ${ofVersion} ORDER BY created_at DESC, order_id DESC LIMIT :limit`,
  );
  const received = connection.prepare('SELECT * FROM received WHERE order_id = ? ORDER BY version');
  const events = connection.prepare('SELECT * FROM events WHERE order_id = ? ORDER BY seq');
  const calls = connection.prepare('SELECT * FROM calls WHERE order_id = ? ORDER BY sequence');
  const wanted = { limit, ...(chartVersion !== undefined && { chartVersion }) };
  for (const row of orders.iterate(wanted)) {
    const order = toOrderRow(row);
    const { orderId } = order;
    yield {
      ...{ orderId, order, rows: {} },
      received: received.all(orderId).map(toReceivedRow),
      events: events.all(orderId).map(toEventRow),
      calls: calls.all(orderId).map(toCallRow),
    };
  }
};

const toOrderRow = (row: Row): OrderRow => ({
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
  system: unpack(text(row, 'system')),
});

const toReceivedRow = (row: Row): ReceivedRow => ({
  version: whole(row, 'version'),
  messageId: id(row, 'message_id'),
  kind: text(row, 'kind'),
  to: text(row, 'actor'),
  type: text(row, 'type'),
  data: text(row, 'data'),
  causationId: idOrNull(row, 'causation_id'),
  correlationId: text(row, 'correlation_id'),
  disposition: text(row, 'disposition'),
  reason: textOrNull(row, 'reason'),
  at: whole(row, 'at'),
});

const toEventRow = (row: Row): EventRow => ({
  position: whole(row, 'position'),
  seq: whole(row, 'seq'),
  eventId: id(row, 'event_id'),
  actor: text(row, 'actor'),
  type: text(row, 'type'),
  schemaVersion: whole(row, 'schema_version'),
  data: text(row, 'data'),
  causationId: id(row, 'causation_id'),
  correlationId: text(row, 'correlation_id'),
  at: whole(row, 'at'),
});

const toCallRow = (row: Row): CallRow => ({
  callId: text(row, 'call_id'),
  service: text(row, 'service'),
  actor: text(row, 'actor'),
  command: text(row, 'command'),
  causationId: text(row, 'causation_id'),
  correlationId: text(row, 'correlation_id'),
  at: whole(row, 'at'),
  keyFirstUsedAt: whole(row, 'key_first_used_at'),
});

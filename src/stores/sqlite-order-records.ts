// Everything that the SQLite file holds of each order, side by side: sorted statements merged by order id, so that an
// order with a missing row, and a row with a missing order, are both found.
import type { DatabaseSync } from 'node:sqlite';
import {
  createOrderCursor,
  type Fields,
  findNextOrder,
  type LatestOrders,
  type OrderRecords,
} from '../audit-source.ts';
import { createToHistory, type History, joinHistory, toCallRow, toOrderRow, withText } from './audit-rows.ts';
import { type Row, text } from './rows.ts';
import { createCommonReader } from './sqlite-common-values.ts';
import { toEarlierEvent, toEarlierMessage } from './sqlite-earlier-rows.ts';
import { isTakeoverPending, movedUpTo } from './sqlite-takeover.ts';

/** Records by order id; memory does not grow with their number. `statements` are the application's. */
export const readOrderRecords = function* (
  connection: DatabaseSync,
  statements: Readonly<Record<string, string>>,
): Iterable<OrderRecords> {
  const cursorOf = <T>(sql: string, convert: (row: Row) => T) =>
    createOrderCursor(connection.prepare(sql).iterate(), (row) => text(row, 'order_id'), convert);
  const orders = cursorOf('SELECT * FROM orders ORDER BY order_id', toOrderRow);
  const history = cursorOf(
    'SELECT * FROM history ORDER BY order_id, version, last_seq',
    createToHistory(createCommonReader(connection)),
  );
  const earlier = earlierParts(connection).map(({ table, sort, convert }) =>
    cursorOf(`SELECT * FROM ${table} WHERE order_id > ${movedUpTo} ORDER BY order_id, ${sort}`, convert),
  );
  const calls = cursorOf('SELECT * FROM calls ORDER BY order_id, sequence', toCallRow);
  const others = Object.entries(statements).map(
    ([name, sql]) => [name, cursorOf(sql, (row): Fields => row)] as const,
  );
  const cursors = [orders, ...earlier, history, calls, ...others.map(([, cursor]) => cursor)];
  for (;;) {
    const orderId = findNextOrder(cursors);
    if (orderId === undefined) return;
    const [order] = orders.take(orderId);
    yield {
      orderId,
      ...(order && { order }),
      ...joinHistory([...earlier, history].flatMap((cursor) => cursor.take(orderId))),
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
  const history = connection.prepare('SELECT * FROM history WHERE order_id = ? ORDER BY version, last_seq');
  const toHistory = createToHistory(createCommonReader(connection));
  const earlier = earlierParts(connection).map(({ table, sort, convert }) => {
    const ofOrder = `order_id = ? AND order_id > ${movedUpTo}`;
    const select = connection.prepare(`SELECT * FROM ${table} WHERE ${ofOrder} ORDER BY ${sort}`);
    return (orderId: string) => select.all(orderId).map(convert);
  });
  const calls = connection.prepare('SELECT * FROM calls WHERE order_id = ? ORDER BY sequence');
  const wanted = { limit, ...(chartVersion !== undefined && { chartVersion }) };
  for (const row of orders.iterate(wanted)) {
    const order = toOrderRow(row);
    const { orderId } = order;
    yield {
      ...{ orderId, order, rows: {} },
      ...joinHistory([...earlier.flatMap((read) => read(orderId)), ...history.all(orderId).map(toHistory)]),
      calls: calls.all(orderId).map(toCallRow),
    };
  }
};

/** What a service has not moved yet of an earlier schema's history: all of it comes before what is in the one table. */
const earlierParts = (connection: DatabaseSync) => {
  if (!isTakeoverPending(connection)) return [];
  const toReceived = (row: Row): History => ({ received: [withText(toEarlierMessage(row))], events: [] });
  const toEvent = (row: Row): History => ({ received: [], events: [withText(toEarlierEvent(row))] });
  return [
    { table: 'received_before', sort: 'version', convert: toReceived },
    { table: 'events_before', sort: 'seq', convert: toEvent },
  ];
};

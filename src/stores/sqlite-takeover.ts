// Moves the history of a file of an earlier schema into its one table: so many orders in each transaction, so that a
// process that ends in between goes on there at its next start. It changes no order, and gives out no position anew.
import { CommonValues } from './sqlite-common-values.ts';
import type { Connection } from './sqlite-connection.ts';
import { type HistoryEvent, type HistoryMessage, toHistoryRows } from './sqlite-history.ts';
import type { IsPersonal } from './sqlite-history-text.ts';
import { createHistoryRowMover } from './sqlite-history-writer.ts';
import { fromShortId } from './sqlite-ids.ts';
import { type Row, text, textOrNull, whole } from './sqlite-rows.ts';

/** Some 10,000 rows: a moment's work, and a part of what the log holds. */
const ordersAtATime = 1000;

/** Hears of so many orders that are done, of how many. */
export type ReportProgress = (done: number, of: number) => void;

const isThere = (connection: Connection, table: string): boolean =>
  connection.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(table) !== undefined;

/** Whether an earlier schema's history is still in its own tables. */
export const isTakeoverPending = (connection: Connection): boolean =>
  isThere(connection, 'history_progress') &&
  ['received_before', 'events_before'].some(
    (table) => connection.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() !== undefined,
  );

/** Of the journal's last event, wherever it is yet. */
export const readLastPosition = (connection: Connection): number => {
  const tables = ['history', 'events_before'].filter((table) => isThere(connection, table));
  const positions = tables.map((table) => {
    const row = connection.prepare(`SELECT coalesce(max(position), 0) AS position FROM ${table}`).get();
    return whole(row ?? {}, 'position');
  });
  return Math.max(0, ...positions);
};

/** Text that is no JSON stays what it is, and whoever reads it finds that. */
const toData = (kept: string): unknown => {
  try {
    return JSON.parse(kept);
  } catch {
    return kept;
  }
};

const idIn = (row: Row, column: string): string => fromShortId(text(row, 'order_id'), text(row, column));

const toMessage = (row: Row): HistoryMessage => {
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

const toEvent = (row: Row): HistoryEvent => ({
  position: whole(row, 'position'),
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

const byOrder = (rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> =>
  Map.groupBy(rows, (row) => text(row, 'order_id'));

const createMove = (connection: Connection, isPersonal: IsPersonal) => {
  const traits = { isPersonal, common: new CommonValues() };
  const done = connection.prepare('SELECT max(order_id) AS order_id FROM history_progress');
  const next = connection.prepare(
    `SELECT order_id FROM received_before WHERE order_id > ?1
     UNION SELECT order_id FROM events_before WHERE order_id > ?1 ORDER BY order_id LIMIT ?2`,
  );
  const range = 'order_id > ? AND order_id <= ?';
  const received = connection.prepare(
    `SELECT * FROM received_before WHERE ${range} ORDER BY order_id, version`,
  );
  const events = connection.prepare(`SELECT * FROM events_before WHERE ${range} ORDER BY order_id, seq`);
  const note = connection.prepare('INSERT INTO history_progress VALUES (?)');
  const write = createHistoryRowMover(connection);

  /** Moves the next orders, and says how many. */
  return (): number => {
    const before = textOrNull(done.get() ?? {}, 'order_id') ?? '';
    const orderIds = next.all(before, ordersAtATime).map((row) => text(row, 'order_id'));
    const last = orderIds.at(-1);
    if (last === undefined) return 0;
    const messagesOf = byOrder(received.all(before, last));
    const eventsOf = byOrder(events.all(before, last));
    for (const orderId of orderIds) {
      const messages = (messagesOf.get(orderId) ?? []).map(toMessage);
      const own = (eventsOf.get(orderId) ?? []).map(toEvent);
      for (const row of toHistoryRows(orderId, messages, own, 0, traits)) write(row);
    }
    note.run(last);
    return orderIds.length;
  };
};

/** Moves all that is left. Each step is a transaction of its own: `inTransaction` carries it out. */
export const takeOverHistory = (
  connection: Connection,
  isPersonal: IsPersonal,
  inTransaction: (task: () => void) => void,
  report: ReportProgress,
): void => {
  const move = createMove(connection, isPersonal);
  const orders = whole(connection.prepare('SELECT count(*) AS number FROM orders').get() ?? {}, 'number');
  const before = connection.prepare(
    'SELECT count(*) AS number FROM orders WHERE order_id <= (SELECT max(order_id) FROM history_progress)',
  );
  let done = whole(before.get() ?? {}, 'number');
  for (let moved = ordersAtATime; moved > 0; ) {
    inTransaction(() => {
      moved = move();
    });
    done += moved;
    if (moved > 0) report(Math.min(done, orders), orders);
  }
};

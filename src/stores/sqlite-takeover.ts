// Moves the history of a file of an earlier schema into its one table: so many orders in each transaction, so that a
// process that ends in between goes on there at its next start. It changes no order, and gives out no position anew.
import { CommonValues } from './common-values.ts';
import { toHistoryRows } from './history-rows.ts';
import type { IsPersonal } from './history-text.ts';
import { type Row, text, whole } from './rows.ts';
import type { Connection } from './sqlite-connection.ts';
import { toEarlierEvent, toEarlierMessage } from './sqlite-earlier-rows.ts';
import { createHistoryRowMover } from './sqlite-history-writer.ts';

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

/**
 * SQL for the last order, by id, up to which all are moved: rows up to it are over, wherever they still are. All others are
 * to be moved.
 */
export const movedUpTo = "coalesce((SELECT max(order_id) FROM history_progress), '')";

const byOrder = (rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> =>
  Map.groupBy(rows, (row) => text(row, 'order_id'));

/** What a takeover does with orders, by their ids in the order of the file: without a gap between the first and the last. */
export interface OrderMover {
  /** Those that come next of all that are not moved. */
  next(limit: number): readonly string[];
  /** Those whose rows are still in the tables of the earlier schema, moved or not. */
  remaining(limit: number): readonly string[];
  move(orderIds: readonly string[]): void;
  /** Notes that all up to this one are moved. */
  note(last: string): void;
  /** Deletes what was moved. */
  forget(orderIds: readonly string[]): void;
}

export const createOrderMover = (connection: Connection, isPersonal: IsPersonal): OrderMover => {
  const traits = { isPersonal, common: new CommonValues() };
  const selectNext = (after: string) =>
    connection.prepare(
      `SELECT order_id FROM received_before WHERE order_id > ${after}
       UNION SELECT order_id FROM events_before WHERE order_id > ${after} ORDER BY order_id LIMIT ?`,
    );
  const next = selectNext(movedUpTo);
  const remaining = selectNext("''");
  const range = 'order_id >= ? AND order_id <= ?';
  const received = connection.prepare(
    `SELECT * FROM received_before WHERE ${range} ORDER BY order_id, version`,
  );
  const events = connection.prepare(`SELECT * FROM events_before WHERE ${range} ORDER BY order_id, seq`);
  const forgetReceived = connection.prepare(`DELETE FROM received_before WHERE ${range}`);
  const forgetEvents = connection.prepare(`DELETE FROM events_before WHERE ${range}`);
  const note = connection.prepare('INSERT INTO history_progress VALUES (?)');
  const write = createHistoryRowMover(connection);
  const toIds = (rows: readonly Row[]): readonly string[] => rows.map((row) => text(row, 'order_id'));
  const toRange = (orderIds: readonly string[]) => [orderIds[0] ?? '', orderIds.at(-1) ?? ''] as const;
  return {
    next: (limit) => toIds(next.all(limit)),
    remaining: (limit) => toIds(remaining.all(limit)),
    move: (orderIds) => {
      const messagesOf = byOrder(received.all(...toRange(orderIds)));
      const eventsOf = byOrder(events.all(...toRange(orderIds)));
      for (const orderId of orderIds) {
        const messages = (messagesOf.get(orderId) ?? []).map(toEarlierMessage);
        const own = (eventsOf.get(orderId) ?? []).map(toEarlierEvent);
        for (const row of toHistoryRows(orderId, messages, own, 0, traits)) write(row);
      }
    },
    note: (last) => {
      note.run(last);
    },
    forget: (orderIds) => {
      forgetReceived.run(...toRange(orderIds));
      forgetEvents.run(...toRange(orderIds));
    },
  };
};

/** How many orders there are, and how many of them are behind the last one that was moved. */
export const countOrders = (connection: Connection): { readonly orders: number; readonly left: number } => {
  const row = connection
    .prepare(
      `SELECT (SELECT count(*) FROM orders) AS orders,
         (SELECT count(*) FROM orders WHERE order_id > ${movedUpTo}) AS behind`,
    )
    .get();
  return { orders: whole(row ?? {}, 'orders'), left: whole(row ?? {}, 'behind') };
};

/** Moves all that is left. Each step is a transaction of its own: `inTransaction` carries it out. */
export const takeOverHistory = (
  connection: Connection,
  isPersonal: IsPersonal,
  inTransaction: (task: () => void) => void,
  report: ReportProgress,
): void => {
  const mover = createOrderMover(connection, isPersonal);
  const { orders, left } = countOrders(connection);
  let done = orders - left;
  for (let moved = ordersAtATime; moved > 0; ) {
    inTransaction(() => {
      const orderIds = mover.next(ordersAtATime);
      const last = orderIds.at(-1);
      if (last !== undefined) {
        mover.move(orderIds);
        mover.note(last);
      }
      moved = orderIds.length;
    });
    done += moved;
    if (moved > 0) report(Math.min(done, orders), orders);
  }
};

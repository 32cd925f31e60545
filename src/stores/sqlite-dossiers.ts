// Everything that the SQLite file holds of each order, side by side: seven sorted readings merged by order
// id, so that an order with a missing row, and a row with a missing order, both come to light.
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type {
  CallRow,
  Dossier,
  EventRow,
  OrderRow,
  ReceivedRow,
  ReservationRow,
  ShareRow,
  StockRow,
} from '../evidence.ts';
import { compareIds } from '../evidence.ts';
import { unpack } from './sqlite-packing.ts';
import { id, idOrNull, text, whole } from './sqlite-rows.ts';

type Row = Readonly<Record<string, SQLOutputValue>>;

/** Dossiers by order id; memory does not grow with their number. */
export const readDossiers = function* (connection: DatabaseSync): Iterable<Dossier> {
  const cursorOf = <T>(sql: string, convert: (row: Row) => T): Cursor<T> =>
    toCursor(connection.prepare(sql).iterate(), convert);
  const orders = cursorOf('SELECT * FROM orders ORDER BY order_id', toOrderRow);
  const received = cursorOf('SELECT * FROM received ORDER BY order_id, version', toReceivedRow);
  const events = cursorOf('SELECT * FROM events ORDER BY order_id, seq', toEventRow);
  const calls = cursorOf('SELECT * FROM calls ORDER BY order_id, sequence', toCallRow);
  const reservations = cursorOf('SELECT * FROM reservations ORDER BY order_id', toReservationRow);
  const shares = cursorOf('SELECT * FROM shares ORDER BY order_id, product_id', toShareRow);
  const stock = cursorOf(
    'SELECT * FROM stock_ledger WHERE order_id IS NOT NULL ORDER BY order_id, seq',
    toStockRow,
  );
  const cursors = [orders, received, events, calls, reservations, shares, stock];
  for (let orderId = findFirst(cursors); orderId !== undefined; orderId = findFirst(cursors)) {
    const [order] = orders.take(orderId);
    yield {
      orderId,
      ...(order && { order }),
      received: received.take(orderId),
      events: events.take(orderId),
      calls: calls.take(orderId),
      reservations: reservations.take(orderId),
      shares: shares.take(orderId),
      stock: stock.take(orderId),
    };
  }
};

interface Cursor<T> {
  /** The order of the next row. */
  next(): string | undefined;
  /** The rows of this order, where they come next. */
  take(orderId: string): readonly T[];
}

const toCursor = <T>(rows: Iterator<Row>, convert: (row: Row) => T): Cursor<T> => {
  const read = () => {
    const { done, value } = rows.next();
    return done ? undefined : { orderId: text(value, 'order_id'), row: value };
  };
  let head = read();
  return {
    next: () => head?.orderId,
    take: (orderId) => {
      const taken: T[] = [];
      for (; head?.orderId === orderId; head = read()) taken.push(convert(head.row));
      return taken;
    },
  };
};

const findFirst = (cursors: readonly Cursor<unknown>[]): string | undefined => {
  let first: string | undefined;
  for (const cursor of cursors) {
    const next = cursor.next();
    if (next !== undefined && (first === undefined || compareIds(next, first) < 0)) first = next;
  }
  return first;
};

const textOrNull = (row: Row, column: string): string | null =>
  row[column] === null ? null : text(row, column);
const wholeOrNull = (row: Row, column: string): number | null =>
  row[column] === null ? null : whole(row, column);

const toOrderRow = (row: Row): OrderRow => ({
  orderId: text(row, 'order_id'),
  version: whole(row, 'version'),
  lastSeq: whole(row, 'last_seq'),
  customerId: text(row, 'customer_id'),
  state: text(row, 'state'),
  settled: row['settled'] === 1,
  incident: row['incident'] === 1,
  chartVersion: text(row, 'chart_version'),
  createdAt: whole(row, 'created_at'),
  updatedAt: whole(row, 'updated_at'),
  wakeAt: wholeOrNull(row, 'wake_at'),
  unreadable: textOrNull(row, 'unreadable'),
  system: unpack(text(row, 'system')),
});

const toReceivedRow = (row: Row): ReceivedRow => ({
  version: whole(row, 'version'),
  messageId: id(row, 'message_id'),
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

const toReservationRow = (row: Row): ReservationRow => ({
  status: text(row, 'status'),
  heldAt: whole(row, 'held_at'),
  endedAt: wholeOrNull(row, 'ended_at'),
});

const toShareRow = (row: Row): ShareRow => ({
  productId: text(row, 'product_id'),
  quantity: whole(row, 'quantity'),
});

export const toStockRow = (row: Row): StockRow => ({
  seq: whole(row, 'seq'),
  productId: text(row, 'product_id'),
  orderId: textOrNull(row, 'order_id'),
  onHand: whole(row, 'd_on_hand'),
  held: whole(row, 'd_held'),
  sold: whole(row, 'd_sold'),
  why: text(row, 'why'),
});

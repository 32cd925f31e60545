// What a batch reads and writes in SQLite: many orders in one transaction, several rows to a statement. It never looks
// into an order's system. It is the hot path: every statement here is paid for by every order.
import type { Tables } from '../application.ts';
import type {
  AmendedAnswer,
  BatchWrite,
  IdempotencyRecord,
  LoadedOrder,
  Needs,
  OrderWrite,
} from '../store.ts';
import { type BatchAccess, nothingFound } from './batch-access.ts';
import { CommonValues } from './common-values.ts';
import { toHistoryRows } from './history-rows.ts';
import { systemIn, text, toIdempotencyRecord, whole } from './rows.ts';
import type { Connection } from './sqlite-connection.ts';
import { createHistoryRowWriter } from './sqlite-history-writer.ts';
import { type BoundStatement, createRecording, type Recording } from './sqlite-recording.ts';
import { createRowWriter } from './sqlite-row-writer.ts';
import { refusingValues, type WriterAccess } from './sqlite-transactions.ts';

/** Where the orders of a batch stand, with the systems that the caller does not have: one statement for all. */
const createOrderReader = (connection: Recording['connection']) => {
  const select = connection.prepare(
    `SELECT orders.order_id, version, last_seq, version IS needed.value ->> 1 AS is_known,
       iif(version IS needed.value ->> 1, NULL, system) AS system,
       iif(version IS needed.value ->> 1, NULL, packed) AS packed
     FROM json_each(?) AS needed JOIN orders ON orders.order_id = needed.value ->> 0`,
  );
  return (needed: Needs['orders']): Map<string, LoadedOrder> => {
    const orders = [...needed].map(([orderId, version]) => [orderId, version ?? null]);
    return new Map(
      select.all(JSON.stringify(orders)).map((row) => {
        const head = { version: whole(row, 'version'), lastSeq: whole(row, 'last_seq') };
        const system = row['is_known'] === 1 ? {} : { system: systemIn(row) };
        return [text(row, 'order_id'), { ...head, ...system }];
      }),
    );
  };
};

const createReceivedReader = (connection: Recording['connection']) => {
  // The first message of an order is looked for among its rows, which are few; all others have an index.
  const select = connection.prepare(
    `SELECT 1 FROM history WHERE order_id = ?1 AND message_id = ?2
     UNION ALL SELECT 1 FROM history WHERE order_id = ?1 AND message_id IS NULL AND correlation_id = ?2
       AND json_type(messages, '$[0][2]') = 'null'`,
  );
  return (messages: Needs['received']): Needs['received'] =>
    messages.filter(({ orderId, messageId }) => select.get(orderId, messageId));
};

const createKeys = (connection: Recording['connection']) => {
  const select = connection.prepare('SELECT * FROM idempotency WHERE scope = ? AND key = ?');
  const insert = connection.prepare(
    `INSERT INTO idempotency (scope, key, fingerprint, order_id, status, version, at, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const update = connection.prepare(
    'UPDATE idempotency SET status = ?, body = ?, version = ? WHERE scope = ? AND key = ?',
  );
  return {
    read: (keys: Needs['keys']): IdempotencyRecord[] =>
      keys.flatMap(({ scope, key }) => {
        const row = select.get(scope, key);
        return row ? [toIdempotencyRecord(row)] : [];
      }),
    write: (records: readonly IdempotencyRecord[]): void => {
      for (const { scope, key, fingerprint, orderId, status, version, at, body } of records) {
        insert.run(scope, key, fingerprint, orderId, status, version, at, body);
      }
    },
    amend: (answers: readonly AmendedAnswer[]): void => {
      for (const { scope, key, status, body, version } of answers) {
        update.run(status, body, version, scope, key);
      }
    },
  };
};

const createOrderRowWriter = (connection: Recording['connection']) => {
  const place = connection.prepare(
    `INSERT INTO orders (version, last_seq, state, settled, incident, chart_version, updated_at, wake_at,
       packed, system, order_id, owner, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?)`,
  );
  // The owner and the time of creation never change, so their indexes are not updated.
  const change = connection.prepare(
    `UPDATE orders SET version = ?, last_seq = ?, state = ?, settled = ?, incident = ?, chart_version = ?,
       updated_at = ?, wake_at = ?, packed = ?, system = ''
     WHERE order_id = ?`,
  );
  return (write: OrderWrite): void => {
    const { orderId, baseVersion, version, lastSeq, system, wakeAt, summary } = write;
    const { state, chartVersion, updatedAt, owner, createdAt } = summary;
    const settled = Number(summary.settled);
    const incident = Number(summary.incident);
    const facts = [version, lastSeq, state, settled, incident, chartVersion, updatedAt, wakeAt];
    const values = [...facts, { orderId, system }];
    if (baseVersion === 0) place.run(...values, orderId, owner, createdAt);
    else change.run(...values, orderId);
  };
};

const createCallWriter = (connection: Recording['connection']) => {
  const rows = createRowWriter(connection, 'calls', [
    ...['call_id', 'order_id', 'service', 'actor', 'command', 'causation_id', 'correlation_id', 'at'],
    ...['key_first_used_at', 'lease_owner', 'lease_until'],
  ]);
  const finish = connection.prepare(
    `DELETE FROM calls WHERE sequence IN (
       SELECT calls.sequence FROM json_each(?) AS finished
       JOIN calls ON calls.call_id = finished.value ->> 0 AND calls.order_id = finished.value ->> 1)`,
  );
  let finished: [callId: string, orderId: string][] = [];
  return {
    add: ({ orderId, calls, finishedCalls }: OrderWrite, lease: BatchWrite['lease']): void => {
      for (const callId of finishedCalls) finished.push([callId, orderId]);
      for (const call of calls) {
        const { callId, service, actor, causationId, correlationId, at, keyFirstUsedAt } = call;
        const command = JSON.stringify(call.command);
        const holder = lease.except?.includes(service) ? ['', 0] : [lease.owner, lease.until];
        const meta = [causationId, correlationId, at, keyFirstUsedAt, ...holder];
        rows.add(callId, orderId, service, actor, command, ...meta);
      }
    },
    flush: () => {
      if (finished.length > 0) finish.run(JSON.stringify(finished));
      finished = [];
      rows.flush();
    },
    forget: () => {
      finished = [];
      rows.forget();
    },
  };
};

/** `reader` shows what is committed; `writeBatch` stores what is recorded here. */
export const createBatchAccess = (
  reader: Connection,
  { read, writeBatch }: WriterAccess,
  tables: Tables | undefined,
): BatchAccess => {
  const { connection, record } = createRecording(reader);
  const readOrders = createOrderReader(connection);
  const readReceived = createReceivedReader(connection);
  const keys = createKeys(connection);
  const writeOrderRow = createOrderRowWriter(connection);
  const tableRows = tables?.sqlite.open(connection);
  const writeHistoryRow = createHistoryRowWriter(connection);
  const traits = { isPersonal: tableRows?.isPersonal ?? (() => false), common: new CommonValues() };
  const writeHistory = ({ orderId, received, events, lastSeq }: OrderWrite): void => {
    const rows = toHistoryRows(orderId, received, events, lastSeq - events.length, traits);
    for (const row of rows) writeHistoryRow(row);
  };
  const calls = createCallWriter(connection);

  const recordAll = ({
    orders,
    rows,
    idempotency = [],
    amended = [],
    lease,
  }: BatchWrite): readonly BoundStatement[] =>
    record(() => {
      // What a recording left behind that failed.
      calls.forget();
      for (const order of orders) {
        writeOrderRow(order);
        writeHistory(order);
        calls.add(order, lease);
        keys.write(order.idempotency);
      }
      calls.flush();
      keys.write(idempotency);
      keys.amend(amended);
      tableRows?.write(rows);
    });

  return {
    load: ({ orders, received, keys: asked, rows }) => {
      if (orders.size + received.length + asked.length + rows.length === 0) return nothingFound;
      return read(() => ({
        orders: orders.size === 0 ? nothingFound.orders : readOrders(orders),
        received: readReceived(received),
        records: keys.read(asked),
        rows: (rows.length === 0 ? undefined : tableRows?.read(rows)) ?? nothingFound.rows,
      }));
    },
    rowAtHand: () => undefined,
    isShared: false,
    prepare: (write) => {
      const runs = refusingValues(() => recordAll(write));
      return () => writeBatch(runs);
    },
  };
};

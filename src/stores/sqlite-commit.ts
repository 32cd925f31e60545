// The commit of a batch in SQLite: many orders in one transaction, each of them whole or not at all. It never
// looks into an order's system. It exists as a file of its own because it is the hot path: every statement
// here is paid for by every order.
import type { CommitResult, IdempotencyRecord, OrderWork, OrderWrite } from '../store.ts';
import { type Head, requireContinuation, runDecision } from './decision.ts';
import type { Connection } from './sqlite-open.ts';
import { text, toIdempotencyRecord, whole } from './sqlite-rows.ts';
import { createStockRows } from './sqlite-stock.ts';
import { isStorageFailure, type Transact } from './sqlite-transactions.ts';

interface Lease {
  readonly owner: string;
  readonly until: number;
}

/** What one order changes can be undone alone. Opened at its first change, because many change nothing. */
const createSavepoint = (connection: Connection) => {
  const begin = connection.prepare('SAVEPOINT one_order');
  const keep = connection.prepare('RELEASE one_order');
  const undo = connection.prepare('ROLLBACK TO one_order');
  let isOpen = false;
  const end = () => {
    keep.run();
    isOpen = false;
  };
  return {
    /** Forgets a savepoint that went with its transaction. */
    reset: () => {
      isOpen = false;
    },
    open: () => {
      if (isOpen) return;
      begin.run();
      isOpen = true;
    },
    keep: () => {
      if (isOpen) end();
    },
    undo: () => {
      if (!isOpen) return;
      undo.run();
      end();
    },
  };
};

const createKeyWriter = (connection: Connection) => {
  const take = connection.prepare(
    `INSERT INTO idempotency (scope, key, fingerprint, order_id, status, at, body)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (scope, key) DO NOTHING`,
  );
  const taken = connection.prepare('SELECT * FROM idempotency WHERE scope = ? AND key = ?');
  /** Undefined where the key is the record's now, otherwise the record that has it. */
  return (record: IdempotencyRecord): IdempotencyRecord | undefined => {
    const { scope, key, fingerprint, orderId, status, at, body } = record;
    if (take.run(scope, key, fingerprint, orderId, status, at, body).changes !== 0) return undefined;
    const row = taken.get(scope, key);
    if (row === undefined) throw new Error(`Key ${key} of ${scope} is taken and is not there.`);
    return toIdempotencyRecord(row);
  };
};

const createOrderRowWriter = (connection: Connection) => {
  const place = connection.prepare(
    `INSERT INTO orders (version, last_seq, state, settled, incident, chart_version, updated_at, wake_at,
       system, order_id, customer_id, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  // Whose order it is and when it came never change, and so their indexes are left alone.
  const change = connection.prepare(
    `UPDATE orders SET version = ?, last_seq = ?, state = ?, settled = ?, incident = ?, chart_version = ?,
       updated_at = ?, wake_at = ?, system = ?
     WHERE order_id = ?`,
  );
  return (orderId: string, head: Head, write: OrderWrite): void => {
    const { version, system, wakeAt, events, summary } = write;
    const { state, chartVersion, updatedAt, customerId, createdAt } = summary;
    const lastSeq = head.lastSeq + events.length;
    const settled = Number(summary.settled);
    const incident = Number(summary.incident);
    const values = [version, lastSeq, state, settled, incident, chartVersion, updatedAt, wakeAt, system];
    if (head.version === 0) place.run(...values, orderId, customerId, createdAt);
    else change.run(...values, orderId);
  };
};

const createHistoryWriter = (connection: Connection) => {
  const addReceived = connection.prepare(
    `INSERT INTO received (order_id, version, message_id, actor, type, data, causation_id, correlation_id,
       disposition, reason, at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const addEvent = connection.prepare(
    `INSERT INTO events (order_id, seq, event_id, actor, type, schema_version, data, causation_id,
       correlation_id, at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return (orderId: string, { received, events }: OrderWrite): void => {
    for (const message of received) {
      const { version, messageId, to, type, causationId, correlationId, disposition, reason, at } = message;
      const data = JSON.stringify(message.data);
      const meta = [causationId, correlationId, disposition, reason, at];
      addReceived.run(orderId, version, messageId, to, type, data, ...meta);
    }
    for (const event of events) {
      const { seq, eventId, actor, type, schemaVersion, causationId, correlationId, at } = event;
      const data = JSON.stringify(event.data);
      addEvent.run(orderId, seq, eventId, actor, type, schemaVersion, data, causationId, correlationId, at);
    }
  };
};

const createCallWriter = (connection: Connection) => {
  const add = connection.prepare(
    `INSERT INTO calls (call_id, order_id, service, actor, command, causation_id, correlation_id, at,
       key_first_used_at, lease_owner, lease_until)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const finish = connection.prepare('DELETE FROM calls WHERE call_id = ? AND order_id = ?');
  return (orderId: string, { calls, finishedCalls }: OrderWrite, lease: Lease): void => {
    for (const callId of finishedCalls) finish.run(callId, orderId);
    for (const call of calls) {
      const { callId, service, actor, causationId, correlationId, at, keyFirstUsedAt } = call;
      const command = JSON.stringify(call.command);
      const meta = [causationId, correlationId, at, keyFirstUsedAt, lease.owner, lease.until];
      add.run(callId, orderId, service, actor, command, ...meta);
    }
  };
};

/** Where the orders of a batch stand: one statement for all of them, then kept up by the batch itself. */
const createHeadReader = (connection: Connection) => {
  const select = connection.prepare(
    `SELECT order_id, version, last_seq FROM orders WHERE order_id IN (SELECT value FROM json_each(?))`,
  );
  return (work: readonly OrderWork[]): Map<string, Head> => {
    const rows = select.all(JSON.stringify(work.map((entry) => entry.orderId)));
    return new Map(
      rows.map((row) => [
        text(row, 'order_id'),
        { version: whole(row, 'version'), lastSeq: whole(row, 'last_seq') },
      ]),
    );
  };
};

export const createCommit = (connection: Connection, transact: Transact) => {
  const savepoint = createSavepoint(connection);
  const stock = createStockRows(connection, savepoint.open);
  const hasReceived = connection.prepare('SELECT 1 FROM received WHERE order_id = ? AND message_id = ?');
  const readHeads = createHeadReader(connection);
  const takeKey = createKeyWriter(connection);
  const writeOrderRow = createOrderRowWriter(connection);
  const writeHistory = createHistoryWriter(connection);
  const writeCalls = createCallWriter(connection);

  const write = async (work: OrderWork, heads: Map<string, Head>, lease: Lease): Promise<CommitResult> => {
    const { orderId, baseVersion } = work;
    const head = heads.get(orderId) ?? { version: 0, lastSeq: 0 };
    if (head.version !== baseVersion) return { outcome: 'stale' };
    const decided = await runDecision(
      work,
      stock,
      (messageId) => hasReceived.get(orderId, messageId) !== undefined,
    );
    if (decided === null) {
      savepoint.undo();
      return { outcome: 'unchanged' };
    }
    requireContinuation(orderId, head, decided);
    savepoint.open();
    const record = decided.idempotency && takeKey(decided.idempotency);
    if (record !== undefined) {
      savepoint.undo();
      return { outcome: 'replayed', record };
    }
    writeOrderRow(orderId, head, decided);
    writeHistory(orderId, decided);
    writeCalls(orderId, decided, lease);
    savepoint.keep();
    heads.set(orderId, { version: decided.version, lastSeq: head.lastSeq + decided.events.length });
    return { outcome: 'committed' };
  };

  const writeOrUndo: typeof write = async (work, heads, lease) => {
    try {
      return await write(work, heads, lease);
    } catch (error) {
      // A full disk is not this order's fault, and some of these errors end the transaction by themselves.
      if (isStorageFailure(error) || !connection.isTransaction) throw error;
      savepoint.undo();
      return { outcome: 'failed', error };
    }
  };

  return async (work: readonly OrderWork[], lease: Lease): Promise<readonly CommitResult[]> => {
    if (work.length === 0) return [];
    return transact(async () => {
      savepoint.reset();
      const heads = readHeads(work);
      const results: CommitResult[] = [];
      for (const entry of work) results.push(await writeOrUndo(entry, heads, lease));
      return results;
    });
  };
};

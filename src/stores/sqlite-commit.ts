// The commit of a batch in SQLite: many orders in one transaction, each of them whole or not at all. It never
// looks into an order's system. Orders are written together, several rows to a statement; where one of them
// is refused, all of it is rolled back and done again with a savepoint for each, so that only that one is left
// out. It exists as a file of its own because it is the hot path: every statement here is paid for by every order.
import type { CommitResult, IdempotencyRecord, OrderWork, OrderWrite } from '../store.ts';
import { type Head, requireContinuation, runDecision } from './decision.ts';
import { toShortId } from './sqlite-ids.ts';
import type { Connection } from './sqlite-open.ts';
import { pack } from './sqlite-packing.ts';
import { createRowWriter } from './sqlite-row-writer.ts';
import { text, toIdempotencyRecord, whole } from './sqlite-rows.ts';
import { createStockRows } from './sqlite-stock.ts';
import { isStorageFailure, type Transact } from './sqlite-transactions.ts';

interface Lease {
  readonly owner: string;
  readonly until: number;
}

/** What one order changes can be undone alone. */
const createSavepoint = (connection: Connection) => {
  const begin = connection.prepare('SAVEPOINT one_order');
  const keep = connection.prepare('RELEASE one_order');
  const undo = connection.prepare('ROLLBACK TO one_order');
  return {
    begin: () => begin.run(),
    keep: () => keep.run(),
    undo: () => {
      undo.run();
      keep.run();
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
    const facts = [version, lastSeq, state, settled, incident, chartVersion, updatedAt, wakeAt];
    const values = [...facts, pack(system)];
    if (head.version === 0) place.run(...values, orderId, customerId, createdAt);
    else change.run(...values, orderId);
  };
};

const createHistoryWriter = (connection: Connection) => {
  const messages = createRowWriter(connection, 'received', [
    ...['order_id', 'version', 'message_id', 'actor', 'type', 'data', 'causation_id', 'correlation_id'],
    ...['disposition', 'reason', 'at'],
  ]);
  const journal = createRowWriter(connection, 'events', [
    ...['order_id', 'seq', 'event_id', 'actor', 'type', 'schema_version', 'data', 'causation_id'],
    ...['correlation_id', 'at'],
  ]);
  const hasReceived = connection.prepare(
    'SELECT 1 FROM received WHERE order_id = ? AND message_id = ? AND causation_id IS NULL',
  );
  /** Orders whose rows are not written yet. */
  const added = new Set<string>();
  const flush = () => {
    added.clear();
    messages.flush();
    journal.flush();
  };
  return {
    has: (orderId: string, messageId: string): boolean => {
      if (added.has(orderId)) flush();
      return hasReceived.get(orderId, toShortId(orderId, messageId)) !== undefined;
    },
    add: (orderId: string, { received, events }: OrderWrite): void => {
      added.add(orderId);
      const shorten = (id: string) => toShortId(orderId, id);
      for (const message of received) {
        const { version, messageId, to, type, causationId, correlationId, disposition, reason, at } = message;
        const data = JSON.stringify(message.data);
        const cause = causationId === null ? null : shorten(causationId);
        const meta = [cause, correlationId, disposition, reason, at];
        messages.add(orderId, version, shorten(messageId), to, type, data, ...meta);
      }
      for (const event of events) {
        const { seq, eventId, actor, type, schemaVersion, causationId, correlationId, at } = event;
        const data = JSON.stringify(event.data);
        const meta = [shorten(causationId), correlationId, at];
        journal.add(orderId, seq, shorten(eventId), actor, type, schemaVersion, data, ...meta);
      }
    },
    flush,
    forget: () => {
      added.clear();
      messages.forget();
      journal.forget();
    },
  };
};

const createCallWriter = (connection: Connection) => {
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
    add: (orderId: string, { calls, finishedCalls }: OrderWrite, lease: Lease): void => {
      for (const callId of finishedCalls) finished.push([callId, orderId]);
      for (const call of calls) {
        const { callId, service, actor, causationId, correlationId, at, keyFirstUsedAt } = call;
        const command = JSON.stringify(call.command);
        const meta = [causationId, correlationId, at, keyFirstUsedAt, lease.owner, lease.until];
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

/** One order of a batch cannot be written with the others. */
class Refusal extends Error {}

export const createCommit = (connection: Connection, transact: Transact) => {
  const savepoint = createSavepoint(connection);
  const stock = createStockRows(connection);
  const readHeads = createHeadReader(connection);
  const takeKey = createKeyWriter(connection);
  const writeOrderRow = createOrderRowWriter(connection);
  const history = createHistoryWriter(connection);
  const calls = createCallWriter(connection);
  const pending = [stock, history, calls];
  const flush = () => {
    for (const rows of pending) rows.flush();
  };
  const forget = () => {
    for (const rows of pending) rows.forget();
  };

  /** Decides about one order and adds its rows to what is pending. */
  const write = async (work: OrderWork, heads: Map<string, Head>, lease: Lease): Promise<CommitResult> => {
    const { orderId, baseVersion } = work;
    const head = heads.get(orderId) ?? { version: 0, lastSeq: 0 };
    if (head.version !== baseVersion) return { outcome: 'stale' };
    const decided = await runDecision(work, stock, (messageId) => history.has(orderId, messageId));
    if (decided === null) return { outcome: 'unchanged' };
    requireContinuation(orderId, head, decided);
    const record = decided.idempotency && takeKey(decided.idempotency);
    if (record !== undefined) return { outcome: 'replayed', record };
    writeOrderRow(orderId, head, decided);
    history.add(orderId, decided);
    calls.add(orderId, decided, lease);
    heads.set(orderId, { version: decided.version, lastSeq: head.lastSeq + decided.events.length });
    return { outcome: 'committed' };
  };

  /** @throws Refusal where an order that is not written changed the stock. */
  const writeTogether = async (work: readonly OrderWork[], lease: Lease): Promise<CommitResult[]> => {
    const heads = readHeads(work);
    const results: CommitResult[] = [];
    for (const entry of work) {
      const before = stock.changes();
      const result = await write(entry, heads, lease);
      if (result.outcome !== 'committed' && stock.changes() !== before) throw new Refusal(result.outcome);
      results.push(result);
    }
    flush();
    return results;
  };

  const writeOrUndo = async (
    work: OrderWork,
    heads: Map<string, Head>,
    lease: Lease,
  ): Promise<CommitResult> => {
    savepoint.begin();
    let result: CommitResult;
    try {
      result = await write(work, heads, lease);
      if (result.outcome === 'committed') flush();
    } catch (error) {
      // A full disk is not this order's fault, and some of these errors end the transaction by themselves.
      if (isStorageFailure(error) || !connection.isTransaction) throw error;
      result = { outcome: 'failed', error };
    }
    if (result.outcome === 'committed') savepoint.keep();
    else {
      forget();
      savepoint.undo();
    }
    return result;
  };

  const writeOneByOne = async (work: readonly OrderWork[], lease: Lease): Promise<CommitResult[]> => {
    const heads = readHeads(work);
    const results: CommitResult[] = [];
    for (const entry of work) results.push(await writeOrUndo(entry, heads, lease));
    return results;
  };

  const transactFresh: Transact = (task) =>
    transact(() => {
      forget();
      return task();
    });

  return async (work: readonly OrderWork[], lease: Lease): Promise<readonly CommitResult[]> => {
    if (work.length === 0) return [];
    try {
      return await transactFresh(() => writeTogether(work, lease));
    } catch (error) {
      if (isStorageFailure(error) || connection.isTransaction) throw error;
      return transactFresh(() => writeOneByOne(work, lease));
    }
  };
};

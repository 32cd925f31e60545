// The small changes beside the batch in PostgreSQL: leases of calls, marks of unreadable orders, answers of idempotency keys. Each
// is one statement. It never writes an order's system or history.
import { limits } from '../../limits.ts';
import type { Call, IdempotencyRecord, Store } from '../../store.ts';
import { toCall, toIdempotencyRecord, whole } from '../rows.ts';
import { toUnavailable } from './errors.ts';
import type { PostgresDatabase } from './open.ts';
import { sql } from './statement.ts';

/** Rows that another node is claiming or finishing are passed over: nobody waits. */
const claimText = `UPDATE calls SET lease_owner = $1, lease_until = $2
  FROM (SELECT sequence, orders.chart_version FROM calls JOIN orders USING (order_id)
    WHERE lease_until <= $3 AND (service = ANY ($4)) = $5 AND orders.unreadable IS NULL AND orders.chart_version = ANY ($6)
    ORDER BY sequence LIMIT $7 FOR UPDATE OF calls SKIP LOCKED) AS claimed
  WHERE calls.sequence = claimed.sequence
  RETURNING calls.*, claimed.chart_version`;

export const createCallChanges = ({ run }: PostgresDatabase) => ({
  claimCalls: async (
    ...[{ owner, now, until, limit, versions, services = { except: [] } }]: Parameters<Store['claimCalls']>
  ): Promise<readonly Call[]> => {
    const isOnly = 'only' in services;
    const named = isOnly ? services.only : services.except;
    const { rows } = await run(sql(claimText, [owner, until, now, named, String(isOnly), versions, limit]));
    return rows.toSorted((one, other) => whole(one, 'sequence') - whole(other, 'sequence')).map(toCall);
  },
  returnCalls: async (owner: string, callIds: readonly string[]): Promise<void> => {
    if (callIds.length === 0) return;
    await run(
      sql(
        `UPDATE calls SET lease_owner = '', lease_until = 0 WHERE lease_owner = $1 AND call_id = ANY ($2)`,
        [...[owner, callIds]],
      ),
    );
  },
  returnAllCalls: async (): Promise<void> => {
    await run(sql(`UPDATE calls SET lease_owner = '', lease_until = 0 WHERE lease_until <> 0`));
  },
});

// In the order in which they were stored: an index on `at` would cost every order a page.
const forgetText = `DELETE FROM idempotency WHERE number IN (
  SELECT number FROM (SELECT number, at FROM idempotency ORDER BY number LIMIT $2) AS oldest WHERE at < $1)`;

export const createOrderChanges = ({ run }: PostgresDatabase) => ({
  markUnreadable: async (orderId: string, reason: string): Promise<void> => {
    await run(sql('UPDATE orders SET unreadable = $2 WHERE order_id = $1', [orderId, reason]));
  },
  /** Locked in the order of their ids, as batches lock theirs. */
  clearUnreadable: async (versions: readonly string[]): Promise<void> => {
    const marked = `SELECT order_id FROM orders WHERE unreadable IS NOT NULL
      AND (incident = 1 OR unreadable IS NOT NULL) AND chart_version = ANY ($1) ORDER BY order_id FOR NO KEY UPDATE`;
    await run(
      sql(
        `UPDATE orders SET unreadable = NULL WHERE order_id IN (SELECT order_id FROM (${marked}) AS marked)`,
        [versions],
      ),
    );
  },
  noteResumed: async (): Promise<void> => {
    await run(sql('UPDATE epochs SET resumed = 1 WHERE resumed = 0'));
  },
  forgetKeys: async (before: number, limit: number): Promise<number> =>
    (await run(sql(forgetText, [before, limit]))).count,
  idempotencyRecord: async (scope: string, key: string): Promise<IdempotencyRecord | undefined> => {
    const found = await run(sql('SELECT * FROM idempotency WHERE scope = $1 AND key = $2', [scope, key]));
    const [row] = found.rows;
    return row && toIdempotencyRecord(row);
  },
  /** Writes as much as a large order. */
  check: async (writes = true): Promise<void> => {
    try {
      if (!writes) {
        await run(sql('SELECT 1'));
        return;
      }
      await run(
        sql(
          `INSERT INTO health_check VALUES (1, decode(repeat('00', $1), 'hex'))
           ON CONFLICT (one) DO UPDATE SET filler = excluded.filler`,
          [limits.bodyBytes],
        ),
      );
    } catch (error) {
      throw toUnavailable(error);
    }
  },
});

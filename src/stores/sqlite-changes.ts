// The small changes of the SQLite file beside the batch: leases of calls, marks of unreadable orders, answers of
// idempotency keys. Each is one transaction. It never writes an order's system or history.
import type { Call, Store } from '../store.ts';
import { toCall, whole } from './rows.ts';
import type { OpenDatabase } from './sqlite-open.ts';
import type { Transact } from './sqlite-transaction.ts';

/** The number after the list is 1 for the services in the list alone, 0 for all but those. */
const claimable = `lease_until <= ? AND (service IN (SELECT value FROM json_each(?))) = ? AND EXISTS (SELECT 1 FROM orders WHERE orders.order_id = calls.order_id
  AND unreadable IS NULL AND chart_version IN (SELECT value FROM json_each(?)))`;

export const createCallChanges = ({ writer, reader }: OpenDatabase, transact: Transact) => {
  const anyClaimable = reader.prepare(`SELECT 1 FROM calls WHERE ${claimable} LIMIT 1`);
  const claim = writer.prepare(
    `UPDATE calls SET lease_owner = ?, lease_until = ?
     WHERE sequence IN (SELECT sequence FROM calls WHERE ${claimable} ORDER BY sequence LIMIT ?)
     RETURNING *, (SELECT chart_version FROM orders WHERE orders.order_id = calls.order_id) AS chart_version`,
  );
  const giveBack = writer.prepare(
    `UPDATE calls SET lease_owner = '', lease_until = 0
     WHERE lease_owner = ? AND call_id IN (SELECT value FROM json_each(?))`,
  );
  const giveAllBack = writer.prepare(
    `UPDATE calls SET lease_owner = '', lease_until = 0 WHERE lease_until <> 0`,
  );

  return {
    claimCalls: (
      ...[{ owner, now, until, limit, versions, services = { except: [] } }]: Parameters<Store['claimCalls']>
    ): readonly Call[] => {
      const isOnly = 'only' in services;
      const named = JSON.stringify(isOnly ? services.only : services.except);
      const asked = [now, named, Number(isOnly), JSON.stringify(versions)] as const;
      // Asked again and again while there is nothing to do: that must not cost a durable transaction.
      if (anyClaimable.get(...asked) === undefined) return [];
      const rows = transact(() => claim.all(owner, until, ...asked, limit));
      return rows.sort((one, other) => whole(one, 'sequence') - whole(other, 'sequence')).map(toCall);
    },
    returnCalls: (owner: string, callIds: readonly string[]): void => {
      if (callIds.length === 0) return;
      transact(() => giveBack.run(owner, JSON.stringify(callIds)));
    },
    returnAllCalls: (): void => {
      transact(() => giveAllBack.run());
    },
  };
};

export const createOrderChanges = ({ writer, reader }: OpenDatabase, transact: Transact) => {
  const mark = writer.prepare('UPDATE orders SET unreadable = ? WHERE order_id = ?');
  const clear = writer.prepare(
    `UPDATE orders SET unreadable = NULL
     WHERE unreadable IS NOT NULL AND chart_version IN (SELECT value FROM json_each(?))`,
  );
  const resume = writer.prepare('UPDATE epochs SET resumed = 1 WHERE resumed = 0');
  // In the order of their row ids, which is that in which they were stored: an index on `at` would cost every order a page.
  const overAmongFirst = `SELECT rowid FROM (SELECT rowid, at FROM idempotency ORDER BY rowid LIMIT ?) WHERE at < ?`;
  const anyOver = reader.prepare(`${overAmongFirst} LIMIT 1`);
  const forget = writer.prepare(`DELETE FROM idempotency WHERE rowid IN (${overAmongFirst})`);

  return {
    markUnreadable: (orderId: string, reason: string): void => {
      transact(() => mark.run(reason, orderId));
    },
    clearUnreadable: (versions: readonly string[]): void => {
      transact(() => clear.run(JSON.stringify(versions)));
    },
    noteResumed: (): void => {
      transact(() => resume.run());
    },
    forgetKeys: (before: number, limit: number): number => {
      // Asked again and again while nothing is over: that must not cost a durable transaction.
      if (anyOver.get(limit, before) === undefined) return 0;
      return Number(transact(() => forget.run(limit, before)).changes);
    },
  };
};

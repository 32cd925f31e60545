// What is committed, kept in memory as far as decisions ask for it again: where orders stand, and the application's rows. In a
// store that others write to as well, that may have changed since: what is in memory is then unsure, and the store checks
// whatever is decided on it against what is stored. It is bounded, and forgets everything when a write fails: what became
// of that is for the store to say.
import type { Row } from '../application.ts';
import { limits } from '../limits.ts';
import { NewestMap } from '../newest-map.ts';
import type { LoadedOrder } from '../store.ts';
import type { BatchAccess } from './batch-access.ts';

type Head = Omit<LoadedOrder, 'system'>;

/** `access`, asked only for what is not known yet. */
export const withCache = (access: BatchAccess): BatchAccess => {
  const heads = new NewestMap<string, Head>(limits.cachedHeads);
  const cachedRows = new NewestMap<string, Row>(limits.cachedRows);
  /** Writes that have ended. */
  let outcomes = 0;
  return {
    ...access,
    load: async (needs) => {
      const orders = new Map<string, LoadedOrder>();
      const otherOrders = new Map<string, number | undefined>();
      for (const [orderId, version] of needs.orders) {
        const head = version === undefined ? undefined : heads.get(orderId);
        if (head !== undefined && head.version === version) orders.set(orderId, head);
        else otherOrders.set(orderId, version);
      }
      const rows = new Map<string, Row>();
      const otherRows = needs.rows.filter((key) => {
        const row = needs.isFresh ? undefined : cachedRows.get(key);
        if (row !== undefined) rows.set(key, row);
        return row === undefined;
      });
      const unsure = new Set(access.isShared ? rows.keys() : []);
      const outcomesBefore = outcomes;
      const found = await access.load({ ...needs, orders: otherOrders, rows: otherRows });
      for (const [orderId, order] of found.orders) orders.set(orderId, order);
      for (const [key, row] of found.rows) {
        rows.set(key, row);
        unsure.delete(key);
        // What was written meanwhile is newer than what was read.
        if (outcomes === outcomesBefore) cachedRows.set(key, row);
      }
      return { ...found, orders, rows, unsure };
    },
    rowAtHand: (key) => cachedRows.get(key),
    prepare: (write, asked) => {
      const store = access.prepare(write, asked);
      return async () => {
        try {
          await store();
        } catch (error) {
          heads.clear();
          cachedRows.clear();
          throw error;
        } finally {
          outcomes += 1;
        }
        for (const { orderId, version, lastSeq } of write.orders) heads.set(orderId, { version, lastSeq });
        for (const { key, after } of write.rows.changed) cachedRows.set(key, after);
      };
    },
  };
};

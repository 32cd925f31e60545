// What is committed, kept in memory as far as decisions ask for it again: where orders stand, and the application's rows. One
// process has the file, so nothing else changes it. It is bounded, and forgets everything when a write fails: what became of
// that is for the file to say.
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
  return {
    ...access,
    orders: (needed) => {
      const found = new Map<string, LoadedOrder>();
      const others = new Map<string, number | undefined>();
      for (const [orderId, version] of needed) {
        const head = version === undefined ? undefined : heads.get(orderId);
        if (head !== undefined && head.version === version) found.set(orderId, head);
        else others.set(orderId, version);
      }
      if (others.size > 0) for (const [orderId, order] of access.orders(others)) found.set(orderId, order);
      return found;
    },
    rows: (keys) => {
      const found = new Map<string, Row>();
      const others = keys.filter((key) => {
        const row = cachedRows.get(key);
        if (row !== undefined) found.set(key, row);
        return row === undefined;
      });
      if (others.length > 0) {
        for (const [key, row] of access.rows(others)) {
          found.set(key, row);
          cachedRows.set(key, row);
        }
      }
      return found;
    },
    rowAtHand: (key) => cachedRows.get(key),
    prepare: (write) => {
      const store = access.prepare(write);
      return async () => {
        try {
          await store();
        } catch (error) {
          heads.clear();
          cachedRows.clear();
          throw error;
        }
        for (const { orderId, version, lastSeq } of write.orders) heads.set(orderId, { version, lastSeq });
        for (const { key, after } of write.rows.changed) cachedRows.set(key, after);
      };
    },
  };
};

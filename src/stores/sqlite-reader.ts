// A SQLite store opened for reading alone, beside the service that holds it: each read sees what is committed then. It never
// writes and never waits for the service's lock.

import { AppError } from '../errors.ts';
import type { Store } from '../store.ts';
import { requireReadable } from './sqlite-audit-source.ts';
import type { TableOwner } from './sqlite-open.ts';
import { openReadOnly } from './sqlite-read-only.ts';
import { createHistoryReads, createOrderReads } from './sqlite-reads.ts';
import { isTakeoverPending } from './sqlite-takeover.ts';

/** How long a statement waits for a tool that locks the file briefly. */
const busyMs = 5000;

export type StoreReader = Pick<Store, 'load' | 'events' | 'lastPosition' | 'close'>;

/**
 * @throws AppError `invalid-setting` when there is no such file, or it does not hold orders of this application in the
 * schema that this program knows; `store-unavailable` while its history is moved to that schema.
 */
export const openStoreReader = (path: string, application: TableOwner): StoreReader => {
  requireReadable(path, application);
  const { connection, close } = openReadOnly(path, busyMs);
  if (isTakeoverPending(connection)) {
    close();
    const wait =
      'Start the service if it does not run, and try again when it has said that all of it is moved';
    throw new AppError(
      'store-unavailable',
      `${path} has a part of its history in the form of an earlier version. ${wait}.`,
    );
  }
  const { load } = createOrderReads(connection);
  const { events, lastPosition } = createHistoryReads(connection);
  return {
    load: async (orderIds) => load(orderIds),
    events: async (filter) => events(filter),
    lastPosition: async () => lastPosition(),
    close: async () => close(),
  };
};

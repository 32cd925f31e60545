// The store in one SQLite file, for one process: what a commit says is written is on the disk. It never
// answers from memory, and never shows what is not committed. It exists so that Orderchart runs, durably,
// with nothing else installed.
import type { Store } from '../store.ts';
import { createDoor } from './closing.ts';
import { createCallChanges, createCatalogueChanges, createOrderChanges } from './sqlite-changes.ts';
import { createCommit } from './sqlite-commit.ts';
import type { OpenDatabase } from './sqlite-open.ts';
import { createHistoryReads, createOrderReads, createOtherReads } from './sqlite-reads.ts';
import { createProductReads } from './sqlite-stock.ts';
import { createTransactions } from './sqlite-transactions.ts';

/** The store over a file that `openDatabase` opened. `close` closes the file and lets go of its lock. */
export const createSqliteStore = (database: OpenDatabase): Store => {
  const { writer, reader } = database;
  const { guard, close } = createDoor();
  const { transact, idle } = createTransactions(database);
  const orders = createOrderReads(reader);
  const history = createHistoryReads(reader);
  const others = createOtherReads(reader);
  const catalogue = createProductReads(reader);
  const calls = createCallChanges(database, transact);
  const changes = createOrderChanges(database, transact);
  const catalogueChanges = createCatalogueChanges(database, transact);

  return {
    load: guard(orders.load),
    commit: guard(createCommit(writer, transact)),
    claimCalls: guard(calls.claimCalls),
    returnCalls: guard(calls.returnCalls),
    returnAllCalls: guard(calls.returnAllCalls),
    dueOrders: guard(orders.dueOrders),
    nextWake: guard(orders.nextWake),
    markUnreadable: guard(changes.markUnreadable),
    clearUnreadable: guard(changes.clearUnreadable),
    list: guard(orders.list),
    received: guard(history.received),
    events: guard(history.events),
    lastPosition: guard(history.lastPosition),
    idempotencyRecord: guard(others.idempotencyRecord),
    updateIdempotencyAnswer: guard(changes.updateIdempotencyAnswer),
    figures: guard(others.figures),
    products: guard(catalogue.products),
    product: guard(catalogue.product),
    putProduct: guard(catalogueChanges.putProduct),
    seedProducts: guard(catalogueChanges.seedProducts),
    check: guard(changes.check),
    close: () =>
      close(async () => {
        await idle();
        database.close();
      }),
  };
};

// A database whose orders were placed by a node of release 0.1.0, in a folder that a service of today can run in. Its clock
// shows the real time, so that no deadline is overdue when that service starts.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { newestVersion } from '../../machines/registry.ts';
import { shop } from '../../src/shop/shop.ts';
import { createSqliteStore } from '../../src/stores/sqlite.ts';
import { openDatabase } from '../../src/stores/sqlite-open.ts';
import { createFakeClock } from '../fake-clock.ts';
import {
  type Answer,
  chargeAll,
  never,
  openHost,
  place,
  settleNow,
  shut,
  widgets,
} from '../hosts/harness.ts';
import { shopOfVersion1 } from '../released-shop.ts';
import { writeHere } from '../stores/write-here.ts';

export const to = newestVersion;
const databaseIn = (folder: string): string => join(folder, 'data/orderchart.db');

interface Version1Orders {
  readonly completed?: number;
  /** Their charge is under way. */
  readonly paying?: number;
  /** How long ago they were placed. */
  readonly ageMs?: number;
  readonly customerId?: string;
}

/** Adds orders on version 1 to the database in `folder`. Their ids, in the order in which they were placed. */
export const addOrders = async (
  folder: string,
  { completed = 0, paying = 0, ageMs = 0, customerId = 'customer-1' }: Version1Orders,
): Promise<string[]> => {
  const store = createSqliteStore(writeHere(openDatabase(databaseIn(folder), shop)), shop.tables);
  const clock = createFakeClock(Date.now() - ageMs);
  const ids: string[] = [];
  let charges = 0;
  const gateway: Answer<'gateway'> = (call) => {
    charges += 1;
    return charges <= completed ? chargeAll(call) : never(call);
  };
  const settings = { DRAIN_MS: 0 };
  const open = await openHost({
    store,
    clock,
    settings,
    application: shopOfVersion1,
    gateway,
    ids: newIds(),
  });
  for (let number = 0; number < completed + paying; number += 1) {
    const { id } = await place(open, { ...widgets(1), customerId });
    ids.push(id);
    await settleNow(open);
    await clock.advance(1);
  }
  await shut(open, 0);
  await store.close();
  return ids;
};

const newIds = () => ({ next: () => crypto.randomUUID() });

/** Every row of every table, as text, except which run has the file open. */
export const readRows = (folder: string): string => {
  const connection = new DatabaseSync(databaseIn(folder), { readOnly: true });
  const tables = connection
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'file_state' ORDER BY name",
    )
    .all();
  const rows = tables.map(({ name }) => [name, connection.prepare(`SELECT * FROM ${name}`).all()]);
  connection.close();
  return JSON.stringify(rows);
};

/** How many orders are on each version. */
export const countVersions = (folder: string): Record<string, number> => {
  const connection = new DatabaseSync(databaseIn(folder), { readOnly: true });
  const rows = connection.prepare('SELECT chart_version AS v, count(*) AS n FROM orders GROUP BY v').all();
  connection.close();
  return Object.fromEntries(rows.map(({ v, n }) => [String(v), Number(n)]));
};

/** Makes the stored system of an order one that cannot be read. */
export const damageOrder = (folder: string, orderId: string): void => {
  const connection = new DatabaseSync(databaseIn(folder));
  connection.prepare(`UPDATE orders SET system = '{"torn":', packed = NULL WHERE order_id = ?`).run(orderId);
  connection.close();
};

/** The type of the last message of each order. */
export const readLastTypes = (folder: string): string[] => {
  const connection = new DatabaseSync(databaseIn(folder), { readOnly: true });
  const rows = connection
    .prepare('SELECT type, max(version) FROM received GROUP BY order_id ORDER BY order_id')
    .all();
  connection.close();
  return rows.map(({ type }) => String(type));
};

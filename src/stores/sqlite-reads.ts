// All reads of the SQLite file. They never wait for a running transaction: they have a connection of their own and see
// what is committed.
import { AppError } from '../errors.ts';
import type {
  Backlog,
  Epoch,
  IdempotencyRecord,
  OrdersByVersion,
  Received,
  Restored,
  StoredOrder,
  StoredOrderFilter,
  StoreFigures,
} from '../store.ts';
import { requireReceived, toMessages } from './history-entries.ts';
import { type Row, text, toEpoch, toIdempotencyRecord, toStoredOrder, whole, wholeOrNull } from './rows.ts';
import { createCommonReader } from './sqlite-common-values.ts';
import type { Connection } from './sqlite-connection.ts';
import {
  type Condition,
  createEventReads,
  createPreparer,
  joinConditions,
  valuesOf,
} from './sqlite-event-reads.ts';

/** So many index entries are counted and looked through in a moment. */
const fewOrders = 1000;

// As literals: a partial index is not used for a parameter.
const unsettled = 'settled = 0';
const needsPerson = '(incident = 1 OR unreadable IS NOT NULL)';
const isOnVersion = 'chart_version IN (SELECT value FROM json_each(?))';

/**
 * `unknownVersions`: of stored orders, and not known to the host. `isFew`: few orders match a condition with an index of
 * its own.
 */
const toConditions = (
  filter: StoredOrderFilter,
  unknownVersions: readonly string[],
  isFew: (condition: Condition) => boolean,
): Condition[] => {
  const conditions: Condition[] = [];
  const narrow: Condition[] = [];
  if (filter.settled === false) narrow.push([unsettled]);
  if (filter.settled === true) conditions.push(['settled = 1']);
  if (filter.incident !== undefined) {
    const condition: Condition =
      unknownVersions.length === 0
        ? [needsPerson]
        : [`(${needsPerson} OR ${isOnVersion})`, JSON.stringify(unknownVersions)];
    if (filter.incident) narrow.push(condition);
    else conditions.push([`NOT ${condition[0]}`, ...condition.slice(1)]);
  }
  if (filter.state !== undefined) narrow.push(['state = ?', filter.state]);
  conditions.push(...narrow);
  if (filter.owner !== undefined) {
    // With the plus the owner's orders are looked for among the few, and not the few among the owner's.
    conditions.push([`${narrow.some(isFew) ? '+' : ''}owner = ?`, filter.owner]);
  }
  if (filter.chartVersions !== undefined) {
    conditions.push([isOnVersion, JSON.stringify(filter.chartVersions)]);
  }
  if (filter.notChartVersion !== undefined) conditions.push(['chart_version <> ?', filter.notChartVersion]);
  if (filter.createdFrom !== undefined) conditions.push(['created_at >= ?', filter.createdFrom]);
  if (filter.createdBefore !== undefined) conditions.push(['created_at < ?', filter.createdBefore]);
  return conditions;
};

/** The versions of stored orders that are not among `known`: one step in the index for each version, however many orders. */
const createFindUnknown = (connection: Connection) => {
  const unknown = connection.prepare(
    `WITH RECURSIVE stored(chart) AS (
       SELECT min(chart_version) FROM orders
       UNION ALL SELECT (SELECT min(chart_version) FROM orders WHERE chart_version > stored.chart)
         FROM stored WHERE stored.chart IS NOT NULL)
     SELECT chart FROM stored WHERE chart IS NOT NULL AND chart NOT IN (SELECT value FROM json_each(?))`,
  );
  return (known: readonly string[]): readonly string[] =>
    unknown.all(JSON.stringify(known)).map((row) => text(row, 'chart'));
};

export const createOrderReads = (connection: Connection) => {
  const prepare = createPreparer(connection);
  const findUnknown = createFindUnknown(connection);
  const columns =
    'order_id, version, system, packed, unreadable, owner, state, settled, incident, chart_version, created_at, updated_at';
  const load = connection.prepare(
    `SELECT ${columns} FROM orders WHERE order_id IN (SELECT value FROM json_each(?))`,
  );
  const createdAt = connection.prepare('SELECT created_at FROM orders WHERE order_id = ?');
  const due = connection.prepare(
    `SELECT order_id FROM orders WHERE wake_at IS NOT NULL AND unreadable IS NULL AND wake_at <= ?
     AND chart_version IN (SELECT value FROM json_each(?)) ORDER BY wake_at LIMIT ?`,
  );
  const isFew = ([sql, ...values]: Condition): boolean => {
    const count = prepare(`SELECT count(*) AS number FROM (SELECT 1 FROM orders WHERE ${sql} LIMIT ?)`);
    return whole(count.get(...values, fewOrders + 1) ?? {}, 'number') <= fewOrders;
  };
  const next = connection.prepare(
    `SELECT wake_at FROM orders WHERE wake_at IS NOT NULL AND unreadable IS NULL
     AND chart_version IN (SELECT value FROM json_each(?)) ORDER BY wake_at LIMIT 1`,
  );

  return {
    load: (orderIds: readonly string[]): ReadonlyMap<string, StoredOrder> => {
      const orders = load.all(JSON.stringify(orderIds)).map(toStoredOrder);
      return new Map(orders.map((order) => [order.orderId, order]));
    },
    list: (filter: StoredOrderFilter): readonly StoredOrder[] => {
      const { incident, knownVersions } = filter;
      const isAsked = incident !== undefined && knownVersions !== undefined;
      const conditions = toConditions(filter, isAsked ? findUnknown(knownVersions) : [], isFew);
      if (filter.after !== undefined) {
        const row = createdAt.get(filter.after);
        if (row === undefined) {
          throw new AppError('invalid-request', `There is no order ${filter.after} to continue after.`);
        }
        conditions.push(['(created_at, order_id) < (?, ?)', whole(row, 'created_at'), filter.after]);
      }
      const where = joinConditions(conditions);
      const sql = `SELECT ${columns} FROM orders ${where} ORDER BY created_at DESC, order_id DESC LIMIT ?`;
      return prepare(sql)
        .all(...valuesOf(conditions), filter.limit)
        .map(toStoredOrder);
    },
    dueOrders: (now: number, limit: number, versions: readonly string[]): readonly string[] =>
      due.all(now, JSON.stringify(versions), limit).map((row) => text(row, 'order_id')),
    nextWake: (versions: readonly string[]): number | undefined => {
      const row = next.get(JSON.stringify(versions));
      return row && whole(row, 'wake_at');
    },
  };
};

export const createHistoryReads = (connection: Connection) => {
  // A row has one message at least, but for those that were taken over from a damaged history.
  const received = connection.prepare(
    'SELECT * FROM history WHERE order_id = ? AND version > ? ORDER BY version, last_seq LIMIT ?',
  );
  const readCommon = createCommonReader(connection);
  const owners = connection.prepare(
    'SELECT order_id, owner FROM orders WHERE order_id IN (SELECT value FROM json_each(?))',
  );
  const last = connection.prepare('SELECT max(coalesce(max(position), 0), 0) AS position FROM history');
  const epochs = connection.prepare('SELECT epoch, last_position FROM epochs ORDER BY number');
  const restored = connection.prepare(
    `SELECT doubtful_calls, (SELECT max(last_position) FROM epochs) AS last_position FROM epochs
     WHERE resumed = 0 ORDER BY number DESC LIMIT 1`,
  );
  const eventAt = connection.prepare('SELECT at FROM history WHERE position = ? AND position > 0');

  return {
    received: (orderId: string, after: number, limit: number): readonly Received[] =>
      received
        .all(orderId, after, limit)
        .flatMap((row) => toMessages(row, readCommon).map((message) => requireReceived(row, message)))
        .filter(({ version }) => version > after)
        .slice(0, limit),
    events: createEventReads(connection),
    lastPosition: (): number => whole(last.get() ?? {}, 'position'),
    owners: (orderIds: readonly string[]): ReadonlyMap<string, string> =>
      new Map(owners.all(JSON.stringify(orderIds)).map((row) => [text(row, 'order_id'), text(row, 'owner')])),
    epochs: (): readonly Epoch[] => epochs.all().map(toEpoch),
    restored: (): Restored | undefined => {
      const row = restored.get();
      if (row === undefined) return undefined;
      const lastPosition = whole(row, 'last_position');
      const newest = eventAt.get(lastPosition);
      const lastEventAt = newest === undefined ? null : whole(newest, 'at');
      return { lastPosition, lastEventAt, doubtfulCalls: whole(row, 'doubtful_calls') };
    },
  };
};

const toCounts = (rows: readonly Row[], name: string): Readonly<Record<string, number>> =>
  Object.fromEntries(rows.map((row) => [text(row, name), whole(row, 'number')]));

export const createOtherReads = (connection: Connection) => {
  const record = connection.prepare('SELECT * FROM idempotency WHERE scope = ? AND key = ?');
  const versions = connection.prepare(
    'SELECT chart_version, count(*) AS number FROM orders GROUP BY chart_version',
  );
  const states = connection.prepare('SELECT state, count(*) AS number FROM orders GROUP BY state');
  const counts = connection.prepare(
    `SELECT (SELECT count(*) FROM orders WHERE incident = 1) AS incidents,
       (SELECT count(*) FROM calls) AS calls`,
  );
  const findUnknown = createFindUnknown(connection);
  // With the plus the few marked orders are looked through, and not all orders of each version.
  const unreadables = connection.prepare(
    `SELECT chart_version, count(*) AS number FROM orders
     WHERE chart_version IN (SELECT value FROM json_each(?)) GROUP BY chart_version
     UNION ALL SELECT chart_version, count(*) FROM orders WHERE unreadable IS NOT NULL
       AND +chart_version NOT IN (SELECT value FROM json_each(?)) GROUP BY +chart_version`,
  );
  const due = connection.prepare(
    `SELECT count(*) AS overdue, min(wake_at) AS since FROM orders WHERE wake_at IS NOT NULL AND unreadable IS NULL
     AND wake_at <= ? AND chart_version IN (SELECT value FROM json_each(?))`,
  );
  const unsettledSince = connection.prepare(
    `SELECT created_at FROM orders WHERE settled = 0 AND incident = 0 AND unreadable IS NULL
     AND +chart_version IN (SELECT value FROM json_each(?)) ORDER BY created_at, order_id LIMIT 1`,
  );
  const countUnreadable = (known?: readonly string[]): OrdersByVersion => {
    const unknown = JSON.stringify(known === undefined ? [] : findUnknown(known));
    return toCounts(unreadables.all(unknown, unknown), 'chart_version');
  };

  return {
    idempotencyRecord: (scope: string, key: string): IdempotencyRecord | undefined => {
      const row = record.get(scope, key);
      return row && toIdempotencyRecord(row);
    },
    chartVersions: (): OrdersByVersion => toCounts(versions.all(), 'chart_version'),
    unreadable: countUnreadable,
    backlog: (now: number, versions: readonly string[]): Backlog => {
      const known = JSON.stringify(versions);
      const found = due.get(now, known) ?? {};
      const oldest = unsettledSince.get(known);
      return {
        overdue: whole(found, 'overdue'),
        dueSince: wholeOrNull(found, 'since'),
        unsettledSince: oldest === undefined ? null : whole(oldest, 'created_at'),
      };
    },
    figures: (known?: readonly string[]): StoreFigures => {
      const row = counts.get() ?? {};
      return {
        ordersByState: toCounts(states.all(), 'state'),
        ordersByVersion: toCounts(versions.all(), 'chart_version'),
        incidents: whole(row, 'incidents'),
        unreadable: countUnreadable(known),
        pendingCalls: whole(row, 'calls'),
      };
    },
  };
};

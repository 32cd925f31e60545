// Reads of orders in PostgreSQL: by id, in lists, by what waits. They lock nothing and see what is committed.
import { AppError } from '../../errors.ts';
import type { StoredOrder, StoredOrderFilter } from '../../store.ts';
import { text, toStoredOrder, whole } from '../rows.ts';
import { joinLoads } from './joined-loads.ts';
import type { PostgresDatabase } from './open.ts';
import { type SqlValue, sql } from './statement.ts';

const columns =
  'order_id, version, packed, unreadable, owner, state, settled, incident, chart_version, created_at, updated_at';

/** Parts of a WHERE clause, with `$n` for values that are added as they come. */
export class Conditions {
  readonly values: SqlValue[] = [];
  readonly #parts: string[] = [];

  /** `?` in `part` stands for `value`. */
  add(part: string, ...values: readonly SqlValue[]): this {
    let next = 0;
    this.#parts.push(part.replaceAll('?', () => this.bind(values[next++] ?? null)));
    return this;
  }

  bind(value: SqlValue): string {
    return `$${this.values.push(value)}`;
  }

  toString(): string {
    return this.#parts.length === 0 ? '' : `WHERE ${this.#parts.join(' AND ')}`;
  }
}

const needsPerson = '(incident = 1 OR unreadable IS NOT NULL)';

/** `unknownVersions`: of stored orders, and not known to the host. */
const toConditions = (filter: StoredOrderFilter, unknownVersions: readonly string[]): Conditions => {
  const conditions = new Conditions();
  if (filter.settled !== undefined) conditions.add(`settled = ${Number(filter.settled)}`);
  if (filter.incident !== undefined) {
    const isNot = filter.incident ? '' : 'NOT ';
    if (unknownVersions.length === 0) conditions.add(`${isNot}${needsPerson}`);
    else conditions.add(`${isNot}(${needsPerson} OR chart_version = ANY (?))`, unknownVersions);
  }
  if (filter.state !== undefined) conditions.add('state = ?', filter.state);
  if (filter.owner !== undefined) conditions.add('owner = ?', filter.owner);
  if (filter.chartVersions !== undefined) conditions.add('chart_version = ANY (?)', filter.chartVersions);
  if (filter.notChartVersion !== undefined) conditions.add('chart_version <> ?', filter.notChartVersion);
  if (filter.createdFrom !== undefined) conditions.add('created_at >= ?', filter.createdFrom);
  if (filter.createdBefore !== undefined) conditions.add('created_at < ?', filter.createdBefore);
  return conditions;
};

/** One step in the index for each version, however many orders there are. */
const versionsText = `WITH RECURSIVE stored (chart) AS (
    (SELECT min(chart_version) FROM orders)
    UNION ALL SELECT (SELECT min(chart_version) FROM orders WHERE chart_version > stored.chart) FROM stored
      WHERE stored.chart IS NOT NULL)
  SELECT chart FROM stored WHERE chart IS NOT NULL AND NOT chart = ANY ($1)`;

/** The versions of stored orders that are not among `known`. */
export const createFindUnknown =
  ({ run }: Pick<PostgresDatabase, 'run'>) =>
  async (known: readonly string[]): Promise<readonly string[]> =>
    (await run(sql(versionsText, [known]))).rows.map((row) => text(row, 'chart'));

export const createOrderReads = (database: PostgresDatabase) => {
  const { run } = database;
  const findUnknown = createFindUnknown(database);
  return {
    load: joinLoads(async (orderIds) => {
      const { rows } = await run(sql(`SELECT ${columns} FROM orders WHERE order_id = ANY ($1)`, [orderIds]));
      return new Map(rows.map(toStoredOrder).map((order) => [order.orderId, order]));
    }),
    list: async (filter: StoredOrderFilter): Promise<readonly StoredOrder[]> => {
      const { incident, knownVersions, after } = filter;
      const isAsked = incident !== undefined && knownVersions !== undefined;
      const conditions = toConditions(filter, isAsked ? await findUnknown(knownVersions) : []);
      if (after !== undefined) {
        const found = await run(sql('SELECT created_at FROM orders WHERE order_id = $1', [after]));
        const [row] = found.rows;
        if (row === undefined) {
          throw new AppError('invalid-request', `There is no order ${after} to continue after.`);
        }
        conditions.add('(created_at, order_id) < (?, ?)', whole(row, 'created_at'), after);
      }
      const page = `SELECT ${columns} FROM orders ${conditions} ORDER BY created_at DESC, order_id DESC`;
      const limit = conditions.bind(filter.limit);
      const { rows } = await run(sql(`${page} LIMIT ${limit}`, conditions.values));
      return rows.map(toStoredOrder);
    },
    dueOrders: async (
      now: number,
      limit: number,
      versions: readonly string[],
    ): Promise<readonly string[]> => {
      const due = `SELECT order_id FROM orders WHERE wake_at IS NOT NULL AND unreadable IS NULL AND wake_at <= $1
        AND chart_version = ANY ($2) ORDER BY wake_at LIMIT $3`;
      return (await run(sql(due, [now, versions, limit]))).rows.map((row) => text(row, 'order_id'));
    },
    nextWake: async (versions: readonly string[]): Promise<number | undefined> => {
      const next = `SELECT wake_at FROM orders WHERE wake_at IS NOT NULL AND unreadable IS NULL
        AND chart_version = ANY ($1) ORDER BY wake_at LIMIT 1`;
      const [row] = (await run(sql(next, [versions]))).rows;
      return row && whole(row, 'wake_at');
    },
    owners: async (orderIds: readonly string[]): Promise<ReadonlyMap<string, string>> => {
      const { rows } = await run(
        sql('SELECT order_id, owner FROM orders WHERE order_id = ANY ($1)', [orderIds]),
      );
      return new Map(rows.map((row) => [text(row, 'order_id'), text(row, 'owner')]));
    },
  };
};

// Counts of what is in PostgreSQL. Counting all orders of a large store takes its time, and locks nothing.
import type { Backlog, OrdersByVersion, StoreFigures } from '../../store.ts';
import { text, whole, wholeOrNull } from '../rows.ts';
import type { PostgresDatabase } from './open.ts';
import { createFindUnknown } from './order-reads.ts';
import { type Result, type Statement, sql } from './statement.ts';

const toCounts = ({ rows }: Result, name: string): Readonly<Record<string, number>> =>
  Object.fromEntries(rows.map((row) => [text(row, name), whole(row, 'number')]));

const byVersion = sql('SELECT chart_version, count(*) AS number FROM orders GROUP BY chart_version');
const byState = sql('SELECT state, count(*) AS number FROM orders GROUP BY state');
// A partial index is used only if its condition stands in the query.
const counts = sql(
  `SELECT (SELECT count(*) FROM orders WHERE incident = 1 AND (incident = 1 OR unreadable IS NOT NULL)) AS incidents,
     (SELECT count(*) FROM calls) AS calls`,
);
const unreadables = (unknown: readonly string[]): Statement =>
  sql(
    `SELECT chart_version, count(*) AS number FROM orders WHERE chart_version = ANY ($1) GROUP BY chart_version
     UNION ALL SELECT chart_version, count(*) FROM orders WHERE unreadable IS NOT NULL
       AND (incident = 1 OR unreadable IS NOT NULL) AND NOT chart_version = ANY ($1) GROUP BY chart_version`,
    [unknown],
  );

export const createFigures = (database: PostgresDatabase) => {
  const { run } = database;
  const findUnknown = createFindUnknown(database);
  const unreadable = async (known?: readonly string[]): Promise<OrdersByVersion> =>
    toCounts(await run(unreadables(known === undefined ? [] : await findUnknown(known))), 'chart_version');
  return {
    unreadable,
    chartVersions: async (): Promise<OrdersByVersion> => toCounts(await run(byVersion), 'chart_version'),
    figures: async (known?: readonly string[]): Promise<StoreFigures> => {
      const [row] = (await run(counts)).rows;
      return {
        ordersByState: toCounts(await run(byState), 'state'),
        ordersByVersion: toCounts(await run(byVersion), 'chart_version'),
        incidents: whole(row ?? {}, 'incidents'),
        unreadable: await unreadable(known),
        pendingCalls: whole(row ?? {}, 'calls'),
      };
    },
    backlog: async (now: number, versions: readonly string[]): Promise<Backlog> => {
      const waiting = `SELECT count(*) AS overdue, min(wake_at) AS since,
          (SELECT min(created_at) FROM orders WHERE settled = 0 AND incident = 0 AND unreadable IS NULL
             AND chart_version = ANY ($2)) AS unsettled
        FROM orders WHERE wake_at IS NOT NULL AND unreadable IS NULL AND wake_at <= $1 AND chart_version = ANY ($2)`;
      const row = (await run(sql(waiting, [now, versions]))).rows[0] ?? {};
      return {
        overdue: whole(row, 'overdue'),
        dueSince: wholeOrNull(row, 'since'),
        unsettledSince: wholeOrNull(row, 'unsettled'),
      };
    },
  };
};

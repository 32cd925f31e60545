// What PostgreSQL keeps of services that were not called for a while. It calls nothing.
import { limits } from '../../limits.ts';
import type { ServiceHold } from '../../service-holds.ts';
import { toHold } from '../hold-rows.ts';
import { text, whole } from '../rows.ts';
import type { PostgresDatabase } from './open.ts';
import { sql } from './statement.ts';

// An update keeps the row's number, and so its place among those that began at the same time.
const writeText = `INSERT INTO service_holds (hold_id, service, kind, reason, principal, since, resumed_at, resumed_by, ended_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  ON CONFLICT (hold_id) DO UPDATE SET service = excluded.service, kind = excluded.kind, reason = excluded.reason,
    principal = excluded.principal, since = excluded.since, resumed_at = excluded.resumed_at,
    resumed_by = excluded.resumed_by, ended_at = excluded.ended_at`;
const trimText = `DELETE FROM service_holds WHERE number IN (SELECT number FROM service_holds
  WHERE service = $1 AND ended_at IS NOT NULL ORDER BY since DESC, number DESC OFFSET $2)`;

export const createHoldTable = ({ run, transact }: PostgresDatabase) => ({
  serviceHolds: async (): Promise<readonly ServiceHold[]> =>
    (await run(sql('SELECT * FROM service_holds ORDER BY since, number'))).rows.map(toHold),
  writeServiceHold: async (hold: ServiceHold): Promise<void> => {
    const { holdId, service, kind, reason, principal, since, resumedAt, resumedBy, endedAt } = hold;
    await transact(async (runInside) => {
      await runInside(
        sql(writeText, [holdId, service, kind, reason, principal, since, resumedAt, resumedBy, endedAt]),
      );
      await runInside(sql(trimText, [service, limits.heldStretches]));
    });
  },
  callsByService: async (): Promise<Readonly<Record<string, number>>> => {
    const { rows } = await run(sql('SELECT service, count(*) AS number FROM calls GROUP BY service'));
    return Object.fromEntries(rows.map((row) => [text(row, 'service'), whole(row, 'number')]));
  },
});

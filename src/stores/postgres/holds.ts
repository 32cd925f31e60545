// What PostgreSQL keeps of services that were not called for a while. It calls nothing.
import { limits } from '../../limits.ts';
import type { ServiceHold } from '../../service-holds.ts';
import { toHold } from '../hold-rows.ts';
import { text, whole } from '../rows.ts';
import type { PostgresDatabase } from './open.ts';
import { sql } from './statement.ts';

// A circuit is what one node saw. It ends it; that of a node that is gone is anybody's.
const readText = `SELECT service_holds.*, (kind = 'circuit' AND ended_at IS NULL AND node_id <> $1 AND EXISTS (
    SELECT 1 FROM nodes WHERE nodes.node_id = service_holds.node_id AND heartbeat_at > database_ms() - $2::bigint
  ))::int::smallint AS is_elsewhere FROM service_holds ORDER BY since, number`;
// An update keeps the row's number, and so its place among those that began at the same time.
const writeText = `INSERT INTO service_holds (hold_id, service, kind, reason, principal, since, resumed_at, resumed_by, ended_at,
    node_id)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  ON CONFLICT (hold_id) DO UPDATE SET service = excluded.service, kind = excluded.kind, reason = excluded.reason,
    principal = excluded.principal, since = excluded.since, resumed_at = excluded.resumed_at,
    resumed_by = excluded.resumed_by, ended_at = excluded.ended_at, node_id = excluded.node_id`;
const trimText = `DELETE FROM service_holds WHERE number IN (SELECT number FROM service_holds
  WHERE service = $1 AND ended_at IS NOT NULL ORDER BY since DESC, number DESC OFFSET $2)`;

export const createHoldTable = ({ run, transact, writerId }: PostgresDatabase) => ({
  serviceHolds: async (): Promise<readonly ServiceHold[]> =>
    (await run(sql(readText, [writerId, limits.nodes.lostAfterMs]))).rows.map((row) =>
      row['is_elsewhere'] === 1 ? { ...toHold(row), elsewhere: true } : toHold(row),
    ),
  writeServiceHold: async (hold: ServiceHold): Promise<void> => {
    const { holdId, service, kind, reason, principal, since, resumedAt, resumedBy, endedAt } = hold;
    await transact(async (runInside) => {
      await runInside(
        sql(writeText, [
          holdId,
          service,
          kind,
          reason,
          principal,
          since,
          resumedAt,
          resumedBy,
          endedAt,
          writerId,
        ]),
      );
      await runInside(sql(trimText, [service, limits.heldStretches]));
    });
  },
  callsByService: async (): Promise<Readonly<Record<string, number>>> => {
    const { rows } = await run(sql('SELECT service, count(*) AS number FROM calls GROUP BY service'));
    return Object.fromEntries(rows.map((row) => [text(row, 'service'), whole(row, 'number')]));
  },
});

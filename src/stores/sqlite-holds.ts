// What the SQLite file keeps of services that were not called for a while. It calls nothing.
import { limits } from '../limits.ts';
import type { ServiceHold } from '../service-holds.ts';
import { toHold } from './hold-rows.ts';
import { text, whole } from './rows.ts';
import type { OpenDatabase } from './sqlite-open.ts';
import type { Transact } from './sqlite-transaction.ts';

export const createHoldTable = ({ writer, reader }: OpenDatabase, transact: Transact) => {
  const holds = reader.prepare('SELECT * FROM service_holds ORDER BY since, rowid');
  const counts = reader.prepare('SELECT service, count(*) AS number FROM calls GROUP BY service');
  const write = writer.prepare(
    // An update keeps the row's number, and so its place among those that began at the same time.
    `INSERT INTO service_holds (hold_id, service, kind, reason, principal, since, resumed_at, resumed_by, ended_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (hold_id) DO UPDATE SET service = excluded.service, kind = excluded.kind, reason = excluded.reason,
       principal = excluded.principal, since = excluded.since, resumed_at = excluded.resumed_at,
       resumed_by = excluded.resumed_by, ended_at = excluded.ended_at`,
  );
  const trim = writer.prepare(
    `DELETE FROM service_holds WHERE hold_id IN (SELECT hold_id FROM service_holds
       WHERE service = ? AND ended_at IS NOT NULL ORDER BY since DESC, rowid DESC LIMIT -1 OFFSET ?)`,
  );
  return {
    serviceHolds: (): readonly ServiceHold[] => holds.all().map(toHold),
    writeServiceHold: (hold: ServiceHold): void => {
      const { holdId, service, kind, reason, principal, since, resumedAt, resumedBy, endedAt } = hold;
      transact(() => {
        write.run(holdId, service, kind, reason, principal, since, resumedAt, resumedBy, endedAt);
        trim.run(service, limits.heldStretches);
      });
    },
    callsByService: (): Readonly<Record<string, number>> =>
      Object.fromEntries(counts.all().map((row) => [text(row, 'service'), whole(row, 'number')])),
  };
};

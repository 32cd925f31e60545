// What PostgreSQL keeps of incidents whose subject is a service. It never reads an order.
import { AppError } from '../../errors.ts';
import type {
  Closing,
  ServiceIncident,
  ServiceIncidentPage,
  ServiceIncidentStore,
} from '../../service-incidents.ts';
import { text, whole } from '../rows.ts';
import { toIncident } from '../service-incident-rows.ts';
import type { PostgresDatabase } from './open.ts';
import { sql } from './statement.ts';

type OpenRules = Parameters<ServiceIncidentStore['openServiceIncident']>[1];

const insertText = `INSERT INTO service_incidents (incident_id, service, reason, text, key, details, opened_at, closed_at,
    closed_by, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;
const newestText = 'SELECT * FROM service_incidents WHERE key = $1 ORDER BY position DESC LIMIT 1';
const countText = 'SELECT count(*) AS number FROM service_incidents WHERE closed_at IS NULL';

const createReads = ({ run }: PostgresDatabase) => {
  const find = async (incidentId: string) =>
    (await run(sql('SELECT * FROM service_incidents WHERE incident_id = $1', [incidentId]))).rows[0];
  return {
    serviceIncident: async (incidentId: string): Promise<ServiceIncident | undefined> => {
      const row = await find(incidentId);
      return row && toIncident(row);
    },
    serviceIncidents: async ({
      isOpen,
      after,
      limit,
    }: ServiceIncidentPage): Promise<readonly ServiceIncident[]> => {
      const last = after === undefined ? undefined : await find(after);
      if (after !== undefined && last === undefined) {
        throw new AppError('invalid-request', `There is no incident ${after} to continue after.`);
      }
      const before = last === undefined ? Number.MAX_SAFE_INTEGER : whole(last, 'position');
      const which = isOpen ? 'closed_at IS NULL' : 'closed_at IS NOT NULL';
      const page = `SELECT * FROM service_incidents WHERE ${which} AND position < $1 ORDER BY position DESC LIMIT $2`;
      return (await run(sql(page, [before, limit]))).rows.map(toIncident);
    },
    openServiceIncidents: async (): Promise<Readonly<Record<string, number>>> => {
      const open =
        'SELECT service, count(*) AS number FROM service_incidents WHERE closed_at IS NULL GROUP BY service';
      const { rows } = await run(sql(open));
      return Object.fromEntries(rows.map((row) => [text(row, 'service'), whole(row, 'number')]));
    },
  };
};

export const createServiceIncidents = (database: PostgresDatabase) => ({
  ...createReads(database),
  openServiceIncident: (
    incident: ServiceIncident,
    { once, most }: OpenRules,
  ): Promise<ServiceIncident | undefined> =>
    database.transact(async (run) => {
      const { incidentId, service, reason, key, openedAt, closedAt, closedBy, note } = incident;
      // They are few: one is opened at a time, by any node.
      await run(sql('LOCK TABLE service_incidents IN SHARE ROW EXCLUSIVE MODE'));
      const [row] = (await run(sql(newestText, [key]))).rows;
      if (row !== undefined && (once || row['closed_at'] === null)) return toIncident(row);
      const [open] = (await run(sql(countText))).rows;
      if (whole(open ?? {}, 'number') >= most) return undefined;
      const details = JSON.stringify(incident.details);
      const closing = [closedAt, closedBy, note];
      await run(
        sql(insertText, [incidentId, service, reason, incident.text, key, details, openedAt, ...closing]),
      );
      return incident;
    }),
  closeServiceIncident: async (
    which: { readonly incidentId: string } | { readonly key: string },
    { at, by, note }: Closing,
  ): Promise<boolean> => {
    const [column, value] = 'key' in which ? ['key', which.key] : ['incident_id', which.incidentId];
    const close = `UPDATE service_incidents SET closed_at = $1, closed_by = $2, note = $3
      WHERE ${column} = $4 AND closed_at IS NULL`;
    return (await database.run(sql(close, [at, by, note, value]))).count === 1;
  },
});

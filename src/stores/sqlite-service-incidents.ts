// What the SQLite file keeps of incidents whose subject is a service. It never reads an order.
import { AppError } from '../errors.ts';
import type {
  Closing,
  ServiceIncident,
  ServiceIncidentPage,
  ServiceIncidentStore,
} from '../service-incidents.ts';
import { text, whole } from './rows.ts';
import { toIncident } from './service-incident-rows.ts';
import type { OpenDatabase } from './sqlite-open.ts';
import type { Transact } from './sqlite-transaction.ts';

const createReads = ({ reader }: Pick<OpenDatabase, 'reader'>) => {
  const byId = reader.prepare('SELECT * FROM service_incidents WHERE incident_id = ?');
  const page = (condition: string) =>
    reader.prepare(
      `SELECT * FROM service_incidents WHERE ${condition} AND position < ? ORDER BY position DESC LIMIT ?`,
    );
  const [open, closed] = [page('closed_at IS NULL'), page('closed_at IS NOT NULL')];
  const counts = reader.prepare(
    'SELECT service, count(*) AS number FROM service_incidents WHERE closed_at IS NULL GROUP BY service',
  );
  const toPosition = (after: string | undefined): number => {
    if (after === undefined) return Number.MAX_SAFE_INTEGER;
    const row = byId.get(after);
    if (row !== undefined) return whole(row, 'position');
    throw new AppError('invalid-request', `There is no incident ${after} to continue after.`);
  };
  return {
    serviceIncident: (incidentId: string): ServiceIncident | undefined => {
      const row = byId.get(incidentId);
      return row && toIncident(row);
    },
    serviceIncidents: ({ isOpen, after, limit }: ServiceIncidentPage): readonly ServiceIncident[] =>
      (isOpen ? open : closed).all(toPosition(after), limit).map(toIncident),
    openServiceIncidents: (): Readonly<Record<string, number>> =>
      Object.fromEntries(counts.all().map((row) => [text(row, 'service'), whole(row, 'number')])),
  };
};

type OpenRules = Parameters<ServiceIncidentStore['openServiceIncident']>[1];

export const createServiceIncidents = ({ writer, reader }: OpenDatabase, transact: Transact) => {
  const newest = writer.prepare(
    'SELECT * FROM service_incidents WHERE key = ? ORDER BY position DESC LIMIT 1',
  );
  const count = writer.prepare('SELECT count(*) AS number FROM service_incidents WHERE closed_at IS NULL');
  const insert = writer.prepare(
    `INSERT INTO service_incidents (incident_id, service, reason, text, key, details, opened_at, closed_at, closed_by,
       note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const close = (column: 'incident_id' | 'key') =>
    writer.prepare(
      `UPDATE service_incidents SET closed_at = ?, closed_by = ?, note = ? WHERE ${column} = ? AND closed_at IS NULL`,
    );
  const [closeById, closeByKey] = [close('incident_id'), close('key')];
  return {
    ...createReads({ reader }),
    openServiceIncident: (
      incident: ServiceIncident,
      { once, most }: OpenRules,
    ): ServiceIncident | undefined => {
      const { incidentId, service, reason, key, openedAt, closedAt, closedBy, note } = incident;
      return transact(() => {
        const row = newest.get(key);
        if (row !== undefined && (once || row['closed_at'] === null)) return toIncident(row);
        if (whole(count.get() ?? {}, 'number') >= most) return undefined;
        const details = JSON.stringify(incident.details);
        const closing = [closedAt, closedBy, note];
        insert.run(incidentId, service, reason, incident.text, key, details, openedAt, ...closing);
        return incident;
      });
    },
    closeServiceIncident: (
      which: { readonly incidentId: string } | { readonly key: string },
      { at, by, note }: Closing,
    ): boolean =>
      transact(() => {
        const { changes } =
          'key' in which
            ? closeByKey.run(at, by, note, which.key)
            : closeById.run(at, by, note, which.incidentId);
        return changes === 1;
      }),
  };
};

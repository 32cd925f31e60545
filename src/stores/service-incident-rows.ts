// Rows of incidents whose subject is a service, from SQLite or PostgreSQL. It reads nothing itself.
import type { ServiceIncident } from '../service-incidents.ts';
import { type Row, record, text, textOrNull, whole, wholeOrNull } from './rows.ts';

export const toIncident = (row: Row): ServiceIncident => ({
  incidentId: text(row, 'incident_id'),
  service: text(row, 'service'),
  reason: text(row, 'reason'),
  text: text(row, 'text'),
  key: text(row, 'key'),
  details: record(row, 'details'),
  openedAt: whole(row, 'opened_at'),
  closedAt: wholeOrNull(row, 'closed_at'),
  closedBy: textOrNull(row, 'closed_by'),
  note: textOrNull(row, 'note'),
});

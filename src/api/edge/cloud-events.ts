// Domain events as CloudEvents 1.0. It never looks anything up.
import { toIsoTime } from '../../clock.ts';
import type { JournalEvent } from '../../store.ts';
import type { CloudEventJson } from './schemas.ts';

export const toOrderAddress = (orderId: string): string => `/orders/${encodeURIComponent(orderId)}`;

/** CloudEvents 1.0 with the extensions `sequence`, `position`, `correlationid` and `causationid`. */
export const toCloudEvent = (event: JournalEvent): CloudEventJson => ({
  specversion: '1.0',
  id: event.eventId,
  source: toOrderAddress(event.orderId),
  type: event.type,
  subject: event.orderId,
  time: toIsoTime(event.at),
  datacontenttype: 'application/json',
  dataschema: `/schemas/${event.type}/${event.schemaVersion}`,
  data: event.data,
  sequence: String(event.seq),
  position: String(event.position),
  correlationid: event.correlationId,
  causationid: event.causationId,
});

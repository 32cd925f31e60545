// Domain events as CloudEvents 1.0. It never looks anything up.
import { toIsoTime } from '../../clock.ts';
import type { JournalEvent } from '../../store.ts';
import type { CloudEventJson } from './schemas.ts';

export const toOrderAddress = (orderId: string): string => `/orders/${encodeURIComponent(orderId)}`;

/**
 * CloudEvents 1.0 with the extensions `sequence`, `position`, `correlationid` and `causationid`.
 * `source` tells events apart for ever, so it has no part of an address that may change.
 * @param path what clients' addresses begin with
 */
export const toCloudEvent = (event: JournalEvent, path: string): CloudEventJson => ({
  specversion: '1.0',
  id: event.eventId,
  source: toOrderAddress(event.orderId),
  type: event.type,
  subject: event.orderId,
  time: toIsoTime(event.at),
  datacontenttype: 'application/json',
  dataschema: `${path}/schemas/${event.type}/${event.schemaVersion}`,
  data: event.data,
  sequence: String(event.seq),
  position: String(event.position),
  correlationid: event.correlationId,
  causationid: event.causationId,
});

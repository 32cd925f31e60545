// Rows of services that were not called for a while, from SQLite or PostgreSQL. It reads nothing itself.
import type { ServiceHold } from '../service-holds.ts';
import { oneOf, type Row, text, textOrNull, whole, wholeOrNull } from './rows.ts';

export const toHold = (row: Row): ServiceHold => ({
  holdId: text(row, 'hold_id'),
  service: text(row, 'service'),
  kind: oneOf(row, 'kind', ['pause', 'circuit']),
  reason: text(row, 'reason'),
  principal: textOrNull(row, 'principal'),
  since: whole(row, 'since'),
  resumedAt: wholeOrNull(row, 'resumed_at'),
  resumedBy: textOrNull(row, 'resumed_by'),
  endedAt: wholeOrNull(row, 'ended_at'),
});

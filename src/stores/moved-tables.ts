// The store's own tables as they are moved from one store to another. What a store keeps of itself (its lock, its runs, its
// nodes) and what follows from its rows is not among them. Leases of calls end with the move.
import type { MovedTable } from '../application.ts';

const nameIsKey = (name: string, key: string, ...columns: readonly string[]): MovedTable => ({
  ...{ name, columns: [key, ...columns], key: [key] },
});

/** The numbers of a SQLite table that has none of its own are its rowids. */
export const movedTables: readonly MovedTable[] = [
  nameIsKey(...(['epochs', 'number', 'epoch'] as const), ...['last_position', 'doubtful_calls', 'resumed']),
  nameIsKey(
    ...(['api_keys', 'key_id', 'hash'] as const),
    ...['principal', 'scopes', 'owner', 'session_of', 'requests_per_minute', 'refunds_per_day'],
    ...['created_at', 'expires_at', 'last_used_at', 'revoked_at'],
  ),
  nameIsKey(
    ...(['orders', 'order_id', 'version'] as const),
    ...['last_seq', 'owner', 'state', 'settled', 'incident', 'chart_version', 'created_at', 'updated_at'],
    ...['wake_at', 'unreadable', 'packed'],
  ),
  nameIsKey(
    ...(['history', 'position', 'order_id'] as const),
    ...['version', 'last_seq', 'at', 'message_id', 'correlation_id', 'messages', 'events', 'personal'],
  ),
  {
    ...nameIsKey(
      ...(['calls', 'sequence', 'call_id'] as const),
      ...['order_id', 'service', 'actor', 'command', 'causation_id', 'correlation_id', 'at'],
      ...['key_first_used_at', 'doubtful'],
    ),
    constants: { lease_owner: '', lease_until: 0 },
  },
  nameIsKey(
    ...(['idempotency', 'number', 'scope'] as const),
    ...['key', 'fingerprint', 'order_id', 'status', 'version', 'at', 'body'],
  ),
  nameIsKey('order_notes', 'position', 'order_id', 'kind', 'text', 'principal', 'at'),
  nameIsKey(
    ...(['webhook_endpoints', 'endpoint_id', 'url'] as const),
    ...['types', 'secrets', 'state', 'created_at', 'position', 'tries', 'next_at', 'failing_since'],
  ),
  nameIsKey(
    ...(['webhook_deliveries', 'delivery', 'endpoint_id'] as const),
    ...['position', 'event_id', 'type', 'at', 'try', 'status', 'problem'],
  ),
  nameIsKey(
    ...(['service_incidents', 'position', 'incident_id'] as const),
    ...['service', 'reason', 'text', 'key', 'details', 'opened_at', 'closed_at', 'closed_by', 'note'],
  ),
  nameIsKey(
    ...(['service_holds', 'number', 'hold_id'] as const),
    ...['service', 'kind', 'reason', 'principal', 'since', 'resumed_at', 'resumed_by', 'ended_at'],
  ),
];

/** Of a new store these tables have rows, which a move replaces. */
export const bornWithRows: ReadonlySet<string> = new Set(['epochs']);

/** `WHERE` and `ORDER BY` of the rows behind a key. `bind` names a value of the key. */
export const toPageOf = (
  { key }: MovedTable,
  isFirst: boolean,
  { column, bind }: { readonly column: (name: string) => string; readonly bind: (place: number) => string },
): string => {
  const columns = key.map(column).join(', ');
  const values = key.map((_, place) => bind(place + 1)).join(', ');
  return `${isFirst ? '' : `WHERE (${columns}) > (${values})`} ORDER BY ${columns}`;
};

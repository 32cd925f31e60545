// What PostgreSQL keeps of webhook endpoints, and of the last tries to deliver to each. It never sends anything.
import { limits } from '../../limits.ts';
import type { WebhookClaim, WebhookDelivery, WebhookEndpoint } from '../../webhooks.ts';
import { whole } from '../rows.ts';
import { toDelivery, toEndpoint } from '../webhook-rows.ts';
import type { PostgresDatabase } from './open.ts';
import { columnOf, type Statement, sql } from './statement.ts';

const writeText = `INSERT INTO webhook_endpoints (endpoint_id, url, types, secrets, state, created_at, position, tries, next_at,
    failing_since) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  ON CONFLICT (endpoint_id) DO UPDATE SET url = excluded.url, types = excluded.types, secrets = excluded.secrets,
    state = excluded.state, created_at = excluded.created_at, position = excluded.position, tries = excluded.tries,
    next_at = excluded.next_at, failing_since = excluded.failing_since`;
// Who has it renews its lease and keeps its fence.
const claimText = `UPDATE webhook_endpoints SET lease_owner = $2, lease_until = $4,
    fence = fence + (lease_owner <> $2 OR $5::boolean)::int
  WHERE endpoint_id = $1 AND (lease_owner = $2 OR lease_until <= $3 OR $5::boolean) RETURNING *`;
const writeClaimedText = `UPDATE webhook_endpoints SET url = $3, types = $4, secrets = $5, state = $6, position = $7, tries = $8,
    next_at = $9, failing_since = $10 WHERE endpoint_id = $1 AND fence = $2`;
const returnText = `UPDATE webhook_endpoints SET lease_owner = '', lease_until = 0, fence = fence + 1
  WHERE endpoint_id = $1 AND fence = $2`;
const logText = `INSERT INTO webhook_deliveries (endpoint_id, position, event_id, type, at, try, status, problem)
  SELECT $1, position, event_id, type, at, try, status, problem
  FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::int[], $7::int[], $8::text[]) WITH ORDINALITY
    AS given (position, event_id, type, at, try, status, problem, place) ORDER BY place`;
const trimText = `DELETE FROM webhook_deliveries WHERE endpoint_id = $1 AND delivery <= (
  SELECT delivery FROM webhook_deliveries WHERE endpoint_id = $1 ORDER BY delivery DESC LIMIT 1 OFFSET $2)`;

/** Its rules, and how far it is. */
const toColumns = (endpoint: WebhookEndpoint) => {
  const { url, types, secrets, state, position, tries, nextAt, failingSince } = endpoint;
  const filter = types === null ? null : JSON.stringify(types);
  return [
    [url, filter, JSON.stringify(secrets), state],
    [position, tries, nextAt, failingSince],
  ] as const;
};

const toLog = ({ endpointId }: WebhookEndpoint, tries: readonly WebhookDelivery[]): readonly Statement[] => {
  if (tries.length === 0) return [];
  const columns = [
    columnOf(tries, (each) => each.position),
    columnOf(tries, ({ eventId }) => eventId),
    columnOf(tries, ({ type }) => type),
    columnOf(tries, ({ at }) => at),
    columnOf(tries, (each) => each.try),
    columnOf(tries, ({ status }) => status),
    columnOf(tries, ({ problem }) => problem),
  ];
  return [sql(logText, [endpointId, ...columns]), sql(trimText, [endpointId, limits.webhookLog])];
};

export const createWebhookTables = ({ run, transact }: PostgresDatabase) => ({
  webhookEndpoints: async (): Promise<readonly WebhookEndpoint[]> =>
    (await run(sql('SELECT * FROM webhook_endpoints ORDER BY created_at, endpoint_id'))).rows.map(toEndpoint),
  writeWebhook: async (endpoint: WebhookEndpoint, tries: readonly WebhookDelivery[]): Promise<void> => {
    const [rules, progress] = toColumns(endpoint);
    await transact(async (runInside) => {
      await runInside(sql(writeText, [endpoint.endpointId, ...rules, endpoint.createdAt, ...progress]));
      for (const statement of toLog(endpoint, tries)) await runInside(statement);
    });
  },
  claimWebhook: async ({ endpointId, owner, now, until, isForced }: WebhookClaim) => {
    const { rows } = await run(sql(claimText, [endpointId, owner, now, until, String(isForced)]));
    const [row] = rows;
    return row && { endpoint: toEndpoint(row), fence: whole(row, 'fence') };
  },
  writeClaimedWebhook: (
    fence: number,
    endpoint: WebhookEndpoint,
    tries: readonly WebhookDelivery[],
  ): Promise<boolean> => {
    const [rules, progress] = toColumns(endpoint);
    return transact(async (runInside) => {
      const written = sql(writeClaimedText, [endpoint.endpointId, fence, ...rules, ...progress]);
      if ((await runInside(written)).count === 0) return false;
      for (const statement of toLog(endpoint, tries)) await runInside(statement);
      return true;
    });
  },
  returnWebhook: async (endpointId: string, fence: number): Promise<void> => {
    await run(sql(returnText, [endpointId, fence]));
  },
  removeWebhook: async (endpointId: string): Promise<void> => {
    await transact(async (runInside) => {
      await runInside(sql('DELETE FROM webhook_endpoints WHERE endpoint_id = $1', [endpointId]));
      await runInside(sql('DELETE FROM webhook_deliveries WHERE endpoint_id = $1', [endpointId]));
    });
  },
  webhookDeliveries: async (endpointId: string, limit: number): Promise<readonly WebhookDelivery[]> => {
    const log = 'SELECT * FROM webhook_deliveries WHERE endpoint_id = $1 ORDER BY delivery DESC LIMIT $2';
    return (await run(sql(log, [endpointId, limit]))).rows.map(toDelivery);
  },
});

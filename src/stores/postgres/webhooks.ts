// What PostgreSQL keeps of webhook endpoints, and of the last tries to deliver to each. It never sends anything.
import { limits } from '../../limits.ts';
import type { WebhookDelivery, WebhookEndpoint } from '../../webhooks.ts';
import { toDelivery, toEndpoint } from '../webhook-rows.ts';
import type { PostgresDatabase } from './open.ts';
import { columnOf, sql } from './statement.ts';

const writeText = `INSERT INTO webhook_endpoints (endpoint_id, url, types, secrets, state, created_at, position, tries, next_at,
    failing_since) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  ON CONFLICT (endpoint_id) DO UPDATE SET url = excluded.url, types = excluded.types, secrets = excluded.secrets,
    state = excluded.state, created_at = excluded.created_at, position = excluded.position, tries = excluded.tries,
    next_at = excluded.next_at, failing_since = excluded.failing_since`;
const logText = `INSERT INTO webhook_deliveries (endpoint_id, position, event_id, type, at, try, status, problem)
  SELECT $1, position, event_id, type, at, try, status, problem
  FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::int[], $7::int[], $8::text[]) WITH ORDINALITY
    AS given (position, event_id, type, at, try, status, problem, place) ORDER BY place`;
const trimText = `DELETE FROM webhook_deliveries WHERE endpoint_id = $1 AND delivery <= (
  SELECT delivery FROM webhook_deliveries WHERE endpoint_id = $1 ORDER BY delivery DESC LIMIT 1 OFFSET $2)`;

export const createWebhookTables = ({ run, transact }: PostgresDatabase) => ({
  webhookEndpoints: async (): Promise<readonly WebhookEndpoint[]> =>
    (await run(sql('SELECT * FROM webhook_endpoints ORDER BY created_at, endpoint_id'))).rows.map(toEndpoint),
  writeWebhook: async (endpoint: WebhookEndpoint, tries: readonly WebhookDelivery[]): Promise<void> => {
    const { endpointId, url, createdAt, position, nextAt, failingSince } = endpoint;
    const filter = endpoint.types === null ? null : JSON.stringify(endpoint.types);
    const signing = JSON.stringify(endpoint.secrets);
    const progress = [position, endpoint.tries, nextAt, failingSince];
    await transact(async (runInside) => {
      await runInside(
        sql(writeText, [endpointId, url, filter, signing, endpoint.state, createdAt, ...progress]),
      );
      if (tries.length === 0) return;
      await runInside(
        sql(logText, [
          endpointId,
          columnOf(tries, (each) => each.position),
          columnOf(tries, ({ eventId }) => eventId),
          columnOf(tries, ({ type }) => type),
          columnOf(tries, ({ at }) => at),
          columnOf(tries, (each) => each.try),
          columnOf(tries, ({ status }) => status),
          columnOf(tries, ({ problem }) => problem),
        ]),
      );
      await runInside(sql(trimText, [endpointId, limits.webhookLog]));
    });
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

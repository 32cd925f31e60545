import { limits } from '../limits.ts';
import type { WebhookDelivery, WebhookEndpoint } from '../webhooks.ts';
import type { OpenDatabase } from './sqlite-open.ts';
import type { Transact } from './sqlite-transaction.ts';
import { toDelivery, toEndpoint } from './webhook-rows.ts';

export const createWebhookTables = ({ writer, reader }: OpenDatabase, transact: Transact) => {
  const endpoints = reader.prepare('SELECT * FROM webhook_endpoints ORDER BY created_at, endpoint_id');
  const write = writer.prepare(
    `REPLACE INTO webhook_endpoints (endpoint_id, url, types, secrets, state, created_at, position, tries, next_at,
       failing_since) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const log = writer.prepare(
    `INSERT INTO webhook_deliveries (endpoint_id, position, event_id, type, at, try, status, problem)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const trim = writer.prepare(
    `DELETE FROM webhook_deliveries WHERE endpoint_id = ?1 AND delivery <= (SELECT delivery FROM webhook_deliveries
       WHERE endpoint_id = ?1 ORDER BY delivery DESC LIMIT 1 OFFSET ${limits.webhookLog})`,
  );
  const removals = [
    writer.prepare('DELETE FROM webhook_deliveries WHERE endpoint_id = ?'),
    writer.prepare('DELETE FROM webhook_endpoints WHERE endpoint_id = ?'),
  ];
  const deliveries = reader.prepare(
    'SELECT * FROM webhook_deliveries WHERE endpoint_id = ? ORDER BY delivery DESC LIMIT ?',
  );
  return {
    webhookEndpoints: (): readonly WebhookEndpoint[] => endpoints.all().map(toEndpoint),
    writeWebhook: (endpoint: WebhookEndpoint, tries: readonly WebhookDelivery[]): void => {
      const { endpointId, url, createdAt, position, nextAt, failingSince } = endpoint;
      const filter = endpoint.types === null ? null : JSON.stringify(endpoint.types);
      const signing = JSON.stringify(endpoint.secrets);
      const progress = [position, endpoint.tries, nextAt, failingSince];
      transact(() => {
        write.run(endpointId, url, filter, signing, endpoint.state, createdAt, ...progress);
        for (const { eventId, type, at, try: number, status, problem, ...each } of tries) {
          log.run(endpointId, each.position, eventId, type, at, number, status, problem);
        }
        trim.run(endpointId);
      });
    },
    removeWebhook: (endpointId: string): void => {
      transact(() => {
        for (const remove of removals) remove.run(endpointId);
      });
    },
    webhookDeliveries: (endpointId: string, limit: number): readonly WebhookDelivery[] =>
      deliveries.all(endpointId, limit).map(toDelivery),
  };
};

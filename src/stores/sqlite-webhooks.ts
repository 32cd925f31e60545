// What the SQLite file keeps of webhook endpoints, and of the last tries to deliver to each. It never sends anything.
import { z } from 'zod';
import { limits } from '../limits.ts';
import type { WebhookDelivery, WebhookEndpoint } from '../webhooks.ts';
import { type Row, text, textOrNull, whole, wholeOrNull } from './rows.ts';
import type { OpenDatabase } from './sqlite-open.ts';
import type { Transact } from './sqlite-transaction.ts';

const secrets = z.array(z.strictObject({ secret: z.string(), endsAt: z.int().nullable() }));
const types = z.array(z.string());
const state = z.enum(['enabled', 'disabled', 'dead']);

const toEndpoint = (row: Row): WebhookEndpoint => {
  const filter = textOrNull(row, 'types');
  return {
    endpointId: text(row, 'endpoint_id'),
    url: text(row, 'url'),
    types: filter === null ? null : types.parse(JSON.parse(filter)),
    secrets: secrets.parse(JSON.parse(text(row, 'secrets'))),
    state: state.parse(text(row, 'state')),
    createdAt: whole(row, 'created_at'),
    position: whole(row, 'position'),
    tries: whole(row, 'tries'),
    nextAt: wholeOrNull(row, 'next_at'),
    failingSince: wholeOrNull(row, 'failing_since'),
  };
};

const toDelivery = (row: Row): WebhookDelivery => ({
  position: whole(row, 'position'),
  eventId: text(row, 'event_id'),
  type: text(row, 'type'),
  at: whole(row, 'at'),
  try: whole(row, 'try'),
  status: wholeOrNull(row, 'status'),
  problem: textOrNull(row, 'problem'),
});

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

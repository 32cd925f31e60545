// Rows of webhook endpoints and their deliveries, from SQLite or PostgreSQL. It reads nothing itself.
import { z } from 'zod';
import type { WebhookDelivery, WebhookEndpoint } from '../webhooks.ts';
import { type Row, text, textOrNull, whole, wholeOrNull } from './rows.ts';

const secrets = z.array(z.strictObject({ secret: z.string(), endsAt: z.int().nullable() }));

const types = z.array(z.string());

const state = z.enum(['enabled', 'disabled', 'dead']);

export const toEndpoint = (row: Row): WebhookEndpoint => {
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

export const toDelivery = (row: Row): WebhookDelivery => ({
  position: whole(row, 'position'),
  eventId: text(row, 'event_id'),
  type: text(row, 'type'),
  at: whole(row, 'at'),
  try: whole(row, 'try'),
  status: wholeOrNull(row, 'status'),
  problem: textOrNull(row, 'problem'),
});

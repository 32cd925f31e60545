// Rows of keys and notes, from SQLite or PostgreSQL. It reads nothing itself.
import { z } from 'zod';
import { type ApiKey, scopeNames } from '../access.ts';
import type { OrderNote } from '../store.ts';
import { type Row, text, textOrNull, whole, wholeOrNull } from './rows.ts';

const scopes = z.array(z.enum(scopeNames));

export const toApiKey = (row: Row): ApiKey => ({
  keyId: text(row, 'key_id'),
  hash: text(row, 'hash'),
  principal: text(row, 'principal'),
  scopes: scopes.parse(JSON.parse(text(row, 'scopes'))),
  owner: textOrNull(row, 'owner'),
  sessionOf: textOrNull(row, 'session_of'),
  requestsPerMinute: wholeOrNull(row, 'requests_per_minute'),
  refundsPerDay: wholeOrNull(row, 'refunds_per_day'),
  createdAt: whole(row, 'created_at'),
  expiresAt: wholeOrNull(row, 'expires_at'),
  lastUsedAt: wholeOrNull(row, 'last_used_at'),
  revokedAt: wholeOrNull(row, 'revoked_at'),
});

export const toNote = (row: Row): OrderNote => ({
  orderId: text(row, 'order_id'),
  kind: text(row, 'kind') === 'note' ? 'note' : 'assignment',
  text: text(row, 'text'),
  principal: textOrNull(row, 'principal') ?? undefined,
  at: whole(row, 'at'),
});

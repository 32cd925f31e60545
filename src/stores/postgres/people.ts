// What PostgreSQL keeps of people who work with orders: their keys, and what they write down about orders. It never reads an order.
import type { ApiKey } from '../../access.ts';
import type { OrderNote } from '../../store.ts';
import { toApiKey, toNote } from '../people-rows.ts';
import type { PostgresDatabase } from './open.ts';
import { sql } from './statement.ts';

// What one node stores may rest on what it knew a moment ago: an end is never put off, nor taken back.
const writeKeyText = `INSERT INTO api_keys (key_id, hash, principal, scopes, owner, session_of, requests_per_minute,
    refunds_per_day, created_at, expires_at, last_used_at, revoked_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
  ON CONFLICT (key_id) DO UPDATE SET hash = excluded.hash, principal = excluded.principal, scopes = excluded.scopes,
    owner = excluded.owner, session_of = excluded.session_of, requests_per_minute = excluded.requests_per_minute,
    refunds_per_day = excluded.refunds_per_day, created_at = excluded.created_at, expires_at = least(api_keys.expires_at, excluded.expires_at),
    last_used_at = greatest(api_keys.last_used_at, excluded.last_used_at),
    revoked_at = coalesce(api_keys.revoked_at, excluded.revoked_at)`;

export const createPeople = ({ run, transact }: PostgresDatabase) => ({
  apiKeys: async (): Promise<readonly ApiKey[]> =>
    (await run(sql('SELECT * FROM api_keys ORDER BY created_at, key_id'))).rows.map(toApiKey),
  /** In the order of their ids: two nodes may write the same ones. */
  writeApiKeys: async (written: readonly ApiKey[]): Promise<void> => {
    await transact(async (runInside) => {
      for (const key of written.toSorted((one, other) => (one.keyId < other.keyId ? -1 : 1))) {
        const rights = [JSON.stringify(key.scopes), key.owner, key.sessionOf];
        const most = [key.requestsPerMinute, key.refundsPerDay];
        const times = [key.createdAt, key.expiresAt, key.lastUsedAt, key.revokedAt];
        await runInside(
          sql(writeKeyText, [key.keyId, key.hash, key.principal, ...rights, ...most, ...times]),
        );
      }
    });
  },
  removeApiKeys: async (keyIds: readonly string[]): Promise<void> => {
    await run(sql('DELETE FROM api_keys WHERE key_id = ANY ($1) AND session_of IS NOT NULL', [keyIds]));
  },
  addNote: async ({ orderId, kind, text, principal, at }: OrderNote): Promise<void> => {
    await run(
      sql('INSERT INTO order_notes (order_id, kind, text, principal, at) VALUES ($1, $2, $3, $4, $5)', [
        ...[orderId, kind, text, principal ?? null, at],
      ]),
    );
  },
  notes: async (orderIds: readonly string[]): Promise<readonly OrderNote[]> =>
    (
      await run(sql('SELECT * FROM order_notes WHERE order_id = ANY ($1) ORDER BY position', [orderIds]))
    ).rows.map(toNote),
});

import type { ApiKey } from '../access.ts';
import type { OrderNote } from '../store.ts';
import { toApiKey, toNote } from './people-rows.ts';
import type { OpenDatabase } from './sqlite-open.ts';
import type { Transact } from './sqlite-transaction.ts';

export const createPeople = ({ writer, reader }: OpenDatabase, transact: Transact) => {
  const keys = reader.prepare('SELECT * FROM api_keys ORDER BY created_at, key_id');
  const write = writer.prepare(
    `REPLACE INTO api_keys (key_id, hash, principal, scopes, owner, session_of, requests_per_minute, refunds_per_day,
       created_at, expires_at, last_used_at, revoked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const remove = writer.prepare(
    'DELETE FROM api_keys WHERE key_id IN (SELECT value FROM json_each(?)) AND session_of IS NOT NULL',
  );
  const add = writer.prepare(
    'INSERT INTO order_notes (order_id, kind, text, principal, at) VALUES (?, ?, ?, ?, ?)',
  );
  const notes = reader.prepare(
    'SELECT * FROM order_notes WHERE order_id IN (SELECT value FROM json_each(?)) ORDER BY position',
  );
  return {
    apiKeys: (): readonly ApiKey[] => keys.all().map(toApiKey),
    writeApiKeys: (written: readonly ApiKey[]): void => {
      transact(() => {
        for (const key of written) {
          const rights = [JSON.stringify(key.scopes), key.owner, key.sessionOf];
          const most = [key.requestsPerMinute, key.refundsPerDay];
          const times = [key.createdAt, key.expiresAt, key.lastUsedAt, key.revokedAt];
          write.run(key.keyId, key.hash, key.principal, ...rights, ...most, ...times);
        }
      });
    },
    removeApiKeys: (keyIds: readonly string[]): void => {
      transact(() => remove.run(JSON.stringify(keyIds)));
    },
    addNote: ({ orderId, kind, text: written, principal, at }: OrderNote): void => {
      transact(() => add.run(orderId, kind, written, principal ?? null, at));
    },
    notes: (orderIds: readonly string[]): readonly OrderNote[] =>
      notes.all(JSON.stringify(orderIds)).map(toNote),
  };
};

// Callers' keys and the notes of people, in the store that forgets everything.
import type { ApiKey } from '../access.ts';
import type { OrderNote } from '../store.ts';
import type { MemoryTables } from './memory-tables.ts';

export const createPeople = ({ apiKeys, notes }: MemoryTables) => ({
  apiKeys: () => [...apiKeys.values()],
  writeApiKeys: (keys: readonly ApiKey[]): void => {
    for (const key of keys) apiKeys.set(key.keyId, key);
  },
  removeApiKeys: (keyIds: readonly string[]): void => {
    for (const keyId of keyIds) if (apiKeys.get(keyId)?.sessionOf !== null) apiKeys.delete(keyId);
  },
  addNote: (note: OrderNote): void => {
    notes.push(note);
  },
  notes: (orderIds: readonly string[]) => notes.filter(({ orderId }) => orderIds.includes(orderId)),
});

// What every store promises of people: keys and sessions are kept as they are written, keys for ever, and notes in the
// order in which they were written. It knows no order.
import { expect, it } from 'vitest';
import type { ApiKey } from '../../src/access.ts';
import type { OrderNote, Store } from '../../src/store.ts';
import { noon } from './store-samples.ts';

const toKey = (keyId: string, changes: Partial<ApiKey> = {}): ApiKey => ({
  keyId,
  hash: 'ab'.repeat(32),
  principal: 'checkout',
  scopes: ['orders:place', 'orders:read'],
  owner: null,
  sessionOf: null,
  requestsPerMinute: null,
  refundsPerDay: null,
  createdAt: noon,
  expiresAt: null,
  lastUsedAt: null,
  revokedAt: null,
  ...changes,
});
const bound = toKey('bound', {
  owner: 'customer-1',
  requestsPerMinute: 60,
  refundsPerDay: 1_000_000_000_000,
  createdAt: noon + 1,
  expiresAt: noon + 3,
  lastUsedAt: noon + 2,
  revokedAt: noon + 3,
});
const session = toKey('session', { sessionOf: 'key', createdAt: noon + 2 });

export const describeKeys = (current: () => Store): void => {
  it('keys are read as they were written, and a second time instead of the first', async () => {
    await current().writeApiKeys([toKey('key'), bound, session]);
    expect(await current().apiKeys()).toEqual([toKey('key'), bound, session]);
    const revoked = toKey('key', { revokedAt: noon + 9 });
    await current().writeApiKeys([revoked]);
    const read = await current().apiKeys();
    expect(read).toHaveLength(3);
    expect(read).toContainEqual(revoked);
  });

  it('a session is removed, and a key never', async () => {
    await current().writeApiKeys([toKey('key'), session]);
    await current().removeApiKeys(['key', 'session', 'unknown']);
    expect(await current().apiKeys()).toEqual([toKey('key')]);
  });

  it('what is written later does not change what was read', async () => {
    await current().writeApiKeys([toKey('key')]);
    const read = await current().apiKeys();
    await current().writeApiKeys([toKey('key', { principal: 'other' })]);
    expect(read).toEqual([toKey('key')]);
  });
};

export const describeNotes = (current: () => Store): void => {
  const toNote = (orderId: string, text: string, changes: Partial<OrderNote> = {}): OrderNote => {
    return { orderId, kind: 'note', text, principal: 'ada', at: noon, ...changes };
  };

  it('notes of the orders that are asked for come in the order in which they were written', async () => {
    const written = [
      toNote('a', 'first', { at: noon + 5 }),
      toNote('b', 'of another order'),
      toNote('a', 'ada', { kind: 'assignment' }),
      toNote('a', '', { kind: 'assignment', principal: undefined }),
      toNote('c', 'asked for as well'),
    ];
    for (const note of written) await current().addNote(note);
    const [first, , ...others] = written;
    expect(await current().notes(['a', 'c'])).toEqual([first, ...others]);
    expect(await current().notes([])).toEqual([]);
    expect(await current().notes(['none'])).toEqual([]);
  });
};

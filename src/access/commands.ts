// The keys of a store for a command: asked of the service that holds it, or changed in a store that the command opened.
import { z } from 'zod';
import {
  type KeyCommands,
  type KeyMaking,
  type Keys,
  keyListing,
  newKeyListing,
  principalName,
  toKeyListing,
  toNewKeyListing,
} from '../access.ts';
import { AppError } from '../errors.ts';
import type { ServiceClient } from '../local-socket.ts';

const listing = z.object({ keys: z.array(keyListing) });
const toPath = (keyId: string, action: string): string => `/keys/${encodeURIComponent(keyId)}/${action}`;

export const askServiceForKeys = ({ request }: ServiceClient): KeyCommands => ({
  create: async (making) => newKeyListing.parse(await request('POST', '/keys', making)),
  list: async () => listing.parse(await request('GET', '/keys')).keys,
  rotate: async (keyId, keepOldMs) => {
    const body = { keepOldMinutes: Math.ceil(keepOldMs / 60_000) };
    return newKeyListing.parse(await request('POST', toPath(keyId, 'rotate'), body));
  },
  revoke: async (keyId) => keyListing.parse(await request('POST', toPath(keyId, 'revoke'), {})),
  close: async () => {},
});

const requirePrincipal = (name: string): string => {
  const checked = principalName.safeParse(name);
  if (checked.success) return checked.data;
  throw new AppError('invalid-request', `Invalid principal ${name}: ${checked.error.issues[0]?.message}.`);
};

const toWish = ({ principal, scopes, customerId, expiresAt, ...most }: KeyMaking) => ({
  ...{ principal: requirePrincipal(principal), scopes, owner: customerId ?? null },
  requestsPerMinute: most.requestsPerMinute ?? null,
  refundsPerDay: most.refundsPerDay ?? null,
  expiresAt: expiresAt === undefined ? null : Date.parse(expiresAt),
});

/** @param close closes the store */
export const changeKeysOfFile = (keys: Keys, close: () => Promise<void>): KeyCommands => ({
  create: async (making) => toNewKeyListing(await keys.create(toWish(making))),
  list: async () => keys.list().map(toKeyListing),
  rotate: async (keyId, keepOldMs) => toNewKeyListing(await keys.rotate(keyId, keepOldMs)),
  revoke: async (keyId) => toKeyListing(await keys.revoke(keyId)),
  close: async () => {
    await keys.close();
    await close();
  },
});

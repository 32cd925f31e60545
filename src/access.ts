// Who may ask for what: scopes, the keys by which callers are known, and what opens a route. The contract between the
// store that keeps the keys, the network's edge that asks for them, and the commands that make them.
import { z } from 'zod';

/** What a key may be allowed, and what that opens. */
export const scopes = {
  'orders:place': 'place orders',
  'orders:price': 'place orders with shipping, discounts and taxes of its own',
  'orders:read': 'read orders, their history and explanations',
  'orders:cancel': 'cancel orders',
  money: 'capture and refund',
  incidents: 'retry, resolve, assign and note incidents',
  catalogue: 'change products and stock',
  events: 'read the domain events of all orders',
  metrics: 'read the figures for Prometheus',
  admin: 'make and revoke keys, move orders to other chart versions',
} as const;
export type Scope = keyof typeof scopes;
const isScope = (name: string): name is Scope => Object.hasOwn(scopes, name);
export const scopeNames: readonly Scope[] = Object.keys(scopes).filter(isScope);

/** Scopes that a key which is bound to a customer cannot have: those that reach beyond its orders, and the one to price them. */
export const scopesOfAll: ReadonlySet<Scope> = new Set(['orders:price', 'catalogue', 'metrics', 'admin']);

/**
 * What opens a route: a scope, any valid key, the key in the body that signs in, the signature of the request (`whyUnsigned`),
 * or, for what runs the service and asks whether it lives, nothing.
 */
export type Access = Scope | 'any-key' | 'sign-in' | 'signed' | 'open';
export const isAccess = (name: unknown): name is Access =>
  typeof name === 'string' && (isScope(name) || ['any-key', 'sign-in', 'signed', 'open'].includes(name));

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What opens the route. */
    readonly access?: Access;
    /** Of a route that is `signed`: why nobody who may signed these bytes, before anything in them is read; undefined: somebody did. */
    readonly whyUnsigned?: (request: FastifyRequest, body: Buffer) => string | undefined;
    /** Open to keys that are bound to a customer, too: it shows and changes nothing of others. */
    readonly forCustomers?: true;
    /** Open to callers with a name alone, also where no key is asked for: what they do lasts longer than that. */
    readonly forNamed?: true;
    /** For whoever runs the service: on ADMIN_PORT alone, where there is one. */
    readonly isAdmin?: true;
  }
  interface FastifyRequest {
    /** Set before a route is asked. */
    caller: Caller;
    /** Where its client reaches the service: PUBLIC_URL, or empty directly at ADMIN_PORT. */
    publicUrl: string;
    /** Whether routes for whoever runs the service are on the port that it came to. */
    hasAdminRoutes: boolean;
    /** Whether its key or session is still valid: for answers that go on after it was let in. */
    isStillAdmitted(): boolean;
  }
}

/** Whoever sends a request. */
export interface Caller {
  /** The named caller that the key belongs to; undefined if no key was asked for. */
  readonly principal: string | undefined;
  readonly keyId: string | undefined;
  /** The key that it signed in with, or its own id: what limits count by. */
  readonly limitedAs: string | undefined;
  /** Whose orders alone it may see and move; undefined: everybody's. */
  readonly owner: string | undefined;
  readonly requestsPerMinute: number | undefined;
  /** The most that its principal may have given back in a day (UTC) with this refund, in minor units of each currency. */
  readonly refundsPerDay: number | undefined;
  may(scope: Scope): boolean;
}

/** A name for a caller: it is written into histories, so it has no blanks and no address. */
export const principalName = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/,
    'must be 1 to 64 small letters, digits, dots, hyphens or underscores, such as checkout',
  );

/** A key or a session as it is kept. Times are ms since 1970. */
export interface ApiKey {
  readonly keyId: string;
  /** SHA-256 of the key, hex. The key itself is kept nowhere. */
  readonly hash: string;
  readonly principal: string;
  readonly scopes: readonly Scope[];
  readonly owner: string | null;
  /** The key that a session was signed in with; null for a key. */
  readonly sessionOf: string | null;
  readonly requestsPerMinute: number | null;
  readonly refundsPerDay: number | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

export type KeyWish = Pick<
  ApiKey,
  'principal' | 'scopes' | 'owner' | 'expiresAt' | 'requestsPerMinute' | 'refundsPerDay'
>;

/** A key that was made now. `token` is shown once, and never again. */
export interface NewKey {
  readonly key: ApiKey;
  readonly token: string;
}

/** The keys of one store. */
export interface Keys {
  /** When the first key was made (ms since 1970), revoked or not; undefined: there never was one. */
  firstMadeAt(): number | undefined;
  /** The caller with this key or session, if it is valid now. It costs one hash. */
  find(token: string): Caller | undefined;
  /** Whether the key or session with this id opens anything now. */
  isValid(keyId: string): boolean;
  /** Without sessions, the oldest first. */
  list(): readonly ApiKey[];
  /**
   * @throws AppError `invalid-request` if scopes and customer do not fit, it has expired already, or other keys of the
   * principal have another customer.
   */
  create(wish: KeyWish): Promise<NewKey>;
  /**
   * A new key for the same principal, with the same rights and the same end; the old one ends `keepOldMs` from now.
   * @throws AppError `key-not-found`, or `invalid-request` for one that has ended, or was rotated already.
   */
  rotate(keyId: string, keepOldMs: number): Promise<NewKey>;
  /** Ends a key at once, and the sessions that were signed in with it. @throws AppError `key-not-found`. */
  revoke(keyId: string): Promise<ApiKey>;
  /** A session for whoever has the key. Undefined if the key is not valid. */
  signIn(token: string, lifetimeMs: number): Promise<NewKey | undefined>;
  /** Ends the session; what is none is left alone. */
  signOut(token: string): Promise<void>;
  /** Stores when keys were used last, and ends. */
  close(): Promise<void>;
}

/** What the keys need of a store. */
export interface KeyStore {
  /** All keys and sessions. */
  apiKeys(): Promise<readonly ApiKey[]>;
  /** Adds them, or replaces those with the same ids. */
  writeApiKeys(keys: readonly ApiKey[]): Promise<void>;
  /** Removes sessions that have ended. Keys stay, so that what they did can be read. */
  removeApiKeys(keyIds: readonly string[]): Promise<void>;
}

/** A key as people see it: times are ISO 8601. */
export const keyListing = z.strictObject({
  id: z.string(),
  principal: z.string(),
  scopes: z.array(z.enum(scopeNames)),
  customerId: z.string().nullable(),
  requestsPerMinute: z.int().nullable(),
  refundsPerDay: z.int().nullable(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  lastUsedAt: z.iso
    .datetime()
    .nullable()
    .describe('stored once a minute: after a crash it can be a minute too early'),
  revokedAt: z.iso.datetime().nullable(),
});
export type KeyListing = z.output<typeof keyListing>;
export const newKeyListing = z.strictObject({
  key: keyListing,
  token: z.string().describe('the key itself; it is shown once'),
});
type NewKeyListing = z.output<typeof newKeyListing>;

const toTime = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

export const toKeyListing = ({ keyId, owner, hash: _, sessionOf: __, ...key }: ApiKey): KeyListing => ({
  ...key,
  id: keyId,
  scopes: [...key.scopes],
  customerId: owner,
  createdAt: new Date(key.createdAt).toISOString(),
  expiresAt: toTime(key.expiresAt),
  lastUsedAt: toTime(key.lastUsedAt),
  revokedAt: toTime(key.revokedAt),
});
export const toNewKeyListing = ({ key, token }: NewKey): NewKeyListing => ({ key: toKeyListing(key), token });

/** What is asked for by who makes a key. `expiresAt` is ISO 8601. */
export interface KeyMaking {
  readonly principal: string;
  readonly scopes: readonly Scope[];
  readonly customerId?: string;
  readonly expiresAt?: string;
  readonly requestsPerMinute?: number;
  readonly refundsPerDay?: number;
}

/** The keys of a store for a command, wherever the store is open. */
export interface KeyCommands {
  create(making: KeyMaking): Promise<NewKeyListing>;
  list(): Promise<readonly KeyListing[]>;
  rotate(keyId: string, keepOldMs: number): Promise<NewKeyListing>;
  revoke(keyId: string): Promise<KeyListing>;
  close(): Promise<void>;
}

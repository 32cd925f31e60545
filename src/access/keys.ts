// The keys of one store, in memory: read at the start, and changed here and in the store together. What other nodes change is
// read when the store says so, and before a change is decided. It knows no request.
import type { ApiKey, Caller, KeyStore, Keys, KeyWish, NewKey } from '../access.ts';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Store } from '../store.ts';
import { createTurns, inTurn } from '../turns.ts';
import { refuseWideScopes, toCaller } from './rights.ts';
import { createToken, isToken, readKeyId, toHash } from './token.ts';

export interface KeysParts {
  readonly store: KeyStore & Pick<Store, 'onChange'>;
  readonly clock: Clock;
  /** What could not be stored of the keys' last uses, or not be read, which is no reason to stop. */
  onError(error: unknown): void;
}

/** Reads the keys of the store. */
export const openKeys = async (parts: KeysParts): Promise<Keys> => {
  const keys = new StoredKeys(parts, await parts.store.apiKeys());
  await keys.removeEndedSessions();
  return keys;
};

/** What is hashed for an id that is not known, so that its answer takes as long as any other. */
const nobody = toHash('');

class StoredKeys implements Keys {
  readonly #parts: KeysParts;
  readonly #keys: Map<string, ApiKey>;
  readonly #callers = new Map<string, Caller>();
  /** Keys that were used since their last use was stored. */
  readonly #used = new Map<string, number>();
  readonly #takeTurn = createTurns();
  #stopWriting: (() => void) | undefined;
  #firstMadeAt: number | undefined;
  readonly #unfollow: () => void;
  #isClosed = false;

  constructor(parts: KeysParts, keys: readonly ApiKey[]) {
    this.#parts = parts;
    this.#keys = new Map(keys.map((key) => [key.keyId, key]));
    this.#firstMadeAt = this.list()[0]?.createdAt;
    const follow = parts.store.onChange?.(({ topic }) => {
      if (topic === 'keys') void this.#inTurn(() => this.#followOthers());
    });
    this.#unfollow = follow ?? (() => {});
  }

  firstMadeAt(): number | undefined {
    return this.#firstMadeAt;
  }

  find(token: string): Caller | undefined {
    const key = this.#keys.get(readKeyId(token) ?? '');
    const isRight = isToken(token, key?.hash ?? nobody);
    if (key === undefined || !isRight || !this.#isValid(key)) return undefined;
    this.#noteUse(key);
    const known = this.#callers.get(key.keyId);
    if (known !== undefined) return known;
    const caller = toCaller(key);
    this.#callers.set(key.keyId, caller);
    return caller;
  }

  list(): readonly ApiKey[] {
    return [...this.#keys.values()]
      .filter(({ sessionOf }) => sessionOf === null)
      .map((key) => ({ ...key, lastUsedAt: this.#used.get(key.keyId) ?? key.lastUsedAt }))
      .toSorted((one, other) => one.createdAt - other.createdAt);
  }

  isValid(keyId: string): boolean {
    const key = this.#keys.get(keyId);
    return key !== undefined && this.#isValid(key);
  }

  create(wish: KeyWish): Promise<NewKey> {
    return this.#inTurn(async () => {
      await this.#refresh();
      this.#requireFitting(wish);
      return this.#add(wish, null);
    });
  }

  rotate(keyId: string, keepOldMs: number): Promise<NewKey> {
    return this.#inTurn(async () => {
      await this.#refresh();
      const old = this.#require(keyId);
      if (!this.#isValid(old)) {
        throw new AppError('invalid-request', `The key ${keyId} has ended: create a new one instead.`);
      }
      this.#refuseReplaced(old);
      const ends = this.#parts.clock.now() + keepOldMs;
      const expiresAt = Math.min(old.expiresAt ?? Number.POSITIVE_INFINITY, ends);
      return this.#add(old, null, { ...old, expiresAt });
    });
  }

  revoke(keyId: string): Promise<ApiKey> {
    return this.#inTurn(async () => {
      await this.#refresh();
      const key = this.#require(keyId);
      const revoked = { ...key, revokedAt: key.revokedAt ?? this.#parts.clock.now() };
      await this.#write(revoked);
      await this.removeEndedSessions();
      return revoked;
    });
  }

  signIn(token: string, lifetimeMs: number): Promise<NewKey | undefined> {
    return this.#inTurn(async () => {
      await this.#refresh();
      const caller = this.find(token);
      const key = this.#keys.get(caller?.keyId ?? '');
      if (key === undefined || key.sessionOf !== null) return undefined;
      const ends = this.#parts.clock.now() + lifetimeMs;
      const expiresAt = Math.min(key.expiresAt ?? Number.POSITIVE_INFINITY, ends);
      await this.removeEndedSessions();
      const others = [...this.#keys.values()].filter(({ sessionOf }) => sessionOf === key.keyId);
      await this.#remove(others.slice(0, 1 - limits.sessionsOfKey).map(({ keyId }) => keyId));
      return this.#add({ ...key, expiresAt }, key.keyId);
    });
  }

  signOut(token: string): Promise<void> {
    return this.#inTurn(async () => {
      const session = this.#keys.get(readKeyId(token) ?? '');
      if (session?.sessionOf == null || !isToken(token, session.hash)) return;
      await this.#remove([session.keyId]);
    });
  }

  /** Sessions whose time is over, or whose key has ended. */
  async removeEndedSessions(): Promise<void> {
    const ended = [...this.#keys.values()].filter((key) => key.sessionOf !== null && !this.#isValid(key));
    await this.#remove(ended.map(({ keyId }) => keyId));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unfollow();
    this.#stopWriting?.();
    await this.#inTurn(() => this.#writeUses());
  }

  /** One change at a time: each is decided on what the last one stored, or a key that was revoked could come back. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    return inTurn(this.#takeTurn, change);
  }

  /** Reads the keys again, if others can change them. */
  async #refresh(): Promise<void> {
    const { store } = this.#parts;
    if (store.onChange === undefined) return;
    const read = new Map((await store.apiKeys()).map((key) => [key.keyId, key]));
    for (const keyId of this.#keys.keys()) if (!read.has(keyId)) this.#forget(keyId);
    for (const [keyId, key] of read) {
      this.#keys.set(keyId, key);
      this.#callers.delete(keyId);
    }
    this.#firstMadeAt = this.list()[0]?.createdAt;
  }

  /** What cannot be read now is read soon: a key that was revoked elsewhere must not stay valid here. */
  async #followOthers(): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.#refresh();
    } catch (error) {
      this.#parts.onError(error);
      const again = () => void this.#inTurn(() => this.#followOthers());
      this.#parts.clock.schedule(again, limits.nodes.heartbeatMs);
    }
  }

  #forget(keyId: string): void {
    this.#keys.delete(keyId);
    this.#callers.delete(keyId);
    this.#used.delete(keyId);
  }

  #isValid(key: ApiKey): boolean {
    const now = this.#parts.clock.now();
    if (key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt <= now)) return false;
    if (key.sessionOf === null) return true;
    const parent = this.#keys.get(key.sessionOf);
    return parent !== undefined && this.#isValid(parent);
  }

  #requireFitting(wish: KeyWish): void {
    refuseWideScopes(wish);
    if (wish.expiresAt !== null && wish.expiresAt <= this.#parts.clock.now()) {
      throw new AppError('invalid-request', 'The key would have expired already. Choose a later time.');
    }
    const other = this.list().find(
      (key) => key.principal === wish.principal && this.#isValid(key) && key.owner !== wish.owner,
    );
    if (other === undefined) return;
    const bound = other.owner === null ? 'bound to no customer' : `bound to the customer ${other.owner}`;
    const text = `${wish.principal} has a key that is ${bound} (${other.keyId}). Choose another name, or revoke that key first.`;
    throw new AppError('invalid-request', text);
  }

  /** One that was rotated has the end of its last days, which the next key would take over. */
  #refuseReplaced(old: ApiKey): void {
    const rightsOf = ({ principal, scopes, owner }: ApiKey): string =>
      JSON.stringify([principal, scopes.toSorted(), owner]);
    const endOf = ({ expiresAt }: ApiKey): number => expiresAt ?? Number.POSITIVE_INFINITY;
    const next = this.list().find(
      (key) =>
        rightsOf(key) === rightsOf(old) &&
        key.createdAt >= old.createdAt &&
        endOf(key) > endOf(old) &&
        this.#isValid(key),
    );
    if (next === undefined) return;
    const text = `The key ${old.keyId} ends soon, and ${next.keyId} with the same rights goes on: rotate that one instead.`;
    throw new AppError('invalid-request', text);
  }

  #require(keyId: string): ApiKey {
    const key = this.#keys.get(keyId);
    if (key !== undefined && key.sessionOf === null) return key;
    throw new AppError('key-not-found', `There is no key ${keyId}.`);
  }

  /** Stores a new key, together with how `others` are from now on. */
  async #add(wish: KeyWish, sessionOf: string | null, ...others: readonly ApiKey[]): Promise<NewKey> {
    const { token, keyId, hash } = createToken(sessionOf === null ? 'key' : 'session');
    const { principal, scopes, owner, expiresAt, requestsPerMinute, refundsPerDay } = wish;
    const createdAt = this.#parts.clock.now();
    const key: ApiKey = {
      ...{ keyId, hash, principal, scopes: [...new Set(scopes)], owner, sessionOf },
      ...{ requestsPerMinute, refundsPerDay, createdAt, expiresAt, lastUsedAt: null, revokedAt: null },
    };
    await this.#write(key, ...others);
    this.#firstMadeAt ??= createdAt;
    return { key, token };
  }

  async #write(...keys: readonly ApiKey[]): Promise<void> {
    await this.#parts.store.writeApiKeys(keys);
    for (const key of keys) {
      this.#keys.set(key.keyId, key);
      this.#callers.delete(key.keyId);
    }
  }

  async #remove(keyIds: readonly string[]): Promise<void> {
    if (keyIds.length === 0) return;
    for (const keyId of keyIds) this.#forget(keyId);
    await this.#parts.store.removeApiKeys(keyIds);
  }

  #noteUse({ keyId, sessionOf }: ApiKey): void {
    this.#used.set(sessionOf ?? keyId, this.#parts.clock.now());
    if (this.#stopWriting !== undefined || this.#isClosed) return;
    this.#stopWriting = this.#parts.clock.schedule(() => {
      this.#stopWriting = undefined;
      void this.#inTurn(() => this.#writeUses());
    }, limits.writeKeyUsesMs);
  }

  async #writeUses(): Promise<void> {
    const used = [...this.#used].flatMap(([keyId, lastUsedAt]) => {
      const key = this.#keys.get(keyId);
      return key === undefined ? [] : [{ ...key, lastUsedAt }];
    });
    this.#used.clear();
    if (used.length === 0) return;
    for (const key of used) this.#keys.set(key.keyId, key);
    try {
      await this.#parts.store.writeApiKeys(used);
    } catch (error) {
      this.#parts.onError(error);
    }
  }
}

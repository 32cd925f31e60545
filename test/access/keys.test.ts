// The keys of one store: who is found by which token and until when, and what changes at the same time leave behind. It
// knows no request.
import { describe, expect, it } from 'vitest';
import { createToken, isToken, readKeyId, toHash } from '../../src/access/token.ts';
import { hour, open, wish } from './open-keys.ts';

const noKey = { code: 'key-not-found' };
const invalid = (text: RegExp) => ({ code: 'invalid-request', message: expect.stringMatching(text) });

describe('a new key', () => {
  it('finds its caller, and after a restart as well', async () => {
    const { keys, openAgain } = await open();
    const { token, key } = await keys.create({ ...wish, requestsPerMinute: 5, refundsPerDay: 7 });
    for (const each of [keys, await openAgain()]) {
      const caller = each.find(token);
      expect(caller).toMatchObject({ principal: 'checkout', keyId: key.keyId, limitedAs: key.keyId });
      expect(caller).toMatchObject({ owner: undefined, requestsPerMinute: 5, refundsPerDay: 7 });
      expect(caller?.may('orders:place')).toBe(true);
      expect(caller?.may('admin')).toBe(false);
    }
  });

  it('is kept as a hash: the secret is in nothing that is stored', async () => {
    const { keys, writes } = await open();
    const { token } = await keys.create(wish);
    const secret = token.slice(-43);
    expect(JSON.stringify(writes)).not.toContain(secret);
    expect(writes.flat()[0]?.hash).toBe(toHash(token));
  });

  it('is unlike every other', async () => {
    const { keys } = await open();
    const made = await Promise.all(Array.from({ length: 50 }, () => keys.create(wish)));
    expect(new Set(made.map(({ token }) => token)).size).toBe(50);
    expect(new Set(made.map(({ key }) => key.keyId)).size).toBe(50);
  });

  it.each([
    ['no scope', { scopes: [] }, /at least one scope/],
    [
      'scopes that reach further than its customer',
      { owner: 'c', scopes: ['admin', 'catalogue'] },
      /admin, catalogue/,
    ],
    ['a time that is over', { expiresAt: Date.UTC(2026, 0, 1) }, /expired already/],
  ] as const)('with %s is refused, and nothing is stored', async (_name, changes, text) => {
    const { keys, writes } = await open();
    await expect(keys.create({ ...wish, ...changes })).rejects.toMatchObject(invalid(text));
    expect(writes).toEqual([]);
    expect(keys.firstMadeAt()).toBeUndefined();
  });

  it('that the store did not take opens nothing', async () => {
    const { keys, failNext } = await open();
    failNext(new Error('the disk is full'));
    await expect(keys.create(wish)).rejects.toThrow('the disk is full');
    expect(keys.list()).toEqual([]);
    expect(keys.firstMadeAt()).toBeUndefined();
    expect((await keys.create(wish)).key.principal).toBe('checkout');
  });
});

describe('a principal', () => {
  it('has keys of one customer only, as long as they are valid', async () => {
    const { keys } = await open();
    const { key } = await keys.create({ ...wish, owner: 'ada' });
    await keys.create({ ...wish, owner: 'ada' });
    await expect(keys.create(wish)).rejects.toMatchObject(invalid(/bound to the customer ada/));
    await expect(keys.create({ ...wish, owner: 'bob' })).rejects.toMatchObject(
      invalid(new RegExp(key.keyId)),
    );
    await keys.create({ ...wish, principal: 'other', owner: 'bob' });
    for (const { keyId, principal } of keys.list()) if (principal === 'checkout') await keys.revoke(keyId);
    expect((await keys.create({ ...wish, owner: 'bob' })).key.owner).toBe('bob');
  });

  it('has keys of one customer only, also if two are made at once', async () => {
    const { keys } = await open();
    const made = await Promise.allSettled([
      keys.create({ ...wish, owner: 'ada' }),
      keys.create({ ...wish, owner: 'bob' }),
    ]);
    expect(made.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });
});

describe('a token', () => {
  it.each([
    ['nothing', () => ''],
    ['another secret behind the right id', (token: string) => `${token.slice(0, -43)}${'A'.repeat(43)}`],
    [
      'the right secret behind another id',
      (token: string) => token.replace(/_[0-9a-f]{16}_/, `_${'0'.repeat(16)}_`),
    ],
    ['one character less', (token: string) => token.slice(0, -1)],
    ['one character more', (token: string) => `${token}A`],
    ['a line break behind it', (token: string) => `${token}\n`],
    ['the form of a session', (token: string) => token.replace('oc_', 'ocs_')],
    ['its own hash', (token: string) => toHash(token)],
  ])('with %s finds nobody', async (_name, change) => {
    const { keys } = await open();
    const { token } = await keys.create(wish);
    expect(keys.find(change(token))).toBeUndefined();
    expect(keys.find(token)).toBeDefined();
  });

  it('is compared as a whole hash, whatever was sent', () => {
    const { token, hash, keyId } = createToken('key');
    expect(readKeyId(token)).toBe(keyId);
    expect(isToken(token, hash)).toBe(true);
    for (const other of ['', 'x', token.slice(1), 'ü'.repeat(100_000)])
      expect(isToken(other, hash)).toBe(false);
  });
});

describe('a rotated key', () => {
  it('has a successor of the same principal with the same rights, and ends after its time', async () => {
    const { keys, clock, openAgain } = await open();
    const old = await keys.create({ ...wish, owner: 'ada', requestsPerMinute: 3, refundsPerDay: 4 });
    const made = await keys.rotate(old.key.keyId, hour);
    const { keyId: _, hash: __, ...rights } = old.key;
    expect(made.key).toMatchObject(rights);
    expect(made.key.keyId).not.toBe(old.key.keyId);
    await clock.advance(hour - 1);
    expect([keys.find(old.token)?.principal, keys.find(made.token)?.principal]).toEqual([
      'checkout',
      'checkout',
    ]);
    await clock.advance(1);
    for (const each of [keys, await openAgain()]) {
      expect(each.find(old.token)).toBeUndefined();
      expect(each.find(made.token)?.owner).toBe('ada');
    }
  });

  it('that ends sooner by itself is not kept longer, and its successor ends with it', async () => {
    const { keys, clock } = await open();
    const expiresAt = clock.now() + 1000;
    const old = await keys.create({ ...wish, expiresAt });
    const made = await keys.rotate(old.key.keyId, hour);
    expect(keys.list().map((key) => key.expiresAt)).toEqual([expiresAt, expiresAt]);
    await clock.advance(1000);
    expect([keys.find(old.token), keys.find(made.token)]).toEqual([undefined, undefined]);
    await expect(keys.rotate(old.key.keyId, 0)).rejects.toMatchObject(invalid(/has ended/));
  });

  it('ends at once if nothing of it is kept', async () => {
    const { keys } = await open();
    const old = await keys.create(wish);
    await keys.rotate(old.key.keyId, 0);
    expect(keys.find(old.token)).toBeUndefined();
  });

  it('and its successor are stored together or not at all', async () => {
    const { keys, writes, failNext } = await open();
    const old = await keys.create(wish);
    failNext(new Error('the disk is full'));
    await expect(keys.rotate(old.key.keyId, 0)).rejects.toThrow('the disk is full');
    expect(writes.at(-1)).toHaveLength(2);
    expect(keys.list()).toHaveLength(1);
    expect(keys.find(old.token)).toBeDefined();
  });

  it('is not rotated once more, or the key after it would end as soon as it does', async () => {
    const { keys, clock } = await open();
    const old = await keys.create(wish);
    const made = await keys.rotate(old.key.keyId, hour);
    await expect(keys.rotate(old.key.keyId, hour)).rejects.toMatchObject(
      invalid(new RegExp(`ends soon, and ${made.key.keyId} .* rotate that one`)),
    );
    const next = await keys.rotate(made.key.keyId, hour);
    await clock.advance(2 * hour);
    expect(keys.find(next.token)).toMatchObject({ principal: 'checkout' });
  });
});

describe('a revoked key', () => {
  it('opens nothing any more, stays in the list, and the service stays closed', async () => {
    const { keys, clock, openAgain } = await open();
    const madeAt = clock.now();
    const { key, token } = await keys.create(wish);
    await clock.advance(10);
    const revoked = await keys.revoke(key.keyId);
    await clock.advance(10);
    expect((await keys.revoke(key.keyId)).revokedAt).toBe(revoked.revokedAt);
    for (const each of [keys, await openAgain()]) {
      expect(each.find(token)).toBeUndefined();
      expect(each.isValid(key.keyId)).toBe(false);
      expect(each.list().map(({ revokedAt }) => revokedAt)).toEqual([madeAt + 10]);
      expect(each.firstMadeAt()).toBe(madeAt);
    }
    await expect(keys.rotate(key.keyId, hour)).rejects.toMatchObject(invalid(/has ended/));
  });

  it('stays revoked if its last use is stored meanwhile', async () => {
    const { keys, clock, holdNext, openAgain } = await open();
    const { key, token } = await keys.create(wish);
    keys.find(token);
    const goOn = holdNext();
    const revoking = keys.revoke(key.keyId);
    await clock.advance(60_000);
    goOn();
    await revoking;
    await keys.close();
    expect((await openAgain()).find(token)).toBeUndefined();
  });

  it('stays revoked if it is rotated meanwhile', async () => {
    const { keys, holdNext, openAgain } = await open();
    const { key, token } = await keys.create(wish);
    const goOn = holdNext();
    const both = Promise.allSettled([keys.rotate(key.keyId, hour), keys.revoke(key.keyId)]);
    goOn();
    await both;
    for (const each of [keys, await openAgain()]) expect(each.find(token)).toBeUndefined();
  });

  it('that is unknown, or a session, is said to be unknown', async () => {
    const { keys } = await open();
    const { token } = await keys.create(wish);
    const session = await keys.signIn(token, hour);
    for (const keyId of ['none', session?.key.keyId ?? '']) {
      await expect(keys.revoke(keyId)).rejects.toMatchObject(noKey);
      await expect(keys.rotate(keyId, 0)).rejects.toMatchObject(noKey);
    }
  });
});

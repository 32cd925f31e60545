// Sessions, which stand for a key, and when a key was used last. It knows no request.
import { describe, expect, it } from 'vitest';
import { limits } from '../../src/limits.ts';
import { hour, open, wish } from './open-keys.ts';

describe('a session', () => {
  const signIn = async () => {
    const opened = await open();
    const made = await opened.keys.create({ ...wish, owner: 'ada', requestsPerMinute: 9 });
    const session = await opened.keys.signIn(made.token, hour);
    if (session === undefined) throw new Error('it was refused');
    return { ...opened, made, session };
  };

  it('stands for its key: the same rights, and the same count for limits', async () => {
    const { keys, made, session } = await signIn();
    expect(session.token).toMatch(/^ocs_/);
    expect(keys.find(session.token)).toMatchObject({
      ...{ principal: 'checkout', owner: 'ada', requestsPerMinute: 9 },
      limitedAs: made.key.keyId,
    });
    expect(keys.list()).toHaveLength(1);
  });

  it('ends after its time, or when the key expires', async () => {
    const { keys, clock, session, store } = await signIn();
    await clock.advance(hour);
    expect(keys.find(session.token)).toBeUndefined();
    const short = await keys.create({ ...wish, owner: 'ada', expiresAt: clock.now() + 5 });
    expect((await keys.signIn(short.token, hour))?.key.expiresAt).toBe(clock.now() + 5);
    expect(await store.apiKeys()).toHaveLength(3);
  });

  it('ends with its key: when that is revoked, and when it was rotated', async () => {
    const first = await signIn();
    await first.keys.revoke(first.made.key.keyId);
    expect(first.keys.find(first.session.token)).toBeUndefined();
    expect(await first.store.apiKeys()).toHaveLength(1);
    const second = await signIn();
    await second.keys.rotate(second.made.key.keyId, 1000);
    expect(second.keys.find(second.session.token)).toBeDefined();
    await second.clock.advance(1000);
    expect(second.keys.find(second.session.token)).toBeUndefined();
  });

  it('ends by signing out with it, and with nothing else', async () => {
    const { keys, made, session } = await signIn();
    const other = await keys.signIn(made.token, hour);
    await keys.signOut(`${session.token.slice(0, -43)}${'A'.repeat(43)}`);
    await keys.signOut(made.token);
    expect(keys.find(session.token)).toBeDefined();
    await keys.signOut(session.token);
    expect(keys.find(session.token)).toBeUndefined();
    expect(keys.find(other?.token ?? '')).toBeDefined();
    expect(keys.find(made.token)).toBeDefined();
  });

  it('is the oldest to end when its key has as many as it may have', async () => {
    const { keys, made, session, store } = await signIn();
    const second = await keys.signIn(made.token, hour);
    for (let count = 2; count < limits.sessionsOfKey; count += 1) await keys.signIn(made.token, hour);
    expect(keys.find(session.token)).toBeDefined();
    const last = await keys.signIn(made.token, hour);
    expect(keys.find(session.token)).toBeUndefined();
    expect([second, last].map((each) => keys.find(each?.token ?? '')?.owner)).toEqual(['ada', 'ada']);
    expect(await store.apiKeys()).toHaveLength(limits.sessionsOfKey + 1);
  });

  it('is not made with a session or a key that has ended', async () => {
    const { keys, made, session } = await signIn();
    expect(await keys.signIn(session.token, hour)).toBeUndefined();
    expect(await keys.signIn('oc_x', hour)).toBeUndefined();
    await keys.revoke(made.key.keyId);
    expect(await keys.signIn(made.token, hour)).toBeUndefined();
  });

  it('is not left in the store when it ended while the service was down', async () => {
    const { clock, store, openAgain } = await signIn();
    await clock.advance(hour);
    await openAgain();
    expect((await store.apiKeys()).map(({ sessionOf }) => sessionOf)).toEqual([null]);
  });
});

describe('the last use of a key', () => {
  it('is seen at once, and stored once a minute however often it is used', async () => {
    const { keys, clock, writes } = await open();
    const { token } = await keys.create(wish);
    writes.length = 0;
    for (let second = 0; second < 90; second += 1) {
      keys.find(token);
      expect(keys.list()[0]?.lastUsedAt).toBe(clock.now());
      await clock.advance(1000);
    }
    expect(writes).toHaveLength(1);
    await clock.advance(300_000);
    expect(writes).toHaveLength(2);
    expect(clock.timers()).toBe(0);
  });

  it('is that of its sessions, too, and of nobody with a wrong secret', async () => {
    const { keys, clock } = await open();
    const { token } = await keys.create(wish);
    keys.find(`${token.slice(0, -43)}${'A'.repeat(43)}`);
    expect(keys.list()[0]?.lastUsedAt).toBeNull();
    const session = await keys.signIn(token, hour);
    await clock.advance(5000);
    keys.find(session?.token ?? '');
    expect(keys.list()[0]?.lastUsedAt).toBe(clock.now());
  });

  it('is stored at the end, and no timer is left', async () => {
    const { keys, clock, openAgain } = await open();
    const { token } = await keys.create(wish);
    keys.find(token);
    await keys.close();
    expect(clock.timers()).toBe(0);
    expect((await openAgain()).list()[0]?.lastUsedAt).toBe(clock.now());
  });

  it('that cannot be stored is reported, and ends nothing', async () => {
    const { keys, clock, errors, failNext } = await open();
    const { token } = await keys.create(wish);
    keys.find(token);
    failNext(new Error('the disk is full'));
    await clock.advance(60_000);
    expect(errors).toEqual([expect.objectContaining({ message: 'the disk is full' })]);
    expect(keys.find(token)).toBeDefined();
    await keys.close();
  });
});

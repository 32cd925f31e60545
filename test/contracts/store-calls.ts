// The contract of the work that must happen after a commit: calls under lease, deadlines, orders set aside.
import { describe, expect, it } from 'vitest';
import type { Call, Store } from '../../src/store.ts';
import { free, lease, noon, place, toCall, toSummary, toWrite, write } from './store-samples.ts';

const toIds = (calls: readonly Call[]) => calls.map(({ callId }) => callId);
const claim = async (store: Store, changes: Partial<Parameters<Store['claimCalls']>[0]> = {}) =>
  toIds(
    await store.claimCalls({
      owner: 'host-2',
      now: noon,
      until: noon + 500,
      limit: 10,
      versions: ['1'],
      ...changes,
    }),
  );

const describeLeases = (current: () => Store) => {
  it('a call that was written without a lease is claimed, whole', async () => {
    const call = toCall('a', 'c1');
    await write(current(), [toWrite('a', 0, { calls: [call] })], { lease: free });
    const claimed = await current().claimCalls({
      owner: 'x',
      now: noon,
      until: noon + 1,
      limit: 10,
      versions: ['1'],
    });
    expect(claimed).toEqual([call]);
  });
  it('a call under lease is left alone until the lease ends', async () => {
    await place(current(), 'a', { calls: [toCall('a', 'c1')] });
    expect(await claim(current(), { now: lease.until - 1 })).toEqual([]);
    expect(await claim(current(), { now: lease.until, until: lease.until + 500 })).toEqual(['c1']);
    expect(await claim(current(), { now: lease.until + 499 })).toEqual([]);
    expect(await claim(current(), { now: lease.until + 500 })).toEqual(['c1']);
  });
  it('the oldest calls are claimed first, at most as many as asked for', async () => {
    const first = toWrite('b', 0, { calls: [toCall('b', 'z'), toCall('b', 'y')] });
    await write(current(), [first, toWrite('a', 0, { calls: [toCall('a', 'x')] })], { lease: free });
    expect(await claim(current(), { limit: 2 })).toEqual(['z', 'y']);
    expect(await claim(current(), { limit: 2 })).toEqual(['x']);
    expect(await claim(current(), { limit: 2 })).toEqual([]);
  });
  it('two who claim at once get no call twice', async () => {
    const calls = Array.from({ length: 50 }, (_, index) => toCall('a', `c${index}`));
    await write(current(), [toWrite('a', 0, { calls })], { lease: free });
    const claims = ['x', 'y', 'z'].map((owner) => claim(current(), { owner, limit: 20 }));
    const claimed = (await Promise.all(claims)).flat();
    expect(claimed).toHaveLength(50);
    expect(new Set(claimed).size).toBe(50);
  });
  it('an owner gives back its own calls and no others', async () => {
    await place(current(), 'a', { calls: [toCall('a', 'c1'), toCall('a', 'c2'), toCall('a', 'c3')] });
    await current().returnCalls('somebody else', ['c1']);
    expect(await claim(current())).toEqual([]);
    await current().returnCalls(lease.owner, ['c1', 'c3', 'unknown']);
    await current().returnCalls(lease.owner, []);
    expect(await claim(current())).toEqual(['c1', 'c3']);
  });
  it('the calls of every owner are given back', async () => {
    await place(current(), 'a', { calls: [toCall('a', 'c1')] });
    await write(current(), [toWrite('b', 0, { calls: [toCall('b', 'c2')] })], {
      lease: { owner: 'y', until: 9e15 },
    });
    await current().returnAllCalls();
    expect(await claim(current())).toEqual(['c1', 'c2']);
  });
  it('a finished call is gone, whoever has it', async () => {
    await place(current(), 'a', { calls: [toCall('a', 'c1'), toCall('a', 'c2')] });
    await write(current(), [toWrite('a', 1, { finishedCalls: ['c1', 'unknown'] })], { lease: free });
    expect((await current().figures()).pendingCalls).toBe(1);
    expect(await claim(current(), { now: lease.until })).toEqual(['c2']);
  });
  it('an order can not finish the calls of another one', async () => {
    await write(current(), [toWrite('a', 0, { calls: [toCall('a', 'c1')] })], { lease: free });
    await place(current(), 'b', { finishedCalls: ['c1'] });
    expect(await claim(current())).toEqual(['c1']);
  });
  it('a call that is finished and decided anew in one write is there', async () => {
    await write(current(), [toWrite('a', 0, { calls: [toCall('a', 'c1')] })], { lease: free });
    const again = toWrite('a', 1, { finishedCalls: ['c1'], calls: [toCall('a', 'c1', { at: noon + 9 })] });
    await write(current(), [again], { lease: free });
    const claimed = await current().claimCalls({
      owner: 'x',
      now: noon,
      until: noon,
      limit: 9,
      versions: ['1'],
    });
    expect(claimed.map(({ at }) => at)).toEqual([noon + 9]);
  });
};

const describeDeadlines = (current: () => Store) => {
  it('the longest overdue order comes first', async () => {
    await place(current(), 'a', { wakeAt: noon + 20 });
    await place(current(), 'b', { wakeAt: noon + 10 });
    await place(current(), 'c', { wakeAt: noon + 30 });
    await place(current(), 'd');
    expect(await current().dueOrders(noon + 20, 10, ['1'])).toEqual(['b', 'a']);
    expect(await current().dueOrders(noon + 30, 1, ['1'])).toEqual(['b']);
    expect(await current().dueOrders(noon + 9, 10, ['1'])).toEqual([]);
  });
  it('the next deadline is the earliest of all orders', async () => {
    expect(await current().nextWake(['1'])).toBeUndefined();
    await place(current(), 'a', { wakeAt: noon + 20 });
    await place(current(), 'b', { wakeAt: noon + 10 });
    expect(await current().nextWake(['1'])).toBe(noon + 10);
  });
  it('a deadline moves and goes with its order', async () => {
    await place(current(), 'a', { wakeAt: noon });
    await write(current(), [toWrite('a', 1, { wakeAt: noon + 5 })]);
    expect(await current().dueOrders(noon, 10, ['1'])).toEqual([]);
    expect(await current().nextWake(['1'])).toBe(noon + 5);
    await write(current(), [toWrite('a', 2, { wakeAt: null })]);
    expect(await current().nextWake(['1'])).toBeUndefined();
  });
};

const describeVersions = (current: () => Store) => {
  const place = async () => {
    const on = (chartVersion: string) => ({ summary: toSummary({ chartVersion }), wakeAt: noon });
    const old = toWrite('a', 0, { ...on('1'), calls: [toCall('a', 'c1')] });
    const next = toWrite('b', 0, { ...on('2'), calls: [toCall('b', 'c2')], wakeAt: noon - 5 });
    await write(current(), [old, next], { lease: free });
  };

  it('calls and deadlines of orders on other chart versions are left alone', async () => {
    await place();
    expect(await current().dueOrders(noon, 10, ['1'])).toEqual(['a']);
    expect(await current().nextWake(['1'])).toBe(noon);
    expect(await claim(current(), { versions: ['1'] })).toEqual(['c1']);
    expect(await current().dueOrders(noon, 10, ['1', '2'])).toEqual(['b', 'a']);
    expect(await current().nextWake(['1', '2'])).toBe(noon - 5);
    expect(await claim(current(), { versions: ['1', '2'] })).toEqual(['c2']);
    expect(await current().dueOrders(noon, 10, [])).toEqual([]);
  });
  it('the orders on each chart version are counted', async () => {
    expect(await current().chartVersions()).toEqual({});
    await place();
    expect(await current().chartVersions()).toEqual({ 1: 1, 2: 1 });
  });
  it('orders on unknown chart versions are listed as incidents', async () => {
    await place();
    const list = async (incident: boolean, ...knownVersions: readonly string[]) =>
      (await current().list({ incident, knownVersions, limit: 10 })).map(({ orderId }) => orderId);
    expect(await list(true, '2', '1')).toEqual([]);
    expect(await list(true, '1', '3')).toEqual(['b']);
    expect(await list(false, '1', '3')).toEqual(['a']);
    expect(await list(false, '1', '2')).toEqual(['b', 'a']);
    expect(await current().list({ incident: true, limit: 10 })).toEqual([]);
  });
  it('orders that a host cannot read are counted by their chart version, each once', async () => {
    await place();
    expect(await current().unreadable(['1', '2'])).toEqual({});
    expect(await current().unreadable(['1', '3'])).toEqual({ 2: 1 });
    await current().markUnreadable('b', 'why');
    expect(await current().unreadable(['1', '3'])).toEqual({ 2: 1 });
    expect(await current().unreadable(['1', '2'])).toEqual({ 2: 1 });
    await current().markUnreadable('a', 'why');
    expect(await current().unreadable(['1', '3'])).toEqual({ 1: 1, 2: 1 });
    expect(await current().unreadable([])).toEqual({ 1: 1, 2: 1 });
    expect(await current().figures(['1'])).toMatchObject({
      ordersByVersion: { 1: 1, 2: 1 },
      unreadable: { 1: 1, 2: 1 },
    });
  });
  it('a start tries only orders on its own chart versions again', async () => {
    await place();
    for (const orderId of ['a', 'b']) await current().markUnreadable(orderId, 'why');
    await current().clearUnreadable(['1', '3']);
    const reasons = [...(await current().load(['a', 'b'])).values()].map(({ unreadable }) => unreadable);
    expect(reasons.toSorted()).toEqual(['why', undefined]);
    expect((await current().load(['b'])).get('b')?.unreadable).toBe('why');
  });
};

const describeUnreadable = (current: () => Store) => {
  it('an unreadable order says why, and its calls and deadlines rest', async () => {
    const waiting = { calls: [toCall('a', 'c1')], wakeAt: noon };
    await write(current(), [toWrite('a', 0, waiting), toWrite('b', 0)], { lease: free });
    await current().markUnreadable('a', 'chart 9 is unknown');
    const stored = { orderId: 'a', version: 1, system: '{"step":1}', summary: toSummary() };
    const expected = { ...stored, unreadable: 'chart 9 is unknown' };
    expect((await current().load(['a'])).get('a')).toEqual(expected);
    expect((await current().list({ limit: 10 })).map(({ unreadable }) => unreadable)).toEqual([
      undefined,
      'chart 9 is unknown',
    ]);
    expect((await current().figures()).unreadable).toEqual({ 1: 1 });
    expect(await claim(current())).toEqual([]);
    expect(await current().dueOrders(noon, 10, ['1'])).toEqual([]);
    expect(await current().nextWake(['1'])).toBeUndefined();
  });
  it('unreadable orders are tried again after a start', async () => {
    const waiting = { calls: [toCall('a', 'c1')], wakeAt: noon };
    await write(current(), [toWrite('a', 0, waiting)], { lease: free });
    await current().markUnreadable('a', 'chart 9 is unknown');
    await current().clearUnreadable(['1']);
    expect((await current().load(['a'])).get('a')).toEqual({
      orderId: 'a',
      version: 1,
      system: '{"step":1}',
      summary: toSummary(),
    });
    expect(await claim(current())).toEqual(['c1']);
    expect(await current().dueOrders(noon, 10, ['1'])).toEqual(['a']);
  });
  it('an order that is set aside stays so when a commit that began before is written', async () => {
    await place(current(), 'a', { summary: toSummary({ incident: true }) });
    await current().markUnreadable('a', 'chart 9 is unknown');
    await write(current(), [toWrite('a', 1, { summary: toSummary({ incident: true }) })]);
    expect((await current().load(['a'])).get('a')).toMatchObject({
      version: 2,
      unreadable: 'chart 9 is unknown',
    });
    expect(await current().figures()).toMatchObject({ incidents: 1, unreadable: { 1: 1 } });
  });
  it('an order that does not exist can not be set aside', async () => {
    await current().markUnreadable('ghost', 'why not');
    expect((await current().figures()).unreadable).toEqual({});
    expect((await current().load(['ghost'])).size).toBe(0);
  });
};

export const describeCalls = (current: () => Store): void => {
  describe('leases of calls', () => describeLeases(current));
  describe('deadlines', () => describeDeadlines(current));
  describe('chart versions', () => describeVersions(current));
  describe('unreadable orders', () => describeUnreadable(current));
};

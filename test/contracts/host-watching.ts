// The contract of waiting for news: watchers of the journal, and those who wait for an order to settle. No test
// here moves the clock unless it is about time: news come with the commit.
import { expect, it } from 'vitest';
import type { ShopHost } from '../../src/shop/placement.ts';
import type { OrderView } from '../../src/shop/view.ts';
import type { JournalEvent } from '../../src/store.ts';
import { chargeWhenReleased, eachEvent, idempotency, never, sample, widgets } from '../hosts/harness.ts';
import { cancel, type OpenHost, place, rest } from './host-samples.ts';

/** Watches the journal of `host` until it is disposed. */
const watch = (host: ShopHost, watching: Partial<Omit<Parameters<ShopHost['watch']>[0], 'signal'>> = {}) => {
  const leaving = new AbortController();
  const events = eachEvent(host.watch({ after: 0, ...watching, signal: leaving.signal }));
  return {
    next: () => events.next(),
    take: async (count: number): Promise<JournalEvent[]> => {
      const taken: JournalEvent[] = [];
      while (taken.length < count) {
        const { value, done } = await events.next();
        if (done === true) break;
        taken.push(value);
      }
      return taken;
    },
    leave: () => leaving.abort(),
    [Symbol.dispose]: () => leaving.abort(),
  };
};
/** Settles so many orders, each with about ten events. */
const fill = async (host: ShopHost, count: number): Promise<readonly JournalEvent[]> => {
  const views = await Promise.all(Array.from({ length: count }, () => place(host, widgets(1))));
  await Promise.all(views.map(({ id }) => rest(host, id)));
  return host.events({ after: 0, limit: 1000 });
};

const describeWatchers = (open: OpenHost): void => {
  it('a watcher gets the journal behind its position, then each event as it is committed', async () => {
    await using opened = await open();
    const { host } = opened;
    const before = await fill(host, 1);
    using watcher = watch(host, { after: 2 });
    expect(await watcher.take(before.length - 2)).toEqual(before.slice(2));
    const next = watcher.take(1);
    const { id } = await place(host, widgets(1));
    expect(await next).toMatchObject([{ orderId: id, type: 'order.created' }]);
  });

  it.each<[string, { readonly types?: readonly string[] }]>([
    ['of all events', {}],
    ['of some types', { types: ['order.created', 'inventory.reserved', 'payment.completed'] }],
  ])('a watcher %s that is several pages behind misses none and sees none twice', async (_what, watching) => {
    await using opened = await open();
    const { host } = opened;
    const expected = (await fill(host, 45)).filter(({ type }) => watching.types?.includes(type) ?? true);
    expect(expected.length).toBeGreaterThan(130);
    using watcher = watch(host, watching);
    expect(await watcher.take(expected.length)).toEqual(expected);
  });

  it('a watcher of one owner gets the events of that owner, behind its position and as they come', async () => {
    await using opened = await open();
    const { host } = opened;
    const ofAda = () => place(host, { ...widgets(1), customerId: 'ada' });
    await place(host, widgets(1));
    const first = await ofAda();
    await rest(host, first.id);
    using watcher = watch(host, { owner: 'ada' });
    const known = await host.events({ after: 0, limit: 1000, owner: 'ada' });
    expect(known.length).toBeGreaterThan(3);
    expect(new Set(known.map(({ orderId }) => orderId))).toEqual(new Set([first.id]));
    expect(await watcher.take(known.length)).toEqual(known);
    const next = watcher.take(1);
    await place(host, widgets(1));
    const second = await ofAda();
    expect(await next).toMatchObject([{ orderId: second.id, type: 'order.created' }]);
  });

  it('a watcher of one order gets its events and no others, woken by the commit', async () => {
    await using opened = await open({ gateway: never });
    const { host, clock } = opened;
    const before = clock.now();
    await place(host, { orderId: 'mine' });
    using watcher = watch(host, { orderId: 'mine' });
    const first = await watcher.take((await host.history('mine', 0, 100)).length);
    const next = watcher.take(1);
    await place(host, { orderId: 'other' });
    await cancel(host, 'mine');
    const [event] = await next;
    expect(first.every(({ orderId }) => orderId === 'mine')).toBe(true);
    expect(event).toMatchObject({ orderId: 'mine', seq: first.length + 1 });
    expect(clock.now()).toBe(before);
  });

  it('a watcher of some types gets only these, woken by the commit', async () => {
    await using opened = await open({ gateway: never });
    const { host, clock } = opened;
    const before = clock.now();
    using watcher = watch(host, { types: ['order.created'] });
    const both = watcher.take(2);
    const placed = [await place(host, widgets(1)), await place(host, widgets(1))];
    expect((await both).map(({ orderId }) => orderId)).toEqual(placed.map(({ id }) => id));
    expect(clock.now()).toBe(before);
  });

  it('a watcher that leaves gets no more, and its watch ends', async () => {
    await using opened = await open();
    const { host } = opened;
    const { length } = await fill(host, 1);
    const watcher = watch(host);
    await watcher.take(length);
    watcher.leave();
    await fill(host, 1);
    expect(await watcher.next()).toMatchObject({ done: true });
  });

  it('a watcher that waits is let go when it leaves, and when the host closes', async () => {
    await using opened = await open();
    const { host } = opened;
    const [leaver, stayer] = [watch(host), watch(host)];
    const ends = [leaver.next(), stayer.next()];
    leaver.leave();
    expect(await ends[0]).toMatchObject({ done: true });
    await host.close();
    expect(await ends[1]).toMatchObject({ done: true });
  });
};

const describeManyWatchers = (open: OpenHost): void => {
  it('watchers that want the same get the same array of each commit, whatever others want', async () => {
    await using opened = await open({ gateway: never });
    const { host } = opened;
    const leaving = new AbortController();
    const { signal } = leaving;
    const types = ['order.created', 'payment.initiated'];
    const wishes = [{}, {}, { types }, { types }, { orderId: 'mine' }, { orderId: 'mine' }];
    const watches = wishes.map((wish) => host.watch({ after: 0, ...wish, signal })[Symbol.asyncIterator]());
    const toNews = async (each: AsyncIterator<readonly JournalEvent[]>): Promise<readonly JournalEvent[]> =>
      (await each.next()).value ?? [];
    const first = Promise.all(watches.map(toNews));
    await place(host, { orderId: 'mine' });
    const [all, again, some, someAgain, own, ownAgain] = await first;
    expect(all).toEqual(await host.history('mine', 0, 100));
    expect(some?.map(({ type }) => type)).toEqual(types);
    expect(own).toEqual(all);
    // Who began to watch in the moment of the commit may have read it alone: over a network that moment is long.
    if (opened.isRemote === true) return leaving.abort();
    expect([again, someAgain, ownAgain].map((each, at) => each === [all, some, own][at])).toEqual([
      true,
      true,
      true,
    ]);
    leaving.abort();
  });

  it('a watcher that lags by hundreds of events catches up with those that do not, without gap or repeat', async () => {
    await using opened = await open();
    const { host } = opened;
    using quick = watch(host);
    using slow = watch(host);
    const first = await fill(host, 30);
    const taken = await quick.take(first.length);
    const [begun] = await slow.take(1);
    await fill(host, 40);
    const all = await host.events({ after: 0, limit: 1000 });
    taken.push(...(await quick.take(all.length - taken.length)));
    expect(taken).toEqual(all);
    expect([begun, ...(await slow.take(all.length - 1))]).toEqual(all);
    const next = Promise.all([quick.take(1), slow.take(1)]);
    const { id } = await place(host, widgets(1));
    for (const [event] of await next) expect(event).toMatchObject({ orderId: id, type: 'order.created' });
  });
};

const describeWaiting = (open: OpenHost): void => {
  it('who waits for an order has it as soon as it is settled', async () => {
    await using opened = await open();
    const { host, clock } = opened;
    const before = clock.now();
    const { id } = await place(host);
    const waiting = [host.waitUntilSettled(id, 60_000), host.waitUntilSettled(id, 60_000)];
    for (const view of await Promise.all(waiting)) expect(view).toMatchObject({ state: 'completed', id });
    expect(await host.waitUntilSettled(id, 60_000)).toEqual(await host.get(id));
    expect(clock.now()).toBe(before);
  });

  it('who waits for an order has it as soon as it gets an incident, and at once when it has one', async () => {
    await using opened = await open({
      mailer: () => ({ type: 'mailer.failed', reason: 'full' }),
      settings: { NOTIFICATION_ATTEMPTS: 1 },
    });
    const { host, clock } = opened;
    const before = clock.now();
    const { id } = await place(host);
    const withIncident = { settled: false, incidents: [{ actor: 'notification' }] };
    expect(await host.waitUntilSettled(id, 60_000)).toMatchObject(withIncident);
    expect(await host.waitUntilSettled(id, 60_000)).toMatchObject(withIncident);
    expect(clock.now()).toBe(before);
  });

  it('who has waited long enough gets the order as it is, and so does who leaves', async () => {
    await using opened = await open({ gateway: never });
    const { host, clock } = opened;
    const view = await place(host);
    const leaving = new AbortController();
    const left = host.waitUntilSettled(view.id, 60_000, leaving.signal);
    leaving.abort();
    expect(await left).toEqual(view);
    const over = host.waitUntilSettled(view.id, 5000);
    await clock.advance(5000);
    expect(await over).toEqual(view);
    expect(await host.waitUntilSettled(view.id, 0)).toEqual(view);
  });

  it('who waits for an order that does not exist gets undefined at once', async () => {
    await using opened = await open();
    expect(await opened.host.waitUntilSettled('nobody', 60_000)).toBeUndefined();
  });

  it('an order that settles while it is being read is not waited for in vain', async () => {
    const { gateway, release } = chargeWhenReleased();
    await using opened = await open({ gateway });
    const { host } = opened;
    const { id } = await place(host);
    const waiting = host.waitUntilSettled(id, 60_000);
    release();
    expect(await waiting).toMatchObject({ state: 'completed' });
  });

  it('the commit that ends a wait stores the answer of the key that waits, and none after who left', async () => {
    const { gateway, release } = chargeWhenReleased();
    await using opened = await open({ gateway });
    const { host } = opened;
    const seen: OrderView[] = [];
    const respond = (view: OrderView) => {
      seen.push(view);
      return { status: 200, body: view.state };
    };
    const id = 'awaited';
    await host.place({ ...sample, orderId: id }, idempotency('stays'));
    const leaving = new AbortController();
    const left = { scope: 'orders', key: 'left', respond };
    const gone = host.waitUntilSettled(id, 60_000, leaving.signal, left);
    const stays = { scope: 'orders', key: 'stays', respond };
    const waiting = host.waitUntilSettled(id, 60_000, undefined, stays);
    leaving.abort();
    await gone;
    release();
    const view = await waiting;
    expect(view).toBe(seen.at(-1));
    expect(await host.recall('orders', 'stays')).toMatchObject({
      ...{ status: 200, body: 'completed', version: view?.version },
    });
    expect(await host.recall('orders', 'left')).toBeUndefined();
    expect(seen).toHaveLength(1);
  });
};

export const describeWatching = (open: OpenHost): void => {
  describeWatchers(open);
  describeManyWatchers(open);
  describeWaiting(open);
};

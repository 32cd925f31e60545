// The contract of reading: one order, lists, the journal, and what an order received. Nothing moves.
import { expect, it } from 'vitest';
import type { OrderFilter } from '../../src/store.ts';
import { never, widgets } from '../hosts/harness.ts';
import { type OpenHost, place, rest } from './host-samples.ts';

const describeOrders = (open: OpenHost): void => {
  it('an order that does not exist is undefined', async () => {
    await using opened = await open();
    expect(await opened.host.get('nobody')).toBeUndefined();
    expect(await opened.host.history('nobody', 0, 10)).toEqual([]);
    expect(await opened.host.received('nobody', 0, 10)).toEqual([]);
  });

  it('orders are listed newest first, page by page', async () => {
    await using opened = await open({ gateway: never });
    const { host, clock } = opened;
    for (const orderId of ['first', 'second', 'third']) {
      await place(host, { ...widgets(1), orderId });
      await clock.advance(1);
    }
    const ids = async (page: Partial<OrderFilter>) =>
      (await host.list({ limit: 2, ...page })).map(({ id }) => id);
    expect(await ids({})).toEqual(['third', 'second']);
    expect(await ids({ after: 'second' })).toEqual(['first']);
  });

  it('orders are listed by state, owner, incident, time and whether they are settled', async () => {
    await using opened = await open({
      gateway: (call) =>
        call.orderId === 'unpaid' ? never(call) : { type: 'gateway.declined', code: 'no-funds' },
      mailer: ({ orderId }) =>
        orderId === 'unheard' ? { type: 'mailer.failed', reason: 'full' } : { type: 'mailer.sent' },
      settings: { NOTIFICATION_ATTEMPTS: 1 },
    });
    const { host, clock } = opened;
    await place(host, { orderId: 'unpaid', customerId: 'ada' });
    await clock.advance(1);
    const { createdAt } = await place(host, { orderId: 'declined', customerId: 'grace' });
    await place(host, { orderId: 'unheard', customerId: 'ada' });
    await Promise.all([rest(host, 'declined'), rest(host, 'unheard')]);
    const ids = async (filter: Partial<OrderFilter>) =>
      (await host.list({ limit: 10, ...filter })).map(({ id }) => id).sort();
    expect(await ids({ state: 'paying' })).toEqual(['unpaid']);
    expect(await ids({ settled: false, incident: false })).toEqual(['unpaid']);
    expect(await ids({ incident: true })).toEqual(['unheard']);
    expect(await ids({ owner: 'ada' })).toEqual(['unheard', 'unpaid']);
    expect(await ids({ createdFrom: createdAt })).toEqual(['declined', 'unheard']);
    expect(await ids({ createdBefore: createdAt })).toEqual(['unpaid']);
  });
};

const describeJournal = (open: OpenHost): void => {
  it('the history of an order is its own events, in order, page by page', async () => {
    await using opened = await open();
    const { host } = opened;
    await Promise.all(['mine', 'other'].map((orderId) => place(host, { orderId })));
    await Promise.all([rest(host, 'mine'), rest(host, 'other')]);
    const all = await host.history('mine', 0, 100);
    expect(all[0]).toMatchObject({ orderId: 'mine', type: 'order.created', seq: 1 });
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
    expect(all.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['payment.completed', 'order.completed']),
    );
    const third = all[2]?.position ?? 0;
    expect(await host.history('mine', third, 2)).toEqual(all.slice(3, 5));
  });

  it('the events of all orders are read by position, by type and page by page', async () => {
    await using opened = await open();
    const { host } = opened;
    expect(await host.lastPosition()).toBe(0);
    for (const orderId of ['a', 'b']) await rest(host, (await place(host, { orderId })).id);
    const all = await host.events({ after: 0, limit: 1000 });
    const positions = all.map(({ position }) => position);
    expect(positions).toEqual([...new Set(positions)].sort((one, other) => one - other));
    expect(await host.lastPosition()).toBe(positions.at(-1));
    expect(await host.events({ after: positions[3] ?? 0, limit: 2 })).toEqual(all.slice(4, 6));
    const types = ['order.created', 'order.completed'];
    const some = await host.events({ types, after: 0, limit: 1000 });
    expect(some.map(({ orderId, type }) => [orderId, type])).toEqual([
      ['a', 'order.created'],
      ['a', 'order.completed'],
      ['b', 'order.created'],
      ['b', 'order.completed'],
    ]);
  });

  it('what an order received is numbered by version and has its cause, page by page', async () => {
    await using opened = await open({ gateway: never });
    const { host } = opened;
    const { id, version } = await place(host);
    const all = await host.received(id, 0, 100);
    expect(all.map((each) => each.version)).toEqual(Array.from({ length: version }, (_, index) => index + 1));
    expect(all[0]).toMatchObject({ type: 'order.place', to: 'order', causationId: null });
    for (const { causationId } of all.slice(1)) expect(causationId).toEqual(expect.any(String));
    expect(await host.received(id, 1, 1)).toEqual(all.slice(1, 2));
  });
};

export const describeReads = (open: OpenHost): void => {
  describeOrders(open);
  describeJournal(open);
};

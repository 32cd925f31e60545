// The contract of taking orders and messages in: what is stored, what is refused, and what a repetition gets.
import { expect, it } from 'vitest';
import type { ShopHost } from '../../src/shop/placement.ts';
import { idempotency, never, sample, widgets } from '../hosts/harness.ts';
import { cancel, type OpenHost, place } from './host-samples.ts';

const describePlacing = (open: OpenHost): void => {
  it('an order that is placed can be read as it was answered', async () => {
    await using opened = await open({ gateway: never });
    const { host } = opened;
    const view = await place(host);
    expect(view).toMatchObject({ state: 'paying', amount: 17_500, customerId: 'customer-123' });
    expect(await host.get(view.id)).toEqual(view);
  });

  it('an order keeps the id that it is placed with, and another order cannot take it', async () => {
    await using opened = await open({ gateway: never });
    const { host } = opened;
    await place(host, { orderId: 'mine' });
    const second = host.place({ ...widgets(1), orderId: 'mine' });
    await expect(second).rejects.toMatchObject({ code: 'invalid-request' });
    expect(await host.get('mine')).toMatchObject({ amount: 17_500, version: 3 });
  });

  it('orders that are placed at the same time have ids of their own', async () => {
    await using opened = await open({ gateway: never });
    const { host } = opened;
    const views = await Promise.all(Array.from({ length: 20 }, () => place(host, widgets(1))));
    expect(new Set(views.map(({ id }) => id)).size).toBe(20);
    expect(await host.list({ limit: 100 })).toHaveLength(20);
  });

  it('of orders that are placed at once under one reference, one is stored, and the others name it', async () => {
    await using opened = await open({ gateway: never });
    const { host } = opened;
    const placing = Array.from({ length: 10 }, () => host.place({ ...widgets(1), reference: 'cart-1' }));
    const settled = await Promise.allSettled(placing);
    const [stored, ...more] = await host.list({ limit: 100 });
    expect(more).toEqual([]);
    const refusals = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    expect(refusals).toHaveLength(9);
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ code: 'reference-in-use', details: { orderId: stored?.id } });
    }
  });

  it('more messages than have room are refused as overloaded, and store nothing', async () => {
    await using opened = await open({ gateway: never, settings: { MAX_PENDING_MESSAGES: 2 } });
    const { host } = opened;
    const placing = [1, 2, 3].map(() => place(host, widgets(1)));
    expect(host.acceptsWrites()).toBe(false);
    await expect(placing[2]).rejects.toMatchObject({ code: 'overloaded' });
    await Promise.all(placing.slice(0, 2));
    expect(host.acceptsWrites()).toBe(true);
    expect(await host.list({ limit: 100 })).toHaveLength(2);
  });
};

const voided = (host: ShopHost, orderId: string, messageId: string) =>
  host.send({
    orderId,
    to: 'payment',
    messageId,
    message: { type: 'gateway.voided', key: 'other', attempt: 1 },
    otherwise: 'record',
  });

const describeSending = (open: OpenHost): void => {
  it('a move that the chart takes is answered with the order after it', async () => {
    await using opened = await open({ gateway: never });
    const { host } = opened;
    const { id } = await place(host);
    expect(await cancel(host, id)).toMatchObject({
      outcome: 'done',
      result: { disposition: 'applied', reason: null, view: await host.get(id) },
    });
  });

  it('a move that the chart does not take is refused with the open moves, and leaves no trace', async () => {
    await using opened = await open({ gateway: never });
    const { host } = opened;
    const before = await place(host);
    const refund = host.send({
      orderId: before.id,
      to: 'order',
      message: { type: 'order.refund', refundId: 'r', reason: 'asked' },
      otherwise: 'refuse',
    });
    const details = { moves: before.moves };
    await expect(refund).rejects.toMatchObject({ code: 'move-not-allowed', details });
    expect(await host.get(before.id)).toEqual(before);
    expect((await host.received(before.id, 0, 100)).map(({ type }) => type)).not.toContain('order.refund');
  });

  it('of two cancels at the same time one is taken and the other refused', async () => {
    await using opened = await open({ gateway: never });
    const { host } = opened;
    const { id } = await place(host);
    const [first, second] = await Promise.allSettled([cancel(host, id), cancel(host, id)]);
    expect(first).toMatchObject({ status: 'fulfilled', value: { result: { disposition: 'applied' } } });
    expect(second).toMatchObject({ reason: { code: 'move-not-allowed', details: { moves: [] } } });
  });

  it('a fact that the chart does not take is recorded as ignored, with the reason', async () => {
    await using opened = await open({ gateway: never });
    const { host } = opened;
    const { id } = await place(host);
    const reason = 'no void is waiting for this answer';
    expect(await voided(host, id, 'fact-1')).toMatchObject({ result: { disposition: 'ignored', reason } });
    expect((await host.received(id, 0, 100)).at(-1)).toMatchObject({ messageId: 'fact-1', reason });
  });

  it('a message with an id that the order has recorded changes nothing, at once and later', async () => {
    await using opened = await open({ gateway: never });
    const { host } = opened;
    const { id, version } = await place(host);
    const both = await Promise.all([voided(host, id, 'fact-1'), voided(host, id, 'fact-1')]);
    expect(both).toMatchObject([
      { result: { disposition: 'ignored' } },
      { result: { disposition: 'duplicate' } },
    ]);
    expect(await voided(host, id, 'fact-1')).toMatchObject({ result: { disposition: 'duplicate' } });
    expect((await host.get(id))?.version).toBe(version + 1);
  });

  it('a message to an order that does not exist is refused', async () => {
    await using opened = await open();
    await expect(cancel(opened.host, 'nobody')).rejects.toMatchObject({ code: 'order-not-found' });
  });

  it('a message for another version is refused with the present one, and leaves no trace', async () => {
    await using opened = await open({ gateway: never });
    const { host } = opened;
    const { id, version } = await place(host);
    const refused = { code: 'version-mismatch', details: { version } };
    await expect(cancel(host, id, { ifVersion: version - 1 })).rejects.toMatchObject(refused);
    await expect(cancel(host, id, { ifVersion: version + 1 })).rejects.toMatchObject(refused);
    expect((await host.get(id))?.version).toBe(version);
    expect(await cancel(host, id, { ifVersion: version })).toMatchObject({ outcome: 'done' });
  });

  it('of two messages at the same time for the same version one is taken and the other refused', async () => {
    await using opened = await open({ gateway: never });
    const { host } = opened;
    const { id, version: ifVersion } = await place(host);
    const outcomes = await Promise.allSettled([
      cancel(host, id, { ifVersion }),
      cancel(host, id, { ifVersion }),
    ]);
    expect(outcomes).toMatchObject([{ status: 'fulfilled' }, { reason: { code: 'version-mismatch' } }]);
  });
};

const noted = (host: ShopHost, orderId: string, key: string) =>
  host.send({
    orderId,
    to: 'payment',
    message: { type: 'gateway.voided', key: 'other', attempt: 1 },
    otherwise: 'record',
    idempotency: idempotency(key),
  });

const describeKeys = (open: OpenHost): void => {
  it('a key that placed an order gives its first answer again, and places nothing', async () => {
    await using opened = await open({ gateway: never });
    const { host } = opened;
    const first = await host.place(sample, idempotency('k'));
    if (first.outcome !== 'done') throw new Error('the key is new');
    const record = {
      scope: 'orders',
      key: 'k',
      fingerprint: 'same',
      status: 201,
      body: first.result.view.id,
    };
    expect(await host.place(sample, idempotency('k'))).toMatchObject({ outcome: 'replayed', record });
    expect(await host.recall('orders', 'k')).toMatchObject({ ...record, orderId: first.result.view.id });
    expect(await host.list({ limit: 10 })).toHaveLength(1);
  });

  it('of two placements at the same time with one key, one places and the other gets its answer', async () => {
    await using opened = await open({ gateway: never });
    const { host } = opened;
    const both = await Promise.all([1, 2].map(() => host.place(sample, idempotency('k'))));
    expect(both.map(({ outcome }) => outcome).sort()).toEqual(['done', 'replayed']);
    expect(await host.list({ limit: 10 })).toHaveLength(1);
  });

  it('messages of one order at the same time keep an answer for each of their keys', async () => {
    await using opened = await open({ gateway: never });
    const { host } = opened;
    const { id, version } = await place(host);
    const outcomes = await Promise.all([
      noted(host, id, 'a'),
      noted(host, id, 'b'),
      noted(host, id, 'a'),
      noted(host, id, 'c'),
    ]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'replayed', 'done']);
    for (const key of ['a', 'b', 'c']) expect(await host.recall('orders', key)).toMatchObject({ key });
    expect((await host.get(id))?.version).toBe(version + 3);
  });

  it('a key counts in its scope only, and one that nobody used stands for nothing', async () => {
    await using opened = await open({ gateway: never });
    const { host } = opened;
    await host.place(sample, idempotency('k'));
    const elsewhere = await host.place(sample, { ...idempotency('k'), scope: 'other' });
    expect(elsewhere.outcome).toBe('done');
    expect(await host.recall('orders', 'unused')).toBeUndefined();
  });

  it('a refused move leaves its key free', async () => {
    await using opened = await open({ gateway: never });
    const { host } = opened;
    const { id } = await place(host);
    const message = { type: 'order.refund', refundId: 'r', reason: 'asked' } as const;
    const move = { orderId: id, to: 'order', otherwise: 'refuse', idempotency: idempotency('k') } as const;
    await expect(host.send({ ...move, message })).rejects.toMatchObject({ code: 'move-not-allowed' });
    expect(await host.recall('orders', 'k')).toBeUndefined();
  });

  it('an answer that is amended is the one that its key stands for', async () => {
    await using opened = await open({ gateway: never });
    const { host } = opened;
    await host.place(sample, idempotency('k'));
    await host.place(sample, idempotency('other'));
    await host.amend('orders', 'k', { status: 202, body: 'later', version: 4 });
    expect(await host.recall('orders', 'k')).toMatchObject({ status: 202, body: 'later', version: 4 });
    expect(await host.recall('orders', 'other')).toMatchObject({ status: 201 });
  });
};

export const describeMessages = (open: OpenHost): void => {
  describePlacing(open);
  describeSending(open);
  describeKeys(open);
};

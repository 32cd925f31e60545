// The contract of batches: what `open` loads, what `write` stores as a whole or not at all, and what nobody sees
// before it is done.
import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/store.ts';
import {
  lease,
  noon,
  noRows,
  place,
  toCall,
  toEvent,
  toMessage,
  toNeeds,
  toRecord,
  toSummary,
  toWrite,
  write,
} from './store-samples.ts';

/** Row changes of the application, as the contract's table `products` has them. */
const toProductRow = (productId: string, onHand: number) => ({
  key: `products/${productId}`,
  before: undefined,
  after: {
    ...{ productId, name: 'Anvil', unitPrice: 5000, currency: 'EUR' },
    ...{ onSale: true, revision: 1 },
    ...{ onHand, held: 0, sold: 0, available: onHand },
  },
});

const describeLoading = (current: () => Store) => {
  it('an open batch has the orders that exist, with their systems', async () => {
    await place(current(), 'a', { system: '{"x":"1"}', events: [toEvent(1)] });
    const batch = await current().open(toNeeds(['a', 'unknown']));
    expect(batch.loaded.orders).toEqual(new Map([['a', { version: 1, lastSeq: 1, system: '{"x":"1"}' }]]));
    batch.release();
  });
  it('the system of an order that the caller has at this version is not read again', async () => {
    await place(current(), 'a');
    await place(current(), 'b');
    const orders = new Map([
      ['a', 1],
      ['b', 7],
    ]);
    const batch = await current().open({ ...toNeeds([]), orders });
    expect(batch.loaded.orders.get('a')).toEqual({ version: 1, lastSeq: 0 });
    expect(batch.loaded.orders.get('b')).toMatchObject({ version: 1, system: expect.any(String) });
    batch.release();
  });
  it('a message that was recorded is known, of this order alone', async () => {
    await place(current(), 'a');
    await place(current(), 'b', { received: [toMessage(1, { messageId: 'b-1' })] });
    const received = ['message-1', 'message-2', 'b-1'].map((messageId) => ({ orderId: 'a', messageId }));
    const batch = await current().open(toNeeds(['a'], { received }));
    expect(received.map(({ messageId }) => batch.loaded.hasReceived('a', messageId))).toEqual([
      true,
      false,
      false,
    ]);
    batch.release();
  });
  it('an idempotency key that is taken comes with its record', async () => {
    await place(current(), 'a', { idempotency: [toRecord()] });
    const keys = [
      { scope: toRecord().scope, key: toRecord().key },
      { scope: 'other', key: toRecord().key },
    ];
    const batch = await current().open(toNeeds([], { keys }));
    expect(keys.map(({ scope, key }) => batch.loaded.record(scope, key))).toEqual([toRecord(), undefined]);
    batch.release();
  });
  it("the application's rows are loaded by key, and a second load adds to the first", async () => {
    const rows = { ...noRows, changed: [toProductRow('anvil', 10), toProductRow('rope', 5)] };
    await write(current(), [], { rows });
    const batch = await current().open(toNeeds([], { rows: ['products/anvil', 'products/none'] }));
    expect([...batch.loaded.rows.keys()]).toEqual(['products/anvil']);
    await batch.load(toNeeds([], { rows: ['products/rope'] }));
    expect([...batch.loaded.rows]).toEqual([
      ['products/anvil', toProductRow('anvil', 10).after],
      ['products/rope', toProductRow('rope', 5).after],
    ]);
    batch.release();
  });
};

const describeTurns = (current: () => Store) => {
  it('what a batch loaded stays true until it is written', async () => {
    await place(current(), 'a');
    const first = await current().open(toNeeds(['a']));
    const second = current().open(toNeeds(['a']));
    await first.write({ orders: [toWrite('a', 1)], rows: noRows, lease });
    const opened = await second;
    expect(opened.loaded.orders.get('a')?.version).toBe(2);
    opened.release();
  });
  it('a change waits for the batch that is open', async () => {
    await place(current(), 'a');
    const order: string[] = [];
    const batch = await current().open(toNeeds(['a']));
    const marked = current()
      .markUnreadable('a', 'why')
      .then(() => order.push('marked'));
    await batch.write({ orders: [toWrite('a', 1)], rows: noRows, lease });
    order.push('written');
    await marked;
    expect(order).toEqual(['written', 'marked']);
  });
  it('a released batch writes nothing and lets the next one open', async () => {
    const batch = await current().open(toNeeds(['a']));
    batch.release();
    const late = batch.write({ orders: [toWrite('a', 0)], rows: noRows, lease });
    await expect(late).rejects.toMatchObject({ name: 'StaleBatch' });
    await place(current(), 'a');
    batch.release();
    expect((await current().load(['a'])).get('a')?.version).toBe(1);
  });
  it('nothing of a batch is seen before it is written', async () => {
    const rows = { ...noRows, changed: [toProductRow('anvil', 10)] };
    const batch = await current().open(toNeeds(['a'], { rows: ['products/anvil'] }));
    expect((await current().load(['a'])).size).toBe(0);
    expect(await current().events({ after: 0, limit: 10 })).toEqual([]);
    expect(await current().row('products/anvil')).toBeUndefined();
    await batch.write({ orders: [toWrite('a', 0, { events: [toEvent(1)] })], rows, lease });
    expect((await current().load(['a'])).size).toBe(1);
    expect(await current().events({ after: 0, limit: 10 })).toHaveLength(1);
    expect(await current().row('products/anvil')).toEqual(toProductRow('anvil', 10).after);
  });
  it('a batch that writes nothing changes nothing', async () => {
    await write(current(), []);
    expect(await current().list({ limit: 10 })).toEqual([]);
    expect(await current().lastPosition()).toBe(0);
  });
};

const describeWriting = (current: () => Store) => {
  it('a new order is stored with its system, version and summary', async () => {
    const summary = toSummary({ owner: 'ada', incident: true, settled: true });
    await place(current(), 'a', { system: '{"x":"1"}', summary });
    expect(await current().load(['a', 'unknown'])).toEqual(
      new Map([['a', { orderId: 'a', version: 1, system: '{"x":"1"}', summary }]]),
    );
  });
  it("many orders and the application's rows are stored in one batch", async () => {
    const rows = { ...noRows, changed: [toProductRow('anvil', 10)] };
    await write(current(), [toWrite('a', 0), toWrite('b', 0)], { rows });
    expect((await current().load(['a', 'b'])).size).toBe(2);
    expect(await current().row('products/anvil')).toEqual(toProductRow('anvil', 10).after);
    expect(await current().rows('products', { limit: 10 })).toEqual([toProductRow('anvil', 10).after]);
    expect(await current().row('products/none')).toBeUndefined();
  });
  it('whose order it is and when it was placed stay as they were', async () => {
    await place(current(), 'a');
    const summary = toSummary({ owner: 'other', createdAt: noon + 5, state: 'paying' });
    await write(current(), [toWrite('a', 1, { summary })]);
    const filter = { state: 'paying', owner: 'customer-1', createdBefore: noon + 1, limit: 10 };
    expect(await current().list(filter)).toHaveLength(1);
  });
  it('how a message came is kept with it', async () => {
    const received = [
      toMessage(1),
      toMessage(2, { messageId: 'a/calls/1.1/reply', kind: 'reply', causationId: 'message-1' }),
      toMessage(3, { messageId: 'a/deadlines/3', kind: 'deadline', causationId: 'message-1' }),
    ];
    await place(current(), 'a', { version: 3, received });
    expect(await current().received('a', 0, 10)).toEqual(received);
  });
  it('several idempotency keys of one order are kept', async () => {
    const idempotency = [toRecord(), toRecord({ key: 'key-2', body: 'second', version: 2 })];
    await place(current(), 'a', { idempotency });
    for (const record of idempotency) {
      expect(await current().idempotencyRecord(record.scope, record.key)).toEqual(record);
    }
    expect(await current().idempotencyRecord('other scope', 'key-1')).toBeUndefined();
  });
  it('keys of two scopes are two, also when they read alike one after the other', async () => {
    await place(current(), 'a', { idempotency: [toRecord({ scope: 'orders', key: '/1' })] });
    const alike = toRecord({ orderId: 'b', scope: 'orders/', key: '1' });
    await place(current(), 'b', { idempotency: [alike] });
    expect(await current().idempotencyRecord('orders/', '1')).toMatchObject({ orderId: 'b' });
  });
  it('answers about no order are kept with the rows of their batch, or not at all', async () => {
    const anvil = toProductRow('anvil', 10);
    const answer = toRecord({ orderId: '', version: 0 });
    await write(current(), [], { rows: { ...noRows, changed: [anvil] }, idempotency: [answer] });
    expect(await current().idempotencyRecord(answer.scope, answer.key)).toEqual(answer);
    const again = { ...anvil, before: anvil.after, after: toProductRow('anvil', 15).after };
    const rows = { ...noRows, changed: [again] };
    const taken = write(current(), [], { rows, idempotency: [answer] });
    await expect(taken).rejects.toMatchObject({ name: 'RefusedWrite' });
    expect(await current().row('products/anvil')).toEqual(anvil.after);
  });
  it('the answer of a key can be replaced, and of an unknown key it is not', async () => {
    await place(current(), 'a', { idempotency: [toRecord()] });
    const answer = { status: 200, body: 'done', version: 4 };
    await current().updateIdempotencyAnswer(toRecord().scope, toRecord().key, answer);
    await current().updateIdempotencyAnswer(toRecord().scope, 'unknown', answer);
    expect(await current().idempotencyRecord(toRecord().scope, toRecord().key)).toEqual(toRecord(answer));
    expect(await current().idempotencyRecord(toRecord().scope, 'unknown')).toBeUndefined();
  });
};

const describeRefusing = (current: () => Store) => {
  const refused = [
    { what: 'a version that skips', order: toWrite('a', 0, { version: 2 }) },
    { what: 'no message', order: toWrite('a', 0, { version: 0, received: [] }) },
    { what: 'a message version that skips', order: toWrite('a', 0, { received: [toMessage(2)] }) },
    {
      what: 'an event seq that skips',
      order: toWrite('a', 0, { events: [toEvent(1), toEvent(3)], lastSeq: 2 }),
    },
    { what: 'an event seq that starts late', order: toWrite('a', 0, { events: [toEvent(2)], lastSeq: 1 }) },
    { what: 'a last seq that is not its events', order: toWrite('a', 0, { lastSeq: 4 }) },
    {
      what: 'the same message twice',
      order: toWrite('a', 0, {
        version: 2,
        received: [toMessage(1), toMessage(2, { messageId: 'message-1' })],
      }),
    },
    { what: 'the same call twice', order: toWrite('a', 0, { calls: [toCall('a', 'c'), toCall('a', 'c')] }) },
  ];
  const expectEmpty = async () => {
    expect((await current().load(['before', 'a', 'after'])).size).toBe(0);
    expect(await current().received('a', 0, 10)).toEqual([]);
    expect(await current().lastPosition()).toBe(0);
    expect((await current().figures()).pendingCalls).toBe(0);
    expect(await current().row('products/anvil')).toBeUndefined();
  };
  for (const { what, order } of refused) {
    it(`a batch with ${what} is refused whole`, async () => {
      const rows = { ...noRows, changed: [toProductRow('anvil', 10)] };
      const orders = [toWrite('before', 0, { events: [toEvent(1)] }), order, toWrite('after', 0)];
      await expect(write(current(), orders, { rows })).rejects.toMatchObject({ name: 'RefusedWrite' });
      await expectEmpty();
    });
  }
  it('a batch with an order that moved on is stale, and refused whole', async () => {
    await place(current(), 'a');
    const stale = write(current(), [toWrite('b', 0), toWrite('a', 0)]);
    await expect(stale).rejects.toMatchObject({ name: 'StaleBatch' });
    expect([...(await current().load(['a', 'b'])).keys()]).toEqual(['a']);
  });
  it('a batch with an order that is not at the version it was decided on is stale', async () => {
    await place(current(), 'a');
    for (const order of [toWrite('a', 7), toWrite('unknown', 4)]) {
      await expect(write(current(), [order])).rejects.toMatchObject({ name: 'StaleBatch' });
    }
    expect((await current().load(['a', 'unknown'])).size).toBe(1);
    expect(await current().received('unknown', 0, 10)).toEqual([]);
  });
  it('of writers that start from the same version, one wins', async () => {
    await place(current(), 'a');
    const racing = Array.from({ length: 20 }, () => write(current(), [toWrite('a', 1)]));
    const outcomes = await Promise.allSettled(racing);
    const lost = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    const stale = expect.objectContaining({ name: 'StaleBatch' });
    expect(lost).toEqual(Array.from({ length: 19 }, () => stale));
    expect(await current().received('a', 0, 100)).toHaveLength(2);
  });
  it('an event seq that was used before is refused', async () => {
    await place(current(), 'a', { events: [toEvent(1)] });
    const again = write(current(), [toWrite('a', 1, { events: [toEvent(1)], lastSeq: 2 })]);
    await expect(again).rejects.toMatchObject({ name: 'RefusedWrite' });
    await write(current(), [toWrite('a', 1, { events: [toEvent(2), toEvent(3)] })]);
    const events = await current().events({ after: 0, limit: 10 });
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });
  it('a message that was recorded before is refused', async () => {
    await place(current(), 'a');
    const again = toWrite('a', 1, { received: [toMessage(2, { messageId: 'message-1' })] });
    await expect(write(current(), [again])).rejects.toMatchObject({ name: 'RefusedWrite' });
  });
  it('a key that is taken is refused with its order, and a refused key stays free', async () => {
    const taking = (orderId: string) => toWrite(orderId, 0, { idempotency: [toRecord({ orderId })] });
    await expect(write(current(), [taking('a'), taking('b')])).rejects.toMatchObject({
      name: 'RefusedWrite',
    });
    expect(await current().idempotencyRecord(toRecord().scope, toRecord().key)).toBeUndefined();
    await write(current(), [taking('b')]);
    await expect(write(current(), [taking('c')])).rejects.toMatchObject({ name: 'RefusedWrite' });
    expect([...(await current().load(['a', 'b', 'c'])).keys()]).toEqual(['b']);
  });
};

export const describeBatches = (current: () => Store): void => {
  describe('what a batch loads', () => describeLoading(current));
  describe('batches take turns', () => describeTurns(current));
  describe('what a batch writes', () => describeWriting(current));
  describe('what is refused', () => describeRefusing(current));
};

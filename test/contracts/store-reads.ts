// The contract of what is asked of a store: lists, history, figures, and the end.
import { describe, expect, it } from 'vitest';
import type { OrderFilter, Store } from '../../src/store.ts';
import {
  free,
  noon,
  noRows,
  place,
  toCall,
  toEvent,
  toMessage,
  toNeeds,
  toSummary,
  toWrite,
  write,
} from './store-samples.ts';

const list = async (store: Store, filter: Partial<OrderFilter> = {}) =>
  (await store.list({ limit: 10, ...filter })).map(({ orderId }) => orderId);
const placeAt = (store: Store, orderId: string, createdAt: number) =>
  place(store, orderId, { summary: toSummary({ createdAt }) });

const describeLists = (current: () => Store) => {
  it('orders are listed newest first, and by id where they came together', async () => {
    await placeAt(current(), 'b', noon);
    await placeAt(current(), 'z', noon - 5);
    await placeAt(current(), 'c', noon);
    await placeAt(current(), 'a', noon + 5);
    expect(await list(current())).toEqual(['a', 'c', 'b', 'z']);
    expect(await list(current(), { limit: 2 })).toEqual(['a', 'c']);
  });
  it('an empty store lists nothing', async () => {
    expect(await list(current())).toEqual([]);
  });
  it('pages neither repeat nor miss an order while new ones come', async () => {
    for (let index = 0; index < 9; index += 1) {
      await placeAt(current(), `o${index}`, noon + Math.floor(index / 4));
    }
    const seen: string[] = [];
    for (let page = await list(current(), { limit: 2 }); page.length > 0; ) {
      seen.push(...page);
      await placeAt(current(), `new${seen.length}`, noon + 100);
      page = await list(current(), { limit: 2, after: page.at(-1) ?? '' });
    }
    expect(seen).toEqual(['o8', 'o7', 'o6', 'o5', 'o4', 'o3', 'o2', 'o1', 'o0']);
  });
  it('a page after an unknown order is refused', async () => {
    await placeAt(current(), 'a', noon);
    await expect(list(current(), { after: 'ghost' })).rejects.toMatchObject({ code: 'invalid-request' });
  });
  it('every filter narrows the list, and together they do so too', async () => {
    const summaries = {
      a: toSummary({ state: 'paying' }),
      b: toSummary({ state: 'paying', incident: true, createdAt: noon + 1 }),
      c: toSummary({ state: 'completed', settled: true, createdAt: noon + 2 }),
      d: toSummary({ state: 'paying', owner: 'customer-2', createdAt: noon + 3 }),
    };
    for (const [id, summary] of Object.entries(summaries)) await place(current(), id, { summary });
    expect(await list(current(), { state: 'paying' })).toEqual(['d', 'b', 'a']);
    expect(await list(current(), { settled: true })).toEqual(['c']);
    expect(await list(current(), { settled: false })).toEqual(['d', 'b', 'a']);
    expect(await list(current(), { incident: true })).toEqual(['b']);
    expect(await list(current(), { incident: false })).toEqual(['d', 'c', 'a']);
    expect(await list(current(), { owner: 'customer-1' })).toEqual(['c', 'b', 'a']);
    expect(await list(current(), { createdFrom: noon + 1, createdBefore: noon + 3 })).toEqual(['c', 'b']);
    expect(await list(current(), { state: 'paying', owner: 'customer-1', after: 'b' })).toEqual(['a']);
    expect(await list(current(), { state: 'completed', settled: false })).toEqual([]);
    expect(await list(current(), { state: 'nowhere' })).toEqual([]);
  });
  it('orders are listed by the chart version that they are on, or are not on', async () => {
    for (const [index, chartVersion] of ['1', '2', '3'].entries()) {
      const summary = toSummary({ chartVersion, createdAt: noon + index });
      await place(current(), `on-${chartVersion}`, { summary });
    }
    expect(await list(current(), { chartVersions: ['1', '3'] })).toEqual(['on-3', 'on-1']);
    expect(await list(current(), { notChartVersion: '2' })).toEqual(['on-3', 'on-1']);
    expect(await list(current(), { notChartVersion: '9' })).toEqual(['on-3', 'on-2', 'on-1']);
  });
  it('an order is listed by what it is now', async () => {
    await place(current(), 'a');
    const summary = toSummary({ state: 'completed', settled: true });
    await write(current(), [toWrite('a', 1, { summary })]);
    expect(await list(current(), { settled: false })).toEqual([]);
    expect(await list(current(), { state: 'completed', settled: true })).toEqual(['a']);
  });
};

const describeHistory = (current: () => Store) => {
  it('received messages come back as they were written, page by page', async () => {
    const messages = [
      toMessage(1, { data: { nested: { list: [1, null, 'x'] } } }),
      toMessage(2, { to: 'payment', causationId: 'message-1', disposition: 'ignored', reason: 'late' }),
      toMessage(3, { disposition: 'dead', reason: 'a guard threw' }),
    ];
    await place(current(), 'a', { version: 3, received: messages });
    await place(current(), 'b');
    expect(await current().received('a', 0, 10)).toEqual(messages);
    expect(await current().received('a', 1, 1)).toEqual(messages.slice(1, 2));
    expect(await current().received('a', 3, 10)).toEqual([]);
    expect(await current().received('ghost', 0, 10)).toEqual([]);
  });
  it('positions order the events of all orders', async () => {
    expect(await current().lastPosition()).toBe(0);
    await place(current(), 'a', { events: [toEvent(1), toEvent(2)] });
    await place(current(), 'b', { events: [toEvent(1)] });
    await write(current(), [toWrite('a', 1, { events: [toEvent(3)] })]);
    const events = await current().events({ after: 0, limit: 10 });
    expect(events.map(({ orderId, seq }) => `${orderId}${seq}`)).toEqual(['a1', 'a2', 'b1', 'a3']);
    const positions = events.map(({ position }) => position);
    expect(positions).toEqual([...positions].sort((one, other) => one - other));
    expect(new Set(positions).size).toBe(4);
    expect(await current().lastPosition()).toBe(positions.at(-1));
  });
  it('a store that is no copy has one epoch, which goes on', async () => {
    const epochs = await current().epochs();
    expect(epochs).toEqual([{ name: expect.stringMatching(/^[0-9a-f]{8}$/), lastPosition: null }]);
    await place(current(), 'a', { events: [toEvent(1)] });
    await current().noteResumed();
    expect(await current().epochs()).toEqual(epochs);
    expect(await current().restored()).toBeUndefined();
  });
  it('an event comes back as it was written', async () => {
    const event = toEvent(1, { actor: 'payment', type: 'payment.completed', schemaVersion: 3 });
    await place(current(), 'a', { events: [event] });
    const [stored] = await current().events({ after: 0, limit: 10 });
    expect(stored).toEqual({ ...event, orderId: 'a', position: stored?.position });
  });
  it('events are narrowed by order, by type and by position', async () => {
    const paid = { type: 'payment.completed' };
    await place(current(), 'a', { events: [toEvent(1), toEvent(2, paid)] });
    await place(current(), 'b', { events: [toEvent(1, paid), toEvent(2)] });
    const all = await current().events({ after: 0, limit: 10 });
    const find = async (filter: Partial<Parameters<Store['events']>[0]>) =>
      (await current().events({ after: 0, limit: 10, ...filter })).map((event) =>
        all.findIndex(({ position }) => position === event.position),
      );
    expect(await find({ orderId: 'b' })).toEqual([2, 3]);
    expect(await find({ types: ['payment.completed'] })).toEqual([1, 2]);
    expect(await find({ types: ['payment.completed'], orderId: 'a' })).toEqual([1]);
    expect(await find({ after: all[1]?.position ?? 0 })).toEqual([2, 3]);
    expect(await find({ after: all[2]?.position ?? 0, orderId: 'b', limit: 1 })).toEqual([3]);
    expect(await find({ upTo: all[1]?.position ?? 0 })).toEqual([0, 1]);
    expect(await find({ upTo: all[1]?.position ?? 0, types: ['payment.completed'] })).toEqual([1]);
    expect(await find({ upTo: all[2]?.position ?? 0, orderId: 'b' })).toEqual([2]);
    expect(await find({ after: all[1]?.position ?? 0, upTo: all[1]?.position ?? 0 })).toEqual([]);
    expect(await find({ types: [] })).toEqual([]);
    expect(await find({ owner: 'nobody' })).toEqual([]);
    const { owner } = (await current().load(['b'])).get('b')?.summary ?? { owner: '' };
    expect(await find({ owner })).toEqual([0, 1, 2, 3]);
    expect(await current().owners(['a', 'b', 'nothing'])).toEqual(
      new Map([
        ['a', owner],
        ['b', owner],
      ]),
    );
    expect(await find({ orderId: 'ghost' })).toEqual([]);
    expect(await find({ after: 1000 })).toEqual([]);
  });
  it('a refused batch leaves the last position alone', async () => {
    await place(current(), 'a', { events: [toEvent(1)] });
    const before = await current().lastPosition();
    const refused = write(current(), [
      toWrite('c', 0, { events: [toEvent(1)] }),
      toWrite('b', 0, { version: 8 }),
    ]);
    await expect(refused).rejects.toThrow();
    expect(await current().lastPosition()).toBe(before);
  });
  it('text survives: quotes, every plane of Unicode, NUL inside of data', async () => {
    const odd = 'a b "quoted" \'single\' \\ \u2028 é 漢 \u{1F600} \u{10FFFF}';
    const data = { [odd]: `\0${odd}`, __proto__x: 1 };
    const counts = { onHand: 1, held: 0, sold: 0, available: 1 };
    const after = {
      productId: odd,
      name: odd,
      unitPrice: 1,
      currency: odd,
      onSale: true,
      revision: 1,
      ...counts,
    };
    const product = { key: `products/${odd}`, before: undefined, after };
    const kept = {
      system: JSON.stringify({ odd: data }),
      received: [toMessage(1, { data, reason: odd, disposition: 'ignored' })],
      events: [toEvent(1, { data })],
      calls: [toCall(odd, odd, { command: { type: odd, key: odd, text: odd } })],
      idempotency: [
        { scope: odd, key: odd, fingerprint: odd, orderId: odd, status: 1, body: odd, version: 1, at: noon },
      ],
    };
    await write(current(), [toWrite(odd, 0, kept)], { lease: free, rows: { ...noRows, changed: [product] } });
    expect((await current().load([odd])).get(odd)?.system).toBe(kept.system);
    expect(await current().received(odd, 0, 10)).toEqual(kept.received);
    expect((await current().events({ orderId: odd, after: 0, limit: 1 }))[0]?.data).toEqual(data);
    expect(await current().idempotencyRecord(odd, odd)).toEqual(kept.idempotency[0]);
    expect(
      await current().claimCalls({ owner: odd, now: noon, until: noon, limit: 1, versions: ['1'] }),
    ).toEqual(kept.calls);
    expect(await current().row(`products/${odd}`)).toEqual(product.after);
  });
  it('nothing that is stored is shared with who stored or read it', async () => {
    const items = [1, 2];
    await place(current(), 'a', { received: [toMessage(1, { data: { items } })], events: [toEvent(1)] });
    items.push(3);
    const [first] = await current().received('a', 0, 1);
    if (first !== undefined) Object.assign(first.data, { items: 'changed' });
    const [again] = await current().received('a', 0, 1);
    expect(again?.data).toEqual({ items: [1, 2] });
    const [event] = await current().events({ after: 0, limit: 1 });
    if (event !== undefined) Object.assign(event.data, { amount: 0 });
    const [eventAgain] = await current().events({ after: 0, limit: 1 });
    expect(eventAgain?.data).toEqual(toEvent(1).data);
  });
};

const describeEnd = (current: () => Store) => {
  it('an empty store has no figures to speak of', async () => {
    const expected = {
      ordersByState: {},
      ordersByVersion: {},
      incidents: 0,
      unreadable: {},
      pendingCalls: 0,
    };
    expect(await current().figures()).toEqual(expected);
  });
  it('figures count orders by state, incidents, unreadable orders and calls', async () => {
    const paying = toSummary({ state: 'paying', incident: true });
    await place(current(), 'a', { summary: paying, calls: [toCall('a', 'c1'), toCall('a', 'c2')] });
    await place(current(), 'b', { summary: toSummary({ state: 'paying' }) });
    await place(current(), 'c', { summary: toSummary({ state: 'completed' }) });
    await current().markUnreadable('c', 'why');
    const ordersByState = { paying: 2, completed: 1 };
    const counted = { ordersByState, ordersByVersion: { 1: 3 }, unreadable: { 1: 1 } };
    const expected = { ...counted, incidents: 1, pendingCalls: 2 };
    expect(await current().figures()).toEqual(expected);
  });
  it('the backlog is what waits: due deadlines, and the oldest order that should settle', async () => {
    const nothing = { overdue: 0, dueSince: null, unsettledSince: null };
    expect(await current().backlog(noon, ['1'])).toEqual(nothing);
    const at = (createdAt: number, changes = {}) => toSummary({ createdAt, ...changes });
    await place(current(), 'due', { summary: at(noon - 50), wakeAt: noon - 20 });
    await place(current(), 'due now', { summary: at(noon - 60, { incident: true }), wakeAt: noon });
    await place(current(), 'later', { summary: at(noon - 40), wakeAt: noon + 1 });
    await place(current(), 'settled', { summary: at(noon - 90, { settled: true }) });
    await place(current(), 'unreadable', { summary: at(noon - 80), wakeAt: noon - 70 });
    await current().markUnreadable('unreadable', 'why');
    await place(current(), 'other', { summary: at(noon - 99, { chartVersion: '9' }), wakeAt: noon - 99 });
    const found = { overdue: 2, dueSince: noon - 20, unsettledSince: noon - 50 };
    expect(await current().backlog(noon, ['1'])).toEqual(found);
    expect(await current().backlog(noon, ['9'])).toMatchObject({ overdue: 1, dueSince: noon - 99 });
    expect(await current().backlog(noon, [])).toEqual(nothing);
  });
  it('a store that can write says so, and is not changed by the question', async () => {
    await place(current(), 'a');
    await expect(current().check()).resolves.toBeUndefined();
    expect(await list(current())).toEqual(['a']);
  });
  it('what was asked before the close is done, what is asked after it is refused', async () => {
    const store = current();
    const writing = place(store, 'a');
    const closing = store.close();
    await writing;
    await closing;
    const refused = [
      store.open(toNeeds(['b'])),
      store.load(['a']),
      store.list({ limit: 1 }),
      store.claimCalls({ owner: 'x', now: noon, until: noon, limit: 1, versions: ['1'] }),
      store.row('products/anvil'),
      store.check(),
      store.figures(),
    ];
    for (const promise of refused) await expect(promise).rejects.toMatchObject({ code: 'closing' });
  });
  it('a second close changes nothing', async () => {
    await current().close();
    await expect(current().close()).resolves.toBeUndefined();
  });
};

export const describeReads = (current: () => Store): void => {
  describe('lists', () => describeLists(current));
  describe('history', () => describeHistory(current));
  describe('figures and the end', () => describeEnd(current));
};

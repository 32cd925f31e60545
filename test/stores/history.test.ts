// Rows of the history (src/stores/history-rows.ts): whatever is written comes back as it was, ids and personal fields
// stand where they belong, and the views for reports say the same as the store.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CommonValues } from '../../src/stores/common-values.ts';
import { RowTexts, restore } from '../../src/stores/history-text.ts';
import { noon, place, toEvent, toMessage, toNeeds, toWrite, write } from '../contracts/store-samples.ts';
import { useFile } from './sqlite-file.ts';

const { query, withStore } = useFile();

/** Texts that look like what the file has in place of an id or of a personal field. */
const text = fc.oneof(
  fc.string(),
  fc.constantFrom('~', '~~', '~0', '~1', '~/x', 'a', 'a/b', 'a~', 'b/a', '', '"a/', '__proto__'),
);
const { data } = fc.letrec((tie) => ({
  data: fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.integer(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('data'),
  ),
}));

it('any data comes back as it was, whichever of its fields are personal or common', () => {
  fc.assert(
    fc.property(fc.constantFrom('a', '~', '', '"', '~/a', 'å'), data, fc.array(text), (id, value, names) => {
      const common = new CommonValues();
      const large = { ...value, large: { list: Array.from({ length: 60 }, () => 'large') } };
      for (let times = 0; times < 2; times += 1) {
        const texts = new RowTexts(id, { isPersonal: (_, name) => names.includes(name), common });
        const written = JSON.stringify(texts.toData('any', large));
        const personal = JSON.parse(JSON.stringify(texts.personal));
        const readCommon = (key: string) => JSON.parse(texts.common.get(key) ?? '');
        const restored = restore({ orderId: id, personal, readCommon }, JSON.parse(written));
        expect(JSON.stringify(restored)).toBe(JSON.stringify(large));
      }
    }),
  );
});

it('a large value that messages have alike is written once, from the second time on', async () => {
  await withStore(async (store, { writer }) => {
    const policy = { steps: Array.from({ length: 100 }, (_, index) => index) };
    const toOrder = (orderId: string) =>
      place(store, orderId, { received: [toMessage(1, { data: { policy, small: { a: 1 } } })] });
    for (const orderId of ['a', 'b', 'c']) await toOrder(orderId);
    const rows = query("SELECT order_id, data ->> 'policy' AS policy FROM received ORDER BY order_id");
    const [common] = query('SELECT key, value FROM common_values').map(Object);
    expect(JSON.parse(common.value)).toEqual(policy);
    expect(rows).toEqual([
      { order_id: 'a', policy: JSON.stringify(policy) },
      { order_id: 'b', policy: `~=${common.key}` },
      { order_id: 'c', policy: `~=${common.key}` },
    ]);
    for (const orderId of ['a', 'b', 'c']) {
      expect(await store.received(orderId, 0, 1)).toMatchObject([{ data: { policy, small: { a: 1 } } }]);
    }
    expect(() => writer.exec('DELETE FROM common_values')).toThrow('append-only');
  });
});

it("a value with the order's id or a personal field in it is of that order alone", async () => {
  await withStore(async (store) => {
    for (const orderId of ['a', 'a2', 'a3']) {
      const items = Array.from({ length: 30 }, () => ({ name: 'Widget', quantity: 1 }));
      const keys = Array.from({ length: 30 }, () => `${orderId}/charge/1`);
      await place(store, orderId, { received: [toMessage(1, { data: { items, keys } })] });
    }
    expect(query('SELECT * FROM common_values')).toEqual([]);
  });
});

const received = [
  toMessage(1, { messageId: '~odd', correlationId: '~odd', data: { orderId: 'a' }, principal: 'shop' }),
  toMessage(2, {
    ...{ messageId: 'a/calls/1.1/reply', kind: 'reply', to: 'payment', type: 'gateway.charged' },
    ...{ causationId: '~odd', correlationId: '~odd', data: { key: 'a/charge/1', text: '~/no id' } },
  }),
  toMessage(3, {
    causationId: 'a/calls/9.9/reply',
    correlationId: 'other',
    disposition: 'dead',
    reason: 'x',
  }),
];
const events = [
  toEvent(1, { eventId: 'a/events/1', causationId: '~odd', correlationId: '~odd' }),
  toEvent(2, { eventId: '~/odd', causationId: 'a/calls/1.1/reply', schemaVersion: 2, data: {} }),
  toEvent(3, { causationId: 'message-3', at: noon + 1 }),
];

it('messages and events that led to each other are in one row, and come back as they were', async () => {
  await withStore(async (store) => {
    await place(store, 'a', { version: 3, received, events });
    expect(query('SELECT count(*) AS rows FROM history')).toEqual([{ rows: 1 }]);
    expect(await store.received('a', 0, 10)).toEqual(received);
    const stored = await store.events({ after: 0, limit: 10 });
    expect(stored).toEqual(events.map((event, index) => ({ ...event, orderId: 'a', position: index + 1 })));
  });
});

it('each message from outside begins a row, with the events that it led to', async () => {
  await withStore(async (store) => {
    const messages = [toMessage(1), toMessage(2, { causationId: 'message-1' }), toMessage(3)];
    const led = ['message-1', 'message-2', 'message-2', 'message-3'].map((causationId, index) =>
      toEvent(index + 1, { causationId }),
    );
    await place(store, 'a', { version: 3, received: messages, events: led });
    const rows = query('SELECT position, version, last_seq, message_id FROM history ORDER BY position');
    expect(rows).toEqual([
      { position: 3, version: 2, last_seq: 3, message_id: 'message-1' },
      { position: 4, version: 3, last_seq: 4, message_id: 'message-3' },
    ]);
    expect(await store.events({ after: 1, upTo: 3, limit: 10 })).toMatchObject([{ seq: 2 }, { seq: 3 }]);
    expect(await store.received('a', 1, 1)).toEqual(messages.slice(1, 2));
  });
});

it('the first message of an order is found again without an index of its own, and others by theirs', async () => {
  await withStore(async (store) => {
    const first = toMessage(1, { messageId: 'm1', correlationId: 'm1' });
    const second = toMessage(2, { messageId: 'a/calls/1.1/reply', causationId: 'm1', correlationId: 'm1' });
    const third = toMessage(3, { messageId: 'm3', correlationId: 'm1' });
    await place(store, 'a', { version: 3, received: [first, second, third] });
    const ids = query('SELECT message_id FROM history ORDER BY version').map((row) => Object(row).message_id);
    expect(ids).toEqual([null, 'm3']);
    const asked = ['m1', 'm3', 'm2', 'a/calls/1.1/reply'].map((messageId) => ({ orderId: 'a', messageId }));
    const batch = await store.open(toNeeds([], { received: asked }));
    const found = asked.filter(({ messageId }) => batch.loaded.hasReceived('a', messageId));
    batch.release();
    expect(found.map(({ messageId }) => messageId)).toEqual(['m1', 'm3']);
    await expect(write(store, [toWrite('a', 3, { received: [{ ...third, version: 4 }] })])).rejects.toThrow();
  });
});

it('a row without events has a place before the journal, and takes none of its positions', async () => {
  await withStore(async (store) => {
    await place(store, 'a');
    expect(await store.lastPosition()).toBe(0);
    await place(store, 'b', { events: [toEvent(1)] });
    await write(store, [toWrite('a', 1)]);
    await write(store, [toWrite('b', 1, { events: [toEvent(2)] })]);
    expect(await store.events({ after: 0, limit: 10 })).toMatchObject([{ position: 1 }, { position: 2 }]);
    expect(await store.lastPosition()).toBe(2);
    expect(query('SELECT position FROM history ORDER BY position')).toEqual(
      [-2, -1, 1, 2].map((position) => ({ position })),
    );
  });
});

it('the type of an event in the data of another one is not taken for its type', async () => {
  await withStore(async (store) => {
    await place(store, 'a', { events: [toEvent(1, { data: { about: 'order.paid' } })] });
    await place(store, 'b', { events: [toEvent(1), toEvent(2, { type: 'order.paid' }), toEvent(3)] });
    const found = await store.events({ after: 0, types: ['order.paid'], limit: 1 });
    expect(found).toMatchObject([{ orderId: 'b', seq: 2, position: 3 }]);
  });
});

it('more events are read than rows are read at a time', async () => {
  await withStore(async (store) => {
    for (let index = 0; index < 600; index += 1) await place(store, `o${index}`, { events: [toEvent(1)] });
    expect(await store.events({ after: 0, limit: 599 })).toHaveLength(599);
    expect((await store.events({ after: 590, limit: 100 })).map(({ position }) => position)).toEqual(
      Array.from({ length: 10 }, (_, index) => 591 + index),
    );
  });
});

it('personal fields stand in a column of their own, once each, and can be erased and not changed', async () => {
  await withStore(async (store, { writer }) => {
    const person = { customerId: 'ann', email: 'ann@example.com' };
    const items = [{ name: 'For Ann', quantity: 1 }];
    const message = toMessage(1, { data: { ...person, currency: 'USD', items } });
    const event = toEvent(1, { data: { ...person, amount: 1, items } });
    await place(store, 'a', { received: [message], events: [event] });
    expect(query('SELECT personal FROM history')).toEqual([
      { personal: JSON.stringify(['ann', 'ann@example.com', 'For Ann']) },
    ]);
    expect(JSON.stringify(query('SELECT messages, events FROM history'))).not.toMatch(/ann/i);
    expect(await store.received('a', 0, 1)).toEqual([message]);
    expect(await store.events({ after: 0, limit: 1 })).toMatchObject([{ data: event.data }]);

    expect(() => writer.exec(`UPDATE history SET personal = '["eve"]'`)).toThrow('only be erased');
    writer.exec(`UPDATE history SET personal = '[]'`);
    const erased = { customerId: null, email: null, currency: 'USD', items: [{ name: null, quantity: 1 }] };
    expect(await store.received('a', 0, 1)).toMatchObject([{ data: erased }]);
  });
});

it('the views say the same as the store', async () => {
  await withStore(async (store) => {
    await place(store, 'a', { version: 3, received, events });
    await place(store, 'b');
    const messages = query(
      `SELECT version, message_id AS messageId, kind, actor AS "to", type, causation_id AS causationId,
         correlation_id AS correlationId, disposition, reason, at, principal
       FROM received WHERE order_id = 'a' ORDER BY version`,
    );
    const expected = await store.received('a', 0, 10);
    expect(messages).toEqual(expected.map(({ data: _, ...rest }) => ({ principal: null, ...rest })));
    const journal = query(
      `SELECT position, order_id AS orderId, event_id AS eventId, seq, actor, type, schema_version AS schemaVersion,
         causation_id AS causationId, correlation_id AS correlationId, at FROM events ORDER BY position`,
    );
    const read = await store.events({ after: 0, limit: 10 });
    expect(journal).toEqual(read.map(({ data: _, ...rest }) => rest));
    expect(query("SELECT data ->> 'key' AS key FROM received WHERE type = 'gateway.charged'")).toEqual([
      { key: '~/charge/1' },
    ]);
  });
});

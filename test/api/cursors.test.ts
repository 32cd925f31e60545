// Cursors that a store never gave out, as after a restore of an older copy: refused with the newest, never silence.
import { expect, it } from 'vitest';
import { EventReader, listen } from './connections.ts';
import { createEdge, problemOf } from './edge.ts';

const createFilled = async () => {
  const edge = await createEdge();
  const { version } = await edge.add('order-1');
  await edge.add('order-2');
  return { ...edge, newest: await edge.runner.lastPosition(), version };
};

it.each<[string, string, Record<string, string>]>([
  ['events', '/events?after=999999', {}],
  ['events of a type', '/events?after=999999&types=order.created', {}],
  ['events of an order', '/orders/order-1/events?after=999999', {}],
  ['the stream of all events, by the header', '/events/stream', { 'last-event-id': '999999' }],
  ['the stream of all events, by `lastEventId`', '/events/stream?lastEventId=999999', {}],
  ['the stream of all events, by `after`', '/events/stream?after=999999', {}],
  ['the stream of an order, by the header', '/orders/order-1/stream', { 'last-event-id': '999999' }],
  ['the stream of an order, by `after`', '/orders/order-1/stream?after=999999', {}],
])('%s beyond the newest are 410 with the newest position', async (_what, url, headers) => {
  const { get, newest } = await createFilled();
  const answer = await get(url, headers);
  expect(answer.statusCode).toBe(410);
  const problem = problemOf.parse(answer.json());
  expect(problem).toMatchObject({ type: '/problems/cursor-unknown', newest: String(newest) });
  expect(problem.detail).toBe(`This store never gave out the cursor 999999: its newest is ${newest}.`);
});

it('messages of an order beyond its version are 410 with that version', async () => {
  const { get, version } = await createFilled();
  const answer = await get(`/orders/order-1/messages?after=${version + 1}`);
  expect(answer.statusCode).toBe(410);
  expect(problemOf.parse(answer.json())).toMatchObject({ newest: String(version) });
  expect((await get(`/orders/order-1/messages?after=${version}`)).json().messages).toEqual([]);
});

it('an order that does not exist is 404, whatever the cursor', async () => {
  const { get } = await createFilled();
  for (const path of ['events', 'messages', 'stream']) {
    expect((await get(`/orders/nobody/${path}?after=999999`)).statusCode).toBe(404);
  }
});

it('the newest position itself is a cursor: nothing yet, then what comes', async () => {
  const filled = await createFilled();
  await using edge = { ...filled, ...(await listen(filled)) };
  expect((await edge.get(`/events?after=${edge.newest}`)).json()).toEqual({ events: [], next: null });
  const resumed = { 'last-event-id': String(edge.newest) };
  await using reader = await EventReader.open(`${edge.url}/events/stream`, resumed);
  await edge.post('/orders/order-1/cancel', {});
  expect(await reader.takeIds(1)).toEqual([String(edge.newest + 1)]);
});

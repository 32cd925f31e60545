// Cursors that a store never gave out, as after a restore of an older copy: refused with the newest, never silence.
import { expect, it } from 'vitest';
import { EventReader, listen } from './connections.ts';
import { createEdge, problemOf } from './edge.ts';

const createFilled = async () => {
  const edge = await createEdge();
  const { version } = await edge.add('order-1');
  await edge.add('order-2');
  const position = await edge.runner.lastPosition();
  const epoch = (await edge.runner.epochs()).at(-1)?.name;
  return { ...edge, position, newest: `${epoch}-${position}`, version };
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
  expect(problem).toMatchObject({ type: '/problems/cursor-unknown', newest });
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
  const resumed = { 'last-event-id': edge.newest };
  await using reader = await EventReader.open(`${edge.url}/events/stream`, resumed);
  await edge.post('/orders/order-1/cancel', {});
  expect(await reader.takeIds(1)).toEqual([edge.newest.replace(/\d+$/, String(edge.position + 1))]);
});

it('every reader gets cursors with the epoch, and a plain position is one as long as nothing was restored', async () => {
  const { get, newest, position } = await createFilled();
  const { next } = (await get('/events?limit=1')).json();
  expect(next).toBe(newest.replace(/\d+$/, '1'));
  const behind = (await get(`/events?after=${next}`)).json();
  expect(behind.events[0].position).toBe('2');
  expect((await get('/events?after=1')).json()).toEqual(behind);
  expect((await get(`/events?after=${position}`)).json().events).toEqual([]);
});

it.each([
  '/events?after=0badc0de-1',
  '/orders/order-1/events?after=0badc0de-0',
  '/events/stream?lastEventId=0badc0de-1',
])('a cursor of an epoch that this store never had is 410, however small: %s', async (url) => {
  const { get, newest } = await createFilled();
  const answer = await get(url);
  expect(answer.statusCode).toBe(410);
  expect(problemOf.parse(answer.json())).toMatchObject({ type: '/problems/cursor-unknown', newest });
});

it.each(['x-1', '1-', '-1', 'ABCDEF01-1', '1-1-1'])('what is no cursor is 400: %s', async (after) => {
  const { get } = await createFilled();
  expect((await get(`/events?after=${after}`)).statusCode).toBe(400);
});

it('after a restore, cursors are good up to where the copy ended, and beyond it they are 410', async () => {
  const { get, replaced, position, newest } = await createFilled();
  const [before] = newest.split('-');
  const ended = position - 1;
  replaced.epochs = async () => [
    { name: before ?? '', lastPosition: ended },
    { name: 'c0ffee00', lastPosition: null },
  ];
  const here = `c0ffee00-${position}`;
  for (const lost of [newest, String(position)]) {
    const answer = await get(`/events?after=${lost}`);
    expect(answer.statusCode).toBe(410);
    expect(problemOf.parse(answer.json())).toMatchObject({ newest: here });
  }
  for (const kept of [`${before}-${ended}`, String(ended), `c0ffee00-${ended}`]) {
    expect((await get(`/events?after=${kept}`)).json().events).toHaveLength(1);
  }
});

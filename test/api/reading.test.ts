// Reading: orders, lists and their cursors, and incidents. Nothing moves.
import { describe, expect, it } from 'vitest';
import { newestVersion } from '../../machines/registry.ts';
import { chargeAll, never } from '../hosts/harness.ts';
import { createEdge, noon, problemOf, withIncident } from './edge.ts';

describe('an order', () => {
  it('is shown with its actors, amounts, deadlines, open moves and links', async () => {
    const { get, add, show } = await createEdge();
    await add('a b');
    show({
      moves: [
        { move: 'refund', by: 'operator', upTo: 60 },
        { move: 'resolve', by: 'operator', actor: 'payment', outcomes: ['charged'] },
      ],
    });
    const answer = await get('/orders/a%20b');
    expect(answer.statusCode).toBe(200);
    expect(answer.headers.etag).toBe('"3"');
    const at = '2026-01-31T12:00:00.000Z';
    expect(answer.json()).toMatchObject({
      id: 'a b',
      version: 3,
      amount: 5000,
      actors: { payment: { state: 'charging.asking', settled: false, since: at } },
      calls: [{ actor: 'payment', type: 'gateway.charge', attempt: 1, at }],
      moves: [
        { move: 'refund', method: 'POST', href: '/orders/a%20b/refunds', by: 'operator', upTo: 60 },
        { move: 'resolve', actor: 'payment', outcomes: ['charged'], href: '/orders/a%20b/resolve' },
      ],
      links: { self: '/orders/a%20b', stream: '/orders/a%20b/stream' },
    });
    expect(answer.json().deadlines).toContainEqual({
      actor: 'order',
      name: 'payDeadline',
      dueAt: '2026-01-31T12:05:00.000Z',
    });
  });

  it('that has not changed is 304 for its ETag', async () => {
    const { get, add } = await createEdge();
    await add('order-1');
    const answer = await get('/orders/order-1', { 'if-none-match': '"3"' });
    expect(answer.statusCode).toBe(304);
    expect(answer.body).toBe('');
    expect(answer.headers.etag).toBe('"3"');
  });

  it.each(['"0"', '"13"', '"30"', '3', '"', '""'])(
    'that has another ETag than %s is shown',
    async (ifNoneMatch) => {
      const { get, add } = await createEdge();
      await add('order-1');
      expect((await get('/orders/order-1', { 'if-none-match': ifNoneMatch })).statusCode).toBe(200);
    },
  );

  it('that cannot be read is shown as such, without an ETag', async () => {
    const { get, add, showUnreadable } = await createEdge();
    await add('order-1');
    showUnreadable('chart 9 is unknown');
    const answer = await get('/orders/order-1', { 'if-none-match': '"3"' });
    expect(answer.headers.etag).toBeUndefined();
    const shown = {
      id: 'order-1',
      version: 3,
      state: 'paying',
      settled: false,
      customerId: 'customer-1',
      unreadable: 'chart 9 is unknown',
      incidents: [
        {
          actor: 'order',
          reason: 'unreadable',
          text: 'chart 9 is unknown',
          since: '2026-01-31T12:00:00.000Z',
        },
      ],
      moves: [],
      chartVersion: newestVersion,
      createdAt: '2026-01-31T12:00:00.000Z',
      updatedAt: '2026-01-31T12:00:00.000Z',
      links: expect.objectContaining({ self: '/orders/order-1' }),
    };
    expect(answer.json()).toEqual(shown);
    expect((await get('/orders')).json().orders).toEqual([shown]);
  });

  it.each(['', '/events', '/messages', '/explain', '/stream'])(
    'that is unknown is 404 at %s',
    async (part) => {
      const { get } = await createEdge();
      const answer = await get(`/orders/nobody${part}`);
      expect(answer.statusCode).toBe(404);
      expect(problemOf.parse(answer.json()).type).toBe('/problems/order-not-found');
    },
  );
});

describe('the list of orders', () => {
  const createThree = async () => {
    const edge = await createEdge({
      gateway: (call) => (call.orderId === 'order-1' ? never(call) : chargeAll(call)),
      mailer: ({ orderId }) =>
        orderId === 'order-3' ? { type: 'mailer.failed', reason: 'full' } : { type: 'mailer.sent' },
      settings: { NOTIFICATION_ATTEMPTS: 1 },
    });
    for (const orderId of ['order-1', 'order-2', 'order-3']) {
      await edge.add(orderId, `customer-of-${orderId}`);
      if (orderId !== 'order-1') await edge.runner.waitUntilSettled(orderId, 60_000);
      await edge.clock.advance(1000);
    }
    return edge;
  };
  const ids = (body: { orders: { id: string }[] }) => body.orders.map(({ id }) => id);

  it('is newest first', async () => {
    const { get } = await createThree();
    const body = (await get('/orders')).json();
    expect(ids(body)).toEqual(['order-3', 'order-2', 'order-1']);
    expect(body.next).toBeNull();
  });

  it.each([
    ['state=completed', ['order-3', 'order-2']],
    ['state=paying', ['order-1']],
    ['settled=true', ['order-2']],
    ['settled=false', ['order-3', 'order-1']],
    ['incident=true', ['order-3']],
    ['incident=false', ['order-2', 'order-1']],
    ['customerId=customer-of-order-1', ['order-1']],
    ['createdFrom=2026-01-31T12:00:01Z', ['order-3', 'order-2']],
    ['createdBefore=2026-01-31T13:00:01%2B01:00', ['order-1']],
    ['settled=false&incident=true', ['order-3']],
    ['state=unheard-of', []],
  ])('is filtered by %s', async (query, expected) => {
    const { get } = await createThree();
    expect(ids((await get(`/orders?${query}`)).json())).toEqual(expected);
  });

  it('has pages that neither skip nor repeat while orders come in', async () => {
    const { get, add } = await createThree();
    const first = (await get('/orders?limit=2')).json();
    await add('order-4');
    const second = (await get(`/orders?limit=2&after=${first.next}`)).json();
    expect([...ids(first), ...ids(second)]).toEqual(['order-3', 'order-2', 'order-1']);
    expect(second.next).toBeNull();
  });

  it('has a next page where a page is full, and that page may be empty', async () => {
    const { get } = await createThree();
    const full = (await get('/orders?limit=3')).json();
    expect(full.next).toBe('order-1');
    expect((await get(`/orders?limit=3&after=${full.next}`)).json()).toEqual({ orders: [], next: null });
  });

  it('has 50 orders on a page where no limit is given', async () => {
    const { get, add } = await createEdge();
    await Promise.all(Array.from({ length: 51 }, (_, index) => add(`order-${index}`)));
    const body = (await get('/orders')).json();
    expect(body.orders).toHaveLength(50);
    expect(body.next).toBe(body.orders[49].id);
  });

  it('refuses to go on after an order that does not exist', async () => {
    const { get } = await createThree();
    const answer = await get('/orders?after=nobody');
    expect(answer.statusCode).toBe(400);
    expect(problemOf.parse(answer.json()).type).toBe('/problems/invalid-request');
  });
});

describe('the incidents', () => {
  it('are listed with reason, moves and links, and no order without one', async () => {
    const { get, add, runner, clock } = await createEdge({
      ...withIncident,
      mailer: ({ orderId }) =>
        orderId === 'fine' ? { type: 'mailer.sent' } : { type: 'mailer.failed', reason: 'mailbox-full' },
    });
    await add('fine');
    await clock.advance(1000);
    await add('stuck');
    await runner.waitUntilSettled('stuck', 60_000);
    const body = (await get('/incidents')).json();
    expect(body.next).toBeNull();
    expect(body.incidents).toMatchObject([
      {
        orderId: 'stuck',
        actor: 'notification',
        reason: 'notice-unsent',
        since: '2026-01-31T12:00:01.000Z',
        moves: [
          { move: 'refund', by: 'operator', upTo: 5000 },
          { move: 'retry', actor: 'notification', href: '/orders/stuck/retry' },
          { move: 'resolve', actor: 'notification', href: '/orders/stuck/resolve' },
        ],
        links: { order: '/orders/stuck' },
      },
    ]);
  });

  it('each have the moves of their own actor and those of the order', async () => {
    const { get, add, runner, show } = await createEdge(withIncident);
    await add('stuck');
    await runner.waitUntilSettled('stuck', 60_000);
    const incident = { reason: 'r', text: 't', since: noon };
    show({
      incidents: [
        { ...incident, actor: 'payment' },
        { ...incident, actor: 'notification' },
      ],
      moves: [
        { move: 'cancel', by: 'customer' },
        { move: 'retry', by: 'operator', actor: 'payment' },
        { move: 'retry', by: 'operator', actor: 'notification' },
      ],
    });
    const { incidents } = (await get('/incidents')).json();
    expect(incidents).toMatchObject([
      { actor: 'payment', moves: [{ move: 'cancel' }, { move: 'retry', actor: 'payment' }] },
      { actor: 'notification', moves: [{ move: 'cancel' }, { move: 'retry', actor: 'notification' }] },
    ]);
  });

  it('come in pages of orders', async () => {
    const { get, add, runner, clock } = await createEdge(withIncident);
    for (const orderId of ['first', 'second', 'third']) {
      await add(orderId);
      await runner.waitUntilSettled(orderId, 60_000);
      await clock.advance(1000);
    }
    const toIds = (body: { incidents: { orderId: string }[] }) =>
      body.incidents.map(({ orderId }) => orderId);
    const page = (await get('/incidents?limit=2')).json();
    expect(toIds(page)).toEqual(['third', 'second']);
    expect(page.next).toBe('second');
    expect(toIds((await get('/incidents?limit=2&after=second')).json())).toEqual(['first']);
  });
});

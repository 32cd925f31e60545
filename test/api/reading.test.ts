// Reading: orders, lists and their cursors, events, messages, incidents and explanations. Nothing moves.
import { describe, expect, it } from 'vitest';
import { createEdge, problemOf } from './edge.ts';
import { noon } from './fake-host.ts';

describe('an order', () => {
  it('is shown with its actors, amounts, deadlines, open moves and links', async () => {
    const { get, host } = createEdge();
    host.add({ orderId: 'a b', amount: 100 });
    host.change('a b', {
      allowed: [
        { move: 'refunds', by: 'operator', upTo: 60 },
        { move: 'resolve', by: 'operator', actor: 'payment', outcomes: ['charged'] },
      ],
      calls: [{ actor: 'payment', type: 'gateway.charge', key: 'k', attempt: 2, at: noon }],
    });
    const answer = await get('/orders/a%20b');
    expect(answer.statusCode).toBe(200);
    expect(answer.headers.etag).toBe('"2"');
    expect(answer.json()).toMatchObject({
      id: 'a b',
      version: 2,
      actors: { payment: { state: 'idle', settled: true, since: '2026-01-31T12:00:00.000Z' } },
      deadlines: [{ actor: 'order', name: 'validateWithin', dueAt: '2026-01-31T12:01:00.000Z' }],
      calls: [{ actor: 'payment', type: 'gateway.charge', attempt: 2, at: '2026-01-31T12:00:00.000Z' }],
      allowed: [
        { move: 'refunds', method: 'POST', href: '/orders/a%20b/refunds', by: 'operator', upTo: 60 },
        { move: 'resolve', actor: 'payment', outcomes: ['charged'], href: '/orders/a%20b/resolve' },
      ],
      links: { self: '/orders/a%20b', stream: '/orders/a%20b/stream' },
    });
  });

  it('that has not changed is 304 for its ETag', async () => {
    const { get, host } = createEdge();
    host.add({ orderId: 'order-1' });
    const answer = await get('/orders/order-1', { 'if-none-match': '"1"' });
    expect(answer.statusCode).toBe(304);
    expect(answer.body).toBe('');
    expect((await get('/orders/order-1', { 'if-none-match': '"0"' })).statusCode).toBe(200);
  });

  it('that cannot be read is shown as such, without an ETag', async () => {
    const { get, host } = createEdge();
    host.add({ orderId: 'order-1' });
    host.change('order-1', { unreadable: 'chart 9 is unknown' });
    const answer = await get('/orders/order-1');
    expect(answer.json().unreadable).toBe('chart 9 is unknown');
    expect(answer.headers.etag).toBeUndefined();
  });

  it.each(['', '/events', '/messages', '/explain', '/stream'])(
    'that is unknown is 404 at %s',
    async (part) => {
      const { get } = createEdge();
      const answer = await get(`/orders/nobody${part}`);
      expect(answer.statusCode).toBe(404);
      expect(problemOf.parse(answer.json()).type).toBe('/problems/order-not-found');
    },
  );
});

describe('the list of orders', () => {
  const createThree = async () => {
    const edge = createEdge();
    for (const orderId of ['order-1', 'order-2', 'order-3']) {
      edge.host.add({ orderId, customerId: `customer-of-${orderId}` });
      await edge.clock.advance(1000);
    }
    const { host } = edge;
    host.change('order-2', { state: 'completed', settled: true });
    host.change('order-3', { incidents: [{ actor: 'payment', reason: 'r', text: 't', since: noon }] });
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
    ['state=completed', ['order-2']],
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
    const { get, host } = await createThree();
    const first = (await get('/orders?limit=2')).json();
    host.add({ orderId: 'order-4' });
    const second = (await get(`/orders?limit=2&after=${first.next}`)).json();
    expect([...ids(first), ...ids(second)]).toEqual(['order-3', 'order-2', 'order-1']);
    expect(second.next).toBeNull();
  });
});

describe('the incidents', () => {
  it('are listed with reason, moves and links, and no order without one', async () => {
    const { get, host } = createEdge();
    host.add({ orderId: 'fine' });
    host.add({ orderId: 'parked' });
    host.change('parked', {
      incidents: [{ actor: 'payment', reason: 'outcome-unknown', text: 'The bank is silent.', since: noon }],
      allowed: [
        { move: 'cancel', by: 'customer' },
        { move: 'retry', by: 'operator', actor: 'payment' },
        { move: 'retry', by: 'operator', actor: 'notification' },
      ],
    });
    const body = (await get('/incidents')).json();
    expect(body.next).toBeNull();
    expect(body.incidents).toHaveLength(1);
    expect(body.incidents[0]).toMatchObject({
      orderId: 'parked',
      actor: 'payment',
      reason: 'outcome-unknown',
      since: '2026-01-31T12:00:00.000Z',
      moves: [{ move: 'cancel' }, { move: 'retry', actor: 'payment' }],
      links: { order: '/orders/parked' },
    });
  });
});

describe('events', () => {
  const createHistory = () => {
    const edge = createEdge();
    edge.host.add({ orderId: 'order-1' });
    edge.host.add({ orderId: 'order-2' });
    edge.host.record('order-1', 'payment.completed', { amount: 5, currency: 'EUR', transactionId: 't' });
    return edge;
  };

  it('of an order are CloudEvents 1.0 with their cause', async () => {
    const { get } = createHistory();
    const body = (await get('/orders/order-1/events')).json();
    expect(body.next).toBeNull();
    expect(body.events).toHaveLength(2);
    expect(body.events[1]).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(/^0190/),
      source: '/orders/order-1',
      type: 'payment.completed',
      subject: 'order-1',
      time: '2026-01-31T12:00:00.000Z',
      datacontenttype: 'application/json',
      dataschema: '/schemas/payment.completed/1',
      data: { amount: 5, currency: 'EUR', transactionId: 't' },
      sequence: '2',
      position: '3',
      correlationid: 'order-1',
      causationid: 'the-cause',
    });
  });

  it('of an order come in pages by sequence', async () => {
    const { get } = createHistory();
    const first = (await get('/orders/order-1/events?limit=1')).json();
    expect(first.next).toBe('1');
    const second = (await get(`/orders/order-1/events?limit=1&after=${first.next}`)).json();
    expect(second.events[0].type).toBe('payment.completed');
  });

  it('of all orders come by position and type', async () => {
    const { get } = createHistory();
    const all = (await get('/events')).json().events;
    expect(all.map((event: { position: string }) => event.position)).toEqual(['1', '2', '3']);
    const some = (await get('/events?types=payment.completed,order.failed&after=1')).json();
    expect(some.events.map((event: { position: string }) => event.position)).toEqual(['3']);
    const page = (await get('/events?limit=2')).json();
    expect(page.next).toBe('2');
  });
});

describe('the messages of an order', () => {
  it('show what became of each', async () => {
    const { get, host } = createEdge();
    host.add({ orderId: 'order-1' });
    host.messages.set('order-1', [
      {
        version: 1,
        messageId: 'm1',
        to: 'order',
        type: 'order.place',
        data: { amount: 1 },
        causationId: null,
        correlationId: 'order-1',
        disposition: 'applied',
        reason: null,
        at: noon,
      },
      {
        version: 2,
        messageId: 'm2',
        to: 'payment',
        type: 'gateway.charged',
        data: {},
        causationId: 'm1',
        correlationId: 'order-1',
        disposition: 'ignored',
        reason: 'an answer to an older attempt',
        at: noon,
      },
    ]);
    const body = (await get('/orders/order-1/messages?limit=2')).json();
    expect(body.next).toBe('2');
    expect(body.messages[1]).toEqual({
      version: 2,
      id: 'm2',
      to: 'payment',
      type: 'gateway.charged',
      data: {},
      causationId: 'm1',
      correlationId: 'order-1',
      disposition: 'ignored',
      reason: 'an answer to an older attempt',
      at: '2026-01-31T12:00:00.000Z',
    });
    expect((await get('/orders/order-1/messages?after=2')).json()).toEqual({ messages: [], next: null });
  });
});

describe('an explanation', () => {
  it('says what is awaited, since when, until when, and who may do what', async () => {
    const { get, host, clock } = createEdge();
    host.add({ orderId: 'order-1' });
    host.change('order-1', {
      calls: [{ actor: 'inventory', type: 'warehouse.check', key: 'k', attempt: 3, at: noon }],
      deadlines: [
        { actor: 'order', name: 'validateWithin', dueAt: noon + 60_000 },
        { actor: 'inventory', name: 'answerWithin', dueAt: noon + 20_000 },
        { actor: 'inventory', name: 'retryAfter', dueAt: noon + 30_000 },
      ],
    });
    await clock.advance(12_345);
    expect((await get('/orders/order-1/explain')).json()).toEqual({
      id: 'order-1',
      state: 'validating',
      settled: false,
      summary:
        'The order is validating and has waited 12 s for in words: validating; the next deadline is 2026-01-31T12:00:20.000Z',
      waiting: [
        {
          actor: 'order',
          for: 'in words: validating',
          since: '2026-01-31T12:00:00.000Z',
          forMs: 12_345,
          deadline: '2026-01-31T12:01:00.000Z',
        },
        {
          actor: 'inventory',
          for: 'in words: checking',
          since: '2026-01-31T12:00:00.000Z',
          forMs: 12_345,
          attempt: 3,
          deadline: '2026-01-31T12:00:20.000Z',
        },
      ],
      nextDeadline: { actor: 'inventory', name: 'answerWithin', dueAt: '2026-01-31T12:00:20.000Z' },
      blockedBy: [],
      mayDo: [{ move: 'cancel', method: 'POST', href: '/orders/order-1/cancel', by: 'customer' }],
    });
  });

  it('names what blocks a parked order', async () => {
    const { get, host } = createEdge();
    host.add({ orderId: 'order-1' });
    const incident = {
      actor: 'payment',
      reason: 'unknown',
      text: 'The bank is silent.',
      since: noon,
    } as const;
    host.change('order-1', {
      state: 'paying',
      incidents: [incident, { ...incident, actor: 'notification' }],
    });
    const body = (await get('/orders/order-1/explain')).json();
    expect(body.summary).toBe(
      'The order is paying and waits for a person because of payment: The bank is silent. (and for 1 more)',
    );
    expect(body.blockedBy[0]).toMatchObject({ actor: 'payment', reason: 'unknown' });
  });

  it('of a settled order awaits nothing', async () => {
    const { get, host } = createEdge();
    const { actors } = host.add({ orderId: 'order-1' });
    const order = { ...actors.order, state: 'completed', description: 'Paid and sent.', settled: true };
    host.change('order-1', {
      state: 'completed',
      settled: true,
      deadlines: [],
      actors: { ...actors, order, inventory: order },
    });
    expect((await get('/orders/order-1/explain')).json()).toMatchObject({
      summary: 'The order is completed: Paid and sent.',
      waiting: [],
      nextDeadline: null,
    });
  });

  it('of an order that cannot be read says why', async () => {
    const { get, host } = createEdge();
    host.add({ orderId: 'order-1' });
    host.change('order-1', { unreadable: 'chart 9 is unknown' });
    expect((await get('/orders/order-1/explain')).json().summary).toBe(
      'The stored order cannot be read: chart 9 is unknown',
    );
  });
});

// Reading: orders, lists and their cursors, events, messages, incidents and explanations. Nothing moves.
import { describe, expect, it } from 'vitest';
import { chargeAll, never } from '../hosts/harness.ts';
import { createEdge, noon, problemOf, withIncident } from './edge.ts';

describe('an order', () => {
  it('is shown with its actors, amounts, deadlines, open moves and links', async () => {
    const { get, add, show } = await createEdge();
    await add('a b');
    show({
      allowed: [
        { move: 'refunds', by: 'operator', upTo: 60 },
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
      allowed: [
        { move: 'refunds', method: 'POST', href: '/orders/a%20b/refunds', by: 'operator', upTo: 60 },
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
    const { get, add, show } = await createEdge();
    await add('order-1');
    show({ unreadable: 'chart 9 is unknown' });
    const answer = await get('/orders/order-1', { 'if-none-match': '"3"' });
    expect(answer.json().unreadable).toBe('chart 9 is unknown');
    expect(answer.headers.etag).toBeUndefined();
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
    await add('parked');
    await runner.waitUntilSettled('parked', 60_000);
    const body = (await get('/incidents')).json();
    expect(body.next).toBeNull();
    expect(body.incidents).toMatchObject([
      {
        orderId: 'parked',
        actor: 'notification',
        reason: 'notice-unsent',
        since: '2026-01-31T12:00:01.000Z',
        moves: [
          { move: 'refunds', by: 'operator', upTo: 5000 },
          { move: 'retry', actor: 'notification', href: '/orders/parked/retry' },
          { move: 'resolve', actor: 'notification', href: '/orders/parked/resolve' },
        ],
        links: { order: '/orders/parked' },
      },
    ]);
  });

  it('each have the moves of their own actor and those of the order', async () => {
    const { get, add, runner, show } = await createEdge(withIncident);
    await add('parked');
    await runner.waitUntilSettled('parked', 60_000);
    const incident = { reason: 'r', text: 't', since: noon };
    show({
      incidents: [
        { ...incident, actor: 'payment' },
        { ...incident, actor: 'notification' },
      ],
      allowed: [
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

describe('events', () => {
  const createHistory = async () => {
    const edge = await createEdge();
    await edge.add('order-1');
    await edge.add('order-2');
    await edge.post('/orders/order-1/cancel', {});
    return { ...edge, events: await edge.runner.events({ after: 0, limit: 100 }) };
  };

  it('of an order are CloudEvents 1.0 with their cause', async () => {
    const { get, runner } = await createHistory();
    const body = (await get('/orders/order-1/events')).json();
    expect(body.next).toBeNull();
    const [first] = await runner.history('order-1', 0, 1);
    expect(body.events[0]).toEqual({
      specversion: '1.0',
      id: first?.eventId,
      source: '/orders/order-1',
      type: 'order.created',
      subject: 'order-1',
      time: '2026-01-31T12:00:00.000Z',
      datacontenttype: 'application/json',
      dataschema: '/schemas/order.created/1',
      data: expect.objectContaining({ amount: 5000, currency: 'EUR', customerId: 'customer-1' }),
      sequence: '1',
      position: String(first?.position),
      correlationid: first?.correlationId,
      causationid: first?.causationId,
    });
  });

  it('of an order come in pages, each behind the one before', async () => {
    const { get, events } = await createHistory();
    const own = events.filter(({ orderId }) => orderId === 'order-1').map(({ position }) => String(position));
    const seen: string[] = [];
    for (let after: string | null = '0'; after !== null; ) {
      const page: { events: { position: string }[]; next: string | null } = (
        await get(`/orders/order-1/events?limit=2&after=${after}`)
      ).json();
      seen.push(...page.events.map(({ position }) => position));
      after = page.next;
    }
    expect(seen).toEqual(own);
  });

  it('of all orders come by position and type', async () => {
    const { get, events } = await createHistory();
    const positions = async (query: string): Promise<string[]> =>
      (await get(`/events${query}`)).json().events.map(({ position }: { position: string }) => position);
    expect(await positions('')).toEqual(events.map(({ position }) => String(position)));
    const wanted = events.filter(({ type, position }) => type === 'inventory.reserved' && position > 1);
    expect(wanted.length).toBeGreaterThan(0);
    expect(await positions('?types=inventory.reserved,order.failed&after=1')).toEqual(
      wanted.map(({ position }) => String(position)),
    );
    expect((await get('/events?limit=2')).json().next).toBe('2');
  });
});

describe('the messages of an order', () => {
  it('show what became of each', async () => {
    const { get, add, runner } = await createEdge();
    await add('order-1');
    await runner.send({
      orderId: 'order-1',
      to: 'payment',
      messageId: 'fact-1',
      message: { type: 'gateway.voided', key: 'other', attempt: 1 },
      otherwise: 'record',
    });
    const body = (await get('/orders/order-1/messages?limit=4')).json();
    expect(body.next).toBe('4');
    expect(body.messages.map(({ type }: { type: string }) => type).slice(0, 1)).toEqual(['order.place']);
    expect(body.messages[3]).toEqual({
      version: 4,
      id: 'fact-1',
      to: 'payment',
      type: 'gateway.voided',
      data: { key: 'other', attempt: 1 },
      causationId: null,
      correlationId: body.messages[0].correlationId,
      disposition: 'ignored',
      reason: 'no void waits for this answer',
      at: '2026-01-31T12:00:00.000Z',
    });
    expect((await get('/orders/order-1/messages?after=4')).json()).toEqual({ messages: [], next: null });
  });
});

describe('an explanation', () => {
  it('says what is awaited, since when, until when, and who may do what', async () => {
    const { get, add, clock } = await createEdge({ settings: { CALL_TIMEOUT_MS: 100_000 } });
    await add('order-1');
    await clock.advance(12_345);
    const explained = (await get('/orders/order-1/explain')).json();
    const { deadlines, actors, allowed } = (await get('/orders/order-1')).json();
    const earliest = (actor?: string) =>
      deadlines
        .filter((each: { actor: string }) => each.actor === (actor ?? each.actor))
        .sort((one: { dueAt: string }, other: { dueAt: string }) => one.dueAt.localeCompare(other.dueAt))[0];
    expect(explained).toMatchObject({ id: 'order-1', state: 'paying', settled: false, blockedBy: [] });
    expect(explained.summary).toContain(earliest().dueAt);
    expect(explained.waiting).toEqual(
      expect.arrayContaining([
        {
          actor: 'order',
          for: actors.order.description,
          since: '2026-01-31T12:00:00.000Z',
          forMs: 12_345,
          deadline: earliest('order').dueAt,
        },
        {
          actor: 'payment',
          for: actors.payment.description,
          since: '2026-01-31T12:00:00.000Z',
          forMs: 12_345,
          attempt: 1,
          deadline: earliest('payment').dueAt,
        },
      ]),
    );
    expect(explained.nextDeadline).toEqual(earliest());
    expect(explained.mayDo).toEqual(allowed);
  });

  it('names what blocks an order with incidents', async () => {
    const { get, add, runner, show } = await createEdge(withIncident);
    await add('order-1');
    const [incident] = (await runner.waitUntilSettled('order-1', 60_000))?.incidents ?? [];
    if (incident === undefined) throw new Error('there is no incident');
    show({ incidents: [incident, { ...incident, actor: 'payment' }] });
    const body = (await get('/orders/order-1/explain')).json();
    expect(body.summary).toContain(incident.text);
    expect(body.blockedBy).toMatchObject([
      { actor: 'notification', reason: 'notice-unsent', since: '2026-01-31T12:00:00.000Z' },
      { actor: 'payment' },
    ]);
  });

  it('of a settled order awaits nothing', async () => {
    const { get, add, runner } = await createEdge({ gateway: chargeAll });
    await add('order-1');
    const view = await runner.waitUntilSettled('order-1', 60_000);
    const body = (await get('/orders/order-1/explain')).json();
    expect(body).toMatchObject({ state: 'completed', settled: true, waiting: [], nextDeadline: null });
    expect(body.summary).toContain(view?.actors.order.description);
  });

  it('of an order that cannot be read says why', async () => {
    const { get, add, show } = await createEdge();
    await add('order-1');
    show({ unreadable: 'chart 9 is unknown' });
    expect((await get('/orders/order-1/explain')).json().summary).toContain('chart 9 is unknown');
  });
});

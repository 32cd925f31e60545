// Reading what happened: events, messages, and why an order is where it is. Nothing moves.
import { describe, expect, it } from 'vitest';
import { chargeAll } from '../hosts/harness.ts';
import { createEdge, withIncident } from './edge.ts';

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

  it('of all orders are read by position and type', async () => {
    const { get, events } = await createHistory();
    const positions = async (query: string): Promise<string[]> =>
      (await get(`/events${query}`)).json().events.map(({ position }: { position: string }) => position);
    expect(await positions('')).toEqual(events.map(({ position }) => String(position)));
    const wanted = events.filter(({ type, position }) => type === 'inventory.reserved' && position > 1);
    expect(wanted.length).toBeGreaterThan(0);
    expect(await positions('?types=inventory.reserved,order.failed&after=1')).toEqual(
      wanted.map(({ position }) => String(position)),
    );
    expect((await get('/events?limit=2')).json().next).toMatch(/^[0-9a-f]{8}-2$/);
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
      reason: 'no void is waiting for this answer',
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
    const { deadlines, actors, moves } = (await get('/orders/order-1')).json();
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
    expect(explained.moves).toEqual(moves);
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
    expect(body.summary).toContain(view?.actors['order']?.description);
  });

  it('of an order that cannot be read says why', async () => {
    const { get, add, showUnreadable } = await createEdge();
    await add('order-1');
    showUnreadable('chart 9 is unknown');
    const body = (await get('/orders/order-1/explain')).json();
    expect(body.summary).toContain('chart 9 is unknown');
    expect(body).toMatchObject({ state: 'paying', settled: false, moves: [] });
    expect(body).not.toHaveProperty('waiting');
    expect(body).not.toHaveProperty('nextDeadline');
  });
});

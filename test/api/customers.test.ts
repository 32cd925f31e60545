// Keys that are bound to a customer: they see and move that customer's orders, and of others not even that there are any.
import { beforeAll, describe, expect, it } from 'vitest';
import type { KeyWish } from '../../src/access.ts';
import { scopeNames, scopesOfAll } from '../../src/access.ts';
import { eachEvent } from '../hosts/harness.ts';
import { EventReader, listen } from './connections.ts';
import { createEdge, sampleOrder, withIncident } from './edge.ts';

const wish: KeyWish = {
  ...{ principal: 'own', scopes: scopeNames.filter((scope) => !scopesOfAll.has(scope)), owner: 'customer-1' },
  ...{ expiresAt: null, requestsPerMinute: null, refundsPerDay: null },
};

/** Completed but for an incident: one order of customer-1, and two of others, with addresses of their own. */
const open = async () => {
  const edge = await createEdge(withIncident);
  const place = async (customerId: string, email: string) => {
    const order = { ...sampleOrder, customerId, email };
    const answer = await edge.placeOrder({ 'idempotency-key': customerId }, order);
    const { id } = answer.json();
    const leaving = new AbortController();
    for await (const { orderId } of eachEvent(edge.runner.watch({ after: 0, signal: leaving.signal }))) {
      if (orderId === id && ((await edge.runner.get(id))?.incidents.length ?? 0) > 0) break;
    }
    leaving.abort();
    return String(id);
  };
  const older = await place('customer-2', 'grace@example.org');
  const own = await place('customer-1', 'ada@example.com');
  const newer = await place('customer-3', 'alan@example.net');
  const { token } = await edge.keys.create(wish);
  return { ...edge, older, own, newer, headers: { authorization: `Bearer ${token}` } };
};
let edge: Awaited<ReturnType<typeof open>>;
beforeAll(async () => {
  edge = await open();
});

const reads = [
  '',
  '/explain',
  '/calls',
  '/events',
  '/messages',
  '/stream',
  '/events?after=1',
  '/messages?after=1',
] as const;
const moves: readonly [string, object][] = [
  ['cancel', {}],
  ['capture', {}],
  ['refunds', { amount: 1 }],
  ['retry', {}],
  ['resolve', { outcome: 'sent', note: 'by phone' }],
];

describe("another's order", () => {
  /** What a request is answered, without what differs between any two requests. */
  const toText = (answer: { statusCode: number; body: string }, id: string) =>
    `${answer.statusCode} ${answer.body.replaceAll(id, 'ID').replace(/urn:uuid:[\w-]+/, '')}`;

  it.each(reads)('is read as one that does not exist: /orders/{id}%s', async (path) => {
    const [foreign, missing] = [
      await edge.get(`/orders/${edge.newer}${path}`, edge.headers),
      await edge.get(`/orders/none${path}`, edge.headers),
    ];
    expect(foreign.statusCode).toBe(404);
    expect(toText(foreign, edge.newer)).toBe(toText(missing, 'none'));
  });

  it.each(moves)('is moved as one that does not exist: %s', async (move, body) => {
    const ask = (id: string, more: Record<string, string> = {}) =>
      edge.post(`/orders/${id}/${move}`, body, {
        ...edge.headers,
        'idempotency-key': `${move}-${id}`,
        ...more,
      });
    const before = await edge.runner.get(edge.newer);
    for (const more of [{}, { 'if-match': '"1"' }, { 'if-match': `"${before?.version}"` }]) {
      const [foreign, missing] = [await ask(edge.newer, more), await ask('none', more)];
      expect(foreign.statusCode).toBe(404);
      expect(toText(foreign, edge.newer)).toBe(toText(missing, 'none'));
    }
    expect((await edge.runner.get(edge.newer))?.version).toBe(before?.version);
  });

  it.each(['/orders', '/incidents'])(
    'is no place to continue %s after, as one that does not exist',
    async (path) => {
      const ask = (id: string) => edge.get(`${path}?after=${id}`, edge.headers);
      const [foreign, missing] = [await ask(edge.newer), await ask('none')];
      expect(foreign.statusCode).toBe(400);
      expect(toText(foreign, edge.newer)).toBe(toText(missing, 'none'));
      expect((await ask(edge.own)).statusCode).toBe(200);
    },
  );

  it('cannot be placed', async () => {
    const before = await edge.runner.list({ limit: 100 });
    const order = { ...sampleOrder, customerId: 'customer-2' };
    const answer = await edge.placeOrder({ ...edge.headers, 'idempotency-key': 'for-another' }, order);
    expect([answer.statusCode, answer.json().type]).toEqual([403, '/problems/scope-missing']);
    expect(await edge.runner.list({ limit: 100 })).toHaveLength(before.length);
  });
});

describe("a customer's own orders", () => {
  it('are listed alone, whatever is asked for', async () => {
    const list = async (query: string) =>
      (await edge.get(`/orders?${query}`, edge.headers)).json().orders.map(({ id }: { id: string }) => id);
    expect(await list('')).toEqual([edge.own]);
    expect(await list('incident=true')).toEqual([edge.own]);
    expect(await list('customerId=customer-1')).toEqual([edge.own]);
    expect(await list('customerId=customer-2')).toEqual([]);
    const { incidents, next } = (await edge.get('/incidents?limit=1', edge.headers)).json();
    expect(incidents.map(({ orderId }: { orderId: string }) => orderId)).toEqual([edge.own]);
    expect(next).toBe(edge.own);
    expect((await edge.get(`/incidents?after=${next}`, edge.headers)).json().incidents).toEqual([]);
  });

  it('do not say who in the shop takes care of them, and how much was remarked', async () => {
    const made = await open();
    await made.runner.addNote({ orderId: made.own, kind: 'assignment', text: 'bob', principal: 'ops' });
    await made.runner.addNote({ orderId: made.own, kind: 'note', text: 'rude', principal: 'ops' });
    const listed = async (headers: Record<string, string>) =>
      (await made.get('/incidents', headers))
        .json()
        .incidents.find(({ orderId }: { orderId: string }) => orderId === made.own);
    expect(await listed(made.headers)).toMatchObject({ assignedTo: null, notes: 0 });
    const { token } = await made.keys.create({ ...wish, principal: 'ops', owner: null });
    expect(await listed({ authorization: `Bearer ${token}` })).toMatchObject({ assignedTo: 'bob', notes: 1 });
  });

  it('are read, streamed, placed and moved', async () => {
    const made = await open();
    for (const path of reads.filter((each) => each !== '/stream')) {
      expect((await made.get(`/orders/${made.own}${path}`, made.headers)).statusCode).toBe(200);
    }
    const placed = await made.placeOrder({ ...made.headers, 'idempotency-key': 'own' });
    expect(placed.statusCode).toBe(201);
    const moved = await made.post(`/orders/${made.own}/retry`, {}, made.headers);
    expect(moved.statusCode).toBe(200);
    await using listening = await listen(made);
    await using reader = await EventReader.open(`${listening.url}/orders/${made.own}/stream`, made.headers);
    expect(reader.response.status).toBe(200);
    expect((await reader.take(1))[0]?.data).toContain(made.own);
  });
});

describe('of the events of all orders', () => {
  it('pages show those of own orders alone', async () => {
    for (const query of ['', '?limit=100', '?types=order.created,incident.opened']) {
      const { events } = (await edge.get(`/events${query}`, edge.headers)).json();
      expect(events.length).toBeGreaterThan(0);
      for (const { subject } of events) expect(subject).toBe(edge.own);
    }
  });
  it('a stream shows those of own orders alone, behind its place and as they come', async () => {
    const made = await open();
    await using listening = await listen(made);
    const url = `${listening.url}/events/stream?after=0`;
    await using reader = await EventReader.open(url, made.headers);
    const before = (await made.runner.events({ after: 0, limit: 1000, owner: 'customer-1' })).length;
    await made.add('order-of-another', 'customer-2');
    await made.placeOrder({ 'idempotency-key': 'again', ...made.headers }, sampleOrder);
    const read = await reader.take(before + 1);
    const subjects = read.map(({ data }) => JSON.parse(data).subject);
    expect(new Set(subjects.slice(0, before))).toEqual(new Set([made.own]));
    expect((await made.runner.get(subjects[before]))?.owner).toBe('customer-1');
  });
});

it('no address that can be read shows anything of others', async () => {
  const { paths } = (await edge.get('/openapi.json', edge.headers)).json();
  const places = Object.entries<Record<string, unknown>>(paths).flatMap(([path, { get }]) =>
    get ? [path] : [],
  );
  expect(places.length).toBeGreaterThan(12);
  const ids = [edge.own, edge.older, edge.newer, 'customer-2', 'grace@example.org', 'product-1', 'none'];
  const queries = [
    '',
    '?limit=100',
    '?after=0',
    `?after=${edge.own}`,
    '?customerId=customer-2',
    '?incident=true',
  ];
  const shown: string[] = [];
  for (const place of places) {
    if (place.endsWith('/stream')) continue;
    for (const path of place.includes('{') ? ids.map((id) => place.replaceAll(/\{\w+\}/g, id)) : [place]) {
      for (const query of queries) {
        const answer = await edge.get(path + query, edge.headers);
        shown.push(answer.statusCode === 200 ? answer.body : '');
      }
    }
  }
  const all = shown.join('\n');
  expect(all).toContain('ada@example.com');
  for (const foreign of ['grace@', 'alan@', 'customer-2', 'customer-3', edge.older, edge.newer]) {
    expect(all).not.toContain(foreign);
  }
});

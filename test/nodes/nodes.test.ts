// Several nodes over one PostgreSQL database: what one does, the others learn at once.
import { expect, test, vi } from 'vitest';
import { openEndpoint } from '../api/webhook-endpoints.ts';
import { ask, post, until } from '../e2e/client.ts';
import { queryOnce } from '../support/postgres/database.ts';
import { useDatabase } from '../support/postgres/use-database.ts';
import { createBank, openNode, openNodes, place, untilMet, untilSettled } from './open-nodes.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const database = useDatabase();
const openTwo = async (given?: Parameters<typeof openNodes>[2]) => {
  const [one, other] = await openNodes(database.url(), 2, given);
  if (one === undefined || other === undefined) throw new Error('two nodes are needed');
  return [one, other] as const;
};
const put = (url: string, body: object) =>
  ask(url, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

test('GET /nodes has every node that runs, and none that has ended', async () => {
  const [one, other] = await openTwo();
  const { body } = await ask(`${one.origin}/nodes`);
  expect(body.nodes).toMatchObject([
    { state: 'alive', isHere: true, chartVersions: expect.arrayContaining(['2']) },
    { state: 'alive', isHere: false },
  ]);
  expect(new Set(body.nodes.map(({ id }: { id: string }) => id)).size).toBe(2);
  await other.close();
  expect((await ask(`${one.origin}/nodes`)).body.nodes).toMatchObject([{ isHere: true }]);
});

test('a node that was not heard of for a while is shown as lost, and one for very long not at all', async () => {
  const [one] = await openTwo();
  const insert = `INSERT INTO orderchart.nodes VALUES ($1, 'gone', '0.1.0', '["1"]', 0, orderchart.database_ms() - $2::bigint)`;
  await queryOnce(database.url(), insert, ['lost', 11_000]);
  const { body } = await ask(`${one.origin}/nodes`);
  expect(body.nodes.find(({ id }: { id: string }) => id === 'lost')).toMatchObject({
    ...{ state: 'lost', hostName: 'gone', release: '0.1.0', chartVersions: ['1'] },
  });
  const metrics = (await one.api.inject('/metrics')).body;
  expect(metrics).toContain('orderchart_nodes{state="alive"} 2');
  expect(metrics).toContain('orderchart_nodes{state="lost"} 1');
});

test('whoever watches on one node gets the events of an order that another one runs', async () => {
  const [one, other] = await openTwo();
  const leaving = new AbortController();
  const types: string[] = [];
  const watched = (async () => {
    for await (const events of other.host.watch({ after: 0, signal: leaving.signal })) {
      types.push(...events.map(({ type }) => type));
      if (types.includes('order.completed')) break;
    }
  })();
  await place(one, 'watched');
  await watched;
  expect(types).toContain('order.created');
});

test('a request that waits at one node is answered when another node settles the order', async () => {
  const answering = Promise.withResolvers<void>();
  const bank = createBank();
  const slow = {
    ...bank.gateway,
    answer: async (call: Parameters<typeof bank.gateway.answer>[0]) => {
      await answering.promise;
      return bank.gateway.answer(call);
    },
  };
  const [one, other] = await openTwo(() => ({ services: { gateway: slow } }));
  const id = await place(one, 'awaited');
  const settled = other.host.waitUntilSettled(id, 30_000);
  answering.resolve();
  expect(await settled).toMatchObject({ state: 'completed' });
});

test('an event stream moves between nodes with Last-Event-ID, without a gap and without a repetition', async () => {
  const [one, other] = await openTwo();
  const orders = 6;
  const seen: string[] = [];
  let last: string | undefined;
  const readSome = async (origin: string, count: number): Promise<void> => {
    const leaving = new AbortController();
    const headers = last === undefined ? {} : { 'last-event-id': last };
    const url = `${origin}/events/stream${last === undefined ? '?after=0' : ''}`;
    const response = await fetch(url, { headers, signal: leaving.signal });
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const id = /^id: (.+)$/m.exec(text.slice(0, end))?.[1];
        text = text.slice(end + 2);
        if (id === undefined || seen.length >= count) continue;
        last = id;
        seen.push(id);
      }
      if (seen.length >= count) break;
    }
    leaving.abort();
  };
  for (let index = 0; index < orders; index += 1) {
    const node = index % 2 === 0 ? one : other;
    const id = await place(node, `moving-${index}`);
    await readSome(index % 2 === 0 ? other.origin : one.origin, seen.length + 4);
    await untilSettled(node, id);
  }
  const all = await one.host.events({ after: 0, limit: 100 });
  await readSome(other.origin, all.length);
  expect(seen).toHaveLength(all.length);
  expect(new Set(seen).size).toBe(all.length);
});

test('a key that is made on one node opens the other, and once it is revoked there it opens neither', async () => {
  const [one, other] = await openTwo();
  const wish = {
    principal: 'ops',
    owner: null,
    expiresAt: null,
    requestsPerMinute: null,
    refundsPerDay: null,
  };
  const { key, token } = await one.keys.create({ ...wish, scopes: ['orders:read', 'admin'] });
  const read = (origin: string) => ask(`${origin}/orders`, { headers: { authorization: `Bearer ${token}` } });
  await until(
    () => read(other.origin),
    ({ status }) => status === 200,
  );
  expect((await ask(`${other.origin}/orders`)).status).toBe(401);
  await other.keys.revoke(key.keyId);
  await until(
    () => read(one.origin),
    ({ status }) => status === 401,
  );
});

test('a key that is revoked is refused within seconds even where no news arrive, and no later use of it brings it back', async () => {
  const [one, other] = await openTwo();
  const wish = {
    principal: 'ops',
    owner: null,
    expiresAt: null,
    requestsPerMinute: null,
    refundsPerDay: null,
  };
  const { key, token } = await one.keys.create({ ...wish, scopes: ['orders:read'] });
  await until(
    async () => other.keys.find(token),
    (caller) => caller !== undefined,
  );
  await queryOnce(
    database.url(),
    `CREATE OR REPLACE FUNCTION orderchart.note_change() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN UPDATE orderchart.changes SET number = number + 1 WHERE topic = TG_ARGV[0]; RETURN NULL; END $$`,
  );
  const revokedAt = performance.now();
  await one.keys.revoke(key.keyId);
  await until(
    async () => ({ caller: other.keys.find(token) }),
    ({ caller }) => caller === undefined,
  );
  expect(performance.now() - revokedAt).toBeLessThan(5000);
  // It is stored when it was used: as the other node knew it.
  await other.close();
  const [row] = await queryOnce(database.url(), 'SELECT revoked_at FROM orderchart.api_keys');
  expect(row?.['revoked_at']).not.toBeNull();
});

test('a service that is paused on one node is called by none, until another one resumes it', async () => {
  const bank = createBank();
  const [one, other] = await openTwo(() => ({ services: { gateway: bank.gateway } }));
  await put(`${one.origin}/services/gateway`, { paused: true, reason: 'the bank is at work' });
  const read = (origin: string) => ask(`${origin}/services/gateway`);
  await until(
    () => read(other.origin),
    ({ body }) => body.state === 'paused',
  );
  expect((await read(other.origin)).body.held.reason).toBe('the bank is at work');
  const id = await place(other, 'paused');
  await until(
    () => ask(`${other.origin}/orders/${id}`),
    ({ body }) => body.state === 'paying',
  );
  expect(bank.charges).toEqual([]);
  await put(`${other.origin}/services/gateway`, { paused: false });
  await until(
    () => read(one.origin),
    ({ body }) => body.state !== 'paused',
  );
  await untilSettled(one, id);
  expect(bank.charges).toHaveLength(1);
});

test('the open circuit of one node is its own: others call the service', async () => {
  const broken = createBank().gateway;
  const failing = { ...broken, answer: () => Promise.reject(new Error('no route to the bank')) };
  const [one, other] = await openTwo((index) => ({
    settings: { CIRCUIT_OPEN_MS: '600000' },
    ...(index === 0 && { services: { gateway: failing } }),
  }));
  const held = (origin: string) => ask(`${origin}/services/gateway`);
  let orders = 0;
  await until(
    async () => {
      orders += 1;
      await place(one, `broken-${orders}`);
      return held(one.origin);
    },
    ({ body }) => body.state === 'open',
  );
  await until(
    () => held(other.origin),
    ({ body }) => body.holds.length > 0,
  );
  expect((await held(other.origin)).body.state).toBe('running');
  const id = await place(other, 'works');
  expect((await untilSettled(other, id)).body.state).toBe('completed');
});

test('each webhook event is delivered once, by one node, and the other one goes on when that ends', async () => {
  const [one, other] = await openTwo();
  const endpoint = await openEndpoint();
  await post(`${one.origin}/webhooks`, { url: endpoint.url, after: '0', types: ['order.completed'] });
  await until(
    () => ask(`${other.origin}/webhooks`),
    ({ body }) => body.webhooks.length === 1,
  );
  for (const node of [one, other]) await untilSettled(node, await place(node, `hook-${node.origin}`));
  await endpoint.untilGot(2);
  const [row] = await queryOnce(database.url(), 'SELECT lease_owner FROM orderchart.webhook_endpoints');
  expect(row?.['lease_owner']).not.toBe('');
  await one.close();
  await untilSettled(other, await place(other, 'hook-last'));
  await endpoint.untilGot(3);
  expect(new Set(endpoint.ids()).size).toBe(3);
  expect(endpoint.got).toHaveLength(3);
});

test('an endpoint that is changed on the node that does not deliver is changed for both', async () => {
  const [one, other] = await openTwo();
  const [first, second] = [await openEndpoint(), await openEndpoint()];
  await post(`${one.origin}/webhooks`, { url: first.url, after: '0', types: ['order.completed'] });
  const [{ id: endpointId }] = (await ask(`${other.origin}/webhooks`)).body.webhooks;
  await untilSettled(one, await place(one, 'before'));
  await first.untilGot(1);
  const changed = await post(`${other.origin}/webhooks/${endpointId}`, { url: second.url });
  expect(changed.status).toBe(200);
  await untilSettled(one, await place(one, 'after'));
  await second.untilGot(1);
  expect((await ask(`${one.origin}/webhooks`)).body.webhooks[0].url).toBe(second.url);
  expect((await post(`${other.origin}/webhooks/${endpointId}/remove`, {})).status).toBeLessThan(300);
  await until(
    () => ask(`${one.origin}/webhooks`),
    ({ body: { webhooks } }) => webhooks.length === 0,
  );
});

test('calls that one node cannot make are made by another one, without waiting for its poll', async () => {
  const never = createBank().gateway;
  const stuck = { ...never, answer: () => new Promise<never>(() => {}) };
  const [one] = await openTwo((index) =>
    index === 0
      ? { settings: { MAX_CALLS_IN_FLIGHT: '1', DRAIN_MS: '100' }, services: { gateway: stuck } }
      : {},
  );
  await place(one, 'takes the only place');
  const id = await place(one, 'finds no place');
  expect((await untilSettled(one, id)).body.state).toBe('completed');
});

test('a lost listener is opened again, and the node hears of others as before', async () => {
  const [one, other] = await openTwo();
  const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'orderchart listens' AND datname = current_database()`;
  expect(await queryOnce(database.url(), end)).toHaveLength(2);
  await untilMet(database.url(), [one]);
  const leaving = new AbortController();
  const watched = (async () => {
    for await (const events of other.host.watch({ after: 0, signal: leaving.signal })) {
      if (events.some(({ type }) => type === 'order.completed')) return;
    }
  })();
  await place(one, 'after the loss');
  await watched;
});

test('a third node that starts later is told of from then on', async () => {
  const [one] = await openTwo();
  const third = await openNode(database.url());
  expect((await ask(`${third.origin}/nodes`)).body.nodes).toHaveLength(3);
  await untilMet(database.url(), [third]);
  const leaving = new AbortController();
  const watched = (async () => {
    for await (const events of third.host.watch({ after: 0, signal: leaving.signal })) {
      if (events.some(({ type }) => type === 'order.completed')) return;
    }
  })();
  await place(one, 'for the third');
  await watched;
});

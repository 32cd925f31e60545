// The set of docs/production.md, run as processes: its SQL, and the environment of its compose file, with PostgreSQL, three nodes
// and a proxy. Only addresses are replaced, and time-outs made shorter.
import { afterAll, beforeAll, expect, onTestFailed, test, vi } from 'vitest';
import { openKeys } from '../../src/access/keys.ts';
import { systemClock } from '../../src/clock.ts';
import { openPostgresStore } from '../../src/main.ts';
import { shop } from '../../src/shop/shop.ts';
import { ask, post, sampleBody, until } from '../e2e/client.ts';
import { makeFolder, type Server, startServer } from '../e2e/server.ts';
import { queryOnce } from '../support/postgres/database.ts';
import { type PostgresServer, startPostgres } from '../support/postgres/start-postgres.ts';
import { type NodeSet, readNodeSet } from './compose.ts';
import { type Outside, startOutside } from './outside.ts';
import { startRoundRobin } from './round-robin.ts';
import { followEvents, type StreamReader } from './stream.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });
const secret = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
const secrets = {
  // As the page's SQL has it.
  DATABASE_PASSWORD: 'PASSWORD',
  DATABASE_OWNER_PASSWORD: 'of-the-owner',
  ...{ PAYMENT_GATEWAY_SECRET: secret, MAILER_SECRET: secret },
};
/** So that a test does not wait as long as a shop may, and a busy machine does not look like a service that fails for good. */
const quick = {
  ...{ PORT: '0', CALL_TIMEOUT_MS: '1000', POLL_MS: '50', CIRCUIT_CALLS: '0' },
  ...{ RETRY_FIRST_DELAY_MS: '20', RETRY_LONGEST_DELAY_MS: '200' },
  ...{ PAYMENT_ATTEMPTS: '100', NOTIFICATION_ATTEMPTS: '100' },
};

let folder: Awaited<ReturnType<typeof makeFolder>>;
let postgres: PostgresServer;
let outside: Outside;
let set: NodeSet;
let databaseUrl: string;
let proxy: Awaited<ReturnType<typeof startRoundRobin>>;
let publicUrl: string;
let headers: Readonly<Record<string, string>>;
const running = new Map<string, Server>();

/** Where a node listens, for programs on this machine. */
const toUrl = ({ url }: Server): string => `http://127.0.0.1:${new URL(url).port}`;

const startNode = async (name: string): Promise<void> => {
  const given = set.nodes.get(name) ?? {};
  const node = await startServer(folder.path, {
    ...{ ...given, ...quick, DATABASE_URL: databaseUrl },
    ...{ PAYMENT_GATEWAY_URL: outside.url, MAILER_URL: outside.url },
  });
  running.set(name, node);
};

const take = (name: string): Server => {
  const node = running.get(name);
  if (node === undefined) throw new Error(`${name} does not run`);
  running.delete(name);
  return node;
};

/** The first key of a shop, for whoever places orders and reads all of them. */
const makeKey = async (): Promise<string> => {
  const store = await openPostgresStore(databaseUrl, shop);
  const keys = await openKeys({ store, clock: systemClock, onError: () => {} });
  const { token } = await keys.create({
    ...{ principal: 'checkout', scopes: ['orders:place', 'orders:read', 'events', 'incidents'] },
    ...{ owner: null, expiresAt: null, requestsPerMinute: null, refundsPerDay: null },
  });
  await keys.close();
  await store.close();
  return token;
};

beforeAll(async () => {
  folder = await makeFolder();
  [set, postgres, outside] = await Promise.all([readNodeSet(secrets), startPostgres(), startOutside(secret)]);
  const owned = new URL(postgres.url);
  await queryOnce(owned.href, `CREATE DATABASE ${set.database}`);
  owned.pathname = `/${set.database}`;
  await queryOnce(owned.href, set.sql);
  const url = new URL(set.nodes.values().next().value?.['DATABASE_URL'] ?? '');
  url.host = owned.host;
  databaseUrl = url.href;
  headers = { authorization: `Bearer ${await makeKey()}` };
  await Promise.all([...set.nodes.keys()].map(startNode));
  publicUrl = set.nodes.values().next().value?.['PUBLIC_URL'] ?? '';
  proxy = await startRoundRobin(() => [...running.values()].map(toUrl), publicUrl);
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await Promise.all([...running.values()].map((node) => node.stop()));
  await Promise.all([outside[Symbol.asyncDispose](), postgres.stop()]);
  await folder.remove();
});

const base = () => `${proxy.origin}${new URL(publicUrl).pathname}`;
const read = (path: string) => ask(`${base()}${path}`, { headers });

/** Places an order, with the same key until there is an answer; its id. */
const place = async (key: string): Promise<string> => {
  const answer = await until(
    () => post(`${base()}/orders`, sampleBody, key, headers),
    ({ status }) => status < 500 && status !== 409,
  );
  expect(answer.status).toBe(201);
  return answer.body.id;
};
const placeMany = (prefix: string, count: number): Promise<readonly string[]> =>
  Promise.all(Array.from({ length: count }, (_, number) => place(`${prefix}-${number}`)));

const untilAllSettled = async (ids: readonly string[]): Promise<void> => {
  for (const id of ids) {
    const { body } = await until(
      () => read(`/orders/${id}`),
      ({ status, body }) => status === 200 && body.settled,
    );
    expect(body).toMatchObject({ state: 'completed', paidAmount: 17_500 });
  }
};

/** Whether the stream is at this node. */
const isAt = ({ nodes }: StreamReader, name: string): boolean => {
  const node = running.get(name);
  return node !== undefined && toUrl(node) === nodes.at(-1);
};

/** The ids of all events of the journal. */
const readJournal = async (): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (let after = ''; ; ) {
    const { body } = await read(`/events?limit=1000${after}`);
    ids.push(...body.events.map((event: { id: string }) => event.id));
    if (body.next === null) return ids;
    after = `&after=${body.next}`;
  }
};

test('three nodes, one killed and one restarted in order, settle every order once and lead to one stream', async () => {
  expect([...set.nodes.keys()]).toEqual(['node-1', 'node-2', 'node-3']);
  const stream = await followEvents(`${base()}/events/stream?after=0`, headers);
  const orders: string[] = [];
  onTestFailed(() => {
    const seen = { at: stream.nodes, events: stream.events.length, orders: orders.length };
    const done = { held: outside.held(), charged: outside.charged.length, mailed: outside.mailed.length };
    console.error({ ...seen, ...done });
    for (const [name, node] of running) console.error(name, node.output());
  });
  orders.push(...(await placeMany('before', 6)));
  await untilAllSettled(orders);

  // Every node has calls under way whose answers are held back, when the one that the stream is at is killed.
  outside.hold();
  orders.push(...(await placeMany('held', 6)));
  await until(
    async () => outside.held(),
    (held) => held >= 6,
  );
  const [killed = '', restarted = ''] = [...running.keys()].toSorted(
    (one, other) => Number(isAt(stream, other)) - Number(isAt(stream, one)),
  );
  await take(killed).kill();
  outside.release();
  orders.push(...(await placeMany('without-one', 6)));
  await until(
    async () => stream.nodes.length,
    (count) => count > 1,
  );

  const placing = placeMany('while-restarting', 6);
  expect(await take(restarted).stop()).toBe(0);
  await startNode(restarted);
  orders.push(...(await placing));
  await startNode(killed);
  orders.push(...(await placeMany('after', 6)));

  await untilAllSettled(orders);
  expect(new Set(orders).size).toBe(30);
  expect(outside.charged.toSorted()).toEqual(orders.toSorted());
  expect(outside.mailed.toSorted()).toEqual(orders.toSorted());
  expect((await read('/incidents')).body.incidents).toEqual([]);
  const journal = await readJournal();
  await until(
    async () => stream.events.length,
    (count) => count >= journal.length,
  );
  expect(stream.events).toEqual(journal);
  await stream.stop();
});

test.each([
  'CREATE SCHEMA another',
  'CREATE TABLE public.things (id text)',
  'CREATE DATABASE another',
  'CREATE ROLE another',
  'CREATE EXTENSION plpython3u',
  "COPY orderchart.orders TO '/tmp/orders'",
])("the database's user may not %s", async (statement) => {
  await expect(queryOnce(databaseUrl, statement)).rejects.toThrow(/permission denied|not available/);
});
